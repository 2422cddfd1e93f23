"""`drytune.check`: verdict and bill of training files."""

import json
from datetime import date
from pathlib import Path

import pytest

import drytune
from drytune.checking import check

USER = {"role": "user", "content": "Hello"}
REPLY = {"role": "assistant", "content": "Meow"}
NAMES = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"]


def write(path: Path, *examples, good=10) -> Path:
    lines = [{"messages": [{**USER, "content": f"Hello {name}"}, REPLY]} for name in NAMES[:good]] + list(
        examples
    )
    path.write_text("\n".join(json.dumps(example, ensure_ascii=False) for example in lines), encoding="utf-8")
    return path


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "good.jsonl")


@pytest.fixture
def bad(tmp_path):
    return write(tmp_path / "bad.jsonl", {"messages": [USER]})


def of_tokens(path: Path, total: int, examples: int = 100) -> Path:
    """A file of exactly `total` tokens, for models whose word « cat » is a token."""
    share = total // examples
    text = {
        "messages": [
            {"role": "user", "content": " cat" * (share - 12)},
            {"role": "assistant", "content": " cat"},
        ]
    }
    return write(path, *[text] * examples, good=0)


def test_a_good_file(good):
    """A good file is fine, and everything about it is told."""
    report = check(good)
    assert report.ok
    assert (report.method, report.model, report.examples) == ("supervised", "gpt-4.1-mini-2025-04-14", 10)
    assert (report.epochs, report.findings, report.errors) == (10, (), ())
    assert report.tokens.total == 10 * (3 + 3 + 1 + 2 + 3 + 1 + 2)
    assert report.tokens.assistant == 10 * 2
    assert report.tokens.billed == 10 * report.tokens.total
    report.raise_for_errors()


def test_it_is_public_whoever_came_first(good):
    """`drytune.check` can be called, whatever was imported before."""
    import drytune.workflow

    assert drytune.check(str(good)).ok


def test_a_bad_file(bad):
    """An error has file, line and pointer, and can be raised as one sentence."""
    report = check(bad)
    (error,) = report.errors
    assert not report.ok
    assert (error.file, error.line, error.pointer, error.code) == (
        str(bad),
        11,
        "/messages",
        "missing-assistant",
    )
    with pytest.raises(drytune.Refused) as caught:
        report.raise_for_errors()
    assert str(caught.value).startswith(f"{bad}:11: missing-assistant: No message is from the assistant. ")
    assert caught.value.exit_code == 1


def test_the_bill_of_2023(tmp_path):
    """100,000 tokens over 3 epochs cost 2.40 USD in September 2023, as OpenAI's launch post reckons."""
    path = of_tokens(tmp_path / "cats.jsonl", 100_000)
    report = check(path, "gpt-3.5-turbo", as_of=date(2023, 9, 1), n_epochs=3)
    assert report.model == "gpt-3.5-turbo-0613"
    assert (report.tokens.total, report.tokens.billed) == (100_000, 300_000)
    assert (report.cost.training_usd, report.cost.price_per_million_usd) == (2.40, 8.0)
    assert "2023-08-22" in report.cost.price_source
    assert {finding.code for finding in report.findings} == {"duplicate-example"}


def test_calls_afterwards(tmp_path):
    """A thousand calls as long as the average example, at the tuned and the base model's prices."""
    report = check(of_tokens(tmp_path / "cats.jsonl", 100_000), "gpt-4o-mini")
    assert report.cost.per_1000_calls_usd == pytest.approx(999 * 0.3e-3 + 1.2e-3)
    assert report.cost.base_per_1000_calls_usd == pytest.approx(999 * 0.15e-3 + 0.6e-3)


def test_no_price(good):
    """Where no price is known the bill is None, not nothing."""
    cost = check(good, "gpt-4o-2024-05-13").cost
    assert (cost.training_usd, cost.price_per_million_usd, cost.price_source) == (None, None, None)
    assert (cost.per_1000_calls_usd, cost.base_per_1000_calls_usd) == (None, None)


def test_a_guessed_price_says_so(good):
    """The price of gpt-4 has no source (FACTS.md §1.1)."""
    assert check(good, "gpt-4").cost.price_source == "no source found: a guess (Nov 2023 - 2024)"


KEYS = ["ok", "method", "model", "examples", "tokens", "epochs", "cost", "findings"]


def test_the_json_contract(bad):
    """What other programs rely on, for all files and for each."""
    report = check(bad, as_of=date(2026, 11, 22)).to_dict()
    assert list(report) == [*KEYS, "omitted", "partial", "files", "validation"]
    assert list(report["tokens"]) == [
        "total", "assistant", "tools", "billed", "images", "recorded", "low", "high",
    ]  # fmt: skip
    assert list(report["cost"])[:6] == [
        "training_usd", "price_per_million_usd", "price_source", "per_1000_calls_usd", "base_per_1000_calls_usd",
        "currency",
    ]  # fmt: skip
    (file,) = report["files"]
    assert list(file) == ["file", *KEYS, "form", "accepted", "job_failure", "hyperparameters", "statistics"]
    assert file["file"] == str(bad)
    for finding in report["findings"]:
        assert list(finding) == ["code", "severity", "file", "line", "pointer", "message", "hint", "effect",
                                 "allowed", "source"]  # fmt: skip
    assert [finding["code"] for finding in file["findings"]] == ["missing-assistant"]
    json.dumps(report)


