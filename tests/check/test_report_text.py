"""The report of `drytune check` on a terminal, at any width, with colours and without, and in a pipe."""

import io
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from drytune import check
from drytune.reports.bars import BINS, bar_chart, histogram
from drytune.reports.check import check_lines, print_report
from drytune.reports.figures import figures_of, per_rule, selected
from drytune_simulator.dataset.distribution import distribution_of
from drytune_simulator.dataset.finding import Finding

USER = {"role": "user", "content": "Hello"}
CAT = {"role": "assistant", "content": "Meow"}


def write(path, *examples):
    path.write_text("\n".join(map(json.dumps, examples)), encoding="utf-8")
    return path


def talk(turns, words=1):
    return {"messages": [USER, {**CAT, "content": " cat" * words}] * turns}


@pytest.fixture
def report(tmp_path):
    """A file with a bad line among examples of one to five turns and of different lengths."""
    good = [talk(1 + number % 5, 1 + 2 * number) for number in range(20)]
    return check(write(tmp_path / "cats.jsonl", *good, {"messages": [USER]}))


def text_of(report, **options):
    return "\n".join(line.plain for line in check_lines(report, **options))


def printed(report, width=60, encoding="utf-8", **options):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    print_report(report, Console(file=file, width=width, highlight=False, emoji=False), **options)
    file.flush()
    return raw.getvalue().decode(encoding)


def finding(code="missing-assistant", severity="error", line=1, **more):
    return Finding(
        code, severity, "What was found.", "What to do.", "job-fails", file="a.jsonl", line=line, **more
    )


def test_verdict_findings_shape_bill(report):
    """The verdict comes first, then the findings, how the data is distributed, and the bill."""
    text = text_of(report)
    order = ["NO: 1 error; 21 examples", ":21: error missing-assistant /messages: ", "tokens per example:",
             "user turns per example:", "messages by role:", "tokens: ", "billed: ", "bill: "]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_statistics_are_called_what_they_are(report):
    """The 10th and the 90th percentile are not called anything else."""
    lengths = figures_of(report).lengths
    text = text_of(report)
    assert (
        f"min {lengths.minimum}, mean {lengths.mean:.1f}, median {lengths.median:g}, max {lengths.maximum}"
        in text
    )
    assert f"10th percentile {lengths.quantile(0.1):g}, 90th percentile {lengths.quantile(0.9):g}" in text
    assert "p5" not in text


def test_sixty_columns_without_colour(report):
    """Nothing is wider than the terminal; bars are whole; nothing depends on colour."""
    text = printed(report)
    assert max(map(len, text.splitlines())) <= 60
    assert "█" in text
    assert "\x1b" not in text


def test_bars_of_ascii(report):
    """A terminal without block characters gets number signs."""
    text = printed(report, encoding="ascii")
    assert "####" in text
    assert "????" not in text


def test_without_charts(report):
    """Who wants no charts gets none."""
    assert "█" not in text_of(report, charts=False)
    assert "billed: " in text_of(report, charts=False)


def test_equal_values_need_no_chart(tmp_path):
    """If all examples are alike, that is one line."""
    text = text_of(check(write(tmp_path / "a.jsonl", *[talk(2)] * 10)))
    assert "user turns per example: 2 each" in text


def test_errors_come_first(report):
    """The worst is told first, and within a severity the order of the file is kept."""
    mixed = [finding("blank-line", "warning", 1), finding(line=3), finding("x", "info", 2), finding(line=5)]
    text = text_of(msgspec.structs.replace(report, findings=tuple(mixed)))
    lines = [line for line in text.splitlines() if line.startswith("a.jsonl:")]
    assert [line.split(":")[1] for line in lines] == ["3", "5", "1", "2"]


