"""What the tests share: the files, and the program run as its users run it."""

from pathlib import Path

import pytest
from drytune.testing import skipping_sleeps
from hypothesis import Phase, settings

from support_tuner.cli import main

settings.register_profile("default", deadline=None)  # how long a step takes says more about the machine
settings.register_profile(
    "quick", deadline=None, phases=[Phase.explicit, Phase.generate]
)  # found, not shrunk
settings.load_profile("default")

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def train() -> Path:
    """Fourteen answers of the support desk."""
    return DATA / "train.jsonl"


@pytest.fixture(scope="session")
def valid() -> Path:
    """Three more."""
    return DATA / "valid.jsonl"


@pytest.fixture
def run(openai_simulator, train, valid):
    """Run the program to its end; gives its exit code. Its pauses take no time: they move the simulator's clock."""

    def run(*options: object) -> int:
        with skipping_sleeps(openai_simulator.clock):
            return main([str(train), "--validation", str(valid), *map(str, options)])

    return run
