"""Processes that tests start are guarded: nothing reaches beyond loopback. This one the plugin guards."""

import subprocess
import sys

from drytune import simulated

ATTEMPTS = """
import socket, sys, urllib.request
import httpx, openai

OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody is there

for attempt in (
    lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
    lambda: urllib.request.urlopen(f"http://{OUTSIDE}/", timeout=1),
    lambda: httpx.get(f"http://{OUTSIDE}/", timeout=1),
    lambda: socket.getaddrinfo("api.openai.com", 443),
    lambda: openai.OpenAI(api_key="sk-test", max_retries=0).models.list(),
):
    try:
        attempt()
    except (RuntimeError, openai.APIConnectionError) as error:
        print("only loopback is allowed here" in f"{error} {error.__cause__}")
"""


def test_every_way_out_is_closed(environment):
    """Whoever tries, the SDK among them."""
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["True"] * 5, done.stderr


def test_a_simulated_client_needs_no_way_out():
    """Not even a name look-up."""
    assert [model.id for model in simulated().models.list()]
