"""A run that is cut off at any step, by any failure or kill, ends right after a resume; nothing is made twice."""

import importlib.util
import os
import queue
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def _package() -> None:
    """Make `cuts` importable, as `drytune_cuts`: the tests are no packages."""
    place = HERE / "cuts"
    spec = importlib.util.spec_from_file_location(
        "drytune_cuts", place / "__init__.py", submodule_search_locations=[str(place)]
    )
    sys.modules["drytune_cuts"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["drytune_cuts"])


_package()

from drytune_cuts.bench import Bench  # noqa: E402
from drytune_cuts.door import Place  # noqa: E402
from drytune_cuts.table import CUTS, KIND, Cut, Stage  # noqa: E402

from drytune_simulator import ids  # noqa: E402

STORMS = 8
LIVES = 12
BENCHES = max(2, min(4, os.cpu_count() or 2))


@pytest.fixture(scope="module")
def variables(tmp_path_factory) -> dict[str, str]:
    """The environment of all processes: an empty home, no key, no way out, no CI."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    home = tmp_path_factory.mktemp("home")
    guarded = HERE.parent / "guarded"
    return {**kept, "HOME": str(home), "PYTHONPATH": str(guarded), "PYTHONUTF8": "1"}


@pytest.fixture(scope="module")
def files(tmp_path_factory, good, make_jsonl) -> dict[str, Path]:
    """Small files: what takes time here are processes."""
    place = tmp_path_factory.mktemp("data")

    def renumbered(examples, by):
        return [
            {
                "messages": [
                    {"role": "system", "content": "You count."},
                    {"role": "user", "content": f"What comes after {number + by}?"},
                    {"role": "assistant", "content": f"After {number + by} comes {number + by + 1}."},
                ]
            }
            for number, _ in enumerate(examples, 1)
        ]

    contents = {"training": good, "validation": renumbered(good, 100), "holdout": renumbered(good[:2], 200)}
    for role, examples in contents.items():
        (place / f"{role}.jsonl").write_bytes(make_jsonl(*examples))
    return {role: place / f"{role}.jsonl" for role in contents}


@pytest.fixture(scope="module")
def benches(tmp_path_factory, variables, files) -> Iterator[queue.SimpleQueue]:
    """As many rigs as are worth while."""
    free: queue.SimpleQueue = queue.SimpleQueue()
    made = [Bench(tmp_path_factory.mktemp("bench"), variables, files) for _ in range(BENCHES)]
    for bench in made:
        free.put(bench)
    yield free
    for bench in made:
        bench.close()


def _on_any(benches: queue.SimpleQueue, work: Callable[[Bench], list[str]]) -> list[str]:
    """What is wrong after `work`; one cut's failure to be performed says nothing of the others."""
    bench = benches.get()
    try:
        return work(bench)
    except Exception:  # noqa: BLE001
        bench.mend()
        return [traceback.format_exc()]
    finally:
        benches.put(bench)


@pytest.fixture(scope="module")
def wrong(benches, request) -> dict[int, list[str]]:
    """What is wrong after each cut that was selected; they are performed side by side."""
    chosen = {item.callspec.params["cut"] for item in request.session.items if "cut" in _params(item)}
    with ThreadPoolExecutor(BENCHES) as pool:
        done = pool.map(
            lambda cut: (cut.number, _on_any(benches, lambda bench: bench.perform(cut))),
            sorted(chosen, key=lambda cut: cut.number),
        )
        return dict(done)


def _params(item) -> dict[str, object]:
    return item.callspec.params if hasattr(item, "callspec") else {}


def test_there_are_enough_cuts():
    """At least two hundred, all different."""
    assert len({cut.name for cut in CUTS}) == len(CUTS) >= 200


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: cut.name)
def test_it_ends_right_after_a_resume(cut, wrong):
    """One upload of each file, one job, each question told once, and the run knows all that was billed."""
    assert not wrong[cut.number], "\n".join(wrong[cut.number])


def _stage(storm: int, life: int) -> Stage:
    """A kill of the client at some early request, drawn: lives are short here."""
    when = ("before", "meanwhile", "after")[ids.integer(3, "storm", storm, life, "when")]
    return Stage(Place("any", "*", 1 + ids.integer(6, "storm", storm, life)), KIND[f"client killed {when}"])


def test_lives_that_are_all_short_come_to_an_end(benches):
    """Killed after a few requests, again and again, it makes nothing twice."""
    with ThreadPoolExecutor(BENCHES) as pool:

        def work(storm: int) -> list[str]:
            cut = Cut(90_000 + storm, ())
            return _on_any(benches, lambda bench: bench.storm(cut, lambda life: _stage(storm, life), LIVES))

        assert [each for each in pool.map(work, range(STORMS)) if each] == []
