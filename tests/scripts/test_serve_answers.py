"""`drytune serve` with scripted answers and with a speed; what cannot be is one sentence."""

import json

import openai
import pytest
from click.testing import CliRunner

from drytune.cli.app import app
from drytune.errors import UsageError

ANSWERS = """
[[script]]
name = "sunny"
pattern = "(?i)weather"
answer = "It is sunny."

[[script]]
name = "busy"
text = "Busy?"
answer = [{ fail = "overloaded" }, { fail = "drop" }, "No."]
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_file_of_answers_is_served(serving, tmp_path, log_format):
    """To any client; the log tells the layer."""
    (tmp_path / "answers.toml").write_text(ANSWERS)
    with serving("--answers", "answers.toml", "--verbose", "--log-format", log_format) as (url, process):
        with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
            said = client.responses.create(model="gpt-4o-mini", input="How is the weather?")
            client.responses.create(model="gpt-4o-mini", input="Hello!")
            client.models.list()
            with pytest.raises(openai.InternalServerError, match="overloaded"):
                client.responses.create(model="gpt-4o-mini", input="Busy?")
            with pytest.raises(openai.APIConnectionError):
                client.responses.create(model="gpt-4o-mini", input="Busy?")
        process.terminate()
        lines = process.stderr.read().splitlines()
    assert said.output_text == "It is sunny."
    first, second, third, *failed = [line for line in lines if "/v1/" in line]
    assert len(failed) == 2
    if log_format == "text":
        assert first.endswith("scripted sunny")
        assert second.endswith("base")
        assert " ms req_" in third
        assert third.split()[-1].startswith("req_")
        assert failed[0].endswith("scripted busy")
        assert "no answer" in failed[1]
    else:
        told = [json.loads(line) for line in (first, second, third)]
        assert [(line.get("layer"), line.get("script")) for line in told] == [
            ("scripted", "sunny"),
            ("base", None),
            (None, None),
        ]


def test_a_model_takes_its_time(serving):
    """The options are the profile's."""
    with serving("--first-token", "30ms", "--tokens-per-second", "1e3", "--jitter", "0.1") as (url, _):
        with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client:
            raw = client.responses.with_raw_response.create(model="gpt-4o-mini", input="Hello!")
        assert raw.elapsed.total_seconds() >= 0.027


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--first-token", "soon"], '--first-token: "soon" is no duration; write seconds, or 500ms'),
        (["--first-token", "-1"], '--first-token: "-1" is no duration'),
        (["--tokens-per-second", "0"], "--tokens-per-second 0: expected a number above 0, such as 50"),
        (["--tokens-per-second", "many"], "--tokens-per-second many: expected a number above 0"),
        (["--tokens-per-second", "inf"], "--tokens-per-second inf: expected a number above 0"),
        (["--first-token", "1", "--jitter", "2"], "--jitter 2: expected a number from 0 to 1, such as 0.2"),
        (["--first-token", "1", "--jitter", "nan"], "--jitter nan: expected a number from 0 to 1"),
        (["--jitter", "0.5"], "say at least one of them"),
        (["--answers", "nothing.toml"], "nothing.toml cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_is_told(options, problem):
    """Before anything is served."""
    result = CliRunner().invoke(app, ["serve", "--port", "0", *options], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert problem in str(result.exception)
    assert "\n" not in str(result.exception)


def test_a_bad_file_of_answers_is_told(tmp_path):
    """With the table and the key."""
    file = tmp_path / "answers.toml"
    file.write_text("[[script]]\nanswer = 'x'\nturns = 2\n")
    result = CliRunner().invoke(app, ["serve", "--port", "0", "--answers", str(file)], standalone_mode=False)
    assert str(result.exception) == f'{file}: [[script]] number 1 has no key "turns"; did you mean turn?'


def test_a_model_that_is_not_here_is_served_by_its_name(serving, tmp_path):
    """What a file names answers; a mistyped name stays a 404."""
    (tmp_path / "answers.toml").write_text('[[script]]\nmodel = "ft:*"\nanswer = "Hi!"\n')
    with (
        serving("--answers", "answers.toml") as (url, _),
        openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as client,
    ):
        asking = {"messages": [{"role": "user", "content": "Hello!"}]}
        said = client.chat.completions.create(model="ft:gpt-4.1-mini-2025-04-14:acme::AbC12345", **asking)
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model="gpt-4.1-mimi", **asking)
    assert said.choices[0].message.content == "Hi!"
