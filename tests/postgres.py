"""A PostgreSQL server for tests, from the system's package: started for the session, gone at its end."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

# It need not survive a loss of power, as what it serves does: it is made anew each time.
SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=32MB",
)


def programs() -> Path | None:
    """The directory of initdb and pg_ctl: that of the PATH, or the newest where Debian keeps them."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: float(one.parts[-3]))
    return packaged[-1].parent if packaged else None


class MissingError(Exception):
    """There is no PostgreSQL on this machine."""


@contextmanager
def server() -> Iterator[str]:
    """Start a server; gives the URL of its database `postgres`. It listens on a socket in its directory only."""
    directory = programs()
    if directory is None:
        raise MissingError(
            "initdb is neither in the PATH nor in /usr/lib/postgresql: install the package postgresql"
        )
    # not pytest's own directory: the path of a socket has at most 107 bytes, and another user has to reach it
    home = Path(tempfile.mkdtemp(prefix="drytune-pg-"))
    data, log = home / "data", home / "log"
    user = _unprivileged(home)
    pg_ctl = [*user, str(directory / "pg_ctl"), "--pgdata", str(data), "--log", str(log), "--wait"]
    try:
        _run(*user, str(directory / "initdb"), "--pgdata", str(data), "--auth=trust", "--username=drytune",
             "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
        with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in (*SETTINGS, f"unix_socket_directories='{home}'"))
        _run(*pg_ctl, "start")
        try:
            yield f"postgresql://drytune@/postgres?host={quote(str(home), safe='')}"
        finally:
            _run(*pg_ctl, "--mode=immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged(home: Path) -> list[str]:
    """PostgreSQL refuses to run as root: what to put before its commands, so that another user runs them."""
    if os.geteuid() != 0:
        return []
    name = next(name for name in ("postgres", "nobody") if _exists(name))
    shutil.chown(home, name)
    return ["setpriv", f"--reuid={name}", f"--regid={pwd.getpwnam(name).pw_gid}", "--clear-groups", "--"]


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(*command: str) -> None:
    # its directory may be one that the other user may not enter; and the server must not inherit our pipes
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, check=False, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=120
        )
        output.seek(0)
        text = output.read().decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{text}")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a database at a PostgreSQL server, shared by all tests of the session."""
    try:
        with server() as url:
            yield url
    except MissingError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def make_postgres_database(postgres_url: str) -> Callable[[], str]:
    """Make an empty database at the server; gives its URL."""
    import psycopg

    numbers = itertools.count(1)

    def make() -> str:
        name = f"drytune_{next(numbers)}"
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return postgres_url.replace("/postgres?", f"/{name}?")

    return make


@pytest.fixture
def postgres_database(make_postgres_database: Callable[[], str]) -> str:
    """The URL of a database of the test's own."""
    return make_postgres_database()
