"""langchain-openai: what a tuned model answers through it; prints what it saw as JSON.

python answers_langchain.py BASE_URL MODEL
"""

import asyncio
import json
import sys

import pydantic
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

URL, MODEL = sys.argv[1:]
CAPITAL = "What is the capital of France?"
WARM = "How warm is it in Oslo now?"
WHO = "Who is Ada, 36, of London? Answer in JSON."


class Person(pydantic.BaseModel):
    """Somebody."""

    name: str
    age: int
    city: str


@tool
def get_weather(city: str, unit: str = "celsius") -> str:
    """The weather in a city."""
    return json.dumps({unit: 3})


place = {"base_url": URL, "api_key": "sk-answers", "max_retries": 0}
seen: dict[str, object] = {}


def chat(name: str, model: ChatOpenAI) -> None:
    """Plain, in chunks, with a tool that is run, and structured in each of its ways."""
    seen[name] = model.invoke(CAPITAL).text
    whole = None
    for chunk in model.stream(CAPITAL):
        whole = chunk if whole is None else whole + chunk
    seen[f"{name} streamed"] = [whole.text, whole.usage_metadata["output_tokens"] > 0]
    able = model.bind_tools([get_weather])
    turns = [HumanMessage(WARM)]
    turns.append(able.invoke(turns))
    (call,) = turns[-1].tool_calls
    seen[f"{name} call"] = [call["name"], call["args"]]
    turns.append(get_weather.invoke(call))
    seen[f"{name} told"] = able.invoke(turns).text
    whole = None
    for chunk in able.stream(WARM):
        whole = chunk if whole is None else whole + chunk
    seen[f"{name} call streamed"] = [[call["name"], call["args"]] for call in whole.tool_calls]
    for method in ("json_schema", "function_calling", "json_mode"):
        person = model.with_structured_output(Person, method=method).invoke(WHO)
        seen[f"{name} {method}"] = person.model_dump()
    strict = model.with_structured_output(Person, method="function_calling", strict=True)
    seen[f"{name} strict"] = strict.invoke(WHO).model_dump()
    *_, last = model.with_structured_output(Person).stream(WHO)
    seen[f"{name} json_schema streamed"] = last.model_dump()


async def at_once(model: ChatOpenAI) -> None:
    """Async: three questions at the same time, and a stream."""
    answers = await model.abatch([CAPITAL, [("user", CAPITAL)], [HumanMessage(CAPITAL)]])
    seen["async"] = [answer.text for answer in answers]
    seen["async streamed"] = "".join([chunk.text async for chunk in model.astream(CAPITAL)])


# from a place that is not the platform's it asks for the usage of streams only if told to
model = ChatOpenAI(model=MODEL, stream_usage=True, **place)
chat("chat", model)
chat("responses", ChatOpenAI(model=MODEL, use_responses_api=True, **place))
asyncio.run(at_once(model))
# by itself it sends tokens, with an encoding that it would download
embeddings = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False, **place)
seen["embeddings"] = [len(one) for one in embeddings.embed_documents(["a cat", "a dog"])]
seen["embedding"] = len(embeddings.embed_query("a cat"))
legacy = OpenAI(model="davinci-002", max_tokens=16, **place)
seen["completion"] = legacy.invoke("Once upon a time")
seen["completion streamed"] = "".join(legacy.stream("Once upon a time"))
print(json.dumps(seen))
