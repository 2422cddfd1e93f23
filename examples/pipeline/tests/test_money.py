"""What may not be spent is not spent."""

import pytest


@pytest.mark.parametrize(
    "options",
    [
        ("--max-usd", 0.001),
        ("--epochs", 20, "--max-usd", 0.05),
        ("--model", "gpt-4.1-2025-04-14", "--max-usd", 0.05),
    ],
    ids=["a small budget", "many epochs", "a dear model"],
)
def test_a_job_that_may_cost_too_much_is_not_created(openai_simulator, run, options):
    """Nor is anything uploaded."""
    code = run(*options)
    openai_simulator.assert_no_job_created()
    openai_simulator.assert_spent_under(0.0001)
    assert not openai_simulator.requests
    assert code == 1
