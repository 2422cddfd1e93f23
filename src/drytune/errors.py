"""What drytune raises.

    DrytuneError
    ├── UsageError        the caller asked for something that cannot be (exit code 2)
    │   └── MissingExtra  an optional package is not installed
    └── Refused           the answer is no: a dataset with errors, a job that failed (exit code 1)

The simulated API itself raises nothing here: it answers, and the SDK raises its own exceptions.
"""

from __future__ import annotations

__all__ = ["DrytuneError", "MissingExtra", "Refused", "UsageError"]


class DrytuneError(Exception):
    """Every error of drytune; its text is one sentence that says what is wrong, where, and what to do."""

    exit_code = 1


class UsageError(DrytuneError, ValueError):
    """The caller asked for something that cannot be: an unknown model, a file that is not there."""

    exit_code = 2


class MissingExtra(UsageError, ImportError):  # noqa: N818 - reads as the sentence it raises
    """An optional package is needed and not installed."""


class Refused(DrytuneError):  # noqa: N818 - reads as the sentence it raises
    """The answer is no: a dataset has errors, a job failed."""
