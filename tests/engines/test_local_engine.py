"""The engine of one machine: this process, or all cores, with the same facts in bounded memory."""

import contextlib
import gzip
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drytune.engines import Interrupted, inspect, inspect_many, local, tally
from drytune.engines.tally import Pile
from drytune.errors import UsageError
from drytune.sources import find_sources
from drytune_simulator.dataset.facts import Facts, merge
from drytune_simulator.dataset.lens import Lens
from drytune_simulator.dataset.rules import RULES, Found

LENS = Lens("o200k_base")

GOOD = b'{"messages": [{"role": "user", "content": "Hello %d"}, {"role": "assistant", "content": "Meow"}]}\n'
BAD = b'{"messages": [{"role": "user", "content": "Hello"}]}\n'

ERROR = RULES["not-utf8"].finding(Found("", "It is broken.", "Mend it."), 3)
NOTE = RULES["blank-line"].finding(Found("", "It is blank.", "Remove it."), 5)

PROBE = Path(__file__).with_name("probe.py")


@pytest.fixture
def big(tmp_path):
    """A file of several ranges."""
    path = tmp_path / "big.jsonl"
    path.write_bytes(b"".join(BAD if number % 1000 == 7 else GOOD % number for number in range(40_000)))
    return path


@pytest.fixture
def no_work_is_small(monkeypatch):
    """Processes are begun for any work."""
    monkeypatch.setattr(local, "SMALL_BYTES", 1)


def one(path):
    (source,) = find_sources([path])
    return source


@pytest.mark.slow
def test_processes_find_the_same(big, no_work_is_small):
    """One process and two have the same facts of a file, of its compressed copy, of both in any order."""
    packed = big.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(big.read_bytes(), 1))
    alone = inspect(one(big), LENS, workers=1)
    assert (alone.lines, alone.size, alone.error_count) == (40_000, big.stat().st_size, 40)
    sources = find_sources([packed, big, big])
    assert inspect_many(sources, [LENS] * 3, workers=2) == [alone] * 3
    assert multiprocessing.active_children() == []


def test_each_source_has_its_lens(big, no_work_is_small):
    """Sources may be looked at in different ways at the same time."""
    lenses = [Lens("o200k_base", limit=5), Lens("cl100k_base")]
    together = inspect_many(find_sources([big, big]), lenses, workers=2)
    assert together == [inspect(one(big), lens, workers=1) for lens in lenses]
    assert together[0] != together[1]


def test_small_work_begins_no_process(big, monkeypatch):
    """For a small file no process is begun: it would take longer."""
    monkeypatch.setattr("drytune.engines.pool.Pool", None)
    assert inspect(one(big), LENS).lines == 40_000


def test_a_process_that_may_begin_none(big, no_work_is_small, monkeypatch):
    """In a daemon of `multiprocessing`, which may have no children, the work is done all the same."""
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)
    assert inspect(one(big), LENS, workers=2).lines == 40_000


def test_no_sources_and_empty_ones(tmp_path):
    """Nothing has no facts, and an empty file has empty ones."""
    (tmp_path / "empty.jsonl").touch()
    assert inspect_many([], []) == []
    assert inspect(one(tmp_path / "empty.jsonl"), LENS) == Facts()


@pytest.mark.parametrize("workers", [1, 2])
def test_progress(big, no_work_is_small, workers):
    """Progress is told from nothing to everything, never backwards, in bytes as they are stored."""
    packed = big.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(big.read_bytes(), 1))
    sources = find_sources([packed, big])
    told = []
    inspect_many(sources, [LENS] * 2, workers=workers, progress=lambda *where: told.append(where))
    total = packed.stat().st_size + big.stat().st_size
    assert told[0] == (0, total)
    assert told[-1] == (total, total)
    assert told == sorted(told)
    assert len(told) > 4


def test_wrong_use(big):
    """What cannot be is a sentence."""
    with pytest.raises(UsageError, match="workers is 0; it must be at least 1"):
        inspect(one(big), LENS, workers=0)
    with pytest.raises(UsageError, match="There is no engine 'spark'; there are local and ray"):
        inspect(one(big), LENS, engine="spark")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_goes_away(big, no_work_is_small, workers):
    """A worker's trouble with a file is the sentence that it would be here."""
    source = one(big)
    big.unlink()
    with pytest.raises(UsageError, match=r"big\.jsonl cannot be read: No such file or directory\."):
        inspect(source, LENS, workers=workers)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("packed", [False, True])
