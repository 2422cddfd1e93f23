"""What was recorded against a real HTTP server is replayed without it: the same typed results."""

import asyncio

import openai

SEQUENCES = 15


def test_sequences_of_requests_give_the_same_results_again(serving, program, drawn, tmp_path):
    """Recorded by turns by a sync and an async client; replayed in-process by both."""
    differences = []
    with serving() as (url, _):
        for number, steps in enumerate(drawn(SEQUENCES)):
            differences += program.there_and_back(number, steps, url, tmp_path / f"{number}.yaml")
    assert differences[:3] == []


def test_the_replay_over_http_gives_the_same_results_too(serving, program, drawn, tmp_path):
    """`drytune serve --replay`, asked by the same program."""
    steps = [
        *(
            ["upload", 0, "a.jsonl"],
            ["create", 0, 0, "mike"],
            ["poll", 0, 9],
            ["events", 0],
            ["checkpoints", 0],
        ),
        *(
            ["chat", 0, 0, False],
            ["chat_streamed", 0, 0],
            ["chat", 0, 1, True],
            ["respond", 0, 2],
            ["embed", 1],
        ),
        *(["content", 0], ["list_files"], ["delete_file", 0], ["retrieve_file", 0]),
    ]
    file = tmp_path / "recorded.yaml"
    with serving() as (upstream, _), serving("--record", file, "--upstream", upstream) as (url, process):
        client = openai.OpenAI(base_url=url, api_key="sk-over-http", max_retries=0)
        recorded = asyncio.run(program.with_client(client, steps))
        process.terminate()
        assert process.wait(30) == 0
    assert "sk-over-http" not in file.read_text("utf-8")
    with serving("--replay", file) as (url, _):
        client = openai.OpenAI(base_url=url, api_key="sk-another", max_retries=0)
        assert asyncio.run(program.with_client(client, steps)) == recorded
