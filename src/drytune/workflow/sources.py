"""Files of this machine, as they are now."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from drytune.errors import UsageError
from drytune.workflow.tasks import Role, SourceFile

__all__ = ["sha256_of", "source_file", "upload_name"]

_LONGEST_STEM = 60
_HASH = 16


def source_file(
    role: Role, path: str | os.PathLike[str], *, examples: int = 0, named_by_hash: bool = False
) -> SourceFile:
    """The file at `path`.

    Args:
        role: What it is for.
        path: Of a file that can be read more than once.
        examples: That it holds.
        named_by_hash: Whether an upload of it is to be found again by its name.

    Raises:
        UsageError: It cannot be read.
    """
    place = Path(path)
    sha256, size = sha256_of(place)
    name = os.fsencode(place.name).decode("utf-8", "replace")  # one that is not UTF-8 could not be sent
    sent_as = upload_name(place, sha256) if named_by_hash else name
    return SourceFile(
        role=role,
        path=os.fsencode(place.absolute()).decode("utf-8", "surrogateescape"),
        bytes=size,
        sha256=sha256,
        upload_name=None if role == "holdout" else sent_as,
        examples=examples,
    )


def sha256_of(path: Path) -> tuple[str, int]:
    """The hash of a file's bytes, hexadecimal, and how many they are.

    Raises:
        UsageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error


def upload_name(path: Path, sha256: str) -> str:
    """The name of an upload that is found again by it: what the file is called, and the beginning of its hash."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.")[:_LONGEST_STEM] or "dataset"
    return f"{stem}.{sha256[:_HASH]}.jsonl"