def test_an_interruption_keeps_what_is_known(big, no_work_is_small, monkeypatch, workers, packed):
    """Ctrl-C ends the workers at once, and carries the facts of the beginning of the file."""
    monkeypatch.setattr("drytune.engines.flow.MAX_HELD_BYTES", 1)
    if packed:
        data = big.read_bytes()
        big = big.with_suffix(".jsonl.gz")
        big.write_bytes(gzip.compress(data, 1))

    def interrupt(done: int, total: int | None) -> None:
        if done > 0:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted) as caught:
        inspect(one(big), LENS, workers=workers, progress=interrupt)
    assert multiprocessing.active_children() == []
    assert isinstance(caught.value, KeyboardInterrupt)
    assert 0 < caught.value.done <= caught.value.total == big.stat().st_size
    assert packed or caught.value.done < caught.value.total  # decoders read ahead
    (facts,) = caught.value.facts
    assert 0 < facts.lines < 40_000
    beginning = big.with_name("beginning.jsonl")
    lines = (gzip.decompress(big.read_bytes()) if packed else big.read_bytes()).splitlines(keepends=True)
    beginning.write_bytes(b"".join(lines[: facts.lines]))
    assert inspect(one(beginning), LENS) == facts


class Slow:
    """A stream whose reader is interrupted after three lines."""

    name, filename, size, shared, splittable = "-", "stdin.jsonl", None, False, False

    def __init__(self):
        self._lines = iter([GOOD, GOOD, BAD])

    def open(self):
        return contextlib.nullcontext(self)

    def seekable(self):
        return False

    def stored_bytes(self):
        return 0

    def read(self, size):
        for line in self._lines:
            return line
        return signal.raise_signal(signal.SIGINT)


def test_an_interruption_while_the_beginning_is_read():
    """Of what was piped in before Ctrl-C the facts are known, even if it was not much."""
    with pytest.raises(Interrupted) as caught:
        inspect(Slow(), LENS, workers=2)
    assert [facts.lines for facts in caught.value.facts] == [3]
    assert caught.value.total is None


def run(*arguments, **options):
    """`probe.py` in a process of its own; it has ended when all that it began have closed their outputs."""
    command = [sys.executable, PROBE, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, **options)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_ctrl_c_on_a_terminal(big):
    """A terminal sends Ctrl-C to all processes of the command; only the first one says something."""
    done = run("interrupted", big, start_new_session=True)
    assert (done.returncode, done.stderr) == (130, "")
    assert done.stdout.startswith("fork: interrupted after ")


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_processes_of_either_kind(big, method):
    """With threads in the process workers are begun another way, with the same facts."""
    if not sys.platform.startswith("linux"):
        pytest.skip("on other systems there is one way")
    done = run("facts", big, "thread" if method == "forkserver" else "")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{method}: 40000 lines, {inspect(one(big), LENS).tokens.total} tokens\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="changes what forked processes do")
@pytest.mark.parametrize("when", ["killed", "half sent"])
def test_a_worker_that_is_killed(big, when):
    """A worker that dies, at work or while it tells, ends the command with a sentence: no traceback, not never."""
    done = run(when, big)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"fork: DrytuneError: A process that was looking at {big} ended before its work was done;"
        " if memory was short, try fewer workers (--workers 1).\n"
    )


def test_no_worker_outlives_the_command(big):
    """When the process itself is killed its workers end, too, and close their outputs."""
    done = run("orphaned", big)
    assert done.returncode == -signal.SIGKILL
    assert done.stderr == ""


def test_merging_costs_the_same_for_each(monkeypatch):
    """Facts are merged a few at a time: few are held, and no more is merged than were added, and a little."""
    merged = []

    def counting(many):
        merged.append(len(many))
        return merge(many)

    monkeypatch.setattr(tally, "merge", counting)
    pile = Pile()
    for number in range(1000):
        pile.add(Facts(lines=1, rows=number))
        assert len(pile._facts) <= 16
    assert pile.facts() == Facts(lines=1000, rows=sum(range(1000)))
    assert sum(merged) < 1100


def test_findings_that_are_not_kept_are_not_held(monkeypatch):
    """Of a file full of errors as many are held as are told, and they are those that one merge of all tells."""
    monkeypatch.setattr(tally, "MAX_FINDINGS", 25)
    monkeypatch.setattr("drytune_simulator.dataset.facts.MAX_FINDINGS", 25)
    piece = Facts(lines=9, errors=(ERROR,) * 7, notes=(NOTE,) * 2, error_count=7, note_count=2)
    pile = Pile()
    for _ in range(40):
        pile.add(piece)
        assert sum(len(facts.errors) for facts in pile._facts) <= 25
    facts = pile.facts()
    assert facts == merge([piece] * 40)
    assert (len(facts.errors), len(facts.notes), facts.error_count) == (25, 25, 280)
