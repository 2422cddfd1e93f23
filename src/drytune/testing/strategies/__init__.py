"""Hypothesis strategies: training data that the platform takes, and data with exactly one flaw.

| to draw …                                                | use                                               |
|----------------------------------------------------------|---------------------------------------------------|
| text that may stand in any message                       | `texts`                                           |
| an example for supervised training                       | `chat_examples`, `tool_conversations`             |
| a preference pair, a task for reinforcement              | `preference_examples`, `reinforcement_examples`   |
| a prompt with its completion                             | `completion_examples`                             |
| a whole file that is accepted                            | `datasets`                                        |
| a file with one flaw, and the finding that it must cause | `flawed_datasets`; `flaws` lists what it can make |
| a whole job: its files and its request                   | `jobs`                                            |
| hyperparameters, and such as are refused                 | `hyperparameters`, `flawed_hyperparameters`       |
| what goes wrong                                          | `fault_plans`                                     |

With them a validator is tested in two laws: it takes every dataset, and it finds every flaw::

    @given(datasets())
    def test_takes_what_is_good(data): assert my_validator(data) == []

    @given(flawed_datasets())
    def test_finds_what_is_wrong(flawed): assert flawed.line in my_validator(flawed.data)

Needs the extra ``hypothesis``.
"""

from __future__ import annotations

from drytune.errors import MissingExtra

try:
    import hypothesis as _hypothesis  # noqa: F401 - only looked for: the modules below import what they need
except ImportError:
    raise MissingExtra(
        "drytune.testing.strategies needs Hypothesis, which is not installed: pip install 'drytune[hypothesis]'"
    ) from None

from drytune.testing.strategies.chat import chat_examples
from drytune.testing.strategies.fault_plans import DrawnPlan, fault_plans
from drytune.testing.strategies.files import Form, datasets
from drytune.testing.strategies.flawed import flawed_datasets, flaws
from drytune.testing.strategies.flaws import Flawed
from drytune.testing.strategies.hyperparameters import (
    FlawedHyperparameters,
    flawed_hyperparameters,
    hyperparameters,
)
from drytune.testing.strategies.jobs import DrawnJob, jobs
from drytune.testing.strategies.pairs import (
    completion_examples,
    preference_examples,
    reinforcement_examples,
)
from drytune.testing.strategies.text import texts
from drytune.testing.strategies.tools import tool_conversations

__all__ = [
    "DrawnJob",
    "DrawnPlan",
    "Flawed",
    "FlawedHyperparameters",
    "Form",
    "chat_examples",
    "completion_examples",
    "datasets",
    "fault_plans",
    "flawed_datasets",
    "flawed_hyperparameters",
    "flaws",
    "hyperparameters",
    "jobs",
    "preference_examples",
    "reinforcement_examples",
    "texts",
    "tool_conversations",
]
