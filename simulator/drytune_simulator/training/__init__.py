"""A job is a schedule: what happens to it, and when, is computed when it is created."""

from drytune_simulator.training.plan import Cut, Failure, Plan
from drytune_simulator.training.results import results_csv
from drytune_simulator.training.schedule import (
    Course,
    Happening,
    State,
    happenings,
    how_many,
    state_at,
    told,
    upcoming,
)

__all__ = [
    "Course",
    "Cut",
    "Failure",
    "Happening",
    "Plan",
    "State",
    "happenings",
    "how_many",
    "results_csv",
    "state_at",
    "told",
    "upcoming",
]
