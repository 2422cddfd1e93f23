"""`drytune models`: the catalog on the command line."""

import contextlib
import json
import os
import re
import subprocess
import sys
from datetime import date

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from drytune.cli.models import models as command
from drytune.errors import UsageError
from drytune.estimate import model_for, offer_of, offers
from drytune.reports.models import print_model, print_models

TODAY = date(2026, 11, 22)

KEYS = [
    "name", "aliases", "state", "access", "methods", "data_format", "encoding", "vision_training",
    "example_tokens", "inference_context", "base_context", "max_output_tokens", "price", "base_price", "currency",
    "released", "as_of", "training_starts", "training_ends", "training_days_left", "tunes_end", "tunes_days_left",
    "base_ends", "base_days_left", "dates_source", "replacement", "certainty", "certainty_means", "notes",
]  # fmt: skip

PRICE_KEYS = [
    "training", "training_per_hour", "input", "cached_input", "output", "batch_input", "batch_output", "source",
    "valid", "certainty",
]  # fmt: skip


def run(*arguments):
    """Exit code and output of the command, piped."""
    result = CliRunner().invoke(command, [*arguments], catch_exceptions=False)
    return result.exit_code, result.output


def listed(*arguments):
    code, output = run(*arguments, "--format", "json")
    assert code == 0
    return json.loads(output)


def shown(show, *arguments, width=80, terminal=True, **options):
    """What `show` prints on a terminal of `width` columns."""
    console = Console(width=width, force_terminal=terminal, color_system=None, legacy_windows=False)
    console.soft_wrap = not terminal
    with console.capture() as captured:
        show(*arguments, console, **options)
    return captured.get()


def test_a_line_a_model_when_piped():
    """A program gets a line for each model, with words that say what is what."""
    code, output = run("--as-of", "2026-11-22")
    lines = output.splitlines()
    assert code == 0
    assert [line.split()[0] for line in lines] == [
        "gpt-4.1-2025-04-14", "gpt-4.1-mini-2025-04-14", "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18",
    ]  # fmt: skip
    assert lines[1] == (
        "gpt-4.1-mini-2025-04-14  can be tuned     supervised,dpo  training 5  input 0.8 output 3.2"
        "  example 65,536 context 128,000 o200k_base  training ends 2027-01-06 (45 days)"
        "  tunes end 2027-01-14 (53 days)  price: OpenAI pricing page, mid 2026 (last published mid-2026)"
    )


def test_everything():
    """With --all the dead are told too, last and marked."""
    _, output = run("--as-of", "2026-11-22", "--all")
    lines = output.splitlines()
    assert len(lines) == len(offers(TODAY, everything=True)) == 14
    assert all("shut down" in line for line in lines[5:])
    (guess,) = [line for line in lines if line.startswith("gpt-4-0613")]
    assert "training 90 (a guess)" in guess
    assert "reported only" in guess


def test_the_json_contract():
    """A list of objects with stable keys; prices with their date and source, days that are left."""
    (nano,) = listed("gpt-4.1-nano", "--as-of", "2026-10-13")
    assert list(nano) == KEYS
    assert list(nano["price"]) == list(nano["base_price"]) == PRICE_KEYS
    assert nano["price"]["training"] == 1.5
    assert nano["price"]["source"] == "OpenAI pricing page, mid 2026"
    assert nano["price"]["valid"] == "last published mid-2026"
    assert nano["base_price"]["input"] == 0.1
    assert (nano["state"], nano["tunes_end"], nano["tunes_days_left"]) == ("open", "2026-10-23", 10)
    assert [list(one) for one in listed("--all")] == [KEYS] * 14
    assert listed("--as-of", "2030-01-01") == []


def test_prices_and_names_of_a_day():
    """On a day of 2023 the floating name means that day's snapshot, at that day's price."""
    (then,) = listed("gpt-3.5-turbo", "--as-of", "2023-09-01")
    assert (then["name"], then["aliases"]) == ("gpt-3.5-turbo-0613", ["gpt-3.5-turbo"])
    assert (then["price"]["input"], then["price"]["valid"]) == (12.0, "2023-08-22 to 2023-11-05")
    assert [one["name"] for one in listed("--as-of", "2023-09-01")] == [
        "gpt-3.5-turbo-0613", "gpt-4-0613", "davinci-002", "babbage-002",
    ]  # fmt: skip


def test_a_guess_is_called_one():
    """What has no source says so, in every form."""
    (gpt4,) = listed("gpt-4")
    assert (gpt4["price"]["certainty"], gpt4["base_price"]["certainty"]) == ("memory", "reported")
    assert gpt4["notes"][0] == "The longest example is inferred from the context."
    _, output = run("gpt-4")
    assert "no source found: a guess" in output
    assert "90?" in shown(print_models, [offer_of(model_for("gpt-4"), TODAY)])


