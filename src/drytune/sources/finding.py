"""From what was typed to sources."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from drytune.errors import UsageError
from drytune.sources.local import local_files
from drytune.sources.remote import is_url, urls
from drytune.sources.source import Source
from drytune.sources.standard_input import StandardInput

__all__ = ["find_sources", "require_distinct"]


def find_sources(names: Iterable[str | os.PathLike[str]]) -> list[Source]:
    """The sources of these names, in the order of the names; a pattern's files are sorted.

    Args:
        names: Each a path, a pattern (``data/*.jsonl``), a URL, or ``-`` for standard input. A file that exists is
            never taken for a pattern or a URL.

    Raises:
        UsageError: Something does not exist, matches nothing, or cannot be read.
        MissingExtra: A package for a URL is not installed.
    """
    found: list[Source] = []
    for name in [os.fspath(name) for name in names]:
        if name == "-":
            if StandardInput() in found:
                raise UsageError("Standard input (-) is named twice; it can be read only once.")
            found.append(StandardInput())
        elif is_url(name) and not _exists(name):
            found.extend(urls(name))
        else:
            found.extend(local_files(name))
    return found


def require_distinct(sources: Iterable[Source]) -> None:
    """Refuse sources of which two are one file: it would be trained on, and billed, twice.

    Raises:
        UsageError: Two are; hard and symbolic links count as the file that they lead to.
    """
    names: dict[object, str] = {}
    for source in sources:
        identity = _identity(source.name)
        first = names.get(identity)
        if first == source.name:
            raise UsageError(f"{first} is named twice; name it once, as each file is a job of its own.")
        if first is not None:
            raise UsageError(f"{first} and {source.name} are one file; name it once.")
        names[identity] = source.name


def _identity(name: str) -> object:
    """What two names of one file have in common."""
    try:
        status = Path(name).stat()
    except (OSError, ValueError):  # a URL
        return name
    return (status.st_dev, status.st_ino) if status.st_ino else os.path.realpath(name)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
