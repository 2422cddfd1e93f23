"""`drytune check --format sarif`: a log of SARIF 2.1.0."""

import json
from datetime import date

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune import check
from drytune.reports.sarif import sarif_log, uri_of
from drytune_simulator.dataset.finding import Finding

GOOD = {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Meow"}]}
BAD = {"messages": [{"role": "user", "content": "Hello"}]}

MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
LOCATION = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "physicalLocation": {
            "type": "object",
            "required": ["artifactLocation"],
            "additionalProperties": False,
            "properties": {
                "artifactLocation": {
                    "type": "object",
                    "required": ["uri"],
                    "additionalProperties": False,
                    "properties": {"uri": {"type": "string", "format": "uri-reference"}},
                },
                "region": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"startLine": {"type": "integer", "minimum": 1}},
                },
            },
        },
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"fullyQualifiedName": {"type": "string"}, "kind": {"type": "string"}},
            },
        },
    },
}
RULE = {
    "type": "object",
    "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": LEVEL},
            "additionalProperties": False,
        },
        "properties": {"type": "object", "properties": {"tags": {"type": "array", "uniqueItems": True}}},
    },
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "partialFingerprints": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {"type": "string"},
        },
        "properties": {"type": "object"},
    },
}
RUN = {
    "type": "object",
    "required": ["tool", "results"],
    "additionalProperties": False,
    "properties": {
        "tool": {
            "type": "object",
            "required": ["driver"],
            "additionalProperties": False,
            "properties": {
                "driver": {
                    "type": "object",
                    "required": ["name"],
                    "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"},
                        "semanticVersion": {"type": "string"},
                        "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                    },
                }
            },
        },
        "results": {"type": "array", "items": RESULT},
        "properties": {"type": "object"},
    },
}
LOG = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": RUN},
    },
}
"""What the standard demands of the parts that are used; nothing but these parts is written."""

VALIDATOR = jsonschema_rs.Draft7Validator(LOG, validate_formats=True)


def run_of(report):
    log = sarif_log(report)
    VALIDATOR.validate(json.loads(json.dumps(log)))
    (run,) = log["runs"]
    return run


@pytest.fixture
def report(tmp_path, monkeypatch):
    """A file with two findings of one rule, and warnings about the model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my cats.jsonl").write_text(
        "\n".join(map(json.dumps, [GOOD] * 10 + [BAD] * 2)), encoding="utf-8"
    )
    return check("my cats.jsonl", as_of=date(2026, 11, 22))


def test_the_log_is_valid(report):
    """Rules are described once, and only those that found something."""
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(dict.fromkeys(one.code for one in report.findings))
    for result, finding in zip(run["results"], report.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code


def test_a_clean_file(tmp_path):
    """Without findings there are no rules and no results."""
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([json.dumps(GOOD)] * 10), encoding="utf-8")
    run = run_of(msgspec.structs.replace(check(path), findings=()))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_places(report):
    """A relative URI, the line, and the JSON pointer as a logical location."""
    result = next(one for one in run_of(report)["results"] if one["ruleId"] == "missing-assistant")
    assert result["level"] == "error"
    assert result["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "my%20cats.jsonl"}, "region": {"startLine": 11}},
            "logicalLocations": [{"fullyQualifiedName": "/messages", "kind": "value"}],
        }
    ]


def test_without_a_line(report):
    """What is about a whole file has no region; what is about the model is placed in the first file."""
    for result, finding in zip(run_of(report)["results"], report.findings, strict=True):
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "my%20cats.jsonl"
        assert ("region" in physical) == (finding.line is not None)


def test_levels(report):
    """An info is a note; a rule's own severity stays its default when a finding has another."""
    info = Finding("missing-assistant", "info", "No.", "Add.", "job-fails", file="a.jsonl", line=1)
    run = run_of(msgspec.structs.replace(report, findings=(info,)))
    assert run["results"][0]["level"] == "note"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "error"


def fingerprints(report):
    return [result["partialFingerprints"]["finding/v1"] for result in run_of(report)["results"]]


def test_fingerprints_are_stable(report):
    """They differ within a file, and stay when lines are put before them."""
    before = fingerprints(report)
    assert len(set(before)) == len(before)
    moved = tuple(
        msgspec.structs.replace(one, line=one.line + 7) if one.line else one for one in report.findings
    )
    assert fingerprints(msgspec.structs.replace(report, findings=moved)) == before


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("train.jsonl", "train.jsonl"),
        ("./data/猫 1.jsonl", "data/%E7%8C%AB%201.jsonl"),
        ("../a#b?c%d.jsonl", "../a%23b%3Fc%25d.jsonl"),
        ("a:b.jsonl", "a%3Ab.jsonl"),
        ("/data/a b.jsonl", "file:///data/a%20b.jsonl"),
        ("C:\\data\\a b.jsonl", "file:///C:/data/a%20b.jsonl"),
        ("s3://bucket/a b.jsonl", "s3://bucket/a%20b.jsonl"),
        (b"caf\xe9.jsonl".decode("utf-8", "surrogateescape"), "caf%E9.jsonl"),
        ("-", "-"),
    ],
)
def test_uris(file, uri):
    """Paths are relative references; absolute ones and URLs are what they are."""
    assert uri_of(file) == uri


@given(st.text(min_size=1), st.text(), st.text(min_size=1))
def test_any_name_and_any_message(file, pointer, message):
    """No name, pointer or message makes a log that is not valid or not JSON in UTF-8."""
    finding = Finding("x", "error", message, "", "none", file=file, line=1, pointer=pointer)
    log = sarif_log(_report(finding))
    VALIDATOR.validate(json.loads(json.dumps(log).encode("ascii")))


def _report(finding):
    class Stub(msgspec.Struct):
        file: str
        model: str = "m"
        method: str = "supervised"
        examples: int = 1
        omitted: int = 0
        findings: tuple = ()
        files: tuple = ()

    return Stub("", findings=(finding,), files=(Stub("a.jsonl"),))
