"""``drytune rules``: what is looked for, and a page about each rule."""

from __future__ import annotations

from pathlib import Path

import click

from drytune.cli.output import print_json, terminal
from drytune.errors import UsageError

__all__ = ["rules"]


@click.command()
@click.argument("code", required=False)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write all pages as Markdown files into DIR.",
)
def rules(code: str | None, form: str, markdown: Path | None) -> None:
    """List all rules, or print the page of the rule CODE.

    A page says what the rule demands, what the platform does and how well that is known, and how to mend, fix or
    silence what it finds.
    """
    if markdown is not None:
        if code is not None:
            raise UsageError("--markdown writes the pages of all rules; leave the code out.")
        _write(markdown)
    elif form == "json":
        from drytune.reports.rules import page_of, pages

        print_json([page.to_dict() for page in pages()] if code is None else page_of(code).to_dict())
    else:
        _print(code)


def _write(folder: Path) -> None:
    from drytune.reports.rules_markdown import write_markdown

    written = write_markdown(folder)
    click.echo(f"{len(written)} files are in {folder}")


def _print(code: str | None) -> None:
    from rich.text import Text

    from drytune.reports.rules import page_lines, page_of, pages, rules_lines

    console = terminal()
    listed = rules_lines(pages(), headings=console.is_terminal) if code is None else page_lines(page_of(code))
    for line in listed:
        console.print(Text(line))
