"""SDK clients that are bound to a simulator: code that only sees the client need not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from drytune.transports import async_transport, family_of_openai, sync_transport
from drytune_simulator import Handler

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

_Client = TypeVar("_Client", "OpenAI", "AsyncOpenAI")

__all__ = ["NOWHERE", "REPLAYED_KEY", "SIMULATED_KEY", "alone", "async_simulated", "simulated"]

SIMULATED_KEY = "sk-simulated"
"""The API key of simulated clients. It opens nothing."""

REPLAYED_KEY = "sk-replayed"
"""The API key of clients that are answered from a recording. It opens nothing."""

NOWHERE = "https://drytune.invalid/v1"
"""The base URL of clients that are answered in-process. It is never looked up, for the transport answers; and
nobody can register ``.invalid``, should a client lose its transport."""


def simulated(
    simulator: Handler | None = None, *, seed: int = 0, api_key: str = SIMULATED_KEY, max_retries: int = 2
) -> OpenAI:
    """An `openai.OpenAI` client whose every call is answered in this process.

    Args:
        simulator: What answers; by default a fresh `Simulator` on whose clock each read of a job moves it to
            its next happening.
        seed: Seed of that fresh simulator.
        api_key: Clients with different keys see different files, jobs and models.
        max_retries: As for `openai.OpenAI`.
    """
    import openai

    http = family_of_openai().Client(transport=sync_transport(simulator or _fresh(seed)), trust_env=False)
    return alone(openai.OpenAI(api_key=api_key, base_url=NOWHERE, max_retries=max_retries, http_client=http))


def async_simulated(
    simulator: Handler | None = None, *, seed: int = 0, api_key: str = SIMULATED_KEY, max_retries: int = 2
) -> AsyncOpenAI:
    """The same as `simulated`, as an `openai.AsyncOpenAI` client."""
    import openai

    http = family_of_openai().AsyncClient(
        transport=async_transport(simulator or _fresh(seed)), trust_env=False
    )
    return alone(
        openai.AsyncOpenAI(api_key=api_key, base_url=NOWHERE, max_retries=max_retries, http_client=http)
    )


def alone(client: _Client) -> _Client:
    """`client` without what the SDK takes from the environment: the same code gives the same ids everywhere."""
    client.organization = None
    client.project = None
    return client


def _fresh(seed: int) -> Handler:
    from drytune_simulator import Simulator

    return Simulator(seed=seed)
