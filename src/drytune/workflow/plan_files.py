"""Plans in files: written whole or not at all, and read only as they were written."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from drytune.errors import Refused, UsageError
from drytune.workflow.plan import VERSION, Plan

__all__ = ["is_plan", "load_plan", "save_plan"]

_NAME: Final = "drytune_plan"
_BEGINNING: Final = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"drytune_plan"\s*:')
_LARGEST: Final = 64 << 20
"""No plan has so many bytes; a dataset may."""


def save_plan(plan: Plan, path: str | os.PathLike[str]) -> None:
    """Write `plan` to `path`, as JSON that people can read; what was there is replaced.

    Raises:
        UsageError: It is a directory.
        DrytuneError: It cannot be written; what was there is as it was.
    """
    from drytune.cassettes.files import write_atomically

    if Path(path).is_dir():
        raise UsageError(f"{os.fspath(path)} is a directory; name a file for the plan.")
    text = json.dumps(plan.to_dict(), ensure_ascii=False, indent=2)
    # what UTF-8 cannot spell becomes an escape, which JSON has too
    write_atomically(Path(path), text.encode("utf-8", "backslashreplace") + b"\n")


def load_plan(path: str | os.PathLike[str]) -> Plan:
    """The plan in a file.

    Raises:
        UsageError: The file cannot be read, or holds no plan, or one of another version.
        Refused: Somebody has changed it since it was written.
    """
    name = os.fspath(path)
    said = _object(name)
    if said is None or _NAME not in said:
        raise UsageError(f"{name} is no plan; `drytune plan DATASET` writes one.")
    if said[_NAME] != VERSION:
        version = json.dumps(said[_NAME])[:40]
        raise UsageError(
            f"{name} is a plan of version {version}, and this drytune knows version {VERSION}; plan again."
        )
    try:
        plan = msgspec.convert(said, Plan)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} is a damaged plan: {error}; plan again.") from None
    # what is not known would be passed over, and somebody has meant something by it
    if plan.digest != plan.actual_digest or json.loads(json.dumps(plan.to_dict())) != said:
        raise Refused(
            f"{name} has been changed since it was written, and a plan is done as it is or not at all; plan again"
            " with the options that you want."
        )
    return plan


def is_plan(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a plan, or was meant to be one; a dataset is none, and neither is what cannot be read."""
    try:
        with Path(path).open("rb") as file:
            if _BEGINNING.match(file.read(4096)):
                return True
            if os.fstat(file.fileno()).st_size > _LARGEST:
                return False
        said = _object(os.fspath(path))
    except (OSError, ValueError):  # UsageError is one
        return False
    return said is not None and _NAME in said


def _object(name: str) -> dict[str, Any] | None:
    """The JSON object in a file; None if it holds something else.

    Raises:
        UsageError: It cannot be read, or is no JSON.
    """
    try:
        value = json.loads(Path(name).read_bytes())
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is no plan, for it is not JSON: {error}.") from None
    return value if isinstance(value, dict) else None
