"""When the platform fails the program."""

import pytest

CREATE = "POST /v1/fine_tuning/jobs"


@pytest.mark.parametrize("what", [500, "overloaded", "drop"])
def test_a_lost_answer_makes_no_second_job(openai_simulator, run, what):
    """The job was created before its answer was lost; the SDK's own retry would create another."""
    openai_simulator.fail(CREATE, what, when="after", nth=1)
    code = run()
    openai_simulator.assert_job_created_once(suffix="support", status="succeeded")
    assert code == 0


@pytest.mark.parametrize(
    "route", ["POST /v1/files", "GET /v1/fine_tuning/jobs/*", "POST /v1/chat/completions"]
)
def test_a_crowded_platform_is_asked_again(openai_simulator, run, route):
    """429 says: later."""
    openai_simulator.fail(route, "rate_limited", times=2)
    run("--ask", "My lamp flickers.")
    openai_simulator.assert_job_created_once(status="succeeded")
    openai_simulator.assert_asked(model="ft:*", text="My lamp flickers.")


@pytest.mark.openai_simulator(scenarios=["fails_in_training"])
def test_a_job_that_fails_leaves_no_model_to_ask(openai_simulator, run, capsys):
    """It is told, nobody is asked, and the uploads are deleted all the same."""
    code = run("--ask", "My lamp flickers.")
    openai_simulator.assert_job_created_once(status="failed")
    openai_simulator.assert_not_asked()
    openai_simulator.assert_nothing_left()
    assert code == 1
    assert "error on our side" in capsys.readouterr().err


@pytest.mark.openai_simulator(scenarios=["stuck_in_queue"])
def test_patience_ends_and_the_job_is_cancelled(openai_simulator, run):
    """A job that never begins is not waited for, and is not left to cost something later."""
    code = run("--looks", 30)
    openai_simulator.assert_all_jobs_ended()
    openai_simulator.assert_job_created_once(status="cancelled")
    assert code == 1
