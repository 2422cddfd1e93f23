"""What passes in-process passes on the wire: the same fault is the same error of the same SDK."""

import socket
import threading
from contextlib import contextmanager

import openai
import pytest
import uvicorn

from drytune import simulated
from drytune_simulator import Simulator
from drytune_simulator.asgi import asgi_app
from drytune_simulator.bodies import Bounds
from drytune_simulator.faults import Fault, FaultPlan, failing
from drytune_simulator.serving.protocol import protocol

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Tell me a long story, please."}]}

FAULTS = [
    Fault("*", 500),
    Fault("*", "rate_limited", retry_after=2),
    Fault("*", "quota", when="after"),
    Fault("*", 502),
    Fault("*", "drop"),
    Fault("*", "drop", when="after"),
    Fault("*", "drop", at="headers"),
    Fault("*", "drop", when="after", at="headers"),
    Fault("*", "drop", when="after", at=700),
    Fault("*", "truncate"),
    Fault("*", "truncate", at=0),
    Fault("*", "truncate", when="before", at=3),
    Fault("*", "truncate", when="before", at=1000),
    Fault("*", "drop", when="before", at=1000),
    Fault("*", "malformed"),
    Fault("*", "malformed", when="before"),
    Fault("*", "slow", delay=0.01),
    Fault("*", "slow", delay=5),
    Fault("*", "slow", first_token=5),
    Fault("*", "timeout"),
]


@contextmanager
def served(handler):
    """The address of a server that can break connections off."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    config = uvicorn.Config(
        asgi_app(handler),
        http=protocol(Bounds()),
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        while not server.started:
            thread.join(0.01)
        server.should_exit = True
        thread.join()
        listener.close()


def told(call) -> tuple[object, ...]:
    """How a call ends, as a program sees it."""
    try:
        return ("fine", call())
    except openai.APITimeoutError:
        return ("too late",)
    except openai.APIStatusError as error:
        kept = ("x-drytune-fault", "retry-after", "retry-after-ms", "content-type")
        return (
            type(error).__name__,
            error.code,
            error.message,
            [error.response.headers.get(name) for name in kept],
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it should be the same
        return (type(error).__name__, type(error.__cause__).__name__, str(error.__cause__ or error))


def outcomes(client: openai.OpenAI) -> list[tuple[object, ...]]:
    """Of a list, of an answer and of a stream."""
    return [
        told(lambda: [model.id for model in client.models.list()]),
        told(lambda: client.chat.completions.create(**CHAT).choices[0].message.content),
        told(
            lambda: [
                chunk.choices[0].delta.content
                for chunk in client.chat.completions.create(**CHAT, stream=True)
            ]
        ),
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_the_same_in_process_and_over_a_socket(fault):
    """Exception, code, message, headers, and what the HTTP library says of it."""
    in_process, over_a_socket = Simulator(), Simulator()
    with simulated(failing(in_process, FaultPlan([fault])), max_retries=0) as client:
        expected = outcomes(client.with_options(timeout=0.3))
    with served(failing(over_a_socket, FaultPlan([fault]))) as url:
        options = {"api_key": "sk-simulated", "organization": "", "project": "", "max_retries": 0}
        with openai.OpenAI(base_url=url, timeout=0.3, **options) as client:
            assert outcomes(client) == expected
    in_process.close()
    over_a_socket.close()
