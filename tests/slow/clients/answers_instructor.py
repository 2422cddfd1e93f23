"""instructor: structured output in each of its modes, whole, in parts and async; prints what it saw as JSON.

python answers_instructor.py BASE_URL MODEL
"""

import asyncio
import json
import sys

import instructor
import openai
import pydantic

URL, MODEL = sys.argv[1:]
WHO = [{"role": "user", "content": "Who is Ada, 36, of London? Answer in JSON."}]
MODES = ("TOOLS", "TOOLS_STRICT", "JSON", "JSON_SCHEMA", "MD_JSON", "RESPONSES_TOOLS")


class Person(pydantic.BaseModel):
    name: str
    age: int
    city: str


place = {"base_url": URL, "api_key": "sk-answers", "max_retries": 0}
# by itself it would ask again where an answer is not valid
asked = {"model": MODEL, "messages": WHO, "response_model": Person, "max_retries": 0}
seen: dict[str, object] = {}


def ask(mode: str) -> None:
    """The whole object, and what it is like as it grows."""
    with openai.OpenAI(**place) as plain:
        client = instructor.from_openai(plain, mode=instructor.Mode[mode])
        seen[mode] = client.chat.completions.create(**asked).model_dump()
        parts = [part.model_dump() for part in client.chat.completions.create_partial(**asked)]
        seen[f"{mode} partial"] = [len(parts) > 1, parts[-1]]


async def at_once() -> None:
    """Async, in two modes at the same time."""
    async with openai.AsyncOpenAI(**place) as plain:
        modes = (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA)
        clients = [instructor.from_openai(plain, mode=mode) for mode in modes]
        people = await asyncio.gather(*(client.chat.completions.create(**asked) for client in clients))
        seen["async"] = [person.model_dump() for person in people]


for mode in MODES:
    ask(mode)
asyncio.run(at_once())
print(json.dumps(seen))
