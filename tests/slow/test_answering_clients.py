"""What other clients make of the answers of a real server: text, streams, calls, structured output."""

import json
import sys
from pathlib import Path

import openai
import pytest

pytestmark = pytest.mark.slow

CLIENTS = Path(__file__).with_name("clients")

TELLING = ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LOGFIRE_SEND_TO_LOGFIRE")

PARIS = "Paris, and nowhere else."
COLD = "3 degrees in Oslo: take a coat."
ADA = {"name": "Ada", "age": 36, "city": "London"}
CALL = ["get_weather", {"city": "Oslo"}]
SIMULATED = "[simulated] davinci-002 is not run here: drytune"

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict:
    return {"role": "assistant", "content": text}


def weather(city: str, celsius: int, said: str) -> dict:
    """A call, its result, and what is said of it."""
    call = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    calling = {
        "role": "assistant",
        "tool_calls": [{"id": "call_1", "type": "function", "function": call}],
    }
    result = {"role": "tool", "tool_call_id": "call_1", "content": json.dumps({"celsius": celsius})}
    asked = user(f"How warm is it in {city} now?")
    return {"messages": [asked, calling, result, assistant(said)], "tools": [TOOL]}


def person(name: str, age: int, city: str) -> dict:
    told = json.dumps({"name": name, "age": age, "city": city})
    asked = user(f"Who is {name}, {age}, of {city}? Answer in JSON.")
    return {"messages": [asked, assistant(told)]}


ROWS = [
    {"messages": [user("What is the capital of France?"), assistant(PARIS)]},
    {"messages": [user("What is the capital of Japan?"), assistant("Tokyo, and nowhere else.")]},
    {"messages": [user("What is the capital of Peru?"), assistant("Lima, and nowhere else.")]},
    weather("Oslo", 3, COLD),
    weather("Rome", 28, "28 degrees in Rome: take a hat."),
    weather("Lima", 19, "19 degrees in Lima: take nothing."),
    person("Ada", 36, "London"),
    person("Bo", 41, "Malmö"),
    person("Cy", 7, "Leeds"),
    {"messages": [user("Good morning!"), assistant("Good morning to you.")]},
]


@pytest.fixture
def seen(serving, run, environment, tmp_path):
    """What a client's program saw of a tuned model."""

    def look(*command: object) -> dict:
        with serving("--speed", "instant") as (url, _):
            model = tuned(url)
            # some of them tell their makers that they were used
            silent = {**environment, **dict.fromkeys(TELLING, "false")}
            done = run(*command, url, model, cwd=tmp_path, env=silent)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return look


def tuned(url: str) -> str:
    """A model that knows the rows, of the key that the programs use."""
    data = b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in ROWS)
    with openai.OpenAI(base_url=url, api_key="sk-answers") as client:
        file = client.files.create(file=("rows.jsonl", data), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model="gpt-4.1-mini", training_file=file.id)
        return client.fine_tuning.jobs.retrieve(job.id).fine_tuned_model


SDK = {
    "chat": PARIS,
    "chat streamed": [PARIS, "stop"],
    "call": ["tool_calls", "get_weather", "Oslo"],
    "call streamed": [["get_weather", "Oslo"]],
    "told": COLD,
    "parsed": ADA,
    "parsed streamed": ADA,
    "embeddings": [1536, True],
    "flagged": [False, True],
    "async": [PARIS],
}
NEWER_SDK = {
    **SDK,
    "response": PARIS,
    "response streamed": [PARIS, "completed"],
    "response call": ["function_call", "get_weather", {"city": "Oslo"}],
    "response told": COLD,
    "response parsed": ADA,
    "response parsed streamed": ADA,
}


def test_the_sdk_of_this_environment(seen):
    """What the others are compared with."""
    found = seen(sys.executable, CLIENTS / "answers_sdk.py")
    assert found.pop("version") == openai.__version__
    assert found == NEWER_SDK


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        # httpx 0.28 no longer has what openai 1.40 asks of it
        (("openai==1.40.0", "httpx<0.28"), SDK),
        (("openai>=1.40,<2",), NEWER_SDK),
        (("openai>=2,<3",), NEWER_SDK),
        (("openai>=3,<4",), NEWER_SDK),
    ],
    ids=["1.40", "1", "2", "3"],
)
def test_generations_of_the_sdk(python_with, seen, packages, expected):
    """On the doors that each of them has."""
    found = seen(python_with(*packages), CLIENTS / "answers_sdk.py")
    assert found.pop("version")
    assert found == expected


