"""Where a store can be, and what it says where it cannot."""

import contextlib
import shutil
import sqlite3
import sys

import pytest

from drytune_simulator.store import FsspecBlobs, Store, StoreError, statements

SECRET = "hunter2"


def refusal(*arguments: object, **options: object) -> str:
    """What opening such a store is refused with."""
    with pytest.raises(StoreError) as caught:
        Store(*arguments, **options)
    return str(caught.value)


def test_a_directory_that_cannot_be_written_is_named(tmp_path):
    """One sentence: where, why, what to do."""
    (tmp_path / "occupied").write_text("a file")
    text = refusal(tmp_path / "occupied")
    assert text.startswith(f"state cannot be kept in {tmp_path / 'occupied'}: ")
    assert text.endswith("name a directory that you may write to")
    assert "cannot be kept in" in refusal(tmp_path / "occupied" / "below")


def test_a_file_that_is_no_database_is_not_touched(tmp_path):
    """Whatever it is, it is somebody's."""
    (tmp_path / "drytune.sqlite3").write_bytes(b"not a database, but long enough to be one" * 50)
    assert "not a database" in refusal(tmp_path)
    assert (tmp_path / "drytune.sqlite3").read_bytes().startswith(b"not a database")


def test_the_state_of_an_earlier_version_is_refused(tmp_path):
    """Its jobs are written differently; it is left as it was."""
    database = sqlite3.connect(tmp_path / "drytune.sqlite3")
    database.execute("CREATE TABLE objects (kind, scope, id, seq, visible_at, blob, document)")
    database.execute("CREATE TABLE counters (name, value)")
    database.close()
    text = refusal(tmp_path)
    assert f"{tmp_path} was made by an earlier version of drytune" in text
    assert text.endswith("name another place, or go on with the drytune that made it")
    database = sqlite3.connect(tmp_path / "drytune.sqlite3")
    assert {name for (name,) in database.execute("SELECT name FROM sqlite_master")} == {"objects", "counters"}
    database.close()


@pytest.mark.parametrize(("difference", "age"), [(-1, "an earlier"), (1, "a later")])
def test_the_state_of_another_version_is_refused(reopen, monkeypatch, difference, age):
    """Both ways, in a file and at PostgreSQL."""
    reopen().number("file", "me")
    monkeypatch.setattr(statements, "VERSION", statements.VERSION - difference)
    with pytest.raises(StoreError, match=f"was made by {age} version of drytune"):
        reopen()


def test_a_store_that_was_closed_says_so(reopen, make_row):
    """And is not opened again by accident."""
    store = reopen()
    store.close()
    for use in (lambda: store.get("file", "me", "a", 9.0), lambda: store.insert([make_row(1)])):
        with pytest.raises(StoreError, match="closed"):
            use()


def test_contents_at_a_url(tmp_path, make_row):
    """Rows in a directory, contents elsewhere."""
    store = Store(tmp_path / "rows", files_url=(tmp_path / "files").as_uri())
    store.insert([make_row(1, blob=store.blobs.put(b"elsewhere"))])
    assert [path.name for path in (tmp_path / "files").rglob("[!.]*") if path.is_file()] == [
        store.get("file", "me", "file-1", 9.0).blob
    ]
    assert not (tmp_path / "rows" / "blobs").exists()
    store.close()


def test_a_url_that_nobody_knows_is_named():
    """What fsspec lacks is said in its words; a password is not."""
    assert "nosuch://bucket/files" in refusal(files_url=f"nosuch://me:{SECRET}@bucket/files?token={SECRET}")
    assert SECRET not in refusal(files_url=f"nosuch://me:{SECRET}@bucket/files?token={SECRET}")


