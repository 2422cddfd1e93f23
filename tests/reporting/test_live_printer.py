"""What `drytune run` shows while it goes: lines for what happens once, and one that changes."""

from __future__ import annotations

import io
import re

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from drytune.reports.run_live import LivePrinter
from drytune.workflow.records import Refusal

NOW = 1_795_565_300.0


@pytest.fixture(name="printer")
def printer_fixture():
    """A printer, and what it has printed."""

    def make(
        width: int = 110, *, terminal: bool = True, **options: object
    ) -> tuple[LivePrinter, io.StringIO]:
        text = io.StringIO()
        console = Console(
            file=text,
            width=width,
            force_terminal=terminal,
            highlight=False,
            emoji=False,
            _environ={},
            **options,
        )
        return LivePrinter(console, now=lambda: NOW), text

    return make


def screen(text: str) -> list[str]:
    """What a terminal shows: lines are written over, colours aside."""
    shown = []
    for line in re.sub(r"\x1b\[[0-9;]*m", "", text).split("\n"):
        assert not re.search(r"\x1b(?!\[2K)", line)
        shown.append(line.rpartition("\r\x1b[2K")[2])
    return shown


def test_each_thing_is_told_once(printer, begun, uploaded, running, succeeded):
    """A run that is looked at again and again says only what is new."""
    printer, text = printer()

    for run in (begun, uploaded, uploaded, running, running, succeeded, succeeded):
        printer.progress(run)

    assert screen(text.getvalue()) == [
        "upload    file-training · 12,345 bytes",
        "upload    file-validation · 345 bytes · validation",
        "create    ftjob-5Oe9hRQtYDtazAWzumLmdV2F",
        "train     running · 4 epochs, batch size 1, learning rate multiplier 1.8",
        "train     succeeded · 10,616 tokens trained",
        "fetch     results of 96 steps",
        "fetch     1 checkpoint",
        "ask       answer 2 of 2",
        "holdout   answered: 24 by the tuned model, 23 by the base",
        "note      the answer to the upload was lost, and the file was found again",
        "",
    ]


def test_a_line_tells_how_far_it_is(printer, running):
    """State, steps, loss, the time that is left and the cost, on a line that can be written over."""
    printer, text = printer()

    printer.progress(running)

    assert screen(text.getvalue())[-1] == "running 40/96 · loss 0.45 · 8 min left · 0.0208 USD so far"


@pytest.mark.parametrize("width", [20, 40, 41, 60, 120])
def test_the_line_fits_on_every_terminal(printer, running, width):
    """A line that were wrapped could not be written over."""
    printer, text = printer(width)

    printer.progress(running)

    assert 0 < cell_len(screen(text.getvalue())[-1]) < max(width, 21)


def test_clearing_leaves_nothing(printer, running):
    """Before a question is asked, the line goes away; a second time there is nothing to do."""
    printer, text = printer()
    with printer:
        printer.progress(running)
        printer.clear()
        cleared = text.getvalue()

    assert screen(cleared)[-1] == ""
    assert text.getvalue() == cleared


def test_without_a_terminal_nothing_is_written_over(printer, running):
    """A log gets a line for every tenth of the steps, and no escape sequence."""
    printer, text = printer(terminal=False)

    for steps in range(1, len(running.events) + 1):
        printer.progress(msgspec.structs.replace(running, events=running.events[:steps]))

    assert "\r" not in text.getvalue()
    assert "\x1b" not in text.getvalue()
    told = [line.split(" · ")[0] for line in text.getvalue().splitlines() if "/96" in line]
    assert told == [f"train     running {step}/96" for step in (1, 10, 20, 29, 39)]


def test_no_colour_is_no_colour(printer, running):
    """NO_COLOR leaves bold and dim, as its authors say."""
    printer, text = printer(no_color=True)

    printer.progress(running)
    printer.waiting(3, "500 no")

    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", text.getvalue())


def test_a_failure_is_told_once_in_a_row(printer, running):
    """Eight attempts are no eight lines, unless the reason is another."""
    printer, text = printer(terminal=False)

    for seconds, why in ((1, "503 overloaded"), (2, "503 overloaded"), (4, "the connection was lost")):
        printer.waiting(seconds, why)

    assert text.getvalue().splitlines() == [
        "again     in 1 s: 503 overloaded",
        "again     in 4 s: the connection was lost",
    ]


def test_a_refusal_and_a_stop_are_told(printer, uploaded):
    """What ends a run is said, and what others say cannot steer the terminal."""
    printer, text = printer(terminal=False)
    refusal = Refusal("create", 400, "no\x1b[2J\u202e such model")

    printer.progress(msgspec.structs.replace(uploaded, refusal=refusal))
    printer.progress(msgspec.structs.replace(uploaded, stopped="the job was left running"))

    assert text.getvalue().splitlines()[2:] == [
        "create    refused: 400 no�[2J� such model",
        "stopped   the job was left running",
    ]


def test_a_strange_run_is_told_too(printer, strange, running):
    """Data that is no data does not end a run that costs money."""
    printer, text = printer()
    remote = {**(running.remote or {}), "method": {"type": 3}, "created_at": "x", "hyperparameters": []}

    printer.progress(msgspec.structs.replace(strange, remote=remote))
    printer.progress(strange)

    assert "ask       answer 4 of 2" in screen(text.getvalue())


def test_a_plan_and_a_report_frame_the_run(printer, plan, running, succeeded):
    """The plan is told before, the report after, and nothing of the line that changes is left between."""
    printer, text = printer()

    printer.planned(plan)
    printer.progress(running)
    printer.report(plan, succeeded)

    shown = screen(text.getvalue())
    assert shown[0].startswith("plan")
    assert shown[-2] == "ok the job succeeded, and all questions were asked."
    assert not any("left" in line for line in shown)
