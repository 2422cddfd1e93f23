"""The pytest plugin: clients that are answered by a fresh simulator, in-process.

Loaded in every pytest run of an environment that has drytune, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from drytune_simulator import Simulator

__all__ = ["async_openai_client", "openai_client", "openai_simulator"]


@pytest.fixture
def openai_simulator() -> Iterator[Simulator]:
    """A simulated OpenAI platform, fresh for this test; each read of a job moves it to its next happening."""
    from drytune_simulator import Simulator

    simulator = Simulator()
    yield simulator
    simulator.close()


@pytest.fixture
def openai_client(openai_simulator: Simulator) -> Iterator[OpenAI]:
    """An `openai.OpenAI` client of `openai_simulator`; no call leaves the process."""
    from drytune.clients import simulated

    with simulated(openai_simulator) as client:
        yield client


@pytest.fixture
def async_openai_client(openai_simulator: Simulator) -> AsyncOpenAI:
    """An `openai.AsyncOpenAI` client of `openai_simulator`; no call leaves the process."""
    from drytune.clients import async_simulated

    # nothing is open that would have to be closed, and closing would need the test's event loop
    return async_simulated(openai_simulator)
