"""Cassettes in files: read in several forms, written in one, atomically, and never with a secret in them."""

from __future__ import annotations

import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from drytune.cassettes.checksum import checksum
from drytune.cassettes.errors import CassetteError, NotKept
from drytune.cassettes.foreign import exchanges_of
from drytune.cassettes.har import from_har
from drytune.cassettes.model import FORMAT, Cassette, Header
from drytune.cassettes.writing import dumps
from drytune.cassettes.yaml_events import YamlError, read_yaml
from drytune.errors import UsageError

__all__ = ["dumps", "load", "loads", "save", "seal_again", "write_atomically"]

_KNOWN: Final = frozenset(Header.__struct_fields__) | {"format", "checksum"}
_counter = itertools.count()


def load(path: Path | str, *, strict: bool = True) -> Cassette:
    """Read a cassette of drytune or vcrpy (YAML or JSON), or a HAR 1.2 file; its content tells which it is.

    Args:
        path: Where it is.
        strict: Whether a cassette that was changed since drytune wrote it is refused.

    Raises:
        UsageError: There is no such file, or it may not be read.
        CassetteError: It is no cassette, is damaged, is of a newer drytune, or was changed by hand.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        msg = f"There is no cassette {path}."
        raise UsageError(msg) from error
    except OSError as error:
        msg = f"The cassette {path} cannot be read: {error.strerror or error}."
        raise UsageError(msg) from error
    return loads(data, str(path), strict=strict)


def loads(data: bytes, name: str = "cassette", *, strict: bool = True) -> Cassette:
    """As `load`, from what a file holds.

    Args:
        data: The bytes of the file.
        name: For messages, and that of the cassette.
        strict: As `load`.

    Raises:
        CassetteError: As `load`.
    """
    root = _parsed(data, name)
    if isinstance(root, dict) and isinstance(root.get("log"), dict):
        return from_har(root["log"], name)
    if isinstance(root, list):
        what = "a list, as vcrpy before 1.0 wrote it: `python -m vcr.migration FILE` makes a newer one of it"
        msg = f"{name} is no cassette that drytune reads: it is {what}."
        raise CassetteError(msg)
    if not isinstance(root, dict):
        msg = f"{name} is no cassette: it holds no interactions."
        raise CassetteError(msg)
    ruby = "http_interactions" in root
    if not ruby and "interactions" not in root:
        msg = f"{name} is no cassette: it has no interactions. It may be another YAML or JSON file, or be cut off."
        raise CassetteError(msg)
    version = root.get("version", 1)
    if isinstance(version, int) and version > 1:
        msg = f"{name} is a cassette of version {version}, and drytune reads version 1: upgrade drytune."
        raise CassetteError(msg)
    header, seal = _header(root.get("drytune"), name)
    exchanges = tuple(exchanges_of(root["http_interactions" if ruby else "interactions"], name))
    cassette = Cassette(header=header, exchanges=exchanges, name=name)
    is_ours = root.get("drytune") is not None  # what another tool made has no checksum
    if strict and is_ours and seal != checksum(cassette):
        how = "its checksum is missing" if seal is None else "its checksum is of something else"
        msg = (
            f"{name} was changed since it was recorded: {how}. Take the file back "
            f"from where it was kept, or accept the change with `drytune cassette seal {name}`."
        )
        raise CassetteError(msg)
    return cassette


def save(path: Path | str, cassette: Cassette) -> None:
    """Write a cassette, if no secret is left in it; whatever happens, `path` has the old content or the new.

    A file that is there keeps its permissions; of a symbolic link, its target is replaced.

    Raises:
        SecretLeft: Something in it looks like a secret; nothing is written.
        CassetteError: A number in it is not finite.
        NotKept: The disk is full, or may not be written to.
    """
    path = Path(path)
    from drytune.cassettes.redaction import guard

    guard(cassette, str(path))
    write_atomically(path, dumps(cassette))


def seal_again(path: Path | str, into: Path | str | None = None) -> Cassette:
    """Accept what was changed in a cassette by hand: look for secrets, and write it with a new checksum.

    Args:
        path: A cassette; or any file that `load` reads, if `into` says where the cassette goes.
        into: Where it is written; by default where it was.

    Raises:
        UsageError: There is no such file, or it is a JSON file and `into` is not given.
        CassetteError: It is damaged.
        SecretLeft: Something in it looks like a secret; nothing is written.
        NotKept: The disk is full, or may not be written to.
    """
    path = Path(path)
    cassette = load(path, strict=False)
    if into is None and path.suffix.lower() in {".json", ".har"}:
        msg = f"{path} is JSON and cassettes are YAML: say into which file the cassette of it should go."
        raise UsageError(msg)
    target = path if into is None else Path(into)
    save(target, cassette)
    return msgspec.structs.replace(cassette, name=str(target))


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file `path`, all of it or nothing.

    Raises:
        NotKept: The disk is full, or may not be written to; the file is as it was.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    beside = target.with_name(f".{target.name}.{os.getpid()}-{next(_counter)}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
        if target.is_dir():
            msg = f"{path} is a directory, and a cassette is a file."
            raise UsageError(msg)
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(file, "wb") as stream:
                if mode is not None and hasattr(os, "fchmod"):
                    os.fchmod(file, mode)
                stream.write(data)
                stream.flush()
                os.fsync(file)
            os.replace(beside, target)  # noqa: PTH105 - as the calls around it
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        _sync_directory(target.parent)
    except OSError as error:
        is_there = "as it was" if os.path.lexists(path) else "not there, as before"
        msg = f"{path} cannot be written: {error.strerror or error}. The file is {is_there}."
        raise NotKept(msg) from error


def _sync_directory(directory: Path) -> None:
    """Have the disk remember that a file was replaced; not every system can."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _parsed(data: bytes, name: str) -> Any:
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        msg = f"{name} is no cassette: it is empty."
        raise CassetteError(msg)
    if data.lstrip()[:1] in {b"{", b"["}:
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            reason = str(error)
    else:
        reason = ""
    try:
        return read_yaml(data)
    except YamlError as error:
        why = f"{error} (and as JSON: {reason})" if reason else str(error)
        msg = f"{name} is no cassette, or a damaged one: {why}."
        raise CassetteError(msg) from error


def _header(value: Any, name: str) -> tuple[Header, str | None]:
    if value is None:
        return Header(), None
    if not isinstance(value, dict):
        msg = f"{name}: what stands under drytune is no mapping."
        raise CassetteError(msg)
    version = value.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        msg = f"{name}: drytune.format should be {FORMAT}, the version of the form that drytune writes."
        raise CassetteError(msg)
    unknown = sorted(str(key) for key in value.keys() - _KNOWN)
    if version > FORMAT or unknown:
        by = value.get("drytune")
        by = f"drytune {by}" if isinstance(by, str) else "a newer drytune"
        has = f"has the form {version}" if version > FORMAT else f"has drytune.{unknown[0]}"
        msg = f"{name} {has}, which this drytune does not know: it was written by {by}; upgrade drytune."
        raise CassetteError(msg)
    rest = {key: one for key, one in value.items() if key not in {"format", "checksum"}}
    try:
        header = msgspec.convert(rest, Header)
    except msgspec.ValidationError as error:
        msg = f"{name}: its header is damaged: {str(error).replace('`$', '`drytune')}."
        raise CassetteError(msg) from error
    seal = value.get("checksum")
    if seal is not None and not isinstance(seal, str):
        msg = f"{name}: drytune.checksum is no text."
        raise CassetteError(msg)
    return header, seal
