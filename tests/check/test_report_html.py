"""`drytune check --html`: one page that needs nothing else."""

import json
import re
import sys
from html.parser import HTMLParser

import msgspec
import pytest

import drytune
from drytune import check
from drytune.reports.excerpts import excerpts_of
from drytune.reports.figures import Figures
from drytune_simulator.dataset.distribution import Distribution, distribution_of
from drytune_simulator.dataset.finding import Finding

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

from drytune.reports.html import MAX_ROWS, html_page
from drytune.reports.plots import plots_of

VOID = {"meta", "br", "input"}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}'


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
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def write(path, *examples):
    path.write_text("\n".join(map(json.dumps, examples)), encoding="utf-8")
    return path


def talk(turns):
    words = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": " cat" * turns}]
    return {"messages": words * turns}


@pytest.fixture
def report(tmp_path):
    """Errors with hostile keys and contents among good examples."""
    good = [talk(1 + number % 4) for number in range(12)]
    bad = {
        "messages": [
            {"role": HOSTILE, "content": HOSTILE, HOSTILE: 1},
            {"role": "user", "content": "\u202e\x1b"},
        ]
    }
    return check(write(tmp_path / "<b>&.jsonl", *good, bad))


@pytest.fixture
def page(report):
    return html_page(report, excerpts_of(report))


def test_nothing_from_elsewhere(page):
    """No script, no address, no file: what is linked is in the page, and the page forbids the rest to itself."""
    parsed = Page(page)
    for tag, attrs in parsed.tags:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image"}
        assert not any(name.startswith("on") or name in {"src", "srcset", "action"} for name in attrs)
        assert attrs.get("href", "#").startswith("#")
    assert "http:" not in page
    assert "https:" not in page
    assert "@import" not in page
    assert all(place.startswith("#") for place in re.findall(r"url\((.*?)\)", page))
    (policy,) = [meta["content"] for meta in parsed.all("meta") if meta.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_hostile_content_is_text(page):
    """Markup in a dataset is shown, never obeyed; nor are template marks."""
    assert "<script" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert "alert(1)" in Page(page).text


def test_what_cannot_be_seen_is_spelled_out(page):
    """No control character and no mark of direction gets into the page."""
    assert all(c.isprintable() or c == "\n" for c in page)
    assert "\\u202e" in page


def test_links_meet_their_ends(page):
    """Ids are there once, and what is pointed to is there."""
    parsed = Page(page)
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    pointed = {attrs["href"][1:] for _, attrs in parsed.tags if "href" in attrs}
    pointed |= {place[1:] for place in re.findall(r"url\((#.*?)\)", page)}
    pointed |= {attrs["aria-labelledby"] for _, attrs in parsed.tags if "aria-labelledby" in attrs}
    assert pointed <= set(ids)


def test_everything_is_told(page, report):
    """Verdict, bill, every part of every finding, excerpts, distributions."""
    text = Page(page).text
    for words in (
        "NO : ",
        "Billed tokens",
        "Training",
        "Shape of the data",
        "Messages by role",
        "p10 and p90 are",
    ):
        assert words in text, words
    for finding in report.findings:
        for words in (
            finding.code,
            finding.severity,
            finding.pointer,
            finding.message,
            finding.hint,
            finding.source,
        ):
            assert " ".join(words.split()) in text, words
        assert "the job fails" in text
    assert '{"messages": [{"role": "<script>' in text


def test_for_those_who_do_not_see(page):
    """A language, one main heading, captions, scopes, names of regions; plots are told in words beside them."""
    parsed = Page(page)
    assert parsed.all("html")[0]["lang"] == "en"
    assert len(parsed.all("h1")) == len(parsed.all("main")) == 1
    assert len(parsed.all("caption")) == len(parsed.all("table")) >= 2
    assert all("scope" in attrs for attrs in parsed.all("th"))
    assert len(parsed.all("figcaption")) == len(parsed.all("svg")) == 4
    assert all(attrs["aria-hidden"] == "true" for attrs in parsed.all("svg"))


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast(page):
    """In light and in dark every text has a contrast of at least 4.5 to 1 (WCAG 2.1 AA), bars of 3 to 1."""
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", block))
        for block in re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    )
    for colours in (light, dark):
        for name, least in {
            "ink": 4.5,
            "soft": 4.5,
            "ok": 4.5,
            "error": 4.5,
            "warning": 4.5,
            "info": 4.5,
            "bar": 3,
        }.items():
            for ground in ("ground", "raised"):
                low, high = sorted((luminance(colours[name]), luminance(colours[ground])))
                assert (high + 0.05) / (low + 0.05) >= least, (name, ground)


