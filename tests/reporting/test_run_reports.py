"""The report of a run as text, Markdown, JSON and a page: whole, for every way a run may end, and harmless."""

from __future__ import annotations

import io
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from rich.console import Console

from drytune.reports.run_figures import Curve, curves_of, thinned
from drytune.reports.run_html import run_page
from drytune.reports.run_json import run_dict
from drytune.reports.run_markdown import run_markdown
from drytune.reports.run_text import print_run
from drytune.reports.run_words import headline, lasting, next_step
from drytune.workflow.records import Refusal

RUNS = [
    "begun",
    "uploaded",
    "running",
    "succeeded",
    "simulated",
    "strange",
    "failed",
    "cancelled",
    "refused",
    "left",
]


@pytest.fixture
def failed(running):
    error = {"code": "invalid_training_file", "message": "The file is <b>no</b> good.", "param": None}
    return msgspec.structs.replace(running, remote={**running.remote, "status": "failed", "error": error})


@pytest.fixture
def cancelled(running):
    return msgspec.structs.replace(running, remote={**running.remote, "status": "cancelled"})


@pytest.fixture
def refused(begun):
    return msgspec.structs.replace(begun, refusal=Refusal("upload", 401, "Incorrect API key provided."))


@pytest.fixture
def left(running):
    return msgspec.structs.replace(running, stopped="the job was left running")


@pytest.fixture(params=RUNS)
def any_run(request):
    return request.getfixturevalue(request.param)


_PAGES: dict[bytes, str] = {}


def page_of(plan, run) -> str:
    """The page, drawn once for all tests."""
    key = msgspec.json.encode(run)
    if key not in _PAGES:
        _PAGES[key] = run_page(plan, run)
    return _PAGES[key]


def text_of(plan, run, width: int = 110, *, terminal: bool = False) -> str:
    text = io.StringIO()
    options = {"highlight": False, "emoji": False, "no_color": True, "soft_wrap": not terminal}
    print_run(plan, run, Console(file=text, width=width, force_terminal=terminal, **options))
    return re.sub(r"\x1b\[[0-9;]*m", "", text.getvalue())


def test_every_run_has_all_reports(plan, any_run):
    """However a run ended, nothing is missing and nothing breaks; JSON holds no number that is none."""
    data = run_dict(plan, any_run)

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert headline(any_run)[1] in " ".join(text_of(plan, any_run).split())
    assert run_markdown(plan, any_run).startswith("# drytune report")
    assert "</html>" in page_of(plan, any_run)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("begun", ("…", "not finished: nothing is uploaded yet")),
        ("uploaded", ("…", "not finished: uploaded, and no job is known yet")),
        ("running", ("…", "not finished: running")),
        ("left", ("…", "not finished: the job was left running")),
        ("succeeded", ("ok", "the job succeeded, and all questions were asked")),
        ("failed", ("no", "the job failed: invalid_training_file: The file is <b>no</b> good")),
        ("cancelled", ("no", "the job was cancelled")),
        ("refused", ("no", "the step `upload` was refused: 401 Incorrect API key provided")),
    ],
)
def test_the_headline_says_what_became_of_it(request, name, expected):
    """The first and the last word are the same in all reports."""
    assert headline(request.getfixturevalue(name)) == expected


def test_what_to_do_is_told_where_something_is_left(plan, left, succeeded, failed):
    """A run that can go on names the command; one that has ended does not."""
    assert next_step(left) == "drytune resume run-0123456789ab"
    assert "Go on with `drytune resume run-0123456789ab`." in text_of(plan, left)
    assert next_step(succeeded) is next_step(failed) is None


def test_the_bill_stands_beside_what_was_expected(plan, succeeded):
    """Tokens and USD, expected and actual, in text."""
    told = text_of(plan, succeeded)

    assert "Trained tokens  10,616 · 10,000 expected, between 9,800 and 10,900 (+6.2 %)" in told
    assert "Training        0.0531 USD · 0.0500 USD expected, between 0.0490 USD and 0.0545 USD" in told
    assert "Spent           0.0539 USD · of at most 0.0800 USD" in told


@pytest.mark.parametrize("width", [40, 80])
def test_a_narrow_terminal_breaks_between_words(plan, succeeded, width):
    """No line is longer than the terminal, but one word; none is broken in a word."""
    wide, narrow = (
        text_of(plan, succeeded, 1000, terminal=True),
        text_of(plan, succeeded, width, terminal=True),
    )

    assert all(len(line) <= width or len(line.split()) == 1 for line in narrow.splitlines())
    if width >= 60:  # below, there are no columns
        assert sorted(wide.replace("█", "").split()) == sorted(narrow.replace("█", "").split())


