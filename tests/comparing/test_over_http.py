"""The same over a real connection, and with an archive that `keep` has made."""

import json
import socket

import pytest

import drytune
from drytune.handlers.upstream import Upstream
from drytune.keeping.compare import compare
from drytune.keeping.keep import keep
from drytune_simulator import ManualClock, Simulator


@pytest.fixture
def upstream():
    """Asks a server; closed at the end."""
    made = []

    def ask(base_url):
        made.append(Upstream(base_url, api_key="sk-other"))
        return made[-1]

    yield ask
    for one in made:
        one.close()


def test_a_server(serving, upstream, parts):
    """Whole answers, streams and refusals of a server are those of the simulator in it, and take their time."""
    bodies = [parts.asking("Hi"), parts.asking("Hi", stream=True), parts.asking("Hi", nonsense=1)]
    archive = parts.archive_of(*(parts.exchange(body, "Hello.") for body in bodies))
    with serving() as (base_url, _):
        found = compare(archive, model="gpt-4o-mini", handler=upstream(base_url), source=base_url)
    whole, stream, refused = [prompt.new[0] for prompt in found.prompts]
    assert whole.text.startswith("[simulated]")
    assert stream.text == whole.text
    assert refused.error.startswith("400: ")
    assert 0 < stream.wait <= stream.total
    assert (found.new.provenance, found.new.source) == ("simulated", base_url)


def test_no_server(upstream, parts):
    """Nobody listens there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    clock = ManualClock()
    archive = parts.archive_of(parts.exchange(parts.asking("Hi"), "Hello."))
    handler = upstream(f"http://127.0.0.1:{port}/v1")
    with pytest.raises(drytune.errors.Refused, match="gpt-4o-mini does not answer"):
        compare(archive, model="gpt-4o-mini", handler=handler, clock=clock, sleep=clock.advance)


def test_an_archive_of_keep(tmp_path, parts):
    """Kept twice, asked twice: a model that says the same is the same."""
    prompts = tmp_path / "prompts.jsonl"
    lines = ["Hello", parts.asking("How are you?", temperature=0), {"input": "Bye"}]
    prompts.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    clock = ManualClock()
    kept = keep(
        "gpt-4o-mini", prompts, tmp_path / "kept.yaml",
        handler=Simulator(clock=clock), api_key="sk-x", repeats=2, clock=clock, sleep=clock.advance,
    )  # fmt: skip
    found = compare(
        kept.cassette, model="gpt-4o-mini", handler=Simulator(clock=clock), clock=clock, sleep=clock.advance
    )
    assert found.verdicts == {"same": 3}
    assert [len(prompt.new) for prompt in found.prompts] == [2, 2, 2]
    assert found.measures.own.exact == 1.0
    assert (found.style.distance, found.style.by) == (0.0, "answers")
    assert found.recorded.provenance == "simulated"
