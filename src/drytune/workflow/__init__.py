"""The steps of a fine-tune: validate, upload, train, infer; for rehearsals and for real.

The same script of effects (`fine_tune`) runs against the simulator and against a real API: what differs is the
client it is given, what `sleep` does, and whether there is a journal.
"""

from drytune.workflow.questions import Question, questions
from drytune.workflow.records import Answer, Bill, Holdout, Marks, Refusal, Run
from drytune.workflow.rehearsal import Rehearsal, async_dry_run, dry_run
from drytune.workflow.tasks import Job, SourceFile, Task

__all__ = [
    "Answer",
    "Bill",
    "Holdout",
    "Job",
    "Marks",
    "Question",
    "Refusal",
    "Rehearsal",
    "Run",
    "SourceFile",
    "Task",
    "async_dry_run",
    "dry_run",
    "questions",
]
