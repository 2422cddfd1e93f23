"""The steps of a fine-tune as a state machine over an SDK client: upload, train, infer.

The same code runs against the simulator and against a real API: what differs is the client it is given, and
what `sleep` does.
"""

from drytune.workflow.questions import Question, questions
from drytune.workflow.rehearsal import Rehearsal, dry_run
from drytune.workflow.steps import Answer, Job, Refusal, Run, advance, perform

__all__ = [
    "Answer",
    "Job",
    "Question",
    "Refusal",
    "Rehearsal",
    "Run",
    "advance",
    "dry_run",
    "perform",
    "questions",
]
