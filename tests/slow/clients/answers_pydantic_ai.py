"""pydantic-ai: agents with tools and typed output, over chat completions and over responses; prints JSON.

python answers_pydantic_ai.py BASE_URL MODEL
"""

import asyncio
import json
import sys

import pydantic
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

URL, MODEL = sys.argv[1:]
CAPITAL = "What is the capital of France?"
WARM = "How warm is it in Oslo now?"
WHO = "Who is Ada, 36, of London? Answer in JSON."


class Person(pydantic.BaseModel):
    name: str
    age: int
    city: str


def get_weather(city: str) -> dict[str, int]:
    """The weather in a city."""
    return {"celsius": 3}


seen: dict[str, object] = {}


def calls(run) -> list[list]:
    """What was called in a run, with which arguments."""
    parts = [part for message in run.all_messages() for part in message.parts]
    return [[part.tool_name, part.args_as_dict()] for part in parts if part.part_kind == "tool-call"]


def agents(name: str, model) -> None:
    """Text, a tool that is run, and each way to typed output."""
    plain = Agent(model)
    first = plain.run_sync(CAPITAL)
    seen[name] = first.output
    again = plain.run_sync(CAPITAL, message_history=first.all_messages())
    seen[f"{name} again"] = again.output
    able = Agent(model, tools=[get_weather])
    told = able.run_sync(WARM)
    parts = [part for message in told.all_messages() for part in message.parts]
    seen[f"{name} parts"] = [part.part_kind for part in parts]
    seen[f"{name} call"] = calls(told)
    seen[f"{name} told"] = told.output
    for kind in (ToolOutput, NativeOutput, PromptedOutput):
        person = Agent(model, output_type=kind(Person)).run_sync(WHO).output
        seen[f"{name} {kind.__name__}"] = person.model_dump()
    # a call is forced at every turn; it ends with the function that takes the output
    both = Agent(model, output_type=Person, tools=[get_weather])
    seen[f"{name} both"] = both.run_sync(WHO).output.model_dump()
    seen[f"{name} both called"] = [called for called, _ in calls(both.run_sync(WARM))]


async def streams(name: str, model) -> None:
    """Text and typed output, as they come."""
    async with Agent(model).run_stream(CAPITAL) as run:
        seen[f"{name} streamed"] = "".join([delta async for delta in run.stream_text(delta=True)])
    async with Agent(model, output_type=Person).run_stream(WHO) as run:
        seen[f"{name} typed streamed"] = (await run.get_output()).model_dump()


provider = OpenAIProvider(base_url=URL, api_key="sk-answers")
for name, kind in (("chat", OpenAIChatModel), ("responses", OpenAIResponsesModel)):
    agents(name, kind(MODEL, provider=provider))
    asyncio.run(streams(name, kind(MODEL, provider=provider)))
print(json.dumps(seen))
