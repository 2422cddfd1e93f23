"""Files that are written: checked before any work is done, whole or not at all, and never one of the inputs."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from drytune.errors import UsageError

__all__ = ["add_file", "beside", "new_copy", "page_target", "replace_page", "require_two_files"]

_COMPRESSED: Final = (".gz", ".zst", ".zstd", ".bz2", ".xz")

_DOCTYPE: Final = b"<!doctype html>"

_LOCAL_URL: Final = re.compile(r"(?:file|local)://", re.IGNORECASE)


def new_copy(out: str, inputs: Iterable[str]) -> Path:
    """Where the copy of ``--fix`` is written.

    Args:
        out: As the user called it.
        inputs: Names of all that is read; ``-`` is standard input.

    Raises:
        UsageError: It is an input, under whatever name, or there is something already, or it cannot be made.
    """
    path = Path(out)
    if not out or "\0" in out or out == "-":
        raise UsageError("--fix needs the name of a new file for the repaired copy.")
    if path.suffix.lower() in _COMPRESSED:
        name = path.with_suffix("") if path.with_suffix("").suffix else path.with_suffix(".jsonl")
        raise UsageError(f"{out}: the repaired copy is not compressed; name it {name.name}.")
    _require_no_input(path, inputs, "the copy")
    if os.path.lexists(path):
        raise UsageError(f"{out} exists already; remove it, or name another file for the copy.")
    _require_folder(path, out)
    if path.suffix.lower() != ".jsonl":
        raise UsageError(
            f"{out} does not end in .jsonl, so the platform would refuse the copy; name it {path.name}.jsonl."
        )
    return path


def page_target(out: str, inputs: Iterable[str]) -> Path:
    """Where the page of ``--html`` is written; an earlier page may be there, and nothing else.

    Args:
        out: As the user called it.
        inputs: Names of all that is read; ``-`` is standard input.

    Returns:
        The file itself, if `out` is a symbolic link to one.

    Raises:
        UsageError: It is an input, under whatever name, or something that is no page, or it cannot be made.
    """
    path = Path(out)
    if not out or "\0" in out or out == "-":
        raise UsageError("--html needs the name of a file for the page.")
    _require_no_input(path, inputs, "the page")
    if path.is_symlink() and not path.exists():
        raise UsageError(f"{out} is a symbolic link that leads nowhere; remove it, or name another file.")
    path = Path(os.path.realpath(path))
    if os.path.lexists(path):
        _require_page(path, out)
    _require_folder(path, out)
    return path


def require_two_files(page: Path, copy: Path) -> None:
    """Refuse to write the page and the copy to one file.

    Raises:
        UsageError: They are one.
    """
    if os.path.realpath(page) == os.path.realpath(copy):
        raise UsageError(f"--html and --fix both name {copy}; they are two files.")


def replace_page(text: str, out: str, inputs: Iterable[str]) -> None:
    """Write a page to `out`, whole or not at all; an earlier page is replaced, and keeps its rights.

    Raises:
        UsageError: As of `page_target`, which is asked once more: time has passed.
    """
    target = page_target(out, inputs)
    with beside(target) as (temporary, path):
        temporary.write(text.encode("utf-8", "replace"))
        temporary.flush()
        os.fsync(temporary.fileno())
        temporary.close()  # or Windows would not rename it
        try:
            with contextlib.suppress(FileNotFoundError):
                path.chmod(stat.S_IMODE(target.stat().st_mode))
            path.replace(target)
        except OSError as error:
            raise UsageError(f"{out} cannot be written: {error.strerror or error}.") from None
    _sync_folder(target)


def add_file(path: Path, target: Path) -> None:
    """Give a complete file its name, if that is still free.

    Raises:
        UsageError: It is not, or it cannot be given.
    """
    try:
        _name(path, target)
    except FileExistsError:
        raise UsageError(f"{target} exists by now; it was left as it is.") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
    _sync_folder(target)


@contextlib.contextmanager
def beside(target: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A new file in the folder of `target`, which is removed at the end; its rights are those of any new file."""
    number = 0
    while True:
        path = target.with_name(f".{target.name[:200]}.{os.getpid()}-{number}.tmp")
        try:
            stream = path.open("xb")
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise UsageError(f"{target} cannot be written: {error.strerror or error}.") from None
        break
    try:
        with stream:
            yield stream, path
    finally:
        path.unlink(missing_ok=True)


def _require_no_input(path: Path, inputs: Iterable[str], what: str) -> None:
    if any(_is_same(path, name) for name in inputs):
        raise UsageError(f"{path} is the input, which is never touched; name another file for {what}.")


def _is_same(path: Path, name: str) -> bool:
    """Whether these are one file, perhaps under two names: hard links are one file as well."""
    try:
        if name == "-":
            return os.path.samestat(path.stat(), os.fstat(sys.stdin.fileno()))
        return path.samefile(_LOCAL_URL.sub("", name, count=1) if _LOCAL_URL.match(name) else name)
    except (OSError, ValueError, AttributeError):  # one of them does not exist, or there is no standard input
        return False


def _require_folder(path: Path, out: str) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no directory, so {out} cannot be written; make it first.")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{out} cannot be written: nothing may be written to {path.parent}.")


def _require_page(path: Path, out: str) -> None:
    """Refuse a file that is no HTML page: it may be worth more than the page."""
    other = "remove it, or name another file for the page"
    if not path.is_file():
        raise UsageError(f"{out} exists already and is not a regular file; name another file for the page.")
    try:
        with path.open("rb") as stream:
            head = stream.read(len(_DOCTYPE))
    except OSError as error:
        raise UsageError(f"{out} cannot be read: {error.strerror or error}; {other}.") from None
    if head.lower() != _DOCTYPE:
        raise UsageError(f"{out} exists already and is no HTML report, so it is not replaced; {other}.")
    if not os.access(path, os.W_OK):
        raise UsageError(f"{out} exists already and may not be changed; {other}.")


def _name(path: Path, target: Path) -> None:
    try:
        os.link(path, target)  # unlike a rename, this never replaces a file
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise FileExistsError from None
        path.rename(target)


def _sync_folder(target: Path) -> None:
    """See to it that the name is there after a crash, too."""
    with contextlib.suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
