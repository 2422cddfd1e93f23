"""The pytest plugin: nothing to set up, and no way out."""

import importlib.metadata
import inspect
import os
import subprocess
import sys

import openai
import pytest


def test_the_clients_are_the_sdk_s_own(openai_client, async_openai_client):
    """Code under test cannot tell the difference."""
    assert type(openai_client) is openai.OpenAI
    assert type(async_openai_client) is openai.AsyncOpenAI


def test_both_clients_speak_to_one_simulator(openai_client, openai_simulator):
    """And it is fresh for each test."""
    assert list(openai_client.files.list()) == []
    openai_client.files.create(file=("notes.txt", b"x"), purpose="assistants")
    assert len(list(openai_client.files.list())) == 1
    assert openai_simulator.seed == 0


@pytest.mark.anyio
async def test_the_async_client_works_in_async_tests(async_openai_client, cat):
    """Upload, train, ask."""
    file = await async_openai_client.files.create(file=("cat.jsonl", cat.read_bytes()), purpose="fine-tune")
    job = await async_openai_client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id)
    while job.status != "succeeded":
        job = await async_openai_client.fine_tuning.jobs.retrieve(job.id)
    stream = await async_openai_client.chat.completions.create(
        model=job.fine_tuned_model, messages=[{"role": "user", "content": "おはよう！"}], stream=True
    )
    said = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert "にゃ" in said


def test_it_is_loaded_by_its_entry_point_and_imports_nothing_heavy(tmp_path):
    """A suite that does not use it does not pay for it."""
    test = tmp_path / "test_light.py"
    heavy = ["openai", "tiktoken", "sqlalchemy", "respx", "tantivy", "rich", "numpy", "hypothesis"]
    test.write_text(
        inspect.cleandoc(
            f"""
            import sys
            def test_light():
                assert "drytune.testing.plugin" in sys.modules
                assert not [name for name in {heavy} if name in sys.modules]
            """
        )
    )
    entry_points = importlib.metadata.entry_points(group="pytest11", name="drytune")
    assert [point.value for point in entry_points] == ["drytune.testing.plugin"]
    # alone, since other plugins import what they like
    command = [sys.executable, "-m", "pytest", "-q", "-p", "drytune.testing.plugin", str(test)]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
