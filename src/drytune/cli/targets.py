"""Whether `--html` and `--fix` can be written, found out before anything is read."""

from __future__ import annotations

from collections.abc import Iterable

import click

from drytune.errors import UsageError

__all__ = ["named_files", "tell_unwritten"]


def named_files(
    files: tuple[str, ...],
    validation: str | None,
    others: Iterable[str | None],
    *,
    html: str | None,
    fix: str | None,
) -> tuple[str, ...]:
    """The names of the training files, patterns resolved, if what is to be written can be.

    Args:
        files: As they were typed.
        validation: The validation file, if there is one.
        others: What else is read: a grader, a response format, a configuration.
        html: Of the page, if one is wanted.
        fix: Of the repaired copy, if one is wanted.

    Raises:
        UsageError: An output is an input, or cannot be made, or replaces what is no earlier page.
        MissingExtra: A package that the page needs is not installed.
    """
    if html is None and fix is None:
        return files
    from drytune.repair.targets import new_copy, page_target, require_two_files
    from drytune.sources import find_sources

    names = tuple(source.name for source in find_sources(files))
    held_out = [] if validation is None else [source.name for source in find_sources([validation])]
    inputs = [*names, *held_out, *(name for name in others if name is not None)]
    page = None if html is None else page_target(html, inputs)
    copy = None if fix is None else new_copy(fix, inputs)
    if copy is not None and len(names) != 1:
        raise UsageError(f"--fix repairs one file at a time, and {len(names)} were named.")
    if page is not None:
        from drytune.reports.html import require_libraries

        if copy is not None:
            require_two_files(page, copy)
        require_libraries()
    return names


def tell_unwritten(html: str | None, fix: str | None) -> None:
    """Say on standard error what was not written, as the check was interrupted."""
    wanted = [f"{option} {out}" for option, out in (("--html", html), ("--fix", fix)) if out is not None]
    if wanted:
        verb = "was" if len(wanted) == 1 else "were"
        click.echo(
            f"drytune: {' and '.join(wanted)} {verb} not written, as not all lines were read", err=True
        )
