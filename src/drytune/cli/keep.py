"""``drytune keep``: ask a tuned model while it is there, and keep what it says for when it is gone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drytune.cli.upstream_options import checked_limits, key_of, tell, upstream_options, url_of

if TYPE_CHECKING:
    from drytune.keeping.archive import Archive
    from drytune.keeping.keep import Progress

__all__ = ["keep"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("model")
@click.option(
    "--prompts",
    type=_FILE,
    required=True,
    metavar="FILE",
    help="JSON Lines: each a chat request without its model (messages, tools, response_format, …), a training "
    'example (its last answer is left out), {"prompt": "…"}, {"input": …} for the Responses API, or a string.',
)
@click.option(
    "--out",
    type=_FILE,
    metavar="FILE",
    help="The archive.  [default: named after the model, in this directory]",
)
@click.option(
    "--repeat",
    "repeats",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="How often each prompt is asked.",
)
@upstream_options
@click.option("--max-tokens", type=click.IntRange(1), help="The longest answer, in tokens.")
@click.option("--redact", multiple=True, metavar="REGEX", help="What else must not be kept; may be repeated.")
@click.option(
    "--anew", is_flag=True, help="Begin an archive that is there anew, instead of going on with it."
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def keep(
    model: str,
    prompts: Path,
    out: Path | None,
    repeats: int,
    base_url: str | None,
    key_env: str,
    max_usd: float | None,
    rpm: float | None,
    max_tokens: int | None,
    redact: tuple[str, ...],
    *,
    anew: bool,
    as_json: bool,
) -> int:
    """Ask MODEL each prompt, and seal an archive of what it says.

    This calls a real API, and costs what its answers cost. The archive has the model, its job, hashes of what it
    was trained on, and the dates of the day. If it is interrupted, the same command goes on, and asks nothing
    twice. `drytune serve --replay ARCHIVE` answers under the model's name afterwards; `drytune compare ARCHIVE`
    asks another model the same.

    Exit codes: 0 all was asked, 1 it stopped before (the archive has what there is) or every prompt was refused,
    2 wrong use.
    """
    from drytune.keeping.keep import keep as keep_model

    checked_limits(max_usd, rpm)
    out = out or Path(f"{_name(model)}.yaml")
    archive = keep_model(
        model,
        prompts,
        out,
        base_url=url_of(base_url),
        api_key=key_of(key_env),
        repeats=repeats,
        max_usd=max_usd,
        rpm=rpm,
        max_tokens=max_tokens,
        redact=redact,
        anew=anew,
        progress=_progress,
    )
    tell("")
    _print(archive, as_json=as_json)
    _complain(archive)
    refused, of, _ = archive.refusals
    return 0 if archive.stopped is None and refused < of else 1


def _name(model: str) -> str:
    """A file name of a model's: its last part, which is its own."""
    return "".join(
        letter if letter.isalnum() or letter in "-_." else "-" for letter in model.rpartition(":")[2]
    )


def _progress(progress: Progress) -> None:
    spent = "" if progress.spent_usd is None else f", {progress.spent_usd:.4f} USD"
    waits = f", waiting {progress.waiting:.0f} s: {progress.why}" if progress.waiting else ""
    tell(f"{progress.done} of {progress.of} answers{spent}{waits}", always=bool(waits))


def _print(archive: Archive, *, as_json: bool) -> None:
    from drytune.cli.output import print_json, print_lines

    told = archive.cassette.header.archive or {}
    refused, of, why = archive.refusals
    if as_json:
        print_json(
            {
                "archive": str(archive.path),
                "asked": archive.asked,
                "left": archive.left,
                "spent_usd": archive.spent_usd,
                "refused": {"count": refused, "of": of, "why": why or None},
                "stopped": archive.stopped,
                **told,
            }
        )
        return
    spent = "" if archive.spent_usd is None else f", {archive.spent_usd:.4f} USD in all"
    lines = [f"{archive.path}: {told.get('model')}, {archive.asked} asked now, {archive.left} left{spent}"]
    print_lines(lines)


def _complain(archive: Archive) -> None:
    """Say what did not go well."""
    refused, of, why = archive.refusals
    if refused:
        print(f"drytune: {refused} of {of} were refused ({why})", file=sys.stderr)  # noqa: T201 - likewise
    if archive.stopped is not None:
        print(f"drytune: {archive.stopped}", file=sys.stderr)  # noqa: T201 - this is the command line
