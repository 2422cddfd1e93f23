"""The reports of a comparison: in a terminal of any width, and as a page that needs nothing else."""

import re
import sys
from html.parser import HTMLParser
from io import StringIO

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

import drytune
from drytune.keeping.comparison import Style
from drytune.reports.compare import print_comparison
from drytune.reports.compare_html import MAX_PROMPTS, comparison_page, require_jinja2
from drytune.reports.compare_words import clean, sayings, style_lines
from drytune_simulator.http import ApiError

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}[bold red]x[/bold red]'
UNSEEN = "\x1b[31m\u202ered\x07"
LONG = "x" * 50_000
CAT = "元気だにゃ！お魚が食べたいにゃ。" * 8


@pytest.fixture
def found(made, parts):
    """All kinds of answers."""
    table = {
        "cat": ["こんにちは。"],
        "hostile " + HOSTILE: [HOSTILE + UNSEEN],
        "call": [parts.calling(("f", '{"b": 2}'))],
        "refuse": [{"content": None, "refusal": "I cannot " + HOSTILE}],
        "empty": [""],
        "error": [ApiError(400, "No " + HOSTILE)],
        "long": [LONG],
        "again": ["once", "once", "twice"],
    }
    recorded = [parts.exchange(parts.asking(text), CAT) for text in table if text != "again"]
    recorded += [parts.exchange(parts.asking("again"), "once") for _ in range(3)]
    return made(recorded, parts.Model(table))


def printed(found, width=100, terminal=True, **options):
    out = StringIO()
    console = Console(
        file=out, width=width, force_terminal=terminal, color_system=None, highlight=False, emoji=False
    )
    console.soft_wrap = not terminal
    print_comparison(found, console, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("width", "terminal"), [(160, True), (100, True), (72, True), (40, True), (20, True), (80, False)]
)
def test_everything_is_told(found, width, terminal):
    """Both models, where they come from, every verdict, all kinds of answers, figures, what the verdicts mean."""
    text = " ".join(printed(found, width, terminal).split())
    for words in (
        found.recorded.model,
        "gpt-4.1-mini",
        "recorded of a real platform",
        "asked now",
        "元気だにゃ",
        "says nothing",
        "refuses:",
        "error:",
        'f({"b":',
        "×3",
        "likeness",
        "latency",
        "8 prompts: 1 error, 1 refused, 5 different, 1 alike",
    ):
        assert words in text, words


@pytest.mark.parametrize("width", [160, 100, 72])
def test_side_by_side(found, width):
    """Where there is room both answers are on one line; no line is wider than the terminal, in Japanese too."""
    lines = printed(found, width).splitlines()
    assert any("元気だにゃ" in line and "こんにちは。" in line for line in lines)
    table = [line for line in lines if "元気だにゃ" in line or "xxxx" in line]
    assert max(map(cell_len, table)) <= width


def test_nothing_gets_at_the_terminal(found):
    """No control characters, and no markup of the console's."""
    text = printed(found, 160)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "\\x1b[31m" in text
    assert "[bold red]" in text


def test_long_answers_are_cut(found):
    """And what is left out is counted."""
    assert "(49,400 more characters)" in " ".join(printed(found, 160).split())
    assert len(printed(found, 80)) < 20_000


def test_few_prompts_of_many(made, parts):
    """The worst are shown; how many more there are is told."""
    recorded = [parts.exchange(parts.asking(str(number)), "one") for number in range(30)]
    found = made(recorded, parts.Model({"17": ["dog"]}, otherwise="one"))
    text = printed(found)
    assert "18 different 17" in text
    assert "10 prompts more" in text
    assert "10 prompts more" not in printed(found, most=None)


def test_what_was_not_done_is_told(found):
    """Why it stopped, what it cost, and what to know first."""
    text = printed(
        msgspec.structs.replace(found, complete=False, stopped="The budget is used up.", spent_usd=0.5)
    )
    assert "stopped The budget is used up." in text
    assert "asking cost 0.5000 USD" in text
    assert "note Only 1 of 8 prompts" in text


