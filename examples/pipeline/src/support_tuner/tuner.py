"""The calls of the platform, each in the way that keeps it from being done twice, or for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from openai import APIConnectionError, APIStatusError, OpenAI
from openai.types.fine_tuning import FineTuningJob

__all__ = ["OutOfPatience", "TrainingFailed", "Tuner"]

_LOG = logging.getLogger(__name__)
_ENDS = ("succeeded", "failed", "cancelled")
_ATTEMPTS = 4
_MARK = "support-tuner"


class TrainingFailed(RuntimeError):
    """A job has ended without a model."""


class OutOfPatience(TimeoutError):
    """A job took longer than it was given; it is cancelled."""


class Tuner:
    """Uploads, trains, asks.

    Args:
        client: Of the SDK; by default one that the environment describes.
        looks: How often a job is looked at before patience ends.
        pause: Seconds between two looks.
    """

    def __init__(self, client: OpenAI | None = None, *, looks: int = 300, pause: float = 20.0) -> None:
        self._client = client or OpenAI()
        self._looks = looks
        self._pause = pause

    def upload(self, name: str, data: bytes) -> str:
        """Upload a dataset; gives the file's id."""
        file = self._client.files.create(file=(name, data), purpose="fine-tune")
        _LOG.info("uploaded %s as %s", name, file.id)
        return file.id

    def create(
        self,
        training: str,
        *,
        model: str,
        mark: str,
        validation: str | None = None,
        suffix: str | None = None,
        epochs: int | None = None,
    ) -> FineTuningJob:
        """Create a job, once: where an answer is lost, the job is looked for before another is made.

        Args:
            training: The id of the training file.
            model: What is tuned.
            mark: What the job is found by.
            validation: The id of the validation file.
            suffix: Stands in the name of the tuned model.
            epochs: How often each example is seen; by default the platform decides.
        """
        settings: dict[str, Any] = {} if epochs is None else {"hyperparameters": {"n_epochs": epochs}}
        request: dict[str, Any] = {
            "model": model,
            "training_file": training,
            "method": {"type": "supervised", "supervised": settings},
            "metadata": {_MARK: mark},
        }
        if validation is not None:
            request["validation_file"] = validation
        if suffix is not None:
            request["suffix"] = suffix
        before = {job.id for job in self._marked(mark)}  # of earlier runs, which have gone wrong
        once = self._client.with_options(max_retries=0)  # the SDK would ask again without looking
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return once.fine_tuning.jobs.create(**request)
            except (APIConnectionError, APIStatusError) as error:
                if attempt == _ATTEMPTS or not _may_pass(error):
                    raise
                _LOG.warning("no answer to the creation of a job: %s", error)
                time.sleep(2.0**attempt)
                job = self._new(mark, before)
                if job is not None:  # it may have failed already, and is the one all the same
                    return job
        raise AssertionError("the last attempt returns or raises")

    def find(self, mark: str) -> FineTuningJob | None:
        """The job with this mark that has not gone wrong, if there is one."""
        return next((job for job in self._marked(mark) if job.status not in ("failed", "cancelled")), None)

    def _new(self, mark: str, before: Collection[str]) -> FineTuningJob | None:
        return next((job for job in self._marked(mark) if job.id not in before), None)

    def _marked(self, mark: str) -> Iterator[FineTuningJob]:
        for job in self._client.fine_tuning.jobs.list(limit=10):
            if _metadata(job).get(_MARK) == mark:
                yield job

    def wait(self, job_id: str) -> str:
        """Wait for a job's end; gives the name of the tuned model.

        Raises:
            TrainingFailed: It has ended without one.
            OutOfPatience: It has not ended in time.
        """
        for _ in range(self._looks):
            job = self._client.fine_tuning.jobs.retrieve(job_id)
            if job.status in _ENDS:
                break
            time.sleep(self._pause)
        else:
            self.cancel(job_id)
            raise OutOfPatience(f"{job_id} has not ended after {self._looks} looks; it is cancelled")
        if job.status != "succeeded" or job.fine_tuned_model is None:
            why = job.error.message if job.error is not None and job.error.message else job.status
            raise TrainingFailed(f"{job_id}: {why}")
        return job.fine_tuned_model

    def cancel(self, job_id: str) -> None:
        """Let a job go no further."""
        self._client.fine_tuning.jobs.cancel(job_id)

    def ask(self, model: str, system: str, question: str) -> str:
        """What a model answers, asked under the prompt that it was taught under."""
        answer = self._client.chat.completions.create(
            model=model,
            messages=[{"role": "system", "content": system}, {"role": "user", "content": question}],
            temperature=0,
            max_tokens=300,
        )
        return answer.choices[0].message.content or ""

    def forget(self, names: Collection[str]) -> None:
        """Delete all uploads of these names: customers' words are not left lying about.

        They are looked for, as an upload whose answer was lost is there though nobody knows its id.
        """
        for file in list(self._client.files.list(purpose="fine-tune")):
            if file.filename in names:
                self._client.files.delete(file.id)


def _may_pass(error: APIConnectionError | APIStatusError) -> bool:
    return (
        isinstance(error, APIConnectionError)
        or error.status_code in (408, 409, 429)
        or error.status_code >= 500
    )


def _metadata(job: FineTuningJob) -> Mapping[str, str]:
    return job.metadata or {}
