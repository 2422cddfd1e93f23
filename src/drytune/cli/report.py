"""``drytune report``: what became of a run, in a terminal, as a page, as Markdown or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from drytune.cli.state_options import STATE
from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune.workflow.plan import Plan
    from drytune.workflow.records import Run

__all__ = ["report"]

_BESIDE: Final = "\0"
"""The value of ``--html`` without one; no file has such a name."""

_WIDTH: Final = 110


@click.command()
@click.argument("run", required=False)
@click.option(
    "--html",
    is_flag=False,
    flag_value=_BESIDE,
    metavar="[FILE]",
    help="Write a page (needs the extra `html`).  [default: RUN.html]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    help="What is printed.  [default: text; nothing with --html]",
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Print it into a new file."
)
@STATE
@click.pass_context
def report(
    ctx: click.Context,
    run: str | None,
    html: str | None,
    form: str | None,
    out: Path | None,
    state: Path | None,
) -> None:
    """Report on RUN, as far as it has come: its id, the beginning of it, or `last`.

    Nothing is asked of the API; `drytune runs` lists the runs. --html draws loss curves, tokens, costs and answers
    on one page that needs nothing else.

    Exit codes: 0 the report was made, 2 wrong use.
    """
    from drytune.workflow.journal import Journal

    if run is None and html not in (None, _BESIDE):
        run, html = html, _BESIDE  # `--html RUN`: the run is what nobody can guess
    if run is None:
        raise click.UsageError("Missing argument 'RUN'.", ctx)
    if html is not None:
        from drytune.reports.html import require_libraries

        require_libraries()
    with Journal.open(state, empty=True) as journal:
        entry = journal.find(run)
    if html is not None:
        _write_page(entry.plan, entry.run, f"{entry.id}.html" if html == _BESIDE else html)
    if form is not None or out is not None or html is None:
        _tell(entry.plan, entry.run, form or "text", out)


def _write_page(plan: Plan, run: Run, name: str) -> None:
    from drytune.repair.targets import page_target, replace_page
    from drytune.reports.run_html import run_page

    inputs = [file.path for file in (*run.task.uploads, run.task.holdout) if file is not None]
    page_target(name, inputs)
    replace_page(run_page(plan, run), name, inputs)
    click.echo(f"The report is in {name}.", err=True)


def _tell(plan: Plan, run: Run, form: str, out: Path | None) -> None:
    from drytune.cli.output import print_json, print_lines, terminal

    if out is not None:
        _write(_text(plan, run, form), out)
    elif form == "json":
        from drytune.reports.run_json import run_dict

        print_json(run_dict(plan, run))
    elif form == "markdown":
        from drytune.reports.run_markdown import run_markdown

        print_lines(run_markdown(plan, run).splitlines())
    else:
        from drytune.reports.run_text import print_run

        print_run(plan, run, terminal())


def _text(plan: Plan, run: Run, form: str) -> str:
    """What would be printed where it is no terminal."""
    import io
    import json

    if form == "json":
        from drytune.reports.run_json import run_dict

        return json.dumps(run_dict(plan, run), ensure_ascii=False, indent=2) + "\n"
    if form == "markdown":
        from drytune.reports.run_markdown import run_markdown

        return run_markdown(plan, run)
    from rich.console import Console

    from drytune.reports.run_text import print_run

    text = io.StringIO()
    print_run(plan, run, Console(file=text, width=_WIDTH, highlight=False, emoji=False, soft_wrap=True))
    return text.getvalue()


def _write(text: str, out: Path) -> None:
    """A new file, whole or not at all."""
    from drytune.repair.targets import add_file, beside

    if out.exists() or out.is_symlink():
        raise UsageError(f"{out} exists already; remove it, or name another file.")
    with beside(out) as (stream, path):
        stream.write(text.encode("utf-8", "backslashreplace"))
        stream.flush()
        add_file(path, out)
    click.echo(f"The report is in {out}.", err=True)
