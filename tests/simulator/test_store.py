"""The store: rows that appear at their moment, contents that are kept once."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune_simulator.store import Row, Store, StoreError


def row(number: int, **changes) -> Row:
    fields = {
        "kind": "file",
        "scope": "me",
        "id": f"file-{number}",
        "seq": number,
        "visible_at": float(number),
        "document": {"number": number},
    }
    return Row(**{**fields, **changes})


@pytest.fixture(params=["memory", "directory"])
def store(request, tmp_path: Path):
    one = Store(None if request.param == "memory" else tmp_path / "state")
    yield one
    one.close()


def test_a_row_comes_back_as_it_was_put(store):
    """In memory and on disk alike."""
    store.insert([row(1)])
    assert store.get("file", "me", "file-1", now=1.0) == row(1)


def test_a_row_does_not_exist_before_its_moment(store):
    """A job's model is written when the job is created, and appears when it has succeeded."""
    store.insert([row(5)])
    assert store.get("file", "me", "file-5", now=4.9) is None
    assert list(store.scan("file", "me", now=4.9)) == []
    assert store.get("file", "me", "file-5", now=5.0) is not None


def test_other_scopes_and_kinds_are_other_places(store):
    """Nothing of one tenant is visible to another."""
    store.insert([row(1)])
    assert store.get("file", "you", "file-1", now=9) is None
    assert store.get("model", "me", "file-1", now=9) is None


def test_numbers_are_never_given_twice(store):
    """Each kind and scope counts for itself."""
    assert [store.number("file", "me") for _ in range(3)] == [1, 2, 3]
    assert store.number("file", "you") == 1


def test_a_content_lives_as_long_as_a_row_refers_to_it(store):
    """A job keeps the content of a training file that its owner has deleted."""
    key = store.blobs.put(b"content")
    store.insert([row(1, blob=key), row(2, kind="job", blob=key)])
    store.delete("file", "me", ["file-1"])
    assert store.blobs.get(key) == b"content"
    store.delete("job", "me", ["file-2"])
    with pytest.raises(KeyError):
        store.blobs.get(key)


def test_a_second_process_sees_what_the_first_has_written(tmp_path):
    """State in a directory outlives its store."""
    first = Store(tmp_path)
    key = first.blobs.put(b"x")
    first.insert([row(1, blob=key)])
    first.close()
    second = Store(tmp_path)
    assert second.get("file", "me", "file-1", now=1) == row(1, blob=key)
    assert second.blobs.get(key) == b"x"
    second.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """One sentence: where, why, what to do."""
    (tmp_path / "occupied").write_text("a file")
    with pytest.raises(StoreError, match=r"state cannot be kept in .*occupied.*name a directory"):
        Store(tmp_path / "occupied")


@given(st.lists(st.integers(0, 3), max_size=230), st.booleans())
def test_a_scan_meets_every_row_once_in_order(moments, newest_first):
    """Also when many share a moment, and when they are more than a page."""
    store = Store()
    rows = [row(number, visible_at=float(at)) for number, at in enumerate(moments)]
    if rows:
        store.insert(rows)
    ordered = sorted(rows, key=lambda one: (one.visible_at, one.seq), reverse=newest_first)
    assert list(store.scan("file", "me", now=9, newest_first=newest_first)) == ordered
    if ordered:
        middle = len(ordered) // 2
        rest = store.scan("file", "me", now=9, after=ordered[middle], newest_first=newest_first)
        assert list(rest) == ordered[middle + 1 :]
    store.close()
