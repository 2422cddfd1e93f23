"""`drytune keep` on the command line: what it says of what did not go well, and its exit codes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from drytune import UsageError
from drytune.cli.compare import compare
from drytune.cli.keep import keep
from drytune.clients import SIMULATED_KEY
from drytune_simulator.http import Response


def refusal(status: int, **headers: str) -> Response:
    body = {"error": {"message": "Not\nso.", "type": "x", "param": None, "code": None}}
    return Response.json(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def run(keeping, monkeypatch):
    """The command, piped, with the platform in this process: its exit code, and what it printed to either end."""
    monkeypatch.setattr("drytune.keeping.keep.Upstream", lambda url: keeping.handler)
    monkeypatch.setattr("drytune.keeping.keep.wait", keeping.sleep)
    keeping.handler.close = lambda: None
    monkeypatch.setenv("OPENAI_API_KEY", SIMULATED_KEY)

    def invoke(*arguments, model=keeping.platform.model):
        given = [model, "--prompts", str(keeping.prompts), "--out", str(keeping.out), *arguments]
        result = CliRunner().invoke(keep, given, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return result.return_value, result.stdout, result.stderr

    return invoke


def test_all_is_well_without_a_word(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "6 asked now, 0 left" in out


def test_refused_prompts_are_told(run, keeping):
    keeping.handler.instead = [refusal(400)]
    code, _, err = run()
    assert (code, err) == (0, "drytune: 1 of 6 were refused (400: Not so.)\n")
    code, out, _ = run("--json")
    assert (code, json.loads(out)["refused"]) == (0, {"count": 1, "of": 6, "why": "400: Not so."})


def test_where_all_are_refused_it_has_failed(run, keeping):
    keeping.handler.instead = [refusal(400)] * 6
    assert run()[0] == 1
    assert run("--json")[0] == 1


def test_waits_are_told_to_a_log(run, keeping):
    """One line each, and nothing else."""
    keeping.handler.instead = [refusal(429, retry_after="30")]
    code, _, err = run()
    assert code == 0
    assert [line.partition(", waiting ")[2] for line in err.splitlines()] == ["30 s: 429, Not so."]


def test_a_model_has_a_name(run):
    with pytest.raises(UsageError, match="name of the model is empty"):
        run(model="")


@pytest.mark.parametrize("key", ["sk-ключ", "sk-a\nb"])
def test_a_key_that_cannot_be_sent(run, keeping, monkeypatch, key):
    """Neither command shows it."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY cannot be sent") as error:
        run()
    assert key not in str(error.value)
    result = CliRunner().invoke(compare, [str(keeping.out), "--model", "gpt-4o"], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