def test_many_errors_of_one_rule_hide_no_other_error():
    """Of every rule the first error is shown, as long as there is room; warnings come after all errors."""
    findings = [finding(line=number) for number in range(1, 100)]
    findings += [finding("invalid-json", "error", 100), finding("blank-line", "warning", 101)]
    shown = selected(findings, 50)
    assert len(shown) == 50
    assert [one.line for one in shown] == [*range(1, 50), 100]
    assert selected(findings, 101)[-1].code == "blank-line"


severities = st.sampled_from(["error", "warning", "info"])


@given(st.lists(st.tuples(st.sampled_from("abcdef"), severities)), st.integers(1, 8))
def test_what_is_selected(drawn, most):
    """As many as fit, the worst, in order of severity and of the file, of as many rules as there is room for."""
    findings = [finding(code, severity, number) for number, (code, severity) in enumerate(drawn)]
    shown = selected(findings, most)
    assert len(shown) == min(most, len(findings))
    ranks = [(["error", "warning", "info"].index(one.severity), one.line) for one in shown]
    assert ranks == sorted(ranks)
    room = most
    for severity in ("error", "warning", "info"):
        there = [one for one in findings if one.severity == severity]
        here = [one for one in shown if one.severity == severity]
        assert len(here) == min(room, len(there))
        assert len({one.code for one in here}) == min(room, len({one.code for one in there}))
        room -= len(here)


def test_counts_by_rule(tmp_path):
    """Many findings are counted by rule, the worst first, those that are not listed too."""
    report = check(write(tmp_path / "a.jsonl", *[{"messages": [USER]}] * 73, {"messages": []}, talk(1)))
    counts = [(one.code, one.times) for one in per_rule(report.findings, report.files)]
    assert counts[:2] == [("missing-assistant", 73), ("empty-messages", 1)]
    assert "by rule:\n  73 error   missing-assistant\n   1 error   empty-messages\n" in text_of(report)


def test_few_findings_are_not_counted(report):
    """One finding needs no table."""
    assert "by rule:" not in text_of(report)


def test_nothing_is_known(tmp_path):
    """An empty file has no distributions and no bars."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"")
    text = text_of(check(path))
    assert "per example" not in text
    assert "empty-file" in text


counts = st.lists(st.integers(0, 10**6), min_size=1, max_size=12)


@given(counts, st.booleans())
def test_bars_are_in_proportion(times, ascii_only):
    """A bar of what is there can be seen, more is never shorter, and a line fits into 60 columns."""
    lines = list(
        bar_chart([(f"r{number:02}", count) for number, count in enumerate(times)], ascii_only=ascii_only)
    )
    assert all(len(line) <= 60 for line in lines)
    if ascii_only:
        assert all(line.isascii() for line in lines)
    bars = [
        (int(line.split()[-1].replace(",", "")), len(line.split()[1]))
        for line in lines
        if len(line.split()) == 3
    ]
    assert len(bars) == sum(count > 0 for count in times)
    bars.sort()
    assert [length for _, length in bars] == sorted(length for _, length in bars)


@given(st.lists(st.integers(0, 200_000), min_size=1))
def test_a_histogram_counts_every_value(values):
    """The figures behind the bars add up, whatever is left out between them."""
    lines = list(histogram(distribution_of(values)))
    assert len(lines) <= BINS
    assert sum(int(line.split()[-1].replace(",", "")) for line in lines if "…" not in line) == len(values)


def test_a_long_gap_is_one_line():
    """Three or more empty bins become an ellipsis; fewer stay."""
    assert list(histogram(distribution_of([0, 9]))) == [
        "  0 ██████████████████████████████ 1",
        "  …",
        "  9 ██████████████████████████████ 1",
    ]
    assert [line.split()[0] for line in histogram(distribution_of([0, 3]))] == ["0", "1", "2", "3"]


def test_a_partial_verdict_says_so(report):
    """When the reading was interrupted, the first line tells it."""
    (file,) = report.files
    file = msgspec.structs.replace(file, verdict=msgspec.structs.replace(file.verdict, partial=True))
    first = next(check_lines(msgspec.structs.replace(report, files=(file,)))).plain
    assert first.endswith("; not all lines were read")
