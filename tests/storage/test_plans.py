"""What is asked for all the time costs the same with ten rows and with many."""

import math

import pytest

from drytune_simulator.store import Store, statements

QUESTIONS = {
    "GET": "sqlite_autoindex_drytune_objects_1 (id=?)",
    "ANYWHERE": "sqlite_autoindex_drytune_objects_1 (id=?)",
    "NEWEST": "drytune_in_order (kind=? AND scope=? AND visible_at<?)",
    "OLDEST": "drytune_in_order (kind=? AND scope=? AND visible_at<?)",
    "OLDER": "drytune_in_order (kind=? AND scope=?",
    "NEWER": "drytune_in_order (kind=? AND scope=?",
    "COUNT": "drytune_in_order (kind=? AND scope=? AND visible_at>? AND visible_at<?)",
    "ACTIVE": "drytune_active (kind=? AND scope=? AND ends_at>?)",
    "DUE": "drytune_due (kind=? AND ends_at>?)",
    "REFERRED": "drytune_objects_blob (blob=?)",
}

NAMES = ("of_kind", "of_scope", "of_id", "of_blob", "now", "most", "since", "edge_at", "edge_seq")
VALUES = dict.fromkeys(NAMES, 1)


@pytest.fixture
def ended(make_row):
    """A store of many jobs, of which the last three go on."""
    store = Store()
    store.insert(
        make_row(number, kind="job", ends_at=number + 1.0 if number < 4997 else math.inf)
        for number in range(5000)
    )
    yield store
    store.close()


@pytest.mark.parametrize(("question", "index"), QUESTIONS.items())
@pytest.mark.parametrize("analyzed", [False, True])
def test_every_question_is_answered_by_an_index(ended, question, index, analyzed):
    """Whether or not SQLite has counted what there is."""
    connection = ended._session._database._connection
    if analyzed:
        connection.execute("ANALYZE")
    sql = statements.text("sqlite", getattr(statements, question))
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", VALUES)]
    assert index in plan[0]
    assert all("SCAN" not in step for step in plan)
    if question not in {"ACTIVE", "DUE"}:  # the few of these are sorted
        assert len(plan) == 1


def test_postgresql_answers_by_an_index_before_it_has_counted(postgres_database, tmp_path, make_row):
    """A table that has just grown is looked through as if it had not: no question may depend on that."""
    store = Store(tmp_path, database_url=postgres_database)
    store.insert(make_row(number, kind="job", ends_at=number + 1.0) for number in range(3000))
    for question in QUESTIONS:
        sql = statements.text("postgresql", getattr(statements, question))
        values = {**VALUES, "of_kind": "job", "of_scope": "me", "of_id": "file-7", "of_blob": "0" * 64}
        plan = "\n".join(row[0] for row in store._session._database.read(f"EXPLAIN {sql}", values))
        assert "Seq Scan" not in plan
        if question in {"GET", "ANYWHERE"}:
            assert "drytune_objects_pkey" in plan
    store.close()


def test_few_are_looked_at_in_order_to_find_few(ended, make_row):
    """The steps of SQLite's machine do not grow with the number of rows that have ended or come later."""

    def steps(use) -> int:
        taken = 0

        def count() -> int:
            nonlocal taken
            taken += 1
            return 0

        ended._session._database._connection.set_progress_handler(count, 1)
        use()
        ended._session._database._connection.set_progress_handler(None, 0)
        return taken

    now = 1e6
    last = make_row(2500)
    uses = {
        "get": lambda: ended.get("job", "me", "file-2500", now),
        "anywhere": lambda: ended.anywhere("job", "file-2500", now),
        "active": lambda: list(ended.active("job", "me", now)),
        "due": lambda: ended.due("job", now),
        "count": lambda: ended.count("job", "me", 4990.0, now),
        "first page": lambda: next(ended.scan("job", "me", now)),
        "a page in the middle": lambda: next(ended.scan("job", "me", now, after=last)),
        "the page before": lambda: next(ended.scan("job", "me", now, after=last, newest_first=False)),
        "a page from what comes later": lambda: next(ended.scan("job", "me", 2500.0, after=make_row(4000))),
        "the oldest": lambda: next(ended.scan("job", "me", now, newest_first=False)),
    }
    taken = {name: steps(use) for name, use in uses.items()}
    assert {name: number for name, number in taken.items() if number > 600} == {}
