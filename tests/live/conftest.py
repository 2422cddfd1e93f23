"""Runs against a simulator in this process, which does nothing without being told, and costs nothing."""

import importlib.util
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def beside(name: str):
    """The module of that name in this directory, which is no package."""
    if f"live_{name}" not in sys.modules:
        spec = importlib.util.spec_from_file_location(f"live_{name}", HERE / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[f"live_{name}"] = module  # dataclasses look there
        spec.loader.exec_module(module)
    return sys.modules[f"live_{name}"]


@pytest.fixture(scope="session")
def screens():
    """The module of `Screen` and `Terminal`."""
    return beside("screen")


@pytest.fixture(scope="session")
def rig():
    """The module of `Platform`, `Till` and `Kill`."""
    return beside("rig")


@pytest.fixture
def place():
    """An empty directory in memory, where there is one: journals write to the disk each time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        yield Path(directory)
