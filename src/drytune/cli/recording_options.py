"""The options of `drytune serve` that make it record or replay instead of simulating."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from drytune.errors import UsageError

__all__ = ["RECORDING_OPTIONS", "recording_options", "require_sense"]

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OF_RECORDINGS = ("record", "replay")
_OF_ANY_SERVER = frozenset(
    {
        *("port", "host", "api_key_file", "allow_browsers", "max_upload_bytes", "log_format", "verbose"),
    }
)
_OF_UPSTREAM = ("upstream", "upstream_key_env", "keep_uploads", "redact")
_OF_RECORD = frozenset({"record", "overwrite", *_OF_UPSTREAM})
_OF_REPLAY = frozenset({"replay", "mode", "replay_speed", "polls", "repeats", *_OF_UPSTREAM})

RECORDING_OPTIONS = tuple(sorted(_OF_RECORD | _OF_REPLAY))
"""The names of these options' parameters."""

_OPTIONS = (
    click.option(
        "--record",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Do not simulate: pass every request on to --upstream, and keep it with its answer in this cassette, "
        "without keys. What that server bills is billed.",
    ),
    click.option(
        "--upstream",
        metavar="URL",
        help="The base URL that --record asks, e.g. https://api.openai.com/v1.",
    ),
    click.option(
        "--upstream-key-env",
        metavar="NAME",
        help="Environment variable with the key for --upstream.  [default: the key that the client sends]",
    ),
    click.option("--overwrite", is_flag=True, help="Let --record replace a cassette that is there."),
    click.option(
        "--keep-uploads", is_flag=True, help="Keep what is uploaded in the cassette, not only its hash."
    ),
    click.option(
        "--redact",
        multiple=True,
        metavar="REGEX",
        help="What else must not be kept, beside keys, organizations and cookies; may be repeated.",
    ),
    click.option(
        "--replay",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Do not simulate: answer from this cassette (of drytune or vcrpy), HAR file, or kept model.",
    ),
    click.option(
        "--mode",
        type=click.Choice(["none", "once", "new_episodes", "all"]),
        default="none",
        show_default=True,
        help="What --replay passes on to --upstream, and keeps: nothing; everything if there is no FILE yet; what "
        "FILE does not answer; everything.",
    ),
    click.option(
        "--replay-speed",
        type=click.FloatRange(0, 1e6),
        default=0.0,
        metavar="X",
        help="How many times as fast as recorded answers and streams come.  [default: at once]",
    ),
    click.option(
        "--polls",
        type=click.IntRange(1),
        metavar="N",
        help="Have what was waited for end at the N-th poll.  [default: as often as recorded]",
    ),
    click.option(
        "--repeats", is_flag=True, help="Answer also what creates or changes more often than it was recorded."
    ),
)


def recording_options(command: _Command) -> _Command:
    """Add them to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def require_sense(ctx: click.Context) -> str | None:
    """Which of ``record`` and ``replay`` is asked for, or None; no option may be there that has no meaning then.

    Raises:
        UsageError: One has none.
    """
    given = [
        name
        for name in ctx.params
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    chosen = [name for name in _OF_RECORDINGS if name in given]
    if len(chosen) == 2:
        raise UsageError(
            "--record and --replay: say one of them; --replay FILE --mode new_episodes does both"
        )
    if not chosen:
        senseless = next((name for name in given if name in _OF_RECORD | _OF_REPLAY), None)
        if senseless is not None:
            raise UsageError(f"{_named(senseless)} has a meaning only with --record or --replay")
        return None
    has_meaning = _OF_ANY_SERVER | (_OF_RECORD if chosen == ["record"] else _OF_REPLAY)
    senseless = next((name for name in given if name not in has_meaning), None)
    if senseless is not None:
        raise UsageError(f"{_named(senseless)} has no meaning with --{chosen[0]}, which does not simulate")
    return chosen[0]


def _named(name: str) -> str:
    return (
        f"--{'fault' if name == 'faults' else 'scenario' if name == 'scenarios' else name.replace('_', '-')}"
    )
