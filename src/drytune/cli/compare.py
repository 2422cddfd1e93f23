"""``drytune compare``: ask another model what a kept one was asked, and show both side by side."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drytune.cli.upstream_options import checked_limits, key_of, tell, upstream_options, url_of

if TYPE_CHECKING:
    from drytune.keeping.comparison import Comparison

__all__ = ["compare"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("archive", type=_FILE)
@click.option("--model", required=True, help="The other model.")
@click.option(
    "--recorded-model", metavar="MODEL", help="Whose answers in ARCHIVE.  [default: the kept model's]"
)
@click.option(
    "--repeat",
    "repeats",
    type=click.IntRange(1, 1000),
    help="How often each prompt is asked.  [default: as recorded]",
)
@upstream_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "json"]),
    default="terminal",
    show_default=True,
    help="What is printed.",
)
@click.option("--html", type=_FILE, metavar="FILE", help="Write a page, too (needs the extra `html`).")
@click.option("--all", "show_all", is_flag=True, help="Print every prompt, however many there are.")
def compare(
    archive: Path,
    model: str,
    recorded_model: str | None,
    repeats: int | None,
    base_url: str | None,
    key_env: str,
    max_usd: float | None,
    rpm: float | None,
    form: str,
    html: Path | None,
    *,
    show_all: bool,
) -> int:
    """Ask MODEL every prompt of ARCHIVE, made by `drytune keep`, and compare what it says with what is kept.

    This calls a real API, and costs what its answers cost. It reports exact and near matches, tool calls, schemas,
    length, style, cost and latency.

    Exit codes: 0 all was asked, 1 it stopped before (what there is is reported), 2 wrong use.
    """
    from drytune.cassettes.files import load
    from drytune.handlers.upstream import Upstream
    from drytune.keeping.compare import compare as compare_models
    from drytune.repair.targets import page_target
    from drytune.reports.compare_html import require_jinja2

    checked_limits(max_usd, rpm)
    if html is not None:
        require_jinja2()
        page_target(str(html), [str(archive)])
    url, key = url_of(base_url), key_of(key_env)
    with contextlib.closing(Upstream(url)) as upstream:
        comparison = compare_models(
            load(archive),
            model=model,
            handler=upstream,
            recorded_model=recorded_model,
            repeats=repeats,
            max_usd=max_usd,
            rpm=rpm,
            api_key=key,
            source=url,
            progress=_progress,
        )
    tell("")
    _report(comparison, archive, form, html, show_all=show_all)
    return 0 if comparison.complete else 1


def _progress(done: int, of: int, spent_usd: float | None) -> None:
    spent = "" if spent_usd is None else f", {spent_usd:.4f} USD"
    tell(f"{done} of {of} answers{spent}")


def _report(comparison: Comparison, archive: Path, form: str, html: Path | None, *, show_all: bool) -> None:
    from drytune.cli.output import print_json, terminal
    from drytune.repair.targets import replace_page
    from drytune.reports.compare import MOST_PROMPTS, print_comparison
    from drytune.reports.compare_html import comparison_page

    if html is not None:
        replace_page(comparison_page(comparison), str(html), [str(archive)])
    if form == "json":
        print_json(comparison.to_dict())
    else:
        print_comparison(comparison, terminal(), None if show_all else MOST_PROMPTS)
