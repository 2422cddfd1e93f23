"""What the tests of the journal share: plans, a clock, an open journal."""

import msgspec
import pytest

from drytune.backends.endpoint import Endpoint
from drytune.workflow.journal import Journal
from drytune.workflow.plan import Dates, Estimate, Plan
from drytune.workflow.tasks import SourceFile, Task
from drytune_simulator import ManualClock

NOON = 1_764_072_000.0


def _plan(number: int = 1, **changes) -> Plan:
    file = SourceFile(
        role="training",
        path=f"/data/train-{number}.jsonl",
        bytes=1200,
        sha256=f"{number:064x}",
        upload_name=f"train-{number}.{number:016x}.jsonl",
        examples=12,
    )
    settings = {
        "made_at": "2025-11-25T12:00:00Z",
        "made_by": "1.0",
        "endpoint": Endpoint(base_url="https://api.example.com/v1"),
        "task": Task(
            training=file,
            model="gpt-4.1-mini-2025-04-14",
            method="supervised",
            hyperparameters={"n_epochs": 3},
        ),
        "estimate": Estimate(
            tokens=3000,
            tokens_low=2800,
            tokens_high=3300,
            encoding="o200k_base",
            training_usd=0.015,
            low_usd=0.014,
            high_usd=0.0165,
            total_high_usd=0.02,
        ),
        "max_usd": 5.0,
        "dates": Dates(today="2025-11-25"),
    }
    plan = Plan(**(settings | changes))
    return plan.sealed()


@pytest.fixture(scope="session")
def make_plan():
    """A plan; another number is of another training file."""
    return _plan


@pytest.fixture
def plan(make_plan) -> Plan:
    return make_plan()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def journal(tmp_path, clock):
    with Journal.open(tmp_path / "state", clock=clock) as opened:
        yield opened


@pytest.fixture
def run_id(journal, plan) -> str:
    return journal.begin(plan)


@pytest.fixture(scope="session")
def having():
    """A run with other values in some of its fields."""
    return msgspec.structs.replace
