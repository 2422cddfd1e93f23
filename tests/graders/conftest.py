"""Graders by the real SDK, in-process, and by hand where the SDK would not let one."""

import json

import pytest

from drytune.clients import simulated
from drytune_simulator import Simulator
from drytune_simulator.http import Headers, Request

CHECK = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "operation": "eq",
}
ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
    "evaluation_metric": "fuzzy_match",
}


@pytest.fixture(scope="session")
def check():
    """A string check."""
    return CHECK


@pytest.fixture(scope="session")
def alike():
    """A text similarity."""
    return ALIKE


@pytest.fixture(scope="session")
def multi():
    """Both of them, by name."""
    return {
        "type": "multi",
        "name": "both",
        "graders": {"same": CHECK, "alike": ALIKE},
        "calculate_output": "0.5 * same + 0.5 * alike",
    }


@pytest.fixture
def graders(openai_client):
    """The resource of the SDK."""
    return openai_client.fine_tuning.alpha.graders


@pytest.fixture
def strict_graders(openai_simulator):
    """The same of a client that raises where an answer is not what the SDK's types say."""
    with simulated(openai_simulator) as client:
        client._strict_response_validation = True
        yield client.fine_tuning.alpha.graders


@pytest.fixture(scope="session")
def post():
    """Send any JSON to an operation; gives status, decoded body and headers."""
    simulator = Simulator()
    headers = Headers({"authorization": "Bearer sk-test"})

    def send(operation, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = simulator(Request("POST", f"/v1/fine_tuning/alpha/graders/{operation}", headers, data))
        return response.status, json.loads(response.body), response.headers

    yield send
    simulator.close()
