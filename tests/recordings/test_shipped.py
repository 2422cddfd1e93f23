"""The cassettes that the repository ships: current, honest, without secrets, and what their README says."""

import importlib.util
import sys

import msgspec
import pytest

import drytune
from drytune.cassettes.files import load
from drytune.cassettes.redaction import places
from drytune_simulator import ManualClock

SIMULATED = ("supervised", "dpo", "reinforcement")
ALL = ("2023-tutorial", *SIMULATED)


@pytest.fixture(scope="module")
def make(root):
    """The program that makes them."""
    spec = importlib.util.spec_from_file_location("recordings_make", root / "recordings" / "make.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def anew(make, tmp_path_factory):
    """A directory where they were made just now."""
    directory = tmp_path_factory.mktemp("recordings")
    make.main(directory)
    return directory


def of(loaded):
    """A cassette without the versions of what made it."""
    header = msgspec.structs.replace(loaded.header, sdk=None, drytune=None)
    return header, [msgspec.to_builtins(one) for one in loaded.exchanges]


@pytest.mark.parametrize("name", ALL)
def test_what_is_shipped_is_what_would_be_made_today(name, root, anew):
    """If not: `make recordings`."""
    assert of(load(root / "recordings" / f"{name}.yaml")) == of(load(anew / f"{name}.yaml"))


@pytest.mark.parametrize("name", ALL)
def test_each_says_where_it_comes_from_and_may_be_committed(name, root):
    """None of them claims to be recorded."""
    loaded = load(root / "recordings" / f"{name}.yaml")
    assert loaded.header.provenance == ("simulated" if name in SIMULATED else "documented")
    assert loaded.header.title
    assert [place for number, one in enumerate(loaded.exchanges, 1) for place in places(one, number)] == []


@pytest.mark.parametrize("name", SIMULATED)
def test_each_replays_the_scenario_that_made_it(name, root, make):
    """All of it, and nothing else."""
    with drytune.replayed(root / "recordings" / f"{name}.yaml", max_retries=0) as client:
        make.SCENARIOS[name](client, ManualClock())
        told = client.models.with_raw_response
        with pytest.raises(Exception, match="nothing recorded answers GET /v1/models"):
            told.list()


def test_answers_tell_that_they_are_documented(root, cat):
    """Nobody takes the walk of 2023 for a recording."""
    with drytune.replayed(root / "recordings" / "2023-tutorial.yaml") as client, cat.open("rb") as file:
        answer = client.files.with_raw_response.create(file=file, purpose="fine-tune")
    assert answer.headers["x-drytune-provenance"] == "documented"
    assert answer.headers["x-drytune-layer"] == "recorded"
    assert answer.parse().status == "uploaded"


@pytest.mark.parametrize("name", SIMULATED)
def test_each_scenario_can_be_recorded_from_a_real_server_and_replayed(name, make, serving, tmp_path):
    """Over HTTP, by another clock: as many polls as it takes."""
    file = tmp_path / f"{name}.yaml"
    with serving() as (url, _), drytune.recording(file, base_url=url, api_key="sk-scenario") as client:
        make.SCENARIOS[name](client, ManualClock())
    with drytune.replayed(file, max_retries=0) as client:
        make.SCENARIOS[name](client, ManualClock())
    recorded = load(file)
    assert recorded.header.provenance == "simulated"
    assert "sk-scenario" not in file.read_text("utf-8")
