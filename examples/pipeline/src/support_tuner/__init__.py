"""Fine-tunes a model on answers of a support desk, within a budget, and asks it.

Nothing here knows drytune: it is a program as anybody has it, and its suite (``tests/``) runs offline.
"""

from support_tuner.dataset import Dataset, DatasetError
from support_tuner.pipeline import Plan, tuned
from support_tuner.tuner import OutOfPatience, TrainingFailed, Tuner

__all__ = ["Dataset", "DatasetError", "OutOfPatience", "Plan", "TrainingFailed", "Tuner", "tuned"]