def test_the_meaning_of_the_style():
    """The distance is explained, held against the floor, and a conclusion drawn."""
    style = Style(
        distance=0.2,
        floor=0.31,
        floor_low=0.3,
        floor_high=0.33,
        crossed=0.32,
        by="answers",
        units=12,
        splits=16,
    )
    text = " ".join(style_lines(style))
    assert "0 = the same mix of characters, 1 = none in common" in text
    assert "Two halves of the recorded answers are 0.31 apart (0.30 to 0.33 over 16 ways to split" in text
    assert "no further from the recorded ones" in text
    apart = " ".join(style_lines(msgspec.structs.replace(style, crossed=0.5, by="prompts", units=3)))
    assert "0.19 further" in apart
    assert "few, so take it for a hint" in apart
    assert "sharper" in apart
    assert list(style_lines(None)) == []
    assert "too few answers" in " ".join(style_lines(Style(distance=0.1)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\tc", "a\nb    c"),
        ("\x00\x1b\ud800\u202e", "\\x00\\x1b\\ud800\\u202e"),
        ("日本\u3000語\u00a0👨\u200d👩", "日本\u3000語\u00a0👨\u200d👩"),
        ("abcdefghijklmnopqrstuvwxyzabcdefg", "abcdefghijklmnopqrstuvwxyzabcd… (3 more characters)"),
    ],
)
def test_clean(text, shown):
    """What cannot be seen is spelled out; blanks of other scripts and joined emoji stay."""
    assert clean(text, 30) == shown


def test_many_different_answers(found):
    """Some are shown, the rest is counted."""
    answers = [msgspec.structs.replace(found.prompts[0].new[0], text=str(number % 5)) for number in range(10)]
    said = sayings(answers, 3, 100)
    assert [(one.kind, one.text, one.times) for one in said] == [
        ("text", "0", 2), ("text", "1", 2), ("text", "2", 2), ("more", "4 other answers", 1),
    ]  # fmt: skip


class Page(HTMLParser):
    """Tags with their attributes, the text, and whether every tag is closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def page(found):
    pytest.importorskip("jinja2")
    return comparison_page(found)


def test_a_page_that_needs_nothing_else(page):
    """No script, no address but in words, no file; it forbids the rest to itself."""
    parsed = Page(page)
    for tag, attrs in parsed.tags:
        assert tag not in {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "form",
            "image",
            "svg",
        }
        assert not any(name.startswith("on") or name in {"src", "srcset", "action"} for name in attrs)
        assert attrs.get("href", "#").startswith("#")
    assert "@import" not in page
    assert "url(" not in page
    (policy,) = [attrs["content"] for tag, attrs in parsed.tags if attrs.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_answers_are_text_in_the_page(page):
    """Markup of prompts, answers, refusals and errors is shown, never obeyed; nor are template marks."""
    assert "<script" not in page
    assert "<img" not in page
    text = Page(page).text
    assert text.count("<script>alert(1)</script>") >= 4
    assert "{{ 7*7 }}" in text
    assert all(c.isprintable() or c == "\n" for c in page)
    assert "\\u202e" in page


def test_everything_is_on_the_page(page, found):
    """Verdicts and what they mean, both sides, figures, style, notes."""
    text = Page(page).text
    for words in (
        found.recorded.model,
        "8 prompts: 1 error",
        "says nothing",
        "refuses",
        "元気だにゃ",
        "3 times",
        "The styles are",
        "(30,000 more characters)",
        "fewer than half of the pairs",
        *found.notes,
    ):
        assert words in text, words


def test_for_those_who_do_not_see(page):
    """A language, headings in order, captions, scopes, labels that meet their ends."""
    parsed = Page(page)
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("h1") == tags.count("main") == 1
    assert tags.count("caption") == tags.count("table") == 1
    assert all("scope" in attrs for tag, attrs in parsed.tags if tag == "th")
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    pointed = {attrs["href"][1:] for _, attrs in parsed.tags if "href" in attrs}
    pointed |= {attrs["aria-labelledby"] for _, attrs in parsed.tags if "aria-labelledby" in attrs}
    assert pointed <= set(ids)


def test_many_prompts_on_a_page(found):
    """A page stays small; what is not on it is counted."""
    pytest.importorskip("jinja2")
    prompt = msgspec.structs.replace(found.prompts[0], request={})
    many = [msgspec.structs.replace(prompt, number=number) for number in range(1, MAX_PROMPTS + 6)]
    page = comparison_page(msgspec.structs.replace(found, prompts=tuple(many)))
    assert len(re.findall("<article", page)) == MAX_PROMPTS
    assert "5 prompts more" in Page(page).text


def test_without_jinja2(found, monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(drytune.MissingExtra, match=r"jinja2: pip install 'drytune\[html\]'"):
        comparison_page(found)
    monkeypatch.setattr("drytune.reports.compare_html.find_spec", lambda name: None)
    with pytest.raises(drytune.MissingExtra):
        require_jinja2()
