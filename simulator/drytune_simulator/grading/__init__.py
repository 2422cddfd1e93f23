"""Graders: what a sample of a model is worth, by comparison with an item of a dataset (FACTS.md §4.8).

Only graders that neither ask a model nor run somebody's code are here: ``string_check``, ``text_similarity`` and
``multi``. Whether a grader is well-formed is said by `drytune_simulator.dataset.grader`, for a job and for a call.
"""

from drytune_simulator.grading.formula import Formula, FormulaError
from drytune_simulator.grading.grade import GRADED, Grade, grade, grader_warnings, inner_graders
from drytune_simulator.grading.wanted import wanted

__all__ = [
    "GRADED",
    "Formula",
    "FormulaError",
    "Grade",
    "grade",
    "grader_warnings",
    "inner_graders",
    "wanted",
]
