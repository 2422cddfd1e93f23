"""The official SDK, made to refuse every answer that is not of its types, over all methods of these resources.

Each method is called plainly, raw and streaming, with the sync and the async client, in-process.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
import pydantic
import pytest
from openai.resources.chat.completions import Completions, Messages
from openai.resources.completions import Completions as OlderCompletions
from openai.resources.embeddings import Embeddings
from openai.resources.files import Files
from openai.resources.fine_tuning.alpha.graders import Graders
from openai.resources.fine_tuning.checkpoints.permissions import Permissions
from openai.resources.fine_tuning.jobs import Checkpoints, Jobs
from openai.resources.models import Models
from openai.resources.moderations import Moderations
from openai.resources.responses import InputItems, InputTokens, Responses
from openai.resources.uploads import Parts, Uploads

from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator.profile import Profile

ADMIN = "sk-admin-contract"
KEY = "sk-contract"
RESOURCES = {
    "files": Files,
    "uploads": Uploads,
    "uploads.parts": Parts,
    "fine_tuning.jobs": Jobs,
    "fine_tuning.jobs.checkpoints": Checkpoints,
    "fine_tuning.checkpoints.permissions": Permissions,
    "fine_tuning.alpha.graders": Graders,
    "models": Models,
    "chat.completions": Completions,
    "chat.completions.messages": Messages,
    "completions": OlderCompletions,
    "embeddings": Embeddings,
    "moderations": Moderations,
    "responses": Responses,
    "responses.input_items": InputItems,
    "responses.input_tokens": InputTokens,
}
# these put several calls together, so the SDK has no raw and no streaming form of them
TOGETHER = {
    "files.wait_for_processing",
    "uploads.upload_file_chunked",
    "chat.completions.stream",
    "responses.stream",
}
# these are no calls of their own
NO_CALLS = {
    f"responses.{name}"
    for name in ("connect", "input_items", "input_tokens", "with_raw_response", "with_streaming_response")
}
NOT_SIMULATED = {
    "responses.compact",
}
STRING_CHECK = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}
SIMILARITY = {
    "type": "text_similarity",
    "name": "alike",
    "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}
MULTI = {
    "type": "multi",
    "name": "both",
    "graders": {"same": STRING_CHECK, "alike": SIMILARITY},
    "calculate_output": "0.5 * same + 0.5 * alike",
}
HELLO = {"messages": [{"role": "user", "content": "Hello!"}]}
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}

CITY = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "people": {"type": ["integer", "null"]}},
            "required": ["name", "people"],
            "additionalProperties": False,
        },
    },
}
FLAT_WEATHER = {"type": "function", **WEATHER["function"], "strict": False}


class City(pydantic.BaseModel):
    """What an answer is to be read into."""

    name: str
    people: int | None


@dataclass(frozen=True)
class Case:
    """One way of calling a method; `prepare` gives the arguments that it takes on a stage."""

    method: str
    variation: str
    prepare: Callable[[Any], dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.method}-{self.variation}" if self.variation else self.method


def case(method: str, variation: str = "", /, **arguments: Any) -> Case:
    """A case whose arguments need no preparation, or are made by functions of the stage."""

    def prepare(stage: Any) -> dict[str, Any]:
        return {name: made(stage) if callable(made) else made for name, made in arguments.items()}

    return Case(method, variation, prepare)


def _completion(stage: Any) -> dict[str, Any]:
    upload = stage.upload()
    return {"upload_id": upload, "part_ids": [stage.part(upload)]}


def _listing(stage: Any) -> dict[str, Any]:
    stage.job(metadata={"a": "b"})
    return {"after": stage.job(metadata={"a": "b"}).id, "limit": 1, "metadata": {"a": "b"}}


def _chats(stage: Any) -> dict[str, Any]:
    last = stage.chat()
    return {"after": last, "limit": 1, "order": "asc", "model": "gpt-4o-mini", "metadata": {"a": "b"}}


def _permitted(stage: Any) -> dict[str, Any]:
    model = stage.tuned()
    stage.permission(model)
    return {"fine_tuned_model_checkpoint": model}


def _permission(stage: Any) -> dict[str, Any]:
    model = stage.tuned()
    return {"permission_id": stage.permission(model), "fine_tuned_model_checkpoint": model}


CASES = [
    case(
        "files.create",
        file=lambda s: ("t.jsonl", s.training),
        purpose="fine-tune",
        expires_after={"anchor": "created_at", "seconds": 3600},
    ),
    case("files.retrieve", file_id=lambda s: s.file()),
    case("files.retrieve", "results", file_id=lambda s: s.job("succeeded").result_files[0]),
    case("files.list", after=lambda s: s.file(), limit=2, order="asc", purpose="fine-tune"),
    case("files.delete", file_id=lambda s: s.file()),
    case("files.content", file_id=lambda s: s.file()),
    case("files.content", "results", file_id=lambda s: s.job("succeeded").result_files[0]),
    case("files.retrieve_content", file_id=lambda s: s.file()),
    case("files.wait_for_processing", id=lambda s: s.file()),
    case("uploads.create", filename="t.jsonl", purpose="fine-tune", bytes=7, mime_type="text/jsonl"),
    case("uploads.cancel", upload_id=lambda s: s.upload()),
    Case("uploads.complete", "", _completion),
    case(
        "uploads.upload_file_chunked",
        file=lambda s: s.training,
        filename="t.jsonl",
        bytes=lambda s: len(s.training),
        mime_type="text/jsonl",
        purpose="fine-tune",
        part_size=1000,
    ),
    case("uploads.parts.create", upload_id=lambda s: s.upload(), data=lambda s: s.training),
    case(
        "fine_tuning.jobs.create",
        "supervised",
        model="gpt-4o-mini",
        training_file=lambda s: s.file(),
        validation_file=lambda s: s.file(),
        suffix="cat",
        seed=7,
        metadata={"a": "b"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
        integrations=[{"type": "wandb", "wandb": {"project": "p", "tags": ["t"]}}],
    ),
    case(
        "fine_tuning.jobs.create",
        "hyperparameters",
        model="gpt-4o-mini",
        training_file=lambda s: s.file(),
        hyperparameters={"batch_size": "auto", "learning_rate_multiplier": 2},
    ),
    case(
        "fine_tuning.jobs.create",
        "dpo",
        model="gpt-4o-2024-08-06",
        training_file=lambda s: s.file(s.preference),
        method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2}}},
    ),
    case(
        "fine_tuning.jobs.create",
        "reinforcement",
        model="o4-mini-2025-04-16",
        training_file=lambda s: s.file(s.reinforcement),
        validation_file=lambda s: s.file(s.reinforcement),
        method={
            "type": "reinforcement",
            "reinforcement": {
                "grader": STRING_CHECK,
                "hyperparameters": {"reasoning_effort": "low", "eval_samples": 2},
            },
        },
    ),
    case("fine_tuning.jobs.retrieve", "running", fine_tuning_job_id=lambda s: s.job("running").id),
    case("fine_tuning.jobs.retrieve", "succeeded", fine_tuning_job_id=lambda s: s.job("succeeded").id),
    case(
        "fine_tuning.jobs.retrieve",
        "failed",
        fine_tuning_job_id=lambda s: (
            s.job("failed", training_file=s.file(s.training[:400].split(b"\n")[0])).id
        ),
    ),
    case("fine_tuning.jobs.retrieve", "paused", fine_tuning_job_id=lambda s: s.paused()),
    Case("fine_tuning.jobs.list", "", _listing),
    case("fine_tuning.jobs.cancel", fine_tuning_job_id=lambda s: s.job("running").id),
    case("fine_tuning.jobs.pause", fine_tuning_job_id=lambda s: s.begun()),
    case("fine_tuning.jobs.resume", fine_tuning_job_id=lambda s: s.paused()),
    case("fine_tuning.jobs.list_events", fine_tuning_job_id=lambda s: s.job("succeeded").id, limit=100),
    case("fine_tuning.jobs.checkpoints.list", fine_tuning_job_id=lambda s: s.job("succeeded").id, limit=2),
    case(
        "fine_tuning.checkpoints.permissions.create",
        fine_tuned_model_checkpoint=lambda s: s.tuned(),
        project_ids=["proj_1", "proj_2"],
    ),
    Case("fine_tuning.checkpoints.permissions.retrieve", "", _permitted),
    Case(
        "fine_tuning.checkpoints.permissions.list",
        "",
        lambda s: {**_permitted(s), "limit": 1, "order": "ascending", "project_id": "proj_1"},
    ),
    Case("fine_tuning.checkpoints.permissions.delete", "", _permission),
    case("fine_tuning.alpha.graders.validate", grader=STRING_CHECK),
    case("fine_tuning.alpha.graders.validate", "similarity", grader=SIMILARITY),
    *(
        case(
            "fine_tuning.alpha.graders.run",
            grader["type"],
            grader=grader,
            model_sample="4",
            item={"answer": "4"},
        )
        for grader in (STRING_CHECK, SIMILARITY, MULTI)
    ),
    case("models.retrieve", model=lambda s: s.tuned()),
    case("models.retrieve", "base", model="gpt-4o-mini"),
    case("models.list"),
    case("models.delete", model=lambda s: s.tuned()),
    case("chat.completions.create", model="gpt-4o-mini", n=2, **HELLO),
    case("chat.completions.create", "stream", model="gpt-4o-mini", stream=True, **HELLO),
    case("chat.completions.create", "tools", model="gpt-4o-mini", tools=[WEATHER], **HELLO),
    case(
        "chat.completions.create",
        "usage",
        model=lambda s: s.tuned(),
        stream=True,
        stream_options={"include_usage": True},
        **HELLO,
    ),
    case(
        "chat.completions.create",
        "logprobs",
        model="gpt-4o-mini",
        logprobs=True,
        top_logprobs=3,
        stream=True,
        **HELLO,
    ),
    case(
        "chat.completions.create",
        "forced",
        model=lambda s: s.tuned(),
        tools=[WEATHER],
        tool_choice="required",
        **HELLO,
    ),
    case("chat.completions.create", "schema", model="gpt-4o-mini", response_format=CITY, **HELLO),
    case("chat.completions.parse", model="gpt-4o-mini", **HELLO),
    case(
        "chat.completions.parse", "schema", model=lambda s: s.tuned(), response_format=lambda _: City, **HELLO
    ),
    case("chat.completions.stream", model="gpt-4o-mini", **HELLO),
    case("chat.completions.stream", "schema", model="gpt-4o-mini", response_format=lambda _: City, **HELLO),
    case("chat.completions.retrieve", completion_id=lambda s: s.chat()),
    case("chat.completions.update", completion_id=lambda s: s.chat(), metadata={"c": "d"}),
    Case("chat.completions.list", "", _chats),
    case("chat.completions.delete", completion_id=lambda s: s.chat()),
    # of what the specification calls a stored message every one is the assistant's
    case(
        "chat.completions.messages.list", completion_id=lambda s: s.chat("assistant"), limit=1, order="desc"
    ),
    case("completions.create", model="davinci-002", prompt=["Hello", "Bye"], n=2, logprobs=2, echo=True),
    case("completions.create", "stream", model="davinci-002", prompt="Hello", stream=True, logprobs=1),
    case(
        "completions.create",
        "usage",
        model="babbage-002",
        prompt="Hello",
        stream=True,
        stream_options={"include_usage": True},
    ),
    # without a format the SDK asks for base64, which its own type does not take
    case(
        "embeddings.create",
        model="text-embedding-3-small",
        input=["Hello", "Bye"],
        dimensions=8,
        encoding_format="float",
    ),
    case("moderations.create", input="Hello!"),
    case(
        "moderations.create",
        "parts",
        model="omni-moderation-latest",
        input=[{"type": "text", "text": "I will kill you."}],
    ),
    case(
        "chat.completions.create",
        "functions",
        model="gpt-4o-mini",
        functions=[WEATHER["function"]],
        function_call={"name": "weather"},
        stream=True,
        **HELLO,
    ),
    case("responses.create", model="gpt-4o-mini", input="Hello!"),
    case("responses.create", "stream", model="gpt-4o-mini", stream=True, input="Hello!"),
    case(
        "responses.create",
        "tools",
        model="gpt-4o-mini",
        input="Hello!",
        tools=[FLAT_WEATHER],
        tool_choice="required",
        stream=True,
    ),
    case("responses.create", "incomplete", model=lambda s: s.tuned(), input="Hello!", max_output_tokens=16),
    case("responses.create", "background", model="gpt-4o-mini", input="Hello!", background=True, stream=True),
    case("responses.parse", model="gpt-4o-mini", input="Hello!"),
    case("responses.stream", model="gpt-4o-mini", input="Hello!"),
    case("responses.retrieve", response_id=lambda s: s.response()),
    case("responses.retrieve", "queued", response_id=lambda s: s.response(background=True)),
    case(
        "responses.retrieve",
        "stream",
        response_id=lambda s: s.response(background=True, stream=True),
        stream=True,
        starting_after=2,
    ),
    case("responses.delete", response_id=lambda s: s.response()),
    case("responses.cancel", response_id=lambda s: s.response(background=True)),
    case("responses.compact", model="gpt-4o-mini", input="Hello!"),
    case("responses.input_items.list", response_id=lambda s: s.response(), limit=1, order="asc"),
    case("responses.input_tokens.count", model="gpt-4o-mini", input="Hello!", tools=[FLAT_WEATHER]),
]


@pytest.fixture
def stage(make_stage, preference, reinforcement):
    """A stage that has a file of each kind of line at hand, and room for many jobs."""
    stage = make_stage(profile=Profile(concurrent_jobs=None))
    stage.preference = preference
    stage.reinforcement = reinforcement
    return stage


def client_of(stage: Any, kind: str, one: Case, form: str) -> Any:
    """A client that validates strictly."""
    family = family_of_openai()
    settings: dict[str, Any] = {
        "api_key": ADMIN if ".permissions." in one.method else KEY,
        "base_url": "https://drytune.invalid/v1",
        "max_retries": 0,
        "default_headers": {"x-drytune-form": form},
        "_strict_response_validation": True,
    }
    if kind == "sync":
        http = family.Client(transport=sync_transport(stage.simulator), trust_env=False)
        return openai.OpenAI(http_client=http, **settings)
    http = family.AsyncClient(transport=async_transport(stage.simulator), trust_env=False)
    return openai.AsyncOpenAI(http_client=http, **settings)


def bound(client: Any, one: Case, way: str) -> Any:
    """The method of the client, in one of its ways."""
    *resource, name = one.method.split(".")
    for part in resource:
        client = getattr(client, part)
    if way == "plain":
        return getattr(client, name)
    return getattr(getattr(client, f"with_{way}_response"), name)


def consumed(answer: Any) -> None:
    """Read all that an answer offers: the events of a stream, the pages of a list, the bytes of a file."""
    if isinstance(answer, openai.Stream | openai._base_client.BaseSyncPage):
        assert list(answer) is not None
    elif hasattr(answer, "read"):
        assert answer.read() is not None


async def consumed_async(answer: Any) -> None:
    """The same."""
    if isinstance(answer, openai.AsyncStream | openai._base_client.BaseAsyncPage):
        async for _ in answer:
            pass
    elif hasattr(answer, "read"):
        read = answer.read()
        assert (await read if inspect.isawaitable(read) else read) is not None


def call(client: Any, one: Case, way: str, arguments: dict[str, Any]) -> None:
    """Call a method of the sync client, and look at all that it answers."""
    method = bound(client, one, way)
    if one.method in ("chat.completions.stream", "responses.stream"):
        with method(**arguments) as stream:
            stream.until_done()
    elif way == "streaming":
        with method(**arguments) as response:
            if one.method not in ("files.content", "files.retrieve_content"):
                consumed(response.parse())
            else:
                assert response.read()
    else:
        answer = method(**arguments)
        consumed(answer.parse() if way == "raw" else answer)


async def call_async(client: Any, one: Case, way: str, arguments: dict[str, Any]) -> None:
    """The same of the async client."""
    method = bound(client, one, way)
    if one.method in ("chat.completions.stream", "responses.stream"):
        async with method(**arguments) as stream:
            await stream.until_done()
    elif way == "streaming":
        async with method(**arguments) as response:
            if one.method not in ("files.content", "files.retrieve_content"):
                await consumed_async(await response.parse())
            else:
                assert await response.read()
    else:
        answer = await method(**arguments)
        if way == "raw":
            parsed = answer.parse()
            answer = await parsed if inspect.isawaitable(parsed) else parsed
        await consumed_async(answer)


def ways(one: Case) -> list[str]:
    """The ways in which the SDK offers a method."""
    if one.method == "responses.parse":  # the SDK has no streaming form of it
        return ["plain", "raw"]
    return ["plain"] if one.method in TOGETHER else ["plain", "raw", "streaming"]


WAYS = [pytest.param(one, way, id=f"{one}-{way}") for one in CASES for way in ways(one)]


def test_no_method_is_forgotten():
    """A method that a newer SDK adds to these resources is missed here."""
    methods = {
        f"{resource}.{name}"
        for resource, kind in RESOURCES.items()
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not name.startswith("_")
    } - NO_CALLS
    assert methods == {one.method for one in CASES}


@pytest.mark.parametrize(("one", "way"), WAYS)
def test_the_sync_client_takes_every_answer(stage, one, way):
    """Of all documented methods, in all ways; what is not simulated is 501."""
    arguments = one.prepare(stage)
    with client_of(stage, "sync", one, "specified") as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        if one.method in NOT_SIMULATED:
            with pytest.raises(openai.InternalServerError, match="not simulated by drytune"):
                call(client, one, way, arguments)
        else:
            call(client, one, way, arguments)


@pytest.mark.anyio
@pytest.mark.parametrize(("one", "way"), WAYS)
async def test_the_async_client_takes_every_answer(stage, one, way):
    """The same."""
    arguments = one.prepare(stage)
    async with client_of(stage, "async", one, "specified") as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            if one.method in NOT_SIMULATED:
                with pytest.raises(openai.InternalServerError, match="not simulated by drytune"):
                    await call_async(client, one, way, arguments)
            else:
                await call_async(client, one, way, arguments)


def test_answers_as_recorded_differ_from_the_specification_in_few_places(stage):
    """FACTS.md §4.1 and §9 name those of jobs; the SDK takes them all, unless it is made to be strict."""
    found = set()
    for one in CASES:
        if one.method in NOT_SIMULATED:
            continue
        with client_of(stage, "sync", one, "recorded") as client, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                call(client, one, "plain", one.prepare(stage))
            except openai.APIResponseValidationError as error:
                cause = error.__cause__
                assert isinstance(cause, pydantic.ValidationError)
                found |= {(_place(each["loc"]), _said(each["input"])) for each in cause.errors()}
    assert found == {
        ("choices.finish_reason", "None"),  # of the pieces of a streamed completion of a prompt
        ("choices.logprobs.token_logprobs", "None"),  # of its first token, with `echo`
        ("choices.logprobs.top_logprobs", "None"),
        ("error.code", "{}"),
        ("error.message", "{}"),
        ("hyperparameters", "None"),  # of a job by another method than supervised
        ("status", "paused"),
        ("type", "moderation_checks"),
    }


def _place(location: tuple[str | int, ...]) -> str:
    """The field, whether its object came alone or in a list."""
    return ".".join(part for part in location if isinstance(part, str) and part != "data")


def _said(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
