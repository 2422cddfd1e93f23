"""``drytune clean``: delete at the platform what a run has left there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drytune.cli.backend_options import backend_options
from drytune.cli.state_options import STATE
from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune.workflow.remains import Deed, Group

__all__ = ["clean"]


@click.command()
@click.argument("run")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; for scripts and CI.")
@click.option("--shared", is_flag=True, help="With --yes: delete what other runs use, too.")
@click.option("--keep-model", is_flag=True, help="Keep the tuned model and its checkpoints.")
@backend_options
@STATE
def clean(run: str, *, yes: bool, shared: bool, keep_model: bool, state: Path | None, **values: Any) -> int:
    """Delete what RUN has left at the platform: its files, its results, and the tuned model with its checkpoints.

    It asks about each of these. What another run of the journal uses is named and kept. The job's own record stays
    at the platform, which has no way to delete it, and the journal stays here.

    Exit codes: 0 nothing is left but what was to be kept, 1 something could not be deleted, or the job has not
    ended, 2 wrong use.
    """
    from drytune.cli.running import where_of
    from drytune.workflow.cleaning import clean as clean_run

    if shared and not yes:
        raise UsageError("--shared deletes what other runs use, and needs --yes.")
    teller = _Teller(is_asking=not yes)
    clean_run(
        run,
        wanted=teller.wanted,
        done=teller.done,
        shared=shared,
        keep_model=keep_model,
        **where_of(values, state),
    )
    return teller.end()


class _Teller:
    """Asks about each group, and tells what became of each thing."""

    def __init__(self, *, is_asking: bool) -> None:
        self._is_asking = is_asking
        self._deeds: list[Deed] = []

    def wanted(self, group: Group) -> bool:
        """Whether the things of `group` are to be deleted.

        Raises:
            UsageError: Nobody is there to be asked.
        """
        if not self._is_asking:
            return True
        if not sys.stdin or not sys.stdin.isatty():
            raise UsageError("nobody is there to be asked; add --yes to delete without a question.")
        click.echo(f"{group.name.capitalize()}:", err=True)
        for thing in group.things:
            used = f" (used by {', '.join(thing.users)}, too)" if thing.users else ""
            click.echo(f"  {thing}{used}", err=True)
        return click.confirm("Delete?", default=False, err=True)

    def done(self, deed: Deed) -> None:
        """Tell of it."""
        self._deeds.append(deed)
        words = {"deleted": "deleted", "gone": "was gone already", "kept": "kept", "refused": "not deleted"}
        why = f": {deed.why}" if deed.why else ""
        click.echo(f"{deed.thing}: {words[deed.ending]}{why}")

    def end(self) -> int:
        """The exit code."""
        if not self._deeds:
            click.echo("nothing is left to delete")
        return 1 if any(deed.ending == "refused" for deed in self._deeds) else 0