def test_a_url_whose_library_is_missing_is_named(monkeypatch):
    """And so is fsspec itself."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(StoreError, match=r"s3://bucket/files need a library that is not installed: .*s3fs"):
        FsspecBlobs("s3://bucket/files")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(StoreError, match=r"need fsspec: pip install 'drytune\[server\]'"):
        FsspecBlobs("memory://files")


@pytest.mark.parametrize("url", ["memory://here", "filecache::memory://here"])
def test_a_state_that_stays_needs_contents_that_stay(tmp_path, url):
    """What was acknowledged would be gone with the process, or be seen by one worker of several."""
    text = refusal(tmp_path / "state", files_url=url)
    assert "are gone with this process" in text
    assert str(tmp_path / "state") in text
    Store(files_url=url).close()


def keep(one: Store, row) -> Store:
    """A store with a content, closed."""
    one.insert([row(1, blob=one.blobs.put(b"needed"))])
    one.close()
    return one


def test_contents_are_looked_for_where_they_are(tmp_path, make_row):
    """Another place is refused, and both are named; another way there is none, and a reset forgets no place."""
    keep(Store(tmp_path / "rows", files_url=str(tmp_path / "files")), make_row)
    for options in ({}, {"files_url": (tmp_path / "other").as_uri()}):
        text = refusal(tmp_path / "rows", **options)
        assert (
            f"the file contents of the state in {tmp_path / 'rows'} are kept at {tmp_path / 'files'}" in text
        )
        assert f"not at {tmp_path / ('other' if options else 'rows')}" in text
    again = Store(tmp_path / "rows", files_url=(tmp_path / "files").as_uri())
    assert again.blobs.get(again.get("file", "me", "file-1", 9.0).blob) == b"needed"
    again.reset()
    again.close()
    assert "are kept at" in refusal(tmp_path / "rows")


def test_a_database_url_with_another_directory_is_refused(postgres_database, tmp_path, make_row):
    """The tables are the same, the contents would not be."""
    keep(Store(tmp_path / "one", database_url=postgres_database), make_row)
    text = refusal(tmp_path / "two", database_url=postgres_database)
    assert f"are kept at {tmp_path / 'one'}" in text
    assert f"not at {tmp_path / 'two'}" in text


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_place_may_be_moved(tmp_path, make_row, elsewhere):
    """It takes its identity along, and is then known by its new name."""

    def options(name):
        return {"files_url": str(tmp_path / f"files-{name}")} if elsewhere else {}

    keep(Store(tmp_path / "a", **options("a")), make_row)
    for path in tmp_path.iterdir():
        path.rename(path.with_name(path.name[:-1] + "b"))
    again = Store(tmp_path / "b", **options("b"))
    assert again.blobs.get(again.get("file", "me", "file-1", 9.0).blob) == b"needed"
    again.close()
    if elsewhere:
        assert f"are kept at {tmp_path / 'files-b'}" in refusal(tmp_path / "b")


def test_contents_that_have_been_taken_away_are_told(tmp_path, make_row):
    """Before anybody asks for them."""
    keep(Store(tmp_path), make_row)
    shutil.rmtree(tmp_path / "blobs")
    assert "were kept at" in (text := refusal(tmp_path))
    assert text.endswith("put them back, or begin a new state elsewhere")


# PostgreSQL's own


def test_postgresql_needs_a_place_for_contents(postgres_url):
    """All processes have to find them."""
    assert "file contents need a place that all processes share" in refusal(database_url=postgres_url)


def test_postgresql_needs_psycopg(monkeypatch, tmp_path):
    """The extra that brings it is named."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'drytune[postgres]'" in refusal(tmp_path, database_url="postgresql://localhost/x")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://me:{secret}@localhost/x", "begins with 'mysql': expected postgresql://USER:PASSWORD@HOST"),
        ("sqlite:///x", "SQLite needs no URL, but a directory"),
        ("{secret}", "cannot be read: expected postgresql://"),
        ("postgresql://me:{secret}@{secret}@localhost/x", "cannot be read"),
        ("postgresql://me:{secret}/{secret}@localhost/x", "cannot be read"),
        ("postgresql://me:{secret}@localhost:1/x", "state cannot be kept in postgresql://me@localhost:1/x: "),
        (
            "postgres://localhost:1/x?password={secret}",
            "state cannot be kept in postgresql://localhost:1/x: ",
        ),
        ("postgresql://me:{secret}@localhost/x?{secret}={secret}", "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_url_is_said_without_its_password(tmp_path, url, expected):
    """Whether it cannot be read or nobody answers."""
    pytest.importorskip("psycopg")
    text = refusal(tmp_path, database_url=url.format(secret=SECRET))
    assert expected in text
    assert SECRET not in text


def test_every_spelling_of_a_url_is_taken(postgres_database, tmp_path, make_row):
    """As other programs have them in their settings."""
    for number, scheme in enumerate(("postgresql", "postgres", "postgresql+psycopg")):
        store = Store(tmp_path, database_url=postgres_database.replace("postgresql", scheme, 1))
        store.insert([make_row(number)])
        store.close()
    store = Store(tmp_path, database_url=postgres_database)
    assert len(list(store.scan("file", "me", 9.0))) == 3
    store.close()


def hang_up(url: str) -> None:
    """End all other connections to a database, as a server does that is restarted."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_lost_connection_is_replaced(postgres_database, tmp_path, make_row):
    """Before a read or a transaction nothing is lost with it."""
    store = Store(tmp_path, database_url=postgres_database)
    store.insert([make_row(1)])
    hang_up(postgres_database)
    assert store.get("file", "me", "file-1", 9.0) is not None
    hang_up(postgres_database)
    store.insert([make_row(2)])
    assert len(list(store.scan("file", "me", 9.0))) == 2
    store.close()


def test_a_transaction_goes_with_its_connection(postgres_database, tmp_path, make_row):
    """Whoever asked is told; nothing of it is there, and the next one works."""
    store = Store(tmp_path, database_url=postgres_database)

    def interrupted() -> None:
        with store.transaction():
            store.insert([make_row(1)])
            hang_up(postgres_database)
            store.insert([make_row(2)])

    with pytest.raises(StoreError, match="state cannot be kept in postgresql://drytune@"):
        interrupted()
    assert list(store.scan("file", "me", 9.0)) == []
    store.insert([make_row(1)])
    store.close()


def test_a_transaction_that_has_failed_is_not_taken_for_committed(reopen, make_row):
    """Not even if somebody has caught the error inside of it."""
    store = reopen()
    store.insert([make_row(1)])

    def careless() -> None:
        with store.transaction():
            store.insert([make_row(2)])
            with contextlib.suppress(StoreError):
                store.insert([make_row(1)])

    try:
        careless()
    except StoreError:
        assert store.get("file", "me", "file-2", 9.0) is None
    else:
        assert store.get("file", "me", "file-2", 9.0) is not None
