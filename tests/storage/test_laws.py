"""Whatever is done to a store in memory, in a file or at PostgreSQL, it answers as a dictionary would."""

import copy
import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drytune_simulator.store import Row, StoreError

SCOPES, NAMES, MOMENTS = ("me", "you"), ("a", "b", "c", "d"), (0.0, 1.0, 2.5, 4.0, 1e9)
KINDS = itertools.count(1)

keys = st.tuples(st.sampled_from(SCOPES), st.sampled_from(NAMES))
ends = st.sampled_from((*MOMENTS, math.inf))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), keys, st.sampled_from(MOMENTS), ends),
        st.tuples(st.just("update"), keys, st.sampled_from(MOMENTS), ends),
        st.tuples(st.just("claim"), keys, st.sampled_from(MOMENTS), st.booleans()),
        st.tuples(st.just("delete"), st.sampled_from(SCOPES), st.sets(st.sampled_from(NAMES)), st.none()),
    ),
    max_size=25,
)


class Model:
    """What a store is meant to be: rows by key, places of deleted rows, and an order of creation."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.rows: dict[tuple[str, str], Row] = {}
        self.places: dict[tuple[str, str], Row] = {}
        self.seq = 0

    def apply(self, store, step) -> None:
        what, key, at, option = step
        old = self.rows.get(key)
        if what == "insert" and old is None:
            self.seq += 1
            self.rows[key] = self.row(key, self.seq, at, option)
            store.insert([self.rows[key]])
        elif what == "update" and old is not None:
            self.rows[key] = self.row(key, old.seq, at, option)
            store.update(self.rows[key])
        elif what == "claim" and old is not None:
            seen = old if option else msgspec.structs.replace(old, visible_at=old.visible_at + 0.25)
            assert store.claim(seen, at) == option
            if option:
                self.rows[key] = msgspec.structs.replace(old, visible_at=at)
        elif what == "delete":
            scope, names = key, at
            for name in names & {name for owner, name in self.rows if owner == scope}:
                self.places[scope, name] = self.rows.pop((scope, name))
            store.delete(self.kind, scope, sorted(names))

    def row(self, key: tuple[str, str], seq: int, at: float, ends_at: float) -> Row:
        scope, name = key
        document = {"seq": seq, "at": at, "text": "é\u0000\n"}
        return Row(
            kind=self.kind, scope=scope, id=name, seq=seq, visible_at=at, document=document, ends_at=ends_at
        )

    def visible(self, scope: str, now: float) -> list[Row]:
        mine = (one for one in self.rows.values() if one.scope == scope and one.visible_at <= now)
        return sorted(mine, key=lambda one: (one.visible_at, one.seq))

    def check(self, store, now: float) -> None:
        kind = self.kind
        for scope in SCOPES:
            visible = self.visible(scope, now)
            assert list(store.scan(kind, scope, now, newest_first=False)) == visible
            assert list(store.scan(kind, scope, now)) == visible[::-1]
            assert list(store.active(kind, scope, now)) == [one for one in visible if one.ends_at > now]
            assert store.count(kind, scope, 1.0, now) == sum(one.visible_at >= 1.0 for one in visible)
            for name in NAMES:
                found = next((one for one in visible if one.id == name), None)
                assert store.get(kind, scope, name, now) == found
                place = found or self.places.get((scope, name))
                if place is not None and place.visible_at <= now:
                    where = store.place(kind, scope, name, now)
                    assert (where.visible_at, where.seq) == (place.visible_at, place.seq)
                    behind = [
                        one for one in visible if (one.visible_at, one.seq) > (place.visible_at, place.seq)
                    ]
                    assert list(store.scan(kind, scope, now, after=where, newest_first=False)) == behind
            for edge in self.visible(scope, math.inf):
                older = [one for one in visible if (one.visible_at, one.seq) < (edge.visible_at, edge.seq)]
                assert list(store.scan(kind, scope, now, after=edge)) == older[::-1]
        due = [one for scope in SCOPES for one in self.visible(scope, now) if one.ends_at > now]
        due.sort(key=lambda one: (one.visible_at, one.scope, one.seq))
        assert store.due(kind, now) == due
        assert store.due(kind, now, limit=2) == due[:2]
        for name in NAMES:
            found = [one for scope in SCOPES for one in self.visible(scope, now) if one.id == name]
            one = store.anywhere(kind, name, now)
            assert one in found or one is None is not found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=steps, undone=steps)
def test_a_store_is_a_dictionary_of_rows(store, steps, undone):
    """After any steps, at any moment; and a transaction that fails leaves nothing."""
    model = Model(f"kind{next(KINDS)}")
    for step in steps:
        model.apply(store, step)
    for now in (*MOMENTS[:4], math.inf):
        model.check(store, now)

    def attempt() -> None:
        attempted = copy.deepcopy(model)
        with store.transaction():
            for step in undone:
                attempted.apply(store, step)
            attempted.check(store, 4.0)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        attempt()
    model.check(store, 4.0)


def test_a_scan_goes_on_over_pages(store, make_row):
    """Many rows, many of one moment, each once and in order."""
    rows = [make_row(number, kind="paged", visible_at=float(number // 200)) for number in range(900)]
    store.insert(rows)
    assert list(store.scan("paged", "me", 9.0, newest_first=False)) == rows
    assert list(store.scan("paged", "me", 9.0)) == rows[::-1]
    assert list(store.scan("paged", "me", 9.0, after=rows[450])) == rows[449::-1]


def test_numbers_count_up_by_kind_and_scope(store):
    """Also in a transaction that is committed; one that fails gives its numbers back."""
    assert [store.number("counted", "me") for _ in range(3)] == [1, 2, 3]
    assert store.number("counted", "you") == 1

    def attempt() -> None:
        with store.transaction():
            assert store.number("counted", "me") == 4
            raise InterruptedError

    with pytest.raises(InterruptedError):
        attempt()
    assert store.number("counted", "me") == 4


def test_what_is_no_name_is_not_found(store):
    """A path may hold anything; that is no reason to fail."""
    for name in ("\x00", "a\x00b", "\ud800", "é" * 5000, ""):
        assert store.get("file", "me", name, 9.0) is None
        assert store.anywhere("file", name, 9.0) is None
        assert store.place("file", "me", name, 9.0) is None


def test_a_row_that_exists_is_not_inserted_again(store, make_row):
    """And what came with it is not inserted either."""
    store.insert([make_row(1, kind="once")])
    with pytest.raises(StoreError):
        store.insert([make_row(2, kind="once"), make_row(1, kind="once")])
    assert [one.seq for one in store.scan("once", "me", 9.0)] == [1]


def test_a_row_may_be_deleted_and_made_again(store, make_row):
    """As the model of a job that is paused, resumed and cancelled."""
    for _ in range(3):
        store.insert([make_row(1, kind="again")])
        store.delete("again", "me", ["file-1"])
    assert store.get("again", "me", "file-1", 9.0) is None
    assert store.place("again", "me", "file-1", 9.0).seq == 1


def test_threads_share_a_store(store, make_row):
    """All at once, more of them than there are connections: no number twice, no update lost."""
    store.insert([make_row(0, kind="threads", document={"total": 0})])

    def work(_: int) -> int:
        number = store.number("threads", "me")
        with store.transaction():
            row = store.get("threads", "me", "file-0", 9.0)
            store.update(make_row(0, kind="threads", document={"total": row.document["total"] + 1}))
        assert store.get("threads", "me", "file-0", 9.0).document["total"] > 0
        return number

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(work, range(100))) == list(range(1, 101))
    assert store.get("threads", "me", "file-0", 9.0).document == {"total": 100}


def test_another_thread_sees_a_transaction_when_it_is_over(reopen, make_row):
    """And need not wait for it in order to read."""
    store = reopen()
    with ThreadPoolExecutor(1) as other:
        with store.transaction():
            store.insert([make_row(1)])
            assert store.get("file", "me", "file-1", 9.0) is not None
            assert other.submit(store.get, "file", "me", "file-1", 9.0).result(timeout=10) is None
        assert other.submit(store.get, "file", "me", "file-1", 9.0).result(timeout=10) is not None