def test_simulation_is_loud_everywhere(plan, simulated, succeeded):
    """Nobody takes a rehearsal for a bill."""
    assert run_dict(plan, simulated)["simulated"] is True
    for told in (text_of(plan, simulated), run_markdown(plan, simulated), page_of(plan, simulated)):
        assert "SIMULATED" in told
        assert "(simulated)" in told
    for told in (text_of(plan, succeeded), run_markdown(plan, succeeded), page_of(plan, succeeded)):
        assert "imulated" not in told.replace(".simulated", "")


def test_keys_of_json_are_an_interface(plan, succeeded):
    """Programs read them; what is added is added at the end of this list."""
    data = run_dict(plan, succeeded)

    assert list(data) == [
        "drytune_run", "id", "ok", "done", "status", "headline", "simulated", "stopped", "refusal", "notes",
        "endpoint", "task", "job", "took_s", "model", "tokens", "bill", "measures", "answers", "holdout",
        "checkpoints", "events", "files", "plan",
    ]  # fmt: skip
    assert data["tokens"] == {"expected": 10_000, "low": 9_800, "high": 10_900, "trained": 10_616}
    assert data["measures"][1]["points"] == [[48, 0.9123], [96, 0.8517]]
    assert data["took_s"] == 1_020


class Looked(HTMLParser):
    """What elements a page has, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value)
            if tag == "a" and name == "href":
                self.anchors.add(value)
            elif name in {"src", "href", "srcset", "data", "action"} and not value.startswith("#"):
                self.loads.append(value)


def test_a_page_needs_nothing_else(plan, any_run):
    """No script, no request; ids are there once, and links lead to them. What others wrote is no markup."""
    page = page_of(plan, any_run)
    looked = Looked()
    looked.feed(page)

    assert not looked.tags & {"script", "iframe", "object", "embed", "img", "b", "form"}
    assert looked.loads == ["data:,"]
    assert len(set(looked.ids)) == len(looked.ids)
    assert {anchor[1:] for anchor in looked.anchors} <= set(looked.ids)
    assert not re.search(r"[\x00-\x08\x1b\u202e]", page)
    assert len(page) < 200_000


def test_a_page_is_the_same_each_time(plan, simulated):
    """Its bytes can be compared."""
    assert run_page(plan, simulated) == page_of(plan, simulated)


def test_numbers_at_the_axes_are_whole(plan, succeeded):
    """Coordinates are cut to a tenth; what people read is not."""
    assert re.search(r">0\.02</text>", page_of(plan, succeeded))


def test_markdown_of_others_means_nothing(plan, strange):
    """No link, no markup, no end of a table's cell or of a fence comes from what a model or a platform says."""
    told = run_markdown(plan, strange)
    outside = re.sub(r"^(`{3,})text\n.*?^\1$", "", told, flags=re.DOTALL | re.MULTILINE)

    assert "not the end" not in outside
    assert not re.search(r"(?<!\\)<script|(?<!\\)\[a\]|(?<!\\)`x", outside)
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    assert rows
    assert all(re.search(r"(?<!\\)\|$", row) for row in rows)


def test_curves_are_of_the_results_file_where_there_is_one(running, succeeded, strange):
    """Events tell of the rest; what is no number is no point."""
    assert [(curve.kind, curve.of, len(curve.points)) for curve in curves_of(running)] == [
        ("loss", "training", 40),
        ("accuracy", "training", 40),
    ]
    losses = [curve for curve in curves_of(succeeded) if curve.kind == "loss"]
    assert [(curve.of, len(curve.points), curve.points[-1]) for curve in losses] == [
        ("training", 96, (96, 0.42)),
        ("validation", 2, (96, 0.8517)),
        ("whole validation file", 1, (96, 0.9)),
    ]
    assert len(curves_of(strange)[0].points) == 9_996


def test_long_curves_are_thinned():
    """The first and the last value stay, and a drawing stays small."""
    curve = Curve("loss", "training", tuple((step, 1.0 / step) for step in range(1, 10_001)))

    points = thinned(curve.points, 400)

    assert len(points) == 402
    assert (points[0], points[-1]) == ((1.0, 1.0), (10_000.0, 0.0001))
    assert thinned(curve.points[:400], 400) == [(float(step), value) for step, value in curve.points[:400]]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (89, "89 s"), (90, "2 min"), (4_800, "80 min"), (5_400, "1 h 30 min"), (190_000, "2 d 5 h")],
)
def test_times_are_told_in_words(seconds, words):
    assert lasting(seconds) == words
