"""``drytune check``: the verdict and the bill of training files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from drytune.cli.options import AS_OF, DEFAULT_MODEL, GRADER, RESPONSE_FORMAT, day_or_today, json_file
from drytune.cli.output import print_json, print_lines, terminal
from drytune.cli.targets import named_files, tell_unwritten

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune.config import Config
    from drytune.repair import Repairs
    from drytune.reports.progress import ProgressBar
    from drytune_simulator.dataset.finding import Finding

__all__ = ["check"]

_FORMATS = ("text", "json", "github", "sarif", "cookbook")


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(readable=False, allow_dash=True)
)
@click.option("--model", "-m", help=f"The model to be tuned.  [default: {DEFAULT_MODEL}]")
@click.option(
    "--method",
    type=click.Choice(["supervised", "dpo", "reinforcement"]),
    help="How it is tuned.  [default: what the first lines look like]",
)
@click.option("--validation", metavar="FILE", help="A validation file: looked at too, and compared.")
@click.option("--epochs", type=click.IntRange(1, 50), help="Times the file is trained on.  [default: auto]")
@AS_OF
@click.option(
    "--encoding",
    type=click.Choice(["o200k_base", "cl100k_base"]),
    help="Of the tokens; with it the model may be any vendor's.",
)
@GRADER
@RESPONSE_FORMAT
@click.option(
    "--off", multiple=True, metavar="CODE", help="Do not look for this (`drytune rules` lists all)."
)
@click.option("--error", multiple=True, metavar="CODE", help="Make an error of this.")
@click.option("--warning", multiple=True, metavar="CODE", help="Make a warning of this.")
@click.option("--strict", is_flag=True, help="Make an error of every warning about the files.")
@click.option("--max-usd", type=float, metavar="USD", help="Fail if the training may cost more than this.")
@click.option("--rate", multiple=True, metavar="JPY=150", help="Tell the bill in another currency too.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@click.option(
    "--html",
    metavar="OUT",
    help="Write a page with plots, findings and excerpts; an earlier page is replaced.",
)
@click.option(
    "--fix",
    metavar="OUT",
    help="Write a copy, a new .jsonl file, in which is mended what has one safe repair.",
)
@click.option(
    "--workers", type=click.IntRange(1, 512), help="Processes for large files.  [default: all cores]"
)
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option("--config", "config_file", metavar="FILE", help="Instead of the nearest pyproject.toml.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    files: tuple[str, ...],
    form: str,
    html: str | None,
    fix: str | None,
    config_file: str | None,
    **options: Any,
) -> None:
    """Say what the platform would say to FILE..., and what the training would cost.

    Each FILE is a training file of its own. It may be a pattern, a URL, or - for standard input; .gz and .zst are
    read. Options that are not given
    come from [tool.drytune] in pyproject.toml. Nothing is sent anywhere. Exit code 0: no errors; 1: errors;
    2: wrong use.
    """
    from drytune.checking import CheckInterrupted
    from drytune.config import load_config

    config = load_config(file=None if config_file is None else Path(config_file))
    others = (options["grader"], options["response_format"], config_file)
    files = named_files(files, options["validation"], others, html=html, fix=fix)
    spool = _spooled_input() if fix is not None and "-" in files else None
    try:
        report = _checked(files, config, **options)
    except CheckInterrupted as stop:
        _print(stop.report, form)
        tell_unwritten(html, fix)
        raise
    _print(report, form)
    if form == "text":
        from drytune.cli.learned import learned_line

        if (line := learned_line(report, config)) is not None:
            terminal().print(line, soft_wrap=True)
    if html is not None:
        _write_page(report, html)
    if fix is not None:
        repairs = _fix(report, spool, fix)
        remaining = _checked((fix,), config, **options).files[0].errors
        for line in _told(repairs, remaining):
            click.echo(line, err=form != "text")  # standard output may be for a program
    if not report.ok:
        ctx.exit(1)


def _checked(files: tuple[str, ...], config: Config, **options: Any) -> Report:
    """The report, by the options where they are given, else by the configuration."""
    from drytune.checking import check as check_files
    from drytune.config import policy_of
    from drytune.estimate import checked_budget, parse_rates

    budget = checked_budget(options["max_usd"], "--max-usd")
    rates = {**config.rates, **parse_rates(options["rate"])}
    as_of: datetime | None = options["as_of"]
    day: date = config.as_of if as_of is None and config.as_of is not None else day_or_today(as_of)
    policy = policy_of(config, options["off"], options["error"], options["warning"], options["strict"])
    with _progress(options["engine"]) as progress:
        return check_files(
            files,
            options["model"] if options["model"] is not None else config.model or DEFAULT_MODEL,
            method=options["method"] or config.method,
            as_of=day,
            n_epochs=options["epochs"] or config.epochs,
            validation=options["validation"],
            encoding=options["encoding"] or config.encoding,
            rules=cast("dict[str, str]", policy),
            grader=json_file(options["grader"], "--grader"),
            response_format=json_file(options["response_format"], "--response-format"),
            max_usd=config.max_usd if budget is None else budget,
            rates=rates,
            workers=options["workers"],
            engine=options["engine"],
            progress=progress,
        )


def _print(report: Report, form: str) -> None:
    if form == "text":
        from drytune.reports.check import print_report

        print_report(report, terminal())
    elif form == "json":
        print_json(report.to_dict())
    elif form == "github":
        from drytune.reports.github import github_lines

        print_lines(github_lines(report))
    elif form == "sarif":
        from drytune.reports.sarif import sarif_log

        print_json(sarif_log(report))
    else:
        from drytune.reports.cookbook import cookbook_lines

        print_lines(cookbook_lines(report))


def _progress(engine: str) -> ProgressBar:
    from drytune.reports.progress import ProgressBar

    return ProgressBar("checking" if engine == "local" else f"checking with {engine}")


def _write_page(report: Report, out: str) -> None:
    from drytune.repair.targets import replace_page
    from drytune.reports.excerpts import excerpts_of
    from drytune.reports.html import html_page

    replace_page(html_page(report, excerpts_of(report)), out, [file.file for file in report.inspected])
    click.echo(f"wrote {out}", err=True)


def _spooled_input() -> BinaryIO:
    """Standard input in a temporary file, from which it is read from now on: it is needed twice."""
    import io
    import shutil
    import tempfile

    spool = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as the process
    shutil.copyfileobj(sys.stdin.buffer, spool)
    spool.seek(0)
    sys.stdin = io.TextIOWrapper(spool)
    return cast("BinaryIO", spool)


def _fix(report: Report, spool: BinaryIO | None, out: str) -> Repairs:
    """Write the repaired copy of the one file that was checked.

    Raises:
        UsageError: The copy cannot be written any more.
    """
    from drytune.repair import repair_file

    if spool is None:
        return repair_file(report.files[0].file, out)
    spool.seek(0)
    return repair_file(spool, out)


def _told(repairs: Repairs, remaining: Sequence[Finding]) -> Iterator[str]:
    from drytune.repair import repairs_lines

    return repairs_lines(repairs, remaining)