def test_the_same_bytes(report):
    """The same report gives the same page."""
    assert html_page(report, {}) == html_page(report, {})


def test_private_lines_are_not_shown(report):
    """Not even if someone passes their text."""
    path = report.files[0].file
    found = Finding("api-key", "warning", "A key.", "Remove it.", "harmful", file=path, line=1)
    secret = msgspec.structs.replace(report, findings=(found,))
    page = html_page(secret, {(path, 1): "sk-verysecret"})
    assert "sk-verysecret" not in page
    assert "it holds something private" in page


def test_long_excerpts_are_cut(report):
    """An excerpt is safe and short, whoever made it."""
    place = (report.findings[0].file, report.findings[0].line)
    page = html_page(report, {place: "\x1b" + "y" * 5000})
    assert "\\x1b" + "y" * 998 + "…" in page


def test_a_clean_file(tmp_path):
    """A page without findings says so."""
    page = html_page(
        msgspec.structs.replace(check(write(tmp_path / "a.jsonl", *[talk(1)] * 10)), findings=()), {}
    )
    assert "Nothing was found." in Page(page).text


def test_an_empty_file(tmp_path):
    """A page without examples has no plots."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"")
    parsed = Page(html_page(check(path), {}))
    assert parsed.all("svg") == []
    assert "empty-file" in parsed.text


def test_several_files(tmp_path, report):
    """Several files are listed with the verdict on each."""
    good = write(tmp_path / "good.jsonl", *[talk(2)] * 10)
    text = Page(html_page(check([good, report.files[0].file]), {})).text
    assert f"{good} OK 10" in text


def test_a_cap_on_rows(report):
    """A page stays small; what is not on it is counted."""
    found = Finding("missing-assistant", "error", "No.", "Add.", "job-fails", file="a.jsonl", line=1)
    many = msgspec.structs.replace(report, findings=(found,) * (MAX_ROWS + 234))
    parsed = Page(html_page(many, {}))
    assert sum("data-severity" in attrs for attrs in parsed.all("tr")) == MAX_ROWS
    assert "1,000 findings of 1,234" in parsed.text


@pytest.mark.parametrize("library", ["jinja2", "matplotlib"])
def test_a_missing_extra(report, monkeypatch, library):
    """Without the extra, the error says what to install."""
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(drytune.MissingExtra, match=rf"{library}: pip install 'drytune\[html\]'"):
        html_page(report, {})


def figures(values, limit=None):
    one = distribution_of(values)
    return Figures(one, one, one, one, {"user": 3, "other": 1}, limit)


def test_the_limit_is_drawn_where_it_is_exceeded():
    """The dashed line is there if an example is over the limit, and is told in words."""
    over, under = plots_of(figures([10, 200], 100))[0], plots_of(figures([10, 20], 100))[0]
    assert "stroke-dasharray" in over.svg
    assert "dashed line is the limit of 100" in over.summary
    assert "stroke-dasharray" not in under.svg
    assert "limit" not in under.summary


@pytest.mark.parametrize("values", [[0], [7] * 5, [0, 10**6], range(500)])
def test_any_distribution_can_be_drawn(values):
    """One value, equal values, far ones, many: four plots in the page's own colours, without warnings."""
    plots = plots_of(figures(values))
    assert [plot.name for plot in plots] == ["tokens", "turns", "messages", "roles"]
    for plot in plots:
        assert plot.svg.startswith("<svg")
        assert "var(--bar)" in plot.svg
        assert not re.search(r"#[0-9a-f]{6}\b", plot.svg)


def test_nothing_to_draw():
    """What is not known is not drawn."""
    none = Distribution()
    assert plots_of(Figures(none, none, none, none, {}, None)) == []