def test_several_files(good, bad):
    """Several files are summed up, and told one by one."""
    report = check([good, bad])
    one, two = report.files
    assert (one.ok, two.ok, report.ok) == (True, False, False)
    assert report.examples == one.examples + two.examples == 21
    assert report.tokens.billed == one.tokens.billed + two.tokens.billed
    assert report.cost.training_usd == pytest.approx(one.cost.training_usd + two.cost.training_usd)
    assert (one.epochs, two.epochs, report.epochs) == (10, 9, None)
    assert check([good, bad], n_epochs=2).epochs == 2
    assert {finding.file for finding in report.findings} == {str(bad)}


@pytest.mark.parametrize(
    ("model", "day", "codes"),
    [
        ("gpt-4.1-mini", date(2023, 9, 1), ["price-not-yet-valid"]),
        ("gpt-3.5-turbo-0613", date(2023, 9, 1), []),
        ("gpt-4.1-mini", date(2026, 7, 9), []),
        ("gpt-4.1-mini", date(2026, 7, 20), ["model-retiring", "platform-closing"]),
        ("gpt-4.1-mini", date(2027, 1, 6), ["model-retiring", "platform-closing"]),
        ("gpt-4.1-mini", date(2027, 1, 14), ["model-retired", "platform-closing"]),
        ("gpt-3.5-turbo-0613", date(2024, 9, 13), ["model-retired", "training-closed"]),
        ("gpt-3.5-turbo-1106", date(2026, 10, 1), ["model-retired", "model-retiring", "platform-closing"]),
        ("gpt-4.1-nano", date(2026, 10, 22), ["model-retiring", "platform-closing"]),
    ],
)
def test_the_calendar(good, model, day, codes):
    """Retirements that have come or come within 180 days are warnings about the model, about no file."""
    report = check(good, model, as_of=day)
    assert [finding.code for finding in report.findings] == codes
    assert {finding.severity for finding in report.findings} <= {"warning"}
    assert {(finding.file, finding.line) for finding in report.findings} <= {(None, None)}
    assert report.ok


def test_days_left(good):
    """The days that are left are counted."""
    retiring, closing = check(good, as_of=date(2027, 1, 5)).findings
    assert "will be shut down on 2027-01-14, in 9 days." in retiring.message
    assert "from 2027-01-06 on, in 1 day." in closing.message


def test_no_day_no_calendar(good):
    """Without a day no clock is read and nothing is said about retirements."""
    assert check(good, "gpt-3.5-turbo-0613").findings == ()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"paths": "no-such.jsonl"}, "no-such.jsonl does not exist; check the path."),
        ({"paths": "."}, ". is a directory; name the .jsonl file in it."),
        ({"paths": ""}, "The empty name does not exist; check the path."),
        ({"paths": "a\0b"}, r"'a\x00b' is not a file name."),
        ({"paths": "x" * 5000}, None),
        ({"paths": []}, "There is no file to check; name at least one."),
        ({"paths": "/dev/null"}, "/dev/null is not a regular file; save its content as a .jsonl file first."),
        ({"model": "gpt-4.1-mino"}, None),
        ({"n_epochs": 0}, "n_epochs is 0; it must be from 1 to 50."),
        ({"n_epochs": 51}, "n_epochs is 51; it must be from 1 to 50."),
    ],
)
def test_wrong_use(good, arguments, sentence):
    """What cannot be is one sentence."""
    with pytest.raises(drytune.UsageError) as caught:
        check(**{"paths": good, **arguments})
    assert len(str(caught.value).splitlines()) == 1
    assert sentence is None or str(caught.value) == sentence
    assert caught.value.exit_code == 2


def test_the_nearest_model_is_named(good):
    """An unknown model is told with the one that was probably meant."""
    with pytest.raises(drytune.UsageError, match=r"did you mean gpt-4\.1-mini"):
        check(good, "gpt-4.1-mino")


def test_tuned_models_and_other_methods(good):
    """A tuned model means its base; a model of another method gets an error that says so."""
    assert check(good, "ft:gpt-4.1-mini-2025-04-14:acme::abcDEF12").model == "gpt-4.1-mini-2025-04-14"
    errors = check(good, "o4-mini").errors
    assert {error.code for error in errors} == {"last-not-user"}


def test_a_validation_file(tmp_path, good):
    """It may be short, is looked at too, is not billed, and what of it is trained on is told at its line."""
    held_out = write(tmp_path / "valid.jsonl", {"messages": [USER, REPLY]}, {"messages": [USER]}, good=1)
    report = check(good, validation=held_out)
    assert {(finding.code, finding.file, finding.line) for finding in report.findings} == {
        ("leaked-validation", str(held_out), 1),
        ("missing-assistant", str(held_out), 3),
    }
    assert not report.ok
    assert report.files[0].ok
    assert report.tokens == report.files[0].tokens
    assert report.cost.validation_usd == 0


def test_a_budget(good):
    """The upper estimate must not exceed it."""
    assert check(good, max_usd=1).ok
    report = check(good, max_usd=0.0001)
    assert [error.code for error in report.errors] == ["over-budget"]


def test_rules_may_be_changed(bad):
    """Off, or of another severity; the job's fate stays the same."""
    assert check(bad, rules={"missing-assistant": "off"}).findings == ()
    report = check(bad, rules={"missing-assistant": "info"})
    assert [finding.severity for finding in report.findings] == ["info"]
    assert report.ok
    assert not report.files[0].verdict.accepted
    with pytest.raises(drytune.UsageError, match="missing-assistant"):
        check(bad, rules={"mising-assistant": "off"})
    with pytest.raises(drytune.UsageError, match="'loud'"):
        check(bad, rules={"missing-assistant": "loud"})


def test_any_vendors_model(good):
    """With an encoding the model may be unknown; there is no price then."""
    report = check(good, "my-own-model", encoding="o200k_base")
    assert report.ok
    assert report.cost.training_usd is None
