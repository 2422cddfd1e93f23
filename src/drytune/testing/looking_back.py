"""All that there is to look back at: what was asked, what it has made, what it would have cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drytune.testing.assertions import Assertions
from drytune.testing.exchanges import Recorder, Requests
from drytune.testing.secret_variables import kept_secrets

if TYPE_CHECKING:
    from drytune.testing.bills import Bill
    from drytune.testing.jobs_and_files import File, Job
    from drytune_simulator.world import World

__all__ = ["LookingBack"]


class LookingBack(Assertions):
    """What has passed through a recorder, and what of it is there now; with all assertions.

    To look moves no clock and is no request.

    Args:
        recorder: Stands before whatever answers.
        world: Of the simulator that answers; None of a recording, whose jobs and files are read from its answers.

    Attributes:
        secrets_before: Secrets of the environment as it was when this was made: before a key was put there for the
            test.
    """

    def __init__(self, recorder: Recorder, world: World | None = None) -> None:
        self._recorder = recorder
        self._world = world
        self.secrets_before = kept_secrets()

    @property
    def requests(self) -> Requests:
        """What was asked and what was answered, in order; `Requests.where` finds what one looks for."""
        return self._recorder.requests

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs, oldest first, as they are at this moment."""
        from drytune.testing.looking import jobs_of

        return jobs_of(self._world, self._recorder)

    @property
    def files(self) -> tuple[File, ...]:
        """The files, those that are gone among them, oldest first."""
        from drytune.testing.looking import files_of

        return files_of(self._world, self._recorder)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the tuned models that are there, checkpoints among them."""
        from drytune.testing.looking import models_of

        return models_of(self._world, self._recorder)

    @property
    def bill(self) -> Bill:
        """What all of it would have cost at the real API; printed, a table."""
        from drytune.testing.bills import bill_of

        return bill_of(self._world, self._recorder)
