"""The `drytune` command and its subcommands; a subcommand's module is imported when it is used."""

from __future__ import annotations

import importlib

import click

import drytune

__all__ = ["app"]

_COMMANDS = {
    "cancel": "drytune.cli.run:cancel",
    "cassette": "drytune.cli.cassette:cassette",
    "check": "drytune.cli.check:check",
    "clean": "drytune.cli.clean:clean",
    "compare": "drytune.cli.compare:compare",
    "ctl": "drytune.cli.ctl:ctl",
    "dry-run": "drytune.cli.dry_run:dry_run",
    "keep": "drytune.cli.keep:keep",
    "models": "drytune.cli.models:models",
    "plan": "drytune.cli.plan:plan",
    "report": "drytune.cli.report:report",
    "resume": "drytune.cli.run:resume",
    "routes": "drytune.cli.routes:routes",
    "rules": "drytune.cli.rules:rules",
    "run": "drytune.cli.run:run",
    "runs": "drytune.cli.runs:runs",
    "serve": "drytune.cli.serve:serve",
}


class _LateGroup(click.Group):
    """A group whose commands are looked up by name when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above says so
        return command


@click.group(cls=_LateGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(drytune.__version__, prog_name="drytune")
def app() -> None:
    """Rehearse a fine-tune before you pay for it.

    `dry-run` and `serve` are simulations, and say so. Only `run`, `resume`, `cancel`, `clean`, `keep`, `compare`,
    and `serve` with an --upstream call an API: the one that they are told to. `run` asks before it does.
    """


if __name__ == "__main__":
    from drytune.cli import main

    main()
