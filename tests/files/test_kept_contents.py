"""Contents are kept once, are never half there, and nothing is kept that nobody refers to."""

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from drytune.clients import simulated
from drytune_simulator import ManualClock, Simulator
from drytune_simulator.resources import contents
from drytune_simulator.store import Store


@pytest.fixture
def simulator(tmp_path, clock):
    """A platform that keeps its state in a directory."""
    simulator = Simulator(clock=clock, store=Store(tmp_path / "data"))
    yield simulator
    simulator.close()


@pytest.fixture
def kept(tmp_path):
    """The files that contents are kept in."""
    return lambda: sorted(
        path.name for path in (tmp_path / "data" / "blobs").rglob("[!.]*") if path.is_file()
    )


def begin(client, size):
    return client.uploads.create(filename="a", purpose="evals", bytes=size, mime_type="text/plain")


def test_a_large_file_survives_a_restart(simulator, tmp_path):
    """What was answered is kept, and downloads come from the disk."""
    content = bytes(range(256)) * 8192
    with simulated(simulator) as client:
        file = client.files.create(file=("a.bin", content), purpose="vision")
    simulator.close()
    again = Simulator(clock=ManualClock(), store=Store(tmp_path / "data"))
    with simulated(again) as client:
        assert client.files.content(file.id).read() == content
    again.close()


def test_a_download_goes_on_after_its_file_was_deleted(client):
    """It was allowed when it began."""
    content = bytes(range(256)) * 20_000
    file = client.files.create(file=("a.bin", content), purpose="vision")
    with client.files.with_streaming_response.content(file.id) as answer:
        pieces = answer.iter_bytes(1024 * 1024)
        first = next(pieces)
        client.files.delete(file.id)
        assert first + b"".join(pieces) == content


def test_nothing_is_left_of_a_refused_file(client, kept):
    """Nor of one that was deleted."""
    with pytest.raises(openai.BadRequestError):
        client.files.create(file=("a.jsonl", b"[]"), purpose="fine-tune")
    file = client.files.create(file=("a.jsonl", b"{}"), purpose="fine-tune")
    assert len(kept()) == 1
    client.files.delete(file.id)
    assert kept() == []


def test_an_upload_that_is_cancelled_while_it_is_completed(client, simulator, kept, monkeypatch):
    """One of the two is first, and nothing is left."""
    upload = begin(client, 4)
    part = client.uploads.parts.create(upload.id, data=b"abcd")

    def cancelling(*arguments, **options):
        with simulated(simulator) as second:
            second.uploads.cancel(upload.id)

    monkeypatch.setattr(contents, "check", cancelling)
    with pytest.raises(openai.BadRequestError, match='already has status "cancelled"'):
        client.uploads.complete(upload.id, part_ids=[part.id])
    assert list(client.files.list()) == []
    assert kept() == []


def test_an_upload_that_is_cancelled_while_a_part_comes(client, simulator, kept, monkeypatch):
    """The part is refused and forgotten."""
    upload = begin(client, 4)
    put = simulator._world.store.blobs.put_chunks

    def cancelling(chunks):
        with simulated(simulator) as second:
            second.uploads.cancel(upload.id)
        return put(chunks)

    monkeypatch.setattr(simulator._world.store.blobs, "put_chunks", cancelling)
    with pytest.raises(openai.BadRequestError, match='already has status "cancelled"'):
        client.uploads.parts.create(upload.id, data=b"abcd")
    assert kept() == []


def test_a_content_that_is_deleted_while_the_same_comes_again(client, simulator, monkeypatch):
    """It is written again: no file is without its content."""
    old = client.files.create(file=("a", b"same"), purpose="evals")

    def deleting(chunks, put=simulator._world.store.blobs.put_chunks):
        kept = put(chunks)
        monkeypatch.undo()
        with simulated(simulator) as second:
            second.files.delete(old.id)
        return kept

    monkeypatch.setattr(simulator._world.store.blobs, "put_chunks", deleting)
    new = client.files.create(file=("b", b"same"), purpose="evals")
    assert client.files.content(new.id).read() == b"same"


def test_parts_may_come_at_once(client, kept):
    """As the API reference says."""
    parts = [bytes([number]) * 1000 for number in range(40)]
    upload = begin(client, 40_000)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda part: client.uploads.parts.create(upload.id, data=part).id, parts))
    done = client.uploads.complete(upload.id, part_ids=ids)
    assert client.files.content(done.file.id).read() == b"".join(parts)
    assert len(kept()) == 1


def test_of_two_completions_at_once_one_is_the_first(client):
    """There is one file."""
    upload = begin(client, 4)
    part = client.uploads.parts.create(upload.id, data=b"abcd")

    def complete(_):
        try:
            return client.uploads.complete(upload.id, part_ids=[part.id]).status
        except openai.BadRequestError as error:
            return error.body["message"].partition("status ")[2]

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(complete, range(4)))
    assert answers == ['"completed".'] * 3 + ["completed"]
    assert len(list(client.files.list())) == 1


def take_away(directory):
    """What somebody does who cleans up in the wrong place."""
    for path in (directory / "data" / "blobs").glob("[!.]*"):
        path.unlink()


def test_contents_that_are_not_there_are_a_sentence(client, tmp_path, make_jsonl, good, clock, caplog):
    """It names the file and the place, whatever the content was asked for; it is no fault of ours."""
    file = client.files.create(file=("a.jsonl", make_jsonl(*good)), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    clock.advance(86_400)
    upload = begin(client, 4)
    part = client.uploads.parts.create(upload.id, data=b"abcd")
    take_away(tmp_path)
    for what, call in {
        f"file {file.id}": lambda: client.files.content(file.id),
        f"file {file.id} ": lambda: client.fine_tuning.jobs.create(
            model="gpt-4o-mini", training_file=file.id
        ),
        f"job {job.id}": lambda: client.chat.completions.create(
            model=client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model,
            messages=[{"role": "user", "content": "hello"}],
        ),
        f"a part of {upload.id}": lambda: client.uploads.complete(upload.id, part_ids=[part.id]),
    }.items():
        with pytest.raises(openai.InternalServerError) as raised:
            call()
        assert (raised.value.status_code, raised.value.code) == (503, "contents_missing")
        assert f"The contents of {what.strip()} are not where this server keeps contents" in str(raised.value)
        assert str(tmp_path / "data" / "blobs") in str(raised.value)
    assert "Traceback" not in caplog.text


def test_a_results_file_is_put_before_a_transaction(
    client, simulator, clock, make_jsonl, good, kept, monkeypatch
):
    """Nobody waits for a disk meanwhile; two who look at once write it once, and it goes with its file."""
    file = client.files.create(file=("a.jsonl", make_jsonl(*good)), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    clock.advance(86_400)
    (results,) = client.fine_tuning.jobs.retrieve(job.id).result_files
    store, before, seen = simulator.world.store, len(kept()), []

    def put(chunks, put=store.blobs.put_chunks):
        seen.append(store._session._mine.transaction is None)
        found = put(chunks)
        if len(seen) == 1:  # somebody else looks at it, too
            with simulated(simulator) as second:
                assert second.files.content(results).content
        return found

    monkeypatch.setattr(store.blobs, "put_chunks", put)
    assert client.files.content(results).content
    assert seen == [True, True]
    assert store._leased._leases == {}
    assert len(kept()) == before + 1
    client.files.delete(results)
    assert len(kept()) == before
