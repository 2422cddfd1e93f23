"""What the machine drives: somebody's own way to fine-tune, seen as a few methods."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Protocol

from drytune.errors import UsageError

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["ENDED", "METHODS", "PROMISES", "Claims", "SdkTuner", "Tuner", "can", "look_over", "options_for"]

ENDED: Final = ("succeeded", "failed", "cancelled")
"""What a job is for ever."""

METHODS: Final = (
    "upload",
    "create",
    "status",
    "wait",
    "cancel",
    "jobs",
    "model",
    "ask",
    "delete_file",
    "tune",
)
"""What a tuner may be able to do."""

PROMISES: Final = ("idempotent", "survives", "gives_up", "reuses", "tidy")
"""What it may promise beyond that."""

_FLAT: Final = ("n_epochs", "batch_size", "learning_rate_multiplier")


class Tuner(Protocol):
    """Somebody's own way to fine-tune: each method is one thing that a program does with a platform.

    Any method may be left out: the machine then does not try it, and does itself what others need from it. Each
    may be a coroutine function. What goes wrong is told by raising, whatever class of `Exception`.

    What it promises beyond that stands in attributes; one that is left out promises nothing.

    Attributes:
        idempotent: One `create` (or `tune`) makes one job, even if the platform's answer is lost.
        survives: So many passing errors (429, 500, 502, 503) in a row, in one step, do not end it.
        gives_up: `wait` (and `tune`) ends by raising if a job stays as it is for ever.
        reuses: Asked for the same once more, `create` may give the job that there is, and `tune` its model.
        tidy: Files that `tune` has uploaded are deleted when it ends.
    """

    def upload(self, data: bytes, name: str) -> str:
        """Send a training file; its id."""

    def create(self, file_id: str, model: str, **options: Any) -> str:
        """Start a job; its id.

        Args:
            file_id: Of the training file.
            model: To be trained.
            options: ``hyperparameters`` (of supervised tuning: n_epochs, batch_size, learning_rate_multiplier),
                ``suffix``, ``seed``, ``metadata``. Only those are given that the signature takes; one with a
                parameter ``n_epochs``, ``batch_size`` or ``learning_rate_multiplier`` is given that.
        """

    def status(self, job_id: str) -> str:
        """What the job is now, in the platform's words."""

    def wait(self, job_id: str) -> str:
        """What the job has become when it has ended. It may raise instead if that is not ``succeeded``."""

    def cancel(self, job_id: str) -> object:
        """Stop the job."""

    def jobs(self) -> Sequence[str]:
        """The ids of all jobs."""

    def model(self, job_id: str) -> str | None:
        """The model that the job has made; None, or an error, if there is none."""

    def ask(self, model: str, text: str) -> str:
        """What a model answers to a user's text. It is given ``system`` too if the signature takes it."""

    def delete_file(self, file_id: str) -> object:
        """Delete a file."""

    def tune(self, data: bytes, name: str, model: str, **options: Any) -> str:
        """All of it: upload, create, wait; the tuned model. It must raise if there is none."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a tuner promises; see `Tuner`."""

    idempotent: bool = False
    survives: int = 0
    gives_up: bool = False
    reuses: bool = False
    tidy: bool = False

    @classmethod
    def of(cls, tuner: object) -> Claims:
        """Those of a tuner."""
        return cls(
            idempotent=bool(getattr(tuner, "idempotent", False)),
            survives=int(getattr(tuner, "survives", 0)),
            gives_up=bool(getattr(tuner, "gives_up", False)),
            reuses=bool(getattr(tuner, "reuses", False)),
            tidy=bool(getattr(tuner, "tidy", False)),
        )


def can(tuner: object, name: str) -> bool:
    """Whether a tuner has a method."""
    return callable(getattr(tuner, name, None))


