"""The command line: `main` turns every ending into a sentence and an exit code.

Exit codes: 0 fine, 1 the answer is no, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process.

    Args:
        arguments: Without the program's name; by default those of the process.
    """
    try:
        code = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = _say("interrupted", 130)
    except BrokenPipeError:
        code = _abandon_output(0)
    except OSError as error:
        what = (
            "the output cannot be written" if error.filename is None else f"{error.filename} cannot be used"
        )
        _say(f"{what}: {error.strerror or error}", 2)
        code = _abandon_output(2)
    sys.exit(code)


def _abandon_output(code: int) -> int:
    """Give standard output another end, or the interpreter would try once more to flush it; gives `code`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _run(arguments: list[str] | None) -> int:
    import click

    from drytune.cli.app import ReaderLeft, app
    from drytune.errors import DrytuneError

    try:
        result = app.main(arguments, prog_name="drytune", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except ReaderLeft:
        raise BrokenPipeError from None
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except DrytuneError as error:
        return _say(str(error), error.exit_code)
    return result if isinstance(result, int) else 0


def _say(sentence: str, code: int) -> int:
    print(f"drytune: {sentence}", file=sys.stderr)  # noqa: T201 - this is the command line
    return code
