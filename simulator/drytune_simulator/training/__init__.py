"""A job is a schedule: what happens to it, and when, is computed when it is created."""

from drytune_simulator.training.plan import Cut, Failure, Plan
from drytune_simulator.training.results import results_csv
from drytune_simulator.training.schedule import Happening, State, happenings, past, state_at, upcoming

__all__ = [
    "Cut",
    "Failure",
    "Happening",
    "Plan",
    "State",
    "happenings",
    "past",
    "results_csv",
    "state_at",
    "upcoming",
]
