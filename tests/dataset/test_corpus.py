"""The labelled corpus: each row among good ones, and the verdict on it beside its label.

`tests/corpus/README.md` says what the rows are, and where the labels come from.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from drytune_simulator.catalog import find
from drytune_simulator.dataset import RULES, judge
from drytune_simulator.dataset.lens import Limits

CORPUS = Path(__file__).parent.parent / "corpus"
ROWS = [
    {**json.loads(line), "file": path.name}
    for path in sorted(CORPUS.glob("*.jsonl"))
    for line in path.read_bytes().splitlines()
]
KEYS = {"id", "row", "row_base64", "beside", "form", "label", "code", "why", "options", "file"}
MODELS = {
    "chat": "gpt-4.1-mini",
    "preference": "gpt-4.1-mini",
    "reinforcement": "o4-mini",
    "completion": "babbage-002",
}
BEFORE, AFTER = 6, 5
AS_OFTEN = Counter(row["id"] for row in ROWS)

TOWNS = ("Lima", "Oslo", "Quito", "Rabat", "Sofia", "Tunis", "Turku", "Varna", "Wuhan", "Yerevan", "Zadar")
SEASONS = (
    "In spring the almond trees bloom there.",
    "Its old tramway climbs three hills.",
    "Bread is sold by weight on market days!",
    "You can hear the harbour from everywhere.",
    "Nobody agrees who built the tower.",
    "Every window has a different blue.",
    "Its library lends umbrellas.",
    "Snow closes the pass until May.",
    "The river was moved in 1911.",
    "Chess is played on the stairs.",
    "Two clocks, and both are late.",
)


def good_row(form, number):
    """A good example of `form`, that has nothing in common with the others or with the corpus."""
    asked = {"role": "user", "content": f"Tell me one thing about {TOWNS[number]}."}
    answer = SEASONS[number]
    if form == "chat":
        return {"messages": [asked, {"role": "assistant", "content": answer}]}
    if form == "preference":
        worse = {"role": "assistant", "content": f"{TOWNS[number]} is {number}."}
        return {
            "input": {"messages": [asked]},
            "preferred_output": [{"role": "assistant", "content": answer}],
            "non_preferred_output": [worse],
        }
    if form == "reinforcement":
        return {"messages": [asked], "answer": answer}
    return {"prompt": asked["content"], "completion": f" {answer}"}


def judged(row):
    """The findings at the row's line, and its line."""
    form = row["form"]
    lines = [json.dumps(good_row(form, number)).encode() for number in range(BEFORE + AFTER)]
    if "beside" in row:
        lines.insert(2, row["beside"].encode())
    raw = base64.b64decode(row["row_base64"]) if "row_base64" in row else row["row"].encode()
    number = BEFORE + ("beside" in row) + 1
    lines.insert(number - 1, raw)
    options = {"model": MODELS[form], **row["options"]}
    options["model"] = find(options["model"])
    if "limits" in options:
        options["limits"] = Limits(**options["limits"])
    verdict = judge(b"\n".join(lines) + b"\n", **options)
    elsewhere = [f for f in verdict.findings if f.line != number and f.severity == "error"]
    assert not elsewhere, f"the rows around are good: {elsewhere}"
    return [finding for finding in verdict.findings if finding.line == number], verdict.job_failure


def mistake(row):
    """What the verdict has wrong about a row, or None."""
    findings, failure = judged(row)
    errors = {finding.code for finding in findings if finding.severity == "error"}
    warnings = {finding.code for finding in findings if finding.severity == "warning"}
    refused, code = row["label"] == "refused", row["code"]
    wrong = {
        "false pass": refused and not errors,
        f"wrong reason: {sorted(errors)}": refused and code not in errors,
        "the simulated job succeeds": refused and failure is None,
        f"false fail: {sorted(errors)}": not refused and errors,
        f"the simulated job fails: {failure}": not refused and failure,
        f"not warned of, only of {sorted(warnings)}": not refused
        and code is not None
        and code not in warnings,
        f"false alarm: {sorted(warnings)}": not refused and code is None and warnings,
    }
    return next((what for what, so in wrong.items() if so), None)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_row(row):
    """A refused row has an error of its code at its line, an accepted one none; and the job agrees."""
    assert mistake(row) is None


def test_the_count():
    """No row passes that the platform refuses, none fails that it takes; there are two hundred and more."""
    mistakes = Counter(what.partition(":")[0] for row in ROWS if (what := mistake(row)))
    labels = Counter(row["label"] for row in ROWS)
    print(f"{len(ROWS)} rows: {labels['accepted']} accepted, {labels['refused']} refused; ", end="")
    print(f"false passes {mistakes['false pass']}, false fails {mistakes['false fail']}")
    assert len(ROWS) >= 200
    assert min(labels.values()) >= 100
    assert (mistakes["false pass"], mistakes["false fail"]) == (0, 0)
    assert not mistakes


def test_every_row_says_why():
    """The keys are known, ids differ, codes are rules, and each label names its source and the source's grade."""
    assert [name for name, often in AS_OFTEN.items() if often > 1] == []
    for row in ROWS:
        assert row.keys() <= KEYS, row["id"]
        assert ("row" in row) != ("row_base64" in row), row["id"]
        assert row["label"] in {"accepted", "refused"}, row["id"]
        assert row["code"] is None or row["code"] in RULES, row["id"]
        assert re.search(r"\([ORUIM]\)", row["why"]), row["id"]
        if row["label"] == "refused":
            assert RULES[row["code"]].severity == "error", row["id"]
        elif row["code"] is not None:
            assert RULES[row["code"]].severity == "warning", row["id"]


NOT_OF_A_ROW = {
    "file": "about a whole file: tests/dataset/test_strategies.py has them",
    "calendar": "about the model and the day",
    "whole": "about examples beside others: some are here",
}


def test_every_rule_of_rows_is_shown():
    """Each rule that looks at a line by itself has at least one row."""
    shown = {row["code"] for row in ROWS}
    due = {code for code, rule in RULES.items() if rule.scope not in NOT_OF_A_ROW and rule.severity != "info"}
    assert due - shown <= {"byte-order-mark"}  # which stands only at the beginning of a file
    for grade in "ORUI":
        assert any(f"({grade})" in row["why"] for row in ROWS)
