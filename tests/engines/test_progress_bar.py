"""The progress bar: for long work, and for somebody who looks."""

import contextlib
import io

import pytest
from rich.console import Console

from drytune.reports.progress import LONG_BYTES, ProgressBar


def console(out, terminal=True):
    return Console(file=out, force_terminal=terminal, width=100)


def shown(*told, terminal=True):
    """What a bar that is told these things writes."""
    out = io.StringIO()
    with ProgressBar(console=console(out, terminal)) as progress:
        for done, total in told:
            progress(done, total)
    return out.getvalue()


def test_long_work():
    """A bar shows how much is done, of how much, how fast, and the time left; it is taken away at the end."""
    text = shown((0, 200_000_000), (50_000_000, 200_000_000), (200_000_000, 200_000_000))
    assert "checking" in text
    assert "50.0/200.0 MB" in text
    assert "MB/s" in text or "?" in text
    assert text.endswith("\x1b[2K")


def test_a_size_that_nobody_knows():
    """Of a stream it shows how much is done, from when that is much."""
    assert shown((0, None), (LONG_BYTES, None)) == ""
    assert "50.0/? MB" in shown((0, None), (50_000_000, None))


@pytest.mark.parametrize(
    ("told", "terminal"),
    [([(0, LONG_BYTES), (LONG_BYTES, LONG_BYTES)], True), ([(0, 1 << 40), (1, 1 << 40)], False)],
)
def test_silence(told, terminal):
    """Short work shows nothing, and neither does any work when the output is no terminal."""
    assert shown(*told, terminal=terminal) == ""


def test_standard_error_that_is_no_terminal(capsys):
    """By default it is about standard error, which tests do not show on a terminal."""
    with ProgressBar() as progress:
        progress(0, 1 << 40)
    assert capsys.readouterr() == ("", "")


def test_an_interruption():
    """The bar is taken away whatever ends the work."""
    out = io.StringIO()
    with contextlib.suppress(KeyboardInterrupt), ProgressBar(console=console(out)) as progress:
        progress(0, 1 << 40)
        raise KeyboardInterrupt
    assert out.getvalue().endswith("\x1b[2K")
