"""The tests' own guard: nothing reaches beyond loopback, and nothing of drytune tries to."""

import socket
import urllib.request

import httpx
import openai
import pytest

from drytune import simulated

OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody is there


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: urllib.request.urlopen(f"http://{OUTSIDE}/", timeout=1),
        lambda: httpx.get(f"http://{OUTSIDE}/", timeout=1),
        lambda: socket.getaddrinfo("api.openai.com", 443),
    ],
    ids=["socket", "urllib", "httpx", "name look-up"],
)
def test_every_way_out_is_closed(attempt):
    """Whoever tries."""
    with pytest.raises(RuntimeError, match="only loopback is allowed here"):
        attempt()


def test_the_sdk_s_own_transport_does_not_get_out():
    """A client that was not given ours would fail the test, not call the API."""
    client = openai.OpenAI(api_key="sk-test", max_retries=0)
    with client, pytest.raises((RuntimeError, openai.APIConnectionError)) as raised:
        client.models.list()
    assert "only loopback is allowed here" in str(raised.value) + str(raised.value.__cause__)


def test_a_simulated_client_needs_no_way_out():
    """Not even a name look-up."""
    assert [model.id for model in simulated().models.list()]
