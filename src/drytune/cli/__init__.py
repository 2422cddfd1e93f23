"""The command line: `main` turns every ending into a sentence and an exit code.

Exit codes: 0 fine, 1 the answer is no, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import gc
import sys

__all__ = ["main"]

_OBJECTS = 100_000
"""Garbage is looked for after so many new objects: with Python's own 700, mostly while modules are being imported,
which takes a tenth of the time of a short command and finds nothing."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process.

    Args:
        arguments: Without the program's name; by default those of the process.
    """
    gc.set_threshold(_OBJECTS)
    try:
        code = _run(arguments)
        _flush()
    except KeyboardInterrupt:
        code = _say("interrupted", 130)
    except OSError as error:
        what = (
            "the output cannot be written" if error.filename is None else f"{error.filename} cannot be used"
        )
        code = _say(f"{what}: {error.strerror or error}", 2)
        _abandon_output()
    gc.freeze()  # or Python would look for garbage once more; what had to be closed is closed by now
    sys.exit(code)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has left, and the exit code is an answer all the same
        _abandon_output()


def _abandon_output() -> None:
    from drytune.cli.output import abandon_output

    abandon_output()


def _run(arguments: list[str] | None) -> int:
    import click

    from drytune.cli.app import app
    from drytune.errors import DrytuneError

    try:
        result = app.main(arguments, prog_name="drytune", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except DrytuneError as error:
        return _say(str(error), error.exit_code)
    return result if isinstance(result, int) else 0


def _say(sentence: str, code: int) -> int:
    with contextlib.suppress(OSError):
        if sys.stderr is not None:
            print(f"drytune: {sentence}", file=sys.stderr)  # noqa: T201 - this is the command line
    return code
