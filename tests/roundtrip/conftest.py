"""A server to record, and the program that asks it."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def beside(name: str):
    spec = importlib.util.spec_from_file_location(f"roundtrip_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def program():
    """The program that is recorded and replayed."""
    return beside("program")


@pytest.fixture(scope="session")
def drawn():
    """Draws sequences of its steps."""
    return beside("sequences").drawn