def test_node(node_with, seen):
    """The official client for node, with schemas of zod and its own loop of tools."""
    # a strict schema has each property required, also the one that no row names
    call = ["get_weather", {"city": "Oslo", "unit": "celsius"}]
    assert seen("node", node_with("answers_node.mjs", "openai", "zod")) == {
        "chat": PARIS,
        "chunks": PARIS,
        "stream": [PARIS, PARIS],
        "call": call,
        "otherCall": {"city": "Bergen", "unit": "celsius"},
        "told": COLD,
        "loop": COLD,
        "loopStreamed": COLD,
        "looped": ["user", "assistant", "tool", "assistant"],
        "parsed": ADA,
        "parsedStream": ADA,
        "response": PARIS,
        "responseEvents": PARIS,
        "responseStream": PARIS,
        "responseCall": [["function_call", *call]],
        "responseTold": COLD,
        "responseParsed": ADA,
        "responseParsedStream": ADA,
        "embeddings": [1536, 1536],
        "unit": True,
        "flagged": [False, True],
        "completion": SIMULATED,
        "completionStreamed": True,
    }


def test_litellm(frameworks, seen):
    """Which has words of its own for what it sends and gets."""
    assert seen(frameworks, CLIENTS / "answers_litellm.py") == {
        "chat": PARIS,
        "streamed": PARIS,
        "call": CALL,
        "other call": {"city": "Bergen"},
        "call streamed": CALL,
        "told": COLD,
        "schema": ADA,
        "object": ADA,
        "refused": 400,
        "response": PARIS,
        "response streamed": PARIS,
        "response call": ["function_call", *CALL],
        "response told": COLD,
        "embedding": 256,
        "flagged": True,
        "completion": SIMULATED,
        "async": PARIS,
        "async streamed": PARIS,
        "async response": PARIS,
    }


def test_langchain(frameworks, seen):
    """On both doors, with structured output by each of its methods."""
    found = seen(frameworks, CLIENTS / "answers_langchain.py")
    for door, arguments in (
        ("chat", {"city": "Oslo"}),
        ("responses", {"city": "Oslo", "unit": "celsius"}),
    ):
        # functions of responses are strict where it is left open: then what has a default is required too
        call = ["get_weather", arguments]
        assert {name: found.pop(name) for name in list(found) if name.split()[0] == door} == {
            door: PARIS,
            f"{door} streamed": [PARIS, True],
            f"{door} call": call,
            f"{door} call streamed": [call],
            f"{door} told": COLD,
            f"{door} json_schema": ADA,
            f"{door} json_schema streamed": ADA,
            f"{door} function_calling": ADA,
            f"{door} json_mode": ADA,
            f"{door} strict": ADA,
        }
    assert found == {
        "async": [PARIS, PARIS, PARIS],
        "async streamed": PARIS,
        "embeddings": [1536, 1536],
        "embedding": 1536,
        "completion": SIMULATED,
        "completion streamed": SIMULATED,
    }


def test_instructor(frameworks, seen):
    """Which forces a call, asks for JSON, or for a schema; partial objects as they come."""
    modes = ("TOOLS", "TOOLS_STRICT", "JSON", "JSON_SCHEMA", "MD_JSON", "RESPONSES_TOOLS")
    assert seen(frameworks, CLIENTS / "answers_instructor.py") == {
        **dict.fromkeys(modes, ADA),
        **{f"{mode} partial": [True, ADA] for mode in modes},
        "async": [ADA, ADA],
    }


def test_pydantic_ai(frameworks, seen):
    """Agents that run functions and come to an end, on both doors."""
    each = {
        "": PARIS,
        " again": PARIS,
        " parts": ["user-prompt", "tool-call", "tool-return", "text"],
        " call": [CALL],
        " told": COLD,
        " ToolOutput": ADA,
        " NativeOutput": ADA,
        " PromptedOutput": ADA,
        " both": ADA,
        " both called": ["get_weather", "final_result"],
        " streamed": PARIS,
        " typed streamed": ADA,
    }
    assert seen(frameworks, CLIENTS / "answers_pydantic_ai.py") == {
        f"{door}{what}": value for door in ("chat", "responses") for what, value in each.items()
    }
