"""Where a store keeps its tables and its contents."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from drytune_simulator import ids
from drytune_simulator.clock import SystemClock
from drytune_simulator.store import statements
from drytune_simulator.store.blobs import MemoryBlobs, Place
from drytune_simulator.store.database import Database
from drytune_simulator.store.error import StoreError
from drytune_simulator.store.remote import blobs_at
from drytune_simulator.store.rows import Row, from_record, to_record
from drytune_simulator.store.session import Session
from drytune_simulator.store.sqlite import SqliteFile, SqliteMemory

__all__ = ["Places"]


class Places:
    """The meaning of a store's three arguments.

    Attributes:
        database: The tables.
        where: It, in words for messages.

    Raises:
        StoreError: Nothing can be kept there.
    """

    def __init__(self, directory: Path | None, database_url: str | None, files_url: str | None) -> None:
        self._directory = directory
        self._files_url = files_url
        self._in_directory = directory is not None and database_url is None
        self._durable = directory is not None or database_url is not None
        self.where = "memory"
        self.database: Database
        if database_url is not None:
            if directory is None and files_url is None:
                raise StoreError(
                    "with a database's URL, file contents need a place that all processes share: name a directory "
                    "(--data DIR), or a URL of fsspec (--files-url URL)"
                )
            from drytune_simulator.store.postgres import Postgres

            self.database = server = Postgres(database_url)
            self.where = server.where
        elif directory is not None:
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"state cannot be kept in {directory}: {error.strerror}; name a directory that you may "
                    "write to"
                ) from error
            self.database = SqliteFile(directory / "drytune.sqlite3")
            self.where = str(directory)
        else:
            self.database = SqliteMemory()

    def contents(self, identity: int) -> Place:
        """The place of the contents that the database `identity` refers to, and no other.

        Where several databases may be told the same place, each has a folder of its own there: what one of them
        does not refer to, another may need.

        Raises:
            StoreError: Nothing can be kept there, or not for as long as the database is.
        """
        if self._files_url is not None:
            place = blobs_at(self._files_url, f"drytune-{identity:016x}")
            if self._durable and place.is_memory:
                raise StoreError(
                    f"file contents at {place.where} are gone with this process, and no other one finds them, but "
                    f"the state in {self.where} stays; name a place that stays as well, or leave out the URL"
                )
            return place
        if self._directory is None:
            return MemoryBlobs()
        return blobs_at(
            str(self._directory / "blobs"), "" if self._in_directory else f"drytune-{identity:016x}"
        )

    def agree(self, session: Session, place: Place) -> None:
        """Note in the database where its contents are; or, at a later start, see that they are there.

        A place knows which one it is, so it may be moved, and reached by another way.

        Raises:
            StoreError: The contents are elsewhere.
        """
        key = {"of_kind": statements.PLACE, "of_scope": "", "of_id": "place"}
        with session.transaction():  # nobody else notes another one meanwhile
            found = session.select(statements.GET, key)
            known = from_record(found[0]).document if found else {}
            identity = place.identity()
            if known and identity != known["identity"]:
                raise StoreError(self._elsewhere(str(known["where"]), place.where))
            if identity is None:
                now, host = SystemClock().now(), socket.gethostname()
                identity = ids.hexadecimal(32, "contents", now, host, os.getpid(), id(place))
                place.identify(identity)
            told = {"identity": identity, "where": place.where}
            if told == known:
                return
            record = to_record(
                Row(kind=statements.PLACE, scope="", id="place", seq=0, visible_at=0.0, document=told)
            )
            if not known:
                session.run(statements.INSERT, record)
                return
            values = {f"new_{name}": record[name] for name in statements.CHANGED}
            session.run(statements.UPDATE, {**key, **values})

    def _elsewhere(self, kept: str, asked: str) -> str:
        if kept == asked:
            return (
                f"the file contents of the state in {self.where} were kept at {kept} and are not there any more; "
                "put them back, or begin a new state elsewhere"
            )
        return (
            f"the file contents of the state in {self.where} are kept at {kept}, not at {asked}; name that place, "
            "or where you have moved all of it to"
        )

    def beside(self, identity: int) -> Path | None:
        """Where what can be made again from the contents is kept; None where no directory is named."""
        if self._directory is None:
            return None
        return self._directory / "made" / ("" if self._in_directory else f"drytune-{identity:016x}")
