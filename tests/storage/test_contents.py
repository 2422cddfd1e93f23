"""File contents: kept once under their SHA-256, for as long as somebody needs them."""

import hashlib
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune_simulator.store import DirectoryBlobs, FsspecBlobs, MemoryBlobs, Store, StoreError, statements
from drytune_simulator.store.blobs import LARGEST_IN_MEMORY

NUMBERS = itertools.count(1)


@pytest.fixture(params=["memory", "directory", "memory://", "local://"])
def blobs(request, tmp_path):
    """A place of each kind; the last is written as any file system that shows files that are being written."""
    if request.param == "memory":
        return MemoryBlobs()
    if request.param == "directory":
        return DirectoryBlobs(tmp_path / "contents")
    root = f"/contents-{next(NUMBERS)}" if request.param == "memory://" else tmp_path / "contents"
    return FsspecBlobs(f"{request.param}{root}")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(chunks=st.lists(st.binary(max_size=50), max_size=8))
def test_what_is_put_comes_back(blobs, chunks):
    """Whole or in chunks; the key is the SHA-256."""
    data = b"".join(chunks)
    kept = blobs.put_chunks(iter(chunks))
    assert (kept.key, kept.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert blobs.put(data) == kept.key
    assert blobs.get(kept.key) == data
    assert blobs.size(kept.key) == len(data)
    with blobs.open(kept.key) as file:
        file.seek(len(data) // 2)
        assert file.read() == data[len(data) // 2 :]


def test_what_is_not_there_is_a_key_error(blobs):
    """Also after it was there; to discard it again changes nothing."""
    key = blobs.put(b"here")
    blobs.discard(key)
    blobs.discard(key)
    for read in (blobs.get, blobs.size, blobs.open):
        for missing in (key, ""):
            with pytest.raises(KeyError):
                read(missing)


def test_large_contents_are_streamed(blobs):
    """More than is kept in memory, in pieces, read in pieces."""
    piece = bytes(range(256)) * 4096
    kept = blobs.put_chunks(piece for _ in range(LARGEST_IN_MEMORY // len(piece) + 2))
    assert kept.size == blobs.size(kept.key) > LARGEST_IN_MEMORY
    with blobs.open(kept.key) as file:
        assert file.read(len(piece)) == piece
        file.seek(-300, os.SEEK_END)
        assert file.read() == piece[-300:]
    blobs.discard(kept.key)
    with pytest.raises(KeyError):
        blobs.size(kept.key)


def test_a_place_knows_which_one_it_is(blobs):
    """Unless it is one of this process only."""
    assert blobs.identity() is None
    blobs.identify("0a")
    assert blobs.identity() == (None if isinstance(blobs, MemoryBlobs) else "0a")
    assert list(blobs.leftovers(9e9)) == []


def test_an_upload_that_breaks_off_leaves_nothing(blobs, tmp_path):
    """Nor hides why it did."""

    def broken():
        yield b"begun"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.put_chunks(broken())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_large_contents_in_memory_are_gone_with_their_owner():
    """They are in a temporary directory for as long as somebody has the store."""
    blobs = MemoryBlobs()
    key = blobs.put(bytes(LARGEST_IN_MEMORY + 1))
    with blobs.open(key) as file:
        directory = Path(file.name).parent
    assert directory.is_dir()
    del blobs
    assert not directory.exists()


def test_a_content_lives_as_long_as_a_row_refers_to_it(store, make_row):
    """The same content of two rows is kept once, and goes with the second."""
    first, second = (make_row(n, kind="kept", blob=store.blobs.put(b"twice")) for n in (1, 2))
    store.insert([first, second])
    store.delete("kept", "me", ["file-1"])
    assert store.blobs.get(first.blob) == b"twice"
    store.update(msgspec.structs.replace(second, blob=store.blobs.put(b"something else")))
    with pytest.raises(KeyError):
        store.blobs.get(first.blob)


def test_a_row_may_take_over_the_content_of_another(store, make_row):
    """A job keeps that of its training file, after the file has gone."""
    file = make_row(1, kind="taken", blob=store.blobs.put(b"taken over"))
    store.insert([file])
    store.insert([make_row(2, kind="taken", blob=file.blob)])
    store.delete("taken", "me", ["file-1"])
    assert store.blobs.get(file.blob) == b"taken over"


def test_a_row_is_never_written_without_its_content(store, make_row):
    """Who has not put it is told so, and nothing is written."""
    with pytest.raises(StoreError, match="put it before"):
        store.insert([make_row(1, kind="bare"), make_row(2, kind="bare", blob="0" * 64)])
    assert store.get("bare", "me", "file-1", 9.0) is None


def test_a_content_put_again_survives_the_deletion_of_the_first(store, make_row):
    """One uploads what another has uploaded before and deletes now: in any order the second one's row has it."""
    old = make_row(1, kind="again", blob=store.blobs.put(b"the same"))
    store.insert([old])
    key = store.blobs.put(b"the same")
    with ThreadPoolExecutor(1) as other:
        other.submit(store.delete, "again", "me", ["file-1"]).result()
    assert store.blobs.get(key) == b"the same"
    store.insert([make_row(2, kind="again", blob=key)])
    assert store.blobs.get(key) == b"the same"
    store.delete("again", "me", ["file-2"])
    with pytest.raises(KeyError):
        store.blobs.get(key)


def test_another_processs_deletion_spares_what_is_being_put(reopen, make_row):
    """The lease is in the database, where all see it."""
    one, other = reopen(), reopen()
    one.insert([make_row(1, blob=one.blobs.put(b"shared"))])
    key = one.blobs.put(b"shared")
    other.delete("file", "me", ["file-1"])
    one.insert([make_row(2, blob=key)])
    assert other.blobs.get(key) == b"shared"


def test_what_is_not_needed_after_all_is_discarded(store):
    """A file that is refused when it has arrived; unless it is somebody else's as well."""
    key = store.blobs.put(b"refused")
    store.blobs.discard(key)
    with pytest.raises(KeyError):
        store.blobs.get(key)


def test_a_transaction_that_fails_leaves_no_content_behind(store, make_row):
    """Nor takes one away."""
    kept = make_row(1, kind="undone", blob=store.blobs.put(b"kept"))
    store.insert([kept])
    keys = []

    def attempt() -> None:
        with store.transaction():
            keys.append(store.blobs.put(b"made in vain"))
            store.insert([make_row(2, kind="undone", blob=keys[0])])
            store.delete("undone", "me", ["file-1"])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        attempt()
    with pytest.raises(KeyError):
        store.blobs.get(keys[0])
    assert store.blobs.get(kept.blob) == b"kept"


def test_what_a_crash_has_left_is_removed_on_another_day(reopen, make_row, tmp_path):
    """Contents that no row refers to and uploads that were begun; not those that somebody may be working at."""
    store = reopen()
    store.insert([make_row(1, blob=store.blobs.put(b"needed"))])
    directory = next(path for path in tmp_path.rglob("*") if len(path.name) == 64).parent
    old = directory.stat().st_mtime - 3 * 86_400
    for name in ("a" * 64, ".begun-old"):
        (directory / name).write_bytes(b"left behind")
        os.utime(directory / name, (old, old))
    for name in ("b" * 64, ".begun-new"):
        (directory / name).write_bytes(b"being put")
    for path in directory.glob("[0-9]*"):
        os.utime(path, (old, old))
    with store.transaction():
        store._session.run(statements.SET_NUMBER, {"name": "cleaned", "value": int(old)})
    again = reopen()
    names = {path.name for path in directory.iterdir()} - {".identity"}
    assert names == {store.get("file", "me", "file-1", 9.0).blob, "b" * 64, ".begun-new"}
    assert again.blobs.get(again.get("file", "me", "file-1", 9.0).blob) == b"needed"


def test_a_reset_forgets_rows_and_contents(reopen, make_row):
    """Not the numbers, which make ids; nor what somebody is about to write a row for."""
    store = reopen()
    store.insert([make_row(1, blob=store.blobs.put(b"forgotten"))])
    assert store.number("file", "me") == 1
    forgotten = store.get("file", "me", "file-1", 9.0).blob
    being_put = store.blobs.put(b"being put")
    store.reset()
    assert store.place("file", "me", "file-1", 9.0) is None
    with pytest.raises(KeyError):
        store.blobs.get(forgotten)
    assert store.number("file", "me") == 2
    store.insert([make_row(2, blob=being_put)])
    assert store.blobs.get(being_put) == b"being put"


def test_two_databases_may_be_told_the_same_place(make_postgres_database, tmp_path, make_row):
    """What one does not know, the other may need: each has its own folder."""
    stores = [Store(tmp_path, database_url=make_postgres_database()) for _ in range(2)]
    for one in stores:
        one.insert([make_row(1, blob=one.blobs.put(b"the same"))])
    stores[0].delete("file", "me", ["file-1"])
    assert stores[1].blobs.get(stores[1].get("file", "me", "file-1", 9.0).blob) == b"the same"
    for one in stores:
        one.close()
