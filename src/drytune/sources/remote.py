"""URLs (``s3://``, ``gs://``, ``file://``, ``memory://``, …), read through fsspec."""

from __future__ import annotations

import glob
import re
from typing import Any

import msgspec

from drytune.errors import MissingExtra, UsageError
from drytune.sources.compressed import compression_of, unpacked, without_suffix
from drytune.sources.stream import Stream, cannot_be_read

__all__ = ["Url", "is_url", "urls"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
"""What fsspec asks for, by scheme; for others its own words are told."""

_OF_THIS_PROCESS = frozenset({"memory"})
"""File systems that other processes do not see."""


class Url(msgspec.Struct, frozen=True):
    """A file that fsspec reads.

    Attributes:
        name: The URL, as the user called it.
        size: In bytes, as it is stored; None when the file system does not tell.
    """

    name: str
    size: int | None

    @property
    def filename(self) -> str:
        """The URL without ``.gz`` or ``.zst``."""
        return without_suffix(self.name)

    @property
    def shared(self) -> bool:
        """Whether its file system is more than some memory of this process."""
        return _scheme(self.name) not in _OF_THIS_PROCESS

    @property
    def splittable(self) -> bool:
        """Whether other processes can open it, its size is known, and it is not compressed."""
        return self.shared and self.size is not None and compression_of(self.name) is None

    def open(self) -> Stream:
        """Its bytes, decompressed.

        Raises:
            MissingExtra: A package for this kind of URL is not installed.
            UsageError: It cannot be opened.
        """
        system, path = _system(self.name)
        try:
            stored: Any = system.open(path, "rb")
        except Exception as error:  # noqa: BLE001 - every file system has errors of its own
            raise cannot_be_read(self.name, error) from None
        return unpacked(stored, self.name)

    def peek(self, most: int) -> Stream:  # noqa: ARG002 - a file can be opened any number of times
        """Its first bytes, to look at; they are there again when it is opened.

        Raises:
            UsageError: It cannot be opened.
        """
        return self.open()


def is_url(name: str) -> bool:
    """Whether `name` begins like a URL."""
    return _SCHEME.match(name) is not None


def urls(name: str) -> list[Url]:
    """The file of this URL; if there is none and the URL is a pattern, the files that match, in order.

    Raises:
        MissingExtra: A package for this kind of URL is not installed.
        UsageError: There is no such file, or the file system refuses.
    """
    system, path = _system(name)
    try:
        if glob.has_magic(path) and not system.exists(path):
            return _matching(name, system, path)
        return [_url(name, system.info(path))]
    except FileNotFoundError:
        raise UsageError(f"{name} does not exist; check the URL.") from None
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 - every file system has errors of its own
        raise cannot_be_read(name, error) from None


def _matching(name: str, system: Any, path: str) -> list[Url]:
    found = system.glob(path, detail=True)
    files = sorted(key for key, info in found.items() if info.get("type") != "directory")
    if not files:
        raise UsageError(f"No file matches {name}; check the pattern.")
    return [_url(system.unstrip_protocol(key), found[key]) for key in files]


def _url(name: str, info: dict[str, Any]) -> Url:
    if info.get("type") == "directory":
        raise UsageError(f"{name} is a directory; name the .jsonl file in it.")
    size = info.get("size")
    return Url(name, int(size) if size is not None else None)


def _scheme(name: str) -> str:
    found = _SCHEME.match(name)
    return found[1].lower() if found else ""


def _system(name: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtra(f"Reading {name} needs fsspec; pip install 'drytune[ray]' or fsspec.") from None
    scheme = _scheme(name)
    try:
        system, path = url_to_fs(name)
    except ImportError as error:
        package = _PACKAGES.get(scheme)
        todo = f"needs {package}; pip install {package}" if package else f"needs more than fsspec: {error}"
        raise MissingExtra(f"Reading {name} {todo.removesuffix('.')}.") from None
    except Exception as error:  # noqa: BLE001 - unknown schemes, wrong credentials, …
        raise cannot_be_read(name, error) from None
    return system, path
