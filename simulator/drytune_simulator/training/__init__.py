"""A job is a schedule: what happens to it, and when, is computed when it is created."""

from drytune_simulator.training.course import Course, Happening, happenings, step_metrics
from drytune_simulator.training.plan import Change, ChangeKind, Failure, Plan
from drytune_simulator.training.results import results_csv
from drytune_simulator.training.scenarios import FAILURES, SCENARIOS
from drytune_simulator.training.schedule import (
    Checkpoint,
    State,
    checkpoints_at,
    ends_at,
    how_many,
    state_at,
    timeline,
    told,
    trained_steps,
    upcoming,
)
from drytune_simulator.training.words import DEFAULTS, EVENTS

__all__ = [
    "DEFAULTS",
    "EVENTS",
    "FAILURES",
    "SCENARIOS",
    "Change",
    "ChangeKind",
    "Checkpoint",
    "Course",
    "Failure",
    "Happening",
    "Plan",
    "State",
    "checkpoints_at",
    "ends_at",
    "happenings",
    "how_many",
    "results_csv",
    "state_at",
    "step_metrics",
    "timeline",
    "told",
    "trained_steps",
    "upcoming",
]
