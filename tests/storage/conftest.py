"""Stores of each kind, and more of the same."""

from collections.abc import Callable

import pytest

from drytune_simulator.store import Row, Store


@pytest.fixture(params=["directory", "postgres"])
def reopen(request, tmp_path) -> Callable[[], Store]:
    """Open a store that outlives its process, and the same one again at each call; all are closed at the end."""
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    opened: list[Store] = []

    def open_it() -> Store:
        opened.append(Store(tmp_path / "state", database_url=url))
        return opened[-1]

    yield open_it
    for one in opened:
        one.close()


@pytest.fixture(scope="session", params=["memory", "directory", "postgres"])
def store(request, tmp_path_factory) -> Store:
    """One store of each kind for all tests of this directory: each test uses kinds of rows of its own."""
    options = {}
    if request.param != "memory":
        options["directory"] = tmp_path_factory.mktemp("state")
    if request.param == "postgres":
        options["database_url"] = request.getfixturevalue("make_postgres_database")()
    one = Store(**options)
    yield one
    one.close()


@pytest.fixture
def make_row() -> Callable[..., Row]:
    """A row with that number, of the kind `file` unless something else is said."""
    return row


def row(number: int, **changes: object) -> Row:
    fields = {
        "kind": "file",
        "scope": "me",
        "id": f"file-{number}",
        "seq": number,
        "visible_at": float(number),
        "document": {"number": number},
    }
    return Row(**{**fields, **changes})
