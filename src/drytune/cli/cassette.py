"""``drytune cassette``: look into recordings, search them for secrets, accept changes, make them of others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from drytune.cli.output import print_json, print_lines
from drytune.errors import DrytuneError, UsageError

if TYPE_CHECKING:
    from drytune.cassettes.model import Cassette, Exchange

__all__ = ["cassette"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def cassette() -> None:
    """Recordings of an API: what is in them, whether they may be committed, how they are mended."""


@cassette.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(file: Path, *, as_json: bool) -> None:
    """List what is in FILE, a cassette of drytune or vcrpy, or a HAR file."""
    from drytune.cassettes.files import load

    loaded = load(file, strict=False)
    if as_json:
        print_json({"file": str(file), **_header(loaded), "exchanges": _numbered(loaded)})
    else:
        print_lines(_lines(file, loaded))


@cassette.command()
@click.argument("files", type=_FILE, nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check(files: tuple[Path, ...], *, as_json: bool) -> int:
    """Say whether FILES can be read, are as they were recorded, and hold nothing that looks like a secret.

    Exit codes: 0 they are, 1 one is not.
    """
    results = {str(file): _problems(file) for file in files}
    if as_json:
        print_json([{"file": name, "ok": not found, "problems": found} for name, found in results.items()])
    else:
        print_lines(
            line
            for name, found in results.items()
            for line in (found or [f"{name}: in order, and no secret in it"])
        )
    return 1 if any(results.values()) else 0


@cassette.command()
@click.argument("file", type=_FILE)
def seal(file: Path) -> None:
    """Accept what was changed in FILE by hand: search it for secrets, and write its checksum anew."""
    from drytune.cassettes.files import seal_again

    _tell(file, "sealed", seal_again(file))


@cassette.command()
@click.argument("file", type=_FILE)
@click.option("--into", type=_FILE, metavar="OTHER", help="Make OTHER of it, and leave FILE as it is.")
@click.option(
    "--overwrite", is_flag=True, help="Replace what is there, if the recording did not go on with it."
)
def recover(file: Path, into: Path | None, *, overwrite: bool) -> None:
    """Make FILE of what a recording left in FILE.part when it was cut off."""
    from drytune.cassettes.tape import recover as recovered

    _tell(into or file, "recovered", recovered(file, into=into, overwrite=overwrite))


@cassette.command()
@click.argument("source", type=_FILE)
@click.argument("target", type=_FILE)
@click.option("--redact", multiple=True, metavar="REGEX", help="What else must not be kept; may be repeated.")
@click.option("--overwrite", is_flag=True, help="Replace TARGET if it is there.")
def convert(source: Path, target: Path, redact: tuple[str, ...], *, overwrite: bool) -> None:
    """Make TARGET, a cassette without secrets, of SOURCE: a HAR file, or a cassette that another tool made."""
    import msgspec

    from drytune.cassettes.files import load, save
    from drytune.cassettes.model import Header
    from drytune.cassettes.redaction import Redactor
    from drytune_simulator.version import __version__

    if target.exists() and not overwrite:
        raise UsageError(f"{target} is there already; say --overwrite, or another name")
    loaded = load(source, strict=False)
    redactor = Redactor(patterns=redact)
    header = loaded.header if loaded.header != Header() else Header(source=source.name)
    made = msgspec.structs.replace(
        loaded,
        header=msgspec.structs.replace(header, drytune=__version__),
        exchanges=tuple(map(redactor.exchange, loaded.exchanges)),
    )
    save(target, made)
    _tell(target, f"made of {source}", made)


def _tell(file: Path, what: str, made: Cassette) -> None:
    print_lines([f"{file}: {what}, {_count(len(made.exchanges))}"])


def _problems(file: Path) -> list[str]:
    from drytune.cassettes.files import load
    from drytune.cassettes.redaction import places

    found: list[str] = []
    with _noted(found):
        load(file)
    with contextlib.suppress(DrytuneError):  # if it cannot be read at all, that has been said
        loaded = load(file, strict=False)
        found += [
            f"{file}: {place}"
            for number, exchange in enumerate(loaded.exchanges, 1)
            for place in places(exchange, number)
        ]
    return found


@contextlib.contextmanager
def _noted(found: list[str]) -> Iterator[None]:
    try:
        yield
    except DrytuneError as error:
        found.append(str(error))


def _header(loaded: Cassette) -> dict[str, Any]:
    import msgspec

    told: dict[str, Any] = msgspec.to_builtins(loaded.header)
    archive = told.pop("archive", None)
    return told | ({} if archive is None else {"archive": archive})


def _numbered(loaded: Cassette) -> list[dict[str, Any]]:
    return [{"number": number, **_about(one)} for number, one in enumerate(loaded.exchanges, 1)]


def _about(exchange: Exchange) -> dict[str, Any]:
    asked, told = exchange.request, exchange.response
    uri = urlsplit(asked.uri)
    about = {
        "at": exchange.at,
        "method": asked.method,
        "path": uri.path + (f"?{uri.query}" if uri.query else ""),
        "status": told.status,
        "seconds": told.wait,
        "bytes": len(told.body),
        "chunks": len(told.chunks) or None,
        "files": [part.filename for part in asked.parts or () if part.filename is not None] or None,
        "interrupted": told.interrupted or None,
    }
    return {name: value for name, value in about.items() if value is not None}


def _lines(file: Path, loaded: Cassette) -> Iterator[str]:
    told = _header(loaded)
    archive = told.pop("archive", None)
    yield f"{file}: {_count(len(loaded.exchanges))}, {told.pop('provenance', 'of unknown provenance')}"
    for name, value in told.items():
        yield f"  {name.replace('_', ' '):<12} {value}"
    if isinstance(archive, dict):
        yield f"  {'kept model':<12} {archive.get('model')}"
    for one in _numbered(loaded):
        where = f"{one['number']:>4}  {one['method']:<6} {one['path']}"
        more = [f"{one['status']}", f"{one['bytes']:,} bytes"]
        if "chunks" in one:
            more.append(f"in {one['chunks']} pieces")
        if "files" in one:
            more.append(f"upload of {', '.join(one['files'])}")
        if one.get("interrupted"):
            more.append("broke off")
        yield f"{where}  {', '.join(more)}"


def _count(number: int) -> str:
    return f"{number:,} exchange" + ("" if number == 1 else "s")
