"""openai-python 1.x, 2.x or 3.x: what a tuned model answers, on every door that the version has; prints JSON.

python answers_sdk.py BASE_URL MODEL
"""

import asyncio
import json
import sys

import openai
import pydantic

URL, MODEL = sys.argv[1:]
CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
WARM = [{"role": "user", "content": "How warm is it in Oslo now?"}]
WHO = [{"role": "user", "content": "Who is Ada, 36, of London? Answer in JSON."}]


class Person(pydantic.BaseModel):
    name: str
    age: int
    city: str


class GetWeather(pydantic.BaseModel):
    """The weather in a city."""

    city: str


TOOL = openai.pydantic_function_tool(GetWeather, name="get_weather")
FLAT = {"type": "function", **TOOL["function"]}
RESULT = '{"celsius": 3}'
client = openai.OpenAI(base_url=URL, api_key="sk-answers", max_retries=0)
# `parse` and `stream` began below `beta`, and left it in 1.92
chats = client.chat.completions if hasattr(client.chat.completions, "parse") else client.beta.chat.completions
seen: dict[str, object] = {"version": openai.__version__}


def chat() -> None:
    """Plain, as events, with a call that is answered, parsed."""
    seen["chat"] = client.chat.completions.create(model=MODEL, messages=CAPITAL).choices[0].message.content
    with chats.stream(model=MODEL, messages=CAPITAL) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        seen["chat streamed"] = ["".join(deltas), stream.get_final_completion().choices[0].finish_reason]
    answer = chats.parse(model=MODEL, messages=WARM, tools=[TOOL]).choices[0]
    (call,) = answer.message.tool_calls
    seen["call"] = [answer.finish_reason, call.function.name, call.function.parsed_arguments.city]
    told = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
    calling = {
        "role": "assistant",
        "tool_calls": [call.model_dump(exclude={"function": {"parsed_arguments"}})],
    }
    turns = [*WARM, calling, told]
    seen["told"] = chats.parse(model=MODEL, messages=turns, tools=[TOOL]).choices[0].message.content
    with chats.stream(model=MODEL, messages=WARM, tools=[TOOL]) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        seen["call streamed"] = [[one.name, one.parsed_arguments.city] for one in done]
    parsed = chats.parse(model=MODEL, messages=WHO, response_format=Person).choices[0].message.parsed
    seen["parsed"] = parsed.model_dump()
    with chats.stream(model=MODEL, messages=WHO, response_format=Person) as stream:
        seen["parsed streamed"] = stream.get_final_completion().choices[0].message.parsed.model_dump()


def responses() -> None:
    """The same; the call is answered behind the response that made it."""
    door = client.responses
    seen["response"] = door.create(model=MODEL, input=CAPITAL[0]["content"]).output_text
    with door.stream(model=MODEL, input=CAPITAL) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        seen["response streamed"] = ["".join(deltas), stream.get_final_response().status]
    calling = door.create(model=MODEL, input=WARM, tools=[FLAT])
    (call,) = calling.output
    seen["response call"] = [call.type, call.name, json.loads(call.arguments)]
    told = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULT}]
    told = door.create(model=MODEL, input=told, tools=[FLAT], previous_response_id=calling.id)
    seen["response told"] = told.output_text
    seen["response parsed"] = door.parse(
        model=MODEL, input=WHO, text_format=Person
    ).output_parsed.model_dump()
    with door.stream(model=MODEL, input=WHO, text_format=Person) as stream:
        seen["response parsed streamed"] = stream.get_final_response().output_parsed.model_dump()


def others() -> None:
    """Embeddings and moderations."""
    texts = ["The cat sleeps.", "The cat is asleep.", "Quarterly tax report"]
    rows = [
        row.embedding for row in client.embeddings.create(model="text-embedding-3-small", input=texts).data
    ]
    near, far = (sum(a * b for a, b in zip(rows[0], row, strict=True)) for row in rows[1:])
    seen["embeddings"] = [len(rows[0]), near > far]
    verdicts = client.moderations.create(model="omni-moderation-latest", input=["hello", "I will kill you"])
    seen["flagged"] = [verdict.flagged for verdict in verdicts.results]


async def at_once() -> None:
    """Async: four questions at the same time, two of them streamed."""

    async def plain() -> str:
        answer = await other.chat.completions.create(model=MODEL, messages=CAPITAL)
        return answer.choices[0].message.content

    async def streamed() -> str:
        stream = await other.chat.completions.create(model=MODEL, messages=CAPITAL, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    async with openai.AsyncOpenAI(base_url=URL, api_key="sk-answers", max_retries=0) as other:
        answers = await asyncio.gather(plain(), streamed(), plain(), streamed())
        seen["async"] = sorted(set(answers))


chat()
if hasattr(client, "responses"):  # since 1.66
    responses()
others()
asyncio.run(at_once())
print(json.dumps(seen))
