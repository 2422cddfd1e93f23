"""Where a store keeps its tables and its contents."""

from __future__ import annotations

from pathlib import Path

from drytune_simulator.store.blobs import MemoryBlobs, Place
from drytune_simulator.store.database import Database
from drytune_simulator.store.error import StoreError
from drytune_simulator.store.remote import blobs_at
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
        """
        if self._files_url is not None:
            return blobs_at(self._files_url, f"drytune-{identity:016x}")
        if self._directory is None:
            return MemoryBlobs()
        return blobs_at(
            str(self._directory / "blobs"), "" if self._in_directory else f"drytune-{identity:016x}"
        )
