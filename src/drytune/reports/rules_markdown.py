"""The rules' pages as Markdown: ``docs/rules/``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from drytune.reports.rules import GRADES, Page, pages, snippet
from drytune.reports.words import EFFECTS

__all__ = ["markdown_files", "write_markdown"]

_NOTE = "<!-- Made by `drytune rules --markdown docs/rules`; change the rule, not this file. -->"


def write_markdown(folder: Path) -> list[Path]:
    """Write all pages and their index into `folder`, which is made if need be; other files there are left.

    Returns:
        The files, also those that were the same already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in markdown_files().items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != text.encode():
            path.write_bytes(text.encode())
        written.append(path)
    return written


def markdown_files() -> dict[str, str]:
    """The content of each file by its name: a page a rule, and ``README.md``, the index."""
    listed = pages()
    files = {f"{page.code}.md": "\n".join(_page(page)) + "\n" for page in listed}
    return {"README.md": "\n".join(_index(listed)) + "\n", **files}


def _index(listed: list[Page]) -> Iterator[str]:
    yield from ("# Rules", "", _NOTE, "")
    yield (
        f"`drytune check` has {len(listed)} rules. `drytune rules CODE` prints the page of one. `--off CODE`,"
        " `--error CODE` and `--warning CODE` change a rule's severity, and so does `[tool.drytune.rules]` in"
        " `pyproject.toml`. `--fix OUT` writes a copy in which those marked *fix* are mended where that is safe."
    )
    scope = ""
    for page in listed:
        if page.scope != scope:
            scope = page.scope
            yield from ("", f"## {scope[0].upper()}{scope[1:]}", "")
            yield "| code | severity | what it demands | what the platform does | |"
            yield "|---|---|---|---|---|"
        fix = "fix" if page.fix else ""
        cells = (
            f"[{page.code}]({page.code}.md)",
            page.severity,
            _cell(page.summary),
            EFFECTS[page.effect],
            fix,
        )
        yield f"| {' | '.join(cells)} |"
    yield from ("", "## How well it is known", "")
    yield "Sources are sections of FACTS.md, the facts that this project began with. Letters grade them:"
    yield ""
    yield from (f"- **{letter}**: {meaning}" for letter, meaning in GRADES.items())


def _page(page: Page) -> Iterator[str]:
    yield from (f"# {page.code}", "", _NOTE, "", page.summary)
    if page.why:
        yield from ("", page.why)
    yield from ("", "| | |", "|---|---|")
    yield f"| severity | {page.severity} |"
    yield f"| looks at | {page.scope} |"
    yield f"| effect | {page.does} |"
    meanings = "; ".join(f"{letter}: {meaning}" for letter, meaning in page.grades.items())
    source = page.source or "none is needed"
    yield f"| source | {_cell(source)}{f' — {meanings}' if meanings else ''} |"
    if page.says:
        yield from (
            "",
            "## What the platform says",
            "",
            "N is the number of the line, M that of the message.",
        )
        for words in page.says:
            yield from ("", *_block(words.text), "", f"{words.source} ({words.grade}: {GRADES[words.grade]})")
    yield from ("", "## Bad", "", *_block(page.bad), "", "## Good", "", *_block(page.good))
    yield from ("", "## How to mend it", "", page.mend, "")
    yield (
        f"`--fix OUT`: {page.fix}" if page.fix else "`--fix OUT` leaves it, since no repair is surely right."
    )
    yield from (
        "",
        "## How to change its severity",
        "",
        *_block(f"drytune check --off {page.code} FILE", "sh"),
        "",
    )
    yield "`--error` and `--warning` do likewise; what the platform does stays the same."
    yield from ("For a whole project, in `pyproject.toml`:", "")
    yield from _block(snippet(page.code), "toml")
    yield from ("", "[All rules](README.md)")


def _block(text: str, language: str = "text") -> list[str]:
    return [f"```{language}", text, "```"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