def look_over(tuner: object) -> None:
    """See whether there is something to be tried, and nothing that is nearly written as it should be.

    Raises:
        UsageError: It has no method of a `Tuner`, or something that reads like a misspelt method or promise.
    """
    for name in dir(tuner):
        if not name.startswith("_") and (meant := _meant_by(tuner, name)):
            kind = "method" if meant in METHODS else "promise"
            msg = f"{_kind_of(tuner)} has {name!r}, which is no {kind} of a Tuner. Did you mean {meant!r}?"
            raise UsageError(msg + " (One that is something else may begin with an underscore.)")
    if not any(can(tuner, name) for name in METHODS):
        msg = (
            f"{_kind_of(tuner)} has no method that could be tried; one or more of these: {', '.join(METHODS)}"
        )
        raise UsageError(msg)


def _meant_by(tuner: object, name: str) -> str:
    """What a name may be misspelt for; empty if it may well be meant as it is."""
    if name in METHODS or name in PROMISES:
        return ""
    for known in (METHODS, PROMISES):
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if near and not hasattr(tuner, near[0]):
            value = getattr(tuner, name, None)
            fits = callable(value) if known is METHODS else isinstance(value, int)
            is_plural = known is METHODS and name in (
                near[0] + "s",
                near[0] + "es",
                near[0].removesuffix("s"),
            )
            if fits and not is_plural:
                return near[0]
    return ""


def _kind_of(tuner: object) -> str:
    return type(tuner).__name__


def options_for(method: object, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `options` that a method takes; hyperparameters also one by one, if it has them as parameters."""
    parameters = inspect.signature(method).parameters  # type: ignore[arg-type]
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())
    taken = {name: value for name, value in options.items() if takes_all or name in parameters}
    if "hyperparameters" not in taken:
        chosen = options.get("hyperparameters") or {}
        taken |= {name: chosen[name] for name in _FLAT if name in chosen and name in parameters}
    return taken


class SdkTuner:
    """The plain SDK, as its examples use it: what the machine drives by default.

    It survives what the SDK's two retries do, and is not idempotent: if the answer to a `create` is lost, the SDK
    asks again, and there are two jobs.
    """

    survives = 2

    def __init__(self, client: OpenAI) -> None:
        self.client = client

    def upload(self, data: bytes, name: str) -> str:
        """Send a training file."""
        return self.client.files.create(file=(name, data), purpose="fine-tune").id

    def create(
        self,
        file_id: str,
        model: str,
        *,
        hyperparameters: Mapping[str, Any] | None = None,
        suffix: str | None = None,
        seed: int | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Start a job of supervised tuning."""
        asked: dict[str, Any] = {"suffix": suffix, "seed": seed, "metadata": metadata}
        asked = {name: value for name, value in asked.items() if value is not None}
        if hyperparameters:
            settings = {"hyperparameters": dict(hyperparameters)}
            asked["method"] = {"type": "supervised", "supervised": settings}
        return self.client.fine_tuning.jobs.create(training_file=file_id, model=model, **asked).id

    def status(self, job_id: str) -> str:
        """Look once."""
        return self.client.fine_tuning.jobs.retrieve(job_id).status

    def wait(self, job_id: str) -> str:
        """Look until the job has ended; the simulator's time passes with each look, so nobody has to sleep."""
        while (status := self.status(job_id)) not in ENDED:
            pass
        return status

    def cancel(self, job_id: str) -> str:
        """Stop the job."""
        return self.client.fine_tuning.jobs.cancel(job_id).status

    def jobs(self) -> list[str]:
        """All, page by page."""
        return [job.id for job in self.client.fine_tuning.jobs.list()]

    def model(self, job_id: str) -> str | None:
        """The tuned model."""
        return self.client.fine_tuning.jobs.retrieve(job_id).fine_tuned_model

    def ask(self, model: str, text: str, *, system: str | None = None) -> str:
        """One turn of a chat."""
        messages: list[Any] = [] if system is None else [{"role": "system", "content": system}]
        messages.append({"role": "user", "content": text})
        answer = self.client.chat.completions.create(model=model, messages=messages)
        return answer.choices[0].message.content or ""

    def delete_file(self, file_id: str) -> bool:
        """Delete a file."""
        return self.client.files.delete(file_id).deleted
