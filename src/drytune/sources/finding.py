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

__all__ = ["find_sources"]


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


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
