"""Suites within this one, as a user of the kit writes them."""

import asyncio
import json

import openai
import pytest

from drytune.testing import OpenAISimulator

BEGINNING = """
import asyncio, os, subprocess, sys, threading
import openai, pytest
from pathlib import Path

def asked(client, text="Hi", model="gpt-4.1"):
    answer = client.chat.completions.create(model=model, messages=[{"role": "user", "content": text}])
    return answer.choices[0].message.content

LINE = '{"messages": [{"role": "user", "content": "%s?"}, {"role": "assistant", "content": "%s!"}]}'
DATA = "\\n".join(LINE % (n, n) for n in range(12)).encode()
"""


@pytest.fixture(scope="session")
def _warm(root):
    """What an inner run imports is forgotten at its end; nobody wants to import the SDK fifty times."""
    pytest.importorskip("trio")
    line = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    with OpenAISimulator(where="warm") as simulator, openai.OpenAI() as client:
        simulator.on_chat(model="gpt-4.1").reply("Hi")
        data = (json.dumps(line) + "\n").encode() * 12
        file = client.files.create(file=("a.jsonl", data), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(training_file=file.id, model="gpt-4.1-mini")
        while job.status != "succeeded":
            job = client.fine_tuning.jobs.retrieve(job.id)
        asking = {"messages": line["messages"][:1], "stream": True}
        for model in (job.fine_tuned_model, "gpt-4.1"):
            list(client.chat.completions.create(model=model, **asking))
        client.responses.create(model="gpt-4.1", input="Hi")
        simulator.assert_job_created_once(model="gpt-4.1-mini-2025-04-14")
        simulator.assert_spent_under(5)
        simulator.assert_no_secrets()
        asyncio.run(openai.AsyncOpenAI().models.retrieve("gpt-4.1"))
    with OpenAISimulator(replay=root / "recordings" / "dpo.yaml", where="warm"):
        pass


@pytest.fixture
def suite(pytester, _warm):
    """Runs tests, whose fixtures are the plugin's, in this process; gives what came of it."""

    def run(code: str, *options: str, conftest: str = "", inner: bool = True):
        pytester.makepyfile(BEGINNING + code)
        if conftest:
            pytester.makeconftest(conftest)
        pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        run = pytester.runpytest_inprocess if inner else pytester.runpytest_subprocess
        return run("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", *options)

    return run
