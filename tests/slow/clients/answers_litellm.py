"""litellm: what a tuned model answers through it; prints what it saw as JSON.

python answers_litellm.py BASE_URL MODEL
"""

import asyncio
import json
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it would fetch one when it is imported

import litellm
import pydantic

litellm.telemetry = False
URL, MODEL = sys.argv[1:]
CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
WARM = [{"role": "user", "content": "How warm is it in Oslo now?"}]
WHO = [{"role": "user", "content": "Who is Ada, 36, of London? Answer in JSON."}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
FLAT = [{"type": "function", "name": "get_weather", "parameters": PARAMETERS}]
BERGEN = [{"role": "user", "content": "How warm is it in Bergen now?"}]
RESULT = '{"celsius": 3}'


class Person(pydantic.BaseModel):
    name: str
    age: int
    city: str


place = {"api_base": URL, "api_key": "sk-answers"}
asked = {"model": f"openai/{MODEL}", **place}
seen: dict[str, object] = {}


def text(answer) -> str:
    """What is said."""
    return answer.choices[0].message.content


def chat() -> None:
    """Plain, in chunks, with a call that is answered, in a schema, refused."""
    seen["chat"] = text(litellm.completion(**asked, messages=CAPITAL))
    chunks = list(litellm.completion(**asked, messages=CAPITAL, stream=True))
    seen["streamed"] = text(litellm.stream_chunk_builder(chunks, messages=CAPITAL))
    calling = litellm.completion(**asked, messages=WARM, tools=TOOLS).choices[0].message
    (call,) = calling.tool_calls
    seen["call"] = [call.function.name, json.loads(call.function.arguments)]
    (other,) = litellm.completion(**asked, messages=BERGEN, tools=TOOLS).choices[0].message.tool_calls
    seen["other call"] = json.loads(other.function.arguments)
    told = {"role": "tool", "tool_call_id": call.id, "content": RESULT}
    seen["told"] = text(litellm.completion(**asked, messages=[*WARM, calling, told], tools=TOOLS))
    chunks = list(litellm.completion(**asked, messages=WARM, tools=TOOLS, stream=True))
    (call,) = litellm.stream_chunk_builder(chunks, messages=WARM).choices[0].message.tool_calls
    seen["call streamed"] = [call.function.name, json.loads(call.function.arguments)]
    answer = litellm.completion(**asked, messages=WHO, response_format=Person)
    seen["schema"] = Person.model_validate_json(text(answer)).model_dump()
    answer = litellm.completion(**asked, messages=WHO, response_format={"type": "json_object"})
    seen["object"] = json.loads(text(answer))
    try:
        litellm.completion(**asked, messages=CAPITAL, temperature=3)
    except litellm.BadRequestError as error:
        seen["refused"] = error.status_code


def others() -> None:
    """The other doors."""
    answer = litellm.responses(**asked, input=CAPITAL[0]["content"])
    seen["response"] = answer.output_text
    events = litellm.responses(**asked, input=CAPITAL[0]["content"], stream=True)
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    seen["response streamed"] = "".join(deltas)
    calling = litellm.responses(**asked, input=WARM, tools=FLAT)
    (call,) = calling.output
    seen["response call"] = [call.type, call.name, json.loads(call.arguments)]
    output = [{"type": "function_call_output", "call_id": call.call_id, "output": RESULT}]
    told = litellm.responses(**asked, input=output, tools=FLAT, previous_response_id=calling.id)
    seen["response told"] = told.output_text
    embedded = litellm.embedding("openai/text-embedding-3-small", input=["a cat"], dimensions=256, **place)
    seen["embedding"] = len(embedded.data[0]["embedding"])
    (verdict,) = litellm.moderation("I will kill you", "omni-moderation-latest", **place).results
    seen["flagged"] = verdict.flagged
    legacy = litellm.text_completion(
        model="text-completion-openai/davinci-002", prompt="Once upon a time", max_tokens=16, **place
    )
    seen["completion"] = legacy.choices[0].text


async def at_once() -> None:
    """Async."""
    answer = await litellm.acompletion(**asked, messages=CAPITAL)
    seen["async"] = text(answer)
    stream = await litellm.acompletion(**asked, messages=CAPITAL, stream=True)
    seen["async streamed"] = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    seen["async response"] = (await litellm.aresponses(**asked, input=CAPITAL)).output_text


chat()
others()
asyncio.run(at_once())
print(json.dumps(seen))
