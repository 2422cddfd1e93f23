"""What tests of files share: a platform whose clock stands still, and requests as other clients send them."""

import json

import pytest

from drytune.clients import SIMULATED_KEY, simulated
from drytune_simulator import Headers, ManualClock, Request, Simulator


@pytest.fixture
def clock():
    """Time stands still until a test moves it."""
    return ManualClock()


@pytest.fixture
def simulator(clock):
    """A platform on that clock."""
    simulator = Simulator(clock=clock)
    yield simulator
    simulator.close()


@pytest.fixture
def client(simulator):
    """The SDK's client of it."""
    with simulated(simulator) as client:
        yield client


@pytest.fixture
def other(simulator):
    """Another key's client of the same platform."""
    with simulated(simulator, api_key="sk-somebody-else") as client:
        yield client


@pytest.fixture
def refusal():
    """What a refusal says: status, code, param, message."""

    def read(raised) -> tuple:
        error = raised.value
        assert error.type == "invalid_request_error"
        return error.status_code, error.code, error.param, error.body["message"]

    return read


@pytest.fixture
def send(simulator):
    """Send a request as it stands; gives status and decoded body."""

    def run(method, target, body=b"", content_type="multipart/form-data; boundary=b", stream=None):
        headers = Headers({"authorization": f"Bearer {SIMULATED_KEY}", "content-type": content_type})
        response = simulator(Request(method, target, headers, body, stream))
        return response.status, json.loads(response.body)

    return run


@pytest.fixture
def blobs(simulator):
    """How many different contents the platform keeps."""
    return lambda: len(simulator._world.store.blobs._place._contents)
