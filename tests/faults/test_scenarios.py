"""Which new jobs follow a scenario: rules by what a job is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drytune import simulated
from drytune_simulator import Simulator
from drytune_simulator.faults import FaultError, ScenarioRule, Scenarios
from drytune_simulator.training import SCENARIOS
from drytune_simulator.world import NewJob, Tenant

TENANT = Tenant(scope="s", organization="org-x")


def job(model: str = "gpt-4o-mini-2024-07-18", suffix: str | None = None, **metadata: str) -> NewJob:
    return NewJob(model=model, suffix=suffix, metadata=metadata, tenant=TENANT)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_a_rule_and_a_sentence(name):
    """Named as the simulator names them."""
    assert Scenarios([ScenarioRule(name)]).choose(job()) == name
    assert SCENARIOS[name]


@pytest.mark.parametrize(
    ("options", "fits", "others"),
    [
        ({"model": "gpt-4o-mini*"}, [job()], [job(model="gpt-4.1-nano-2025-04-14")]),
        ({"suffix": "cat*"}, [job(suffix="cats")], [job(), job(suffix="dogs")]),
        (
            {"metadata": {"team": "search", "env": "ci"}},
            [job(team="search", env="ci", more="x")],
            [job(), job(team="search"), job(team="ads", env="ci")],
        ),
        ({"nth": 1}, [job()], [job()]),
    ],
)
def test_a_rule_is_about_some_jobs(options, fits, others):
    """By model, suffix, metadata, and the number of the job."""
    scenarios = Scenarios([ScenarioRule("stuck_in_queue", **options)])
    assert [scenarios.choose(one) for one in fits] == ["stuck_in_queue"] * len(fits)
    assert [scenarios.choose(one) for one in others] == [None] * len(others)


@given(st.integers(0, 40), st.floats(0, 1), st.integers())
def test_chance_is_seeded(jobs, probability, seed):
    """The same rules and jobs have the same fates."""

    def fates() -> list[str | None]:
        rules = [
            ScenarioRule("fails_in_training", probability=probability),
            ScenarioRule("slow_validation", every=3),
        ]
        scenarios = Scenarios(rules, seed=seed)
        return [scenarios.choose(job()) for _ in range(jobs)]

    assert fates() == fates()
    assert all(fate is not None for fate in fates()[2::3])


def test_the_first_rule_that_is_due_wins_and_all_count():
    """The second job is the second, whatever became of the first."""
    scenarios = Scenarios([ScenarioRule("quota_reached", nth=1), ScenarioRule("file_expired", nth=2)])
    assert [scenarios.choose(job()) for _ in range(3)] == ["quota_reached", "file_expired", None]
    assert [row["seen"] for row in scenarios.state()] == [3, 3]


def test_a_name_that_is_none_is_told():
    """With those that there are."""
    with pytest.raises(FaultError, match='there is no scenario "fails"; known are stuck_in_queue'):
        ScenarioRule("fails")


def test_the_second_job_fails_and_the_first_does_not(good, make_jsonl):
    """Through the SDK: what a pipeline sees that starts two jobs."""
    simulator = Simulator(scenarios=Scenarios([ScenarioRule("fails_in_training", nth=2)]))
    with simulated(simulator) as client:
        file = client.files.create(file=("good.jsonl", make_jsonl(*good)), purpose="fine-tune")
        jobs = [client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=file.id) for _ in range(2)]
        for _ in range(200):
            jobs = [client.fine_tuning.jobs.retrieve(one.id) for one in jobs]
        assert [one.status for one in jobs] == ["succeeded", "failed"]
        assert jobs[1].error.code
    simulator.close()
