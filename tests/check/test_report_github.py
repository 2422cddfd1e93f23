"""`drytune check --format github`: annotations that GitHub's runner reads from the output."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune import check
from drytune.reports.github import annotation, github_lines
from drytune_simulator.dataset.finding import Finding

COMMAND = re.compile(r"::(error|warning|notice) ((?:\w+=[^,:]*)(?:,\w+=[^,:]*)*)::(.*)")


def read(line):
    """A command as the runner takes it apart: name, properties, message."""
    name, properties, message = COMMAND.fullmatch(line).groups()

    def decoded(text):
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(code, character)
        return text

    return (
        name,
        {k: decoded(v) for k, v in (p.split("=", 1) for p in properties.split(","))},
        decoded(message),
    )


def finding(**changes):
    given = {"code": "missing-assistant", "severity": "error", "message": "No reply.", "hint": "Add one.",
             "effect": "job-fails", "file": "a.jsonl", "line": 3, "pointer": "/messages", **changes}  # fmt: skip
    return Finding(**given)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "::error file=a.jsonl,line=3,title=missing-assistant /messages::No reply. Add one."),
        ({"severity": "warning"},
         "::warning file=a.jsonl,line=3,title=missing-assistant /messages::No reply. Add one."),
        ({"severity": "info", "pointer": ""},
         "::notice file=a.jsonl,line=3,title=missing-assistant::No reply. Add one."),
        ({"line": None, "pointer": ""}, "::error file=a.jsonl,title=missing-assistant::No reply. Add one."),
        ({"file": None, "line": None, "pointer": ""}, "::error title=missing-assistant::No reply. Add one."),
        ({"file": "a,b:c%d.jsonl", "pointer": ""},
         "::error file=a%2Cb%3Ac%25d.jsonl,line=3,title=missing-assistant::No reply. Add one."),
        ({"message": "100 %, 1:2\r\nx", "pointer": ""},
         "::error file=a.jsonl,line=3,title=missing-assistant::100 %25, 1:2%0D%0Ax Add one."),
    ],
)  # fmt: skip
def test_annotations(changes, line):
    """Severity, place and message, with GitHub's own escapes; an info is a notice."""
    assert annotation(finding(**changes)) == line


@given(st.text(), st.text(), st.text())
def test_nothing_gets_out_of_its_place(file, pointer, message):
    """Whatever a file is called and whatever is in it: one line, one command, and no control characters."""
    line = annotation(finding(file=file, pointer=pointer, message=message))
    assert line.isprintable()
    name, properties, _ = read(line)
    assert name == "error"
    assert list(properties) == ["file", "line", "title"]


@given(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126)))
def test_what_is_printable_comes_back(text):
    """What the runner decodes is what was written."""
    _, properties, message = read(annotation(finding(file=text, message=text, hint="")))
    assert properties["file"] == text
    assert message == text


def test_a_whole_report(tmp_path):
    """A command for each finding, and the verdict for those who read the log."""
    path = tmp_path / "cats.jsonl"
    user = {"role": "user", "content": "::error::no"}
    path.write_text("\n".join([json.dumps({"messages": [user]})] * 12), encoding="utf-8")
    report = check(path)
    *commands, verdict = github_lines(report)
    assert len(commands) == len(report.findings) >= 12
    assert all(COMMAND.fullmatch(command) for command in commands)
    assert verdict.startswith("NO: 12 errors; 12 examples for gpt-4.1-mini-2025-04-14 (supervised)")