def test_one_model_whole():
    """A name shows all that is known of it, a line a fact."""
    code, output = run("gpt-4.1-mini", "--as-of", "2026-11-22")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert code == 0
    assert lines[0] == "gpt-4.1-mini-2025-04-14"
    for line in (
        "on 2026-11-22 can be tuned",
        "aliases gpt-4.1-mini",
        "methods supervised, dpo",
        "encoding o200k_base",
        "longest example 65,536 tokens",
        "training 5 USD per million tokens",
        "tuned model 0.8 in, 0.2 cached, 3.2 out, USD per million tokens",
        "price from OpenAI pricing page, mid 2026 (last published mid-2026)",
        "base model 0.4 in, 0.1 cached, 1.6 out, USD per million tokens",
        "training ends 2027-01-06 (45 days)",
        "tunes end 2027-01-14 (53 days)",
        "successor gpt-6-luna",
    ):
        assert line in lines


@pytest.mark.parametrize("day", ["2023-09-01", "2026-10-22", "2026-11-22", "2027-01-13", "2030-01-01"])
def test_eighty_columns(day):
    """Tables keep to 80 columns, and no figure in them is cut."""
    every = offers(date.fromisoformat(day), everything=True)
    text = shown(print_models, every)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for offer in every:
        assert offer.model.id in text
        assert max(map(len, shown(print_model, offer).splitlines())) <= 80


@pytest.mark.parametrize("day", ["2026-11-22", "2027-01-13"])
def test_sixty_columns(day):
    """Where the table does not fit a model is a few lines, and nothing is cut off."""
    every = offers(date.fromisoformat(day), everything=True)
    text = shown(print_models, every, width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert "…" not in text
    lines = [line.rstrip() for line in text.splitlines()]
    place = lines.index("gpt-4.1-mini-2025-04-14")
    assert lines[place + 2 : place + 4] == ["  methods: supervised, dpo", "  train 5, in / out 0.8 / 3.2"]
    assert lines[place + 5].startswith("  tunes end 2027-01-14 (")
    assert all(offer.model.id in lines for offer in every)


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal as Unix has them")
def test_a_real_terminal_of_sixty_columns():
    """A terminal's own width counts."""
    import fcntl
    import pty
    import struct
    import termios

    leader, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 60, 0, 0))
    hidden = {"COLUMNS", "LINES"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {
        "TERM": "xterm"
    }
    command_line = [sys.executable, "-m", "drytune", "models", "--as-of", "2026-11-22"]
    done = subprocess.Popen(command_line, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    data = b""
    with contextlib.suppress(OSError):  # which is how a terminal ends
        while chunk := os.read(leader, 1 << 16):
            data += chunk
    os.close(leader)
    assert done.wait(timeout=60) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m|\r", "", data.decode()).splitlines()
    assert max(map(len, lines)) <= 60
    assert "  train 5, in / out 0.8 / 3.2" in lines


def test_the_table():
    """Two lines a model: its name and what it is called, prices, and the days that are left."""
    text = shown(print_models, offers(TODAY), hidden=10)
    lines = [line.rstrip() for line in text.splitlines()]
    place = next(index for index, line in enumerate(lines) if line.startswith("gpt-4.1-mini"))
    assert lines[place].split() == [
        "gpt-4.1-mini-2025-04-14", "supervised", "5", "0.8", "/", "3.2", "2027-01-06", "2027-01-14",
    ]  # fmt: skip
    assert lines[place + 1].split() == ["gpt-4.1-mini", "dpo", "45", "days", "53", "days"]
    assert "Prices: OpenAI pricing page, mid 2026 (last published mid-2026)." in lines
    assert "10 more are shut down or cannot be tuned: drytune models --all" in lines


def test_nothing_left():
    """When everything is shut down the command says so and lists nothing."""
    assert "no model can be tuned" in shown(print_models, offers(date(2030, 1, 1)))
    assert run("--as-of", "2030-01-01") == (0, "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gpt-4.1-mino", "did you mean gpt-4.1-mini"),
        ("gpt-5-mini", "'gpt-5-mini' cannot be fine-tuned"),
        ("", "Unknown model ''"),
        ("[bold]\n", r"Unknown model '[bold]\n'"),
    ],
)
def test_unknown_models(name, words):
    """A name that nobody knows is wrong use (exit code 2) and names the nearest."""
    with pytest.raises(UsageError) as caught:
        run(name)
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_wrong_options():
    """Wrong use of the options is click's to tell."""
    assert run("--as-of", "soon")[0] == 2
    assert run("--format", "xml")[0] == 2
    assert isinstance(command, click.Command)
