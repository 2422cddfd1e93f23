"""What a test says of what its code has asked: assertions that tell what came instead.

    openai_simulator.assert_job_created_once(training_file="train.jsonl", hyperparameters={"n_epochs": 3})
    openai_simulator.assert_spent_under(0.50)
    openai_simulator.assert_no_secrets()

All of them look back: they count what is there in the end, and what was asked on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drytune.testing.assertions_told import (
    Watched,
    about_jobs,
    failed,
    file_line,
    file_named,
    how_many,
    words,
)
from drytune.testing.assertions_told import times as so_often
from drytune.testing.differences import side_by_side
from drytune.testing.exchanges import Requests
from drytune.testing.jobs_and_files import File, Job
from drytune.testing.jobs_expected import expected_job, nearest, told_job
from drytune.testing.questions_expected import check_asked, each_once, nearest_question, questions_in, unlike
from drytune.testing.showing import line_of, table

if TYPE_CHECKING:
    from drytune.testing.bills import Bill

__all__ = ["Assertions", "Watched"]

_MOST_PLACES: Final = 10
_CHECKPOINT: Final = ":ckpt-step-"


class Assertions:
    """Assertions over what an object tells of its `requests`, `jobs`, `files`, `models` and `bill`."""

    def assert_job_created_once(self: Watched, **expected: Any) -> Job:
        """There is one job, and it is as expected.

        Jobs count, not answers: one whose creation was answered with an error, and that is there all the same, is
        one more. Where several are wanted, `assert_job_created` counts those that fit.

        Args:
            expected: Any of ``model``, ``training_file`` and ``validation_file`` (an id, a file's name, a `Path`
                or bytes with the same content; None for none), ``hyperparameters`` (those that are named count, as
                they were asked for), ``method``, ``suffix``, ``seed``, ``metadata`` (what is named counts),
                ``status``, ``fine_tuned_model``.

        Returns:
            The job.

        Raises:
            AssertionError: There is none, there are several, or something differs.
        """
        __tracebackhide__ = True
        wanted = expected_job(expected, self.files)
        if len(self.jobs) != 1:
            raise failed(how_many(self, "1 job", len(self.jobs)), *about_jobs(self, wanted, self.jobs))
        if not wanted.is_met_by(self.jobs[0]):
            raise failed("the job that was created is not as expected:", *about_jobs(self, wanted, self.jobs))
        return self.jobs[0]

    def assert_job_created(self: Watched, *, times: int | None = None, **expected: Any) -> tuple[Job, ...]:
        """Jobs were created that are as expected.

        Args:
            times: How many; None for any number but none.
            expected: As of `assert_job_created_once`.

        Returns:
            The jobs that fit, oldest first.

        Raises:
            AssertionError: There is none, or another number.
        """
        __tracebackhide__ = True
        wanted = expected_job(expected, self.files)
        found = tuple(job for job in self.jobs if wanted.is_met_by(job))
        if len(found) == times or (times is None and found):
            return found
        what = "a job" if times is None else f"{times} job{'' if times == 1 else 's'}"
        jobs = found or nearest(wanted, self.jobs)
        head = f"expected {what} with {words(expected)}; {len(found)} of {len(self.jobs)} fit:"
        raise failed(head, *about_jobs(self, wanted, jobs))

    def assert_no_job_created(self: Watched) -> None:
        """No job was created.

        Raises:
            AssertionError: There is one.
        """
        __tracebackhide__ = True
        if self.jobs:
            raise failed(
                how_many(self, "no job", len(self.jobs)), *about_jobs(self, expected_job({}, ()), self.jobs)
            )

    def assert_uploaded_once(
        self: Watched, file: str | Path | bytes | None = None, *, purpose: str = "fine-tune"
    ) -> File:
        """A file was uploaded once, for the right purpose; also one that has been deleted since.

        Args:
            file: Its name or id; a `Path` or bytes with the same content; None for whatever was uploaded.
            purpose: What for.

        Returns:
            The file.

        Raises:
            AssertionError: It was not, or several times, or for another purpose.
        """
        __tracebackhide__ = True
        uploaded = [one for one in self.files if not one.is_result]
        found = uploaded
        if file is not None:
            wanted = expected_job({"training_file": file}, self.files)
            found = [one for one in uploaded if wanted.is_file("training_file", one)]
        lines = [file_line(one) for one in found or uploaded] or ["nothing was uploaded"]
        named = "one file" if file is None else file_named(file)
        if len(found) != 1:
            raise failed(f"expected {named} to be uploaded once; it was {len(found)} times:", *lines)
        if found[0].purpose != purpose:
            raise failed(f"expected {named} to be uploaded with the purpose {purpose!r}:", *lines)
        return found[0]

    def assert_asked(self: Watched, *, times: int | None = None, **asked: Any) -> Requests:
        """A model was asked so. Again and again by the SDK, on its own, is once, if any of these attempts fits.

        Args:
            times: How often; None for any number but none.
            asked: As of `Requests.where`: ``model`` (``ft:*``), ``text``, ``pattern``, ``system``, and any field
                of the request's JSON; ``text=""`` and ``system=""`` for none.

        Returns:
            The requests that fit, oldest first; of the attempts at one question the first that does.

        Raises:
            AssertionError: It was not, or another number of times; the message has the nearest request.
            TypeError: No question has such a field, or an argument is None, which says nothing.
        """
        __tracebackhide__ = True
        questions = questions_in(self.requests)
        check_asked(asked, questions)
        found = each_once(questions.where(**asked), questions)
        if len(found) == times or (times is None and found):
            return found
        what = f"expected that a model is asked {words(asked)}{so_often(times)}"
        if found:
            raise failed(f"{what}; it was{so_often(len(found))}:", table(found))
        if not questions:
            raise failed(f"{what}; no model was asked anything:", table(self.requests))
        nearest_one = nearest_question(questions, asked)
        differing = side_by_side(unlike(nearest_one, asked))
        raise failed(f"{what}; it was not. What comes nearest:", line_of(nearest_one), differing)

    def assert_not_asked(self: Watched, **asked: Any) -> None:
        """No model was asked so; the arguments are those of `assert_asked`.

        Raises:
            AssertionError: One was.
            TypeError: No question has such a field, so that none was ever asked so; or an argument is None.
        """
        __tracebackhide__ = True
        questions = questions_in(self.requests)
        check_asked(asked, questions)
        found = each_once(questions.where(**asked), questions)
        if found:
            what = f"expected that no model is asked {words(asked)}"
            raise failed(f"{what}; one was{so_often(len(found))}:", table(found))

    def assert_spent_under(self: Watched, usd: float, *, ignore_unpriced: bool = False) -> Bill:
        """All jobs and all answers cost at most so much; a job that has not ended counts as if it went on.

        Args:
            usd: US dollars.
            ignore_unpriced: Whether what nobody knows the price of is taken to cost nothing.

        Returns:
            The bill.

        Raises:
            AssertionError: They cost more, or nobody knows.
        """
        __tracebackhide__ = True
        bill = self.bill
        if bill.total_usd > usd:
            raise failed(f"expected to spend at most {usd:g} USD; it is {bill.total_usd:.6f} USD:", str(bill))
        if bill.unpriced and not ignore_unpriced:
            raise failed(
                f"nobody knows whether at most {usd:g} USD are spent, for not all prices are known "
                "(`ignore_unpriced=True` takes them for nothing):",
                str(bill),
            )
        return bill

    def assert_all_jobs_ended(self: Watched) -> None:
        """No job goes on: each has succeeded, failed or been cancelled.

        Raises:
            AssertionError: One goes on.
        """
        __tracebackhide__ = True
        going = [job for job in self.jobs if not job.has_ended]
        if going:
            raise failed(
                f"expected all jobs to have ended; {len(going)} of {len(self.jobs)} go on:",
                *map(told_job, going),
            )

    def assert_nothing_left(
        self: Watched, *, files: bool = True, models: bool = True, results: bool = False
    ) -> None:
        """All that was made has been deleted.

        Args:
            files: Those that were uploaded.
            models: Those that were tuned.
            results: What jobs leave beside: their files, and the checkpoints.

        Raises:
            AssertionError: Something is left.
        """
        __tracebackhide__ = True
        left = [
            f"file {file_line(one)}" for one in self.files if not one.deleted and files and not one.is_result
        ]
        left += [
            f"results {file_line(one)}" for one in self.files if not one.deleted and results and one.is_result
        ]
        left += [f"model {name}" for name in self.models if (results if _CHECKPOINT in name else models)]
        if left:
            raise failed("expected that nothing is left; there is:", *left)

    def assert_no_secrets(self: Watched, *also: str, ignore: Iterable[str] = ()) -> None:
        """No secret was sent where none belongs, nor stands in a text.

        A secret is what looks like a key, a token or a password; each key that a client has sent; and what the
        environment has, or had before the test, under the name of a key, a token, a secret or a password; what is
        called a key and nothing more, as ``SORT_KEY``, is one if it looks random. Paths, queries, headers, JSON
        and uploaded files are looked at. A key belongs into the header ``authorization``, but there none that
        looks real.

        Args:
            also: Texts that must not have any, as what was logged or printed: ``caplog.text``.
            ignore: Keys that open nothing, whatever they look like.

        Raises:
            AssertionError: There is one; the message tells where, and never what it is.
        """
        __tracebackhide__ = True
        from drytune.testing.secrets_seen import known_secrets, secrets_in, secrets_in_text

        ignored = frozenset(ignore)
        known = known_secrets(self.requests, ignored, self.secrets_before)
        found = [
            f"request {one.number} ({one.operation or one.method}): {place}"
            for one in self.requests
            for place in secrets_in(one, known, self.files, ignored)
        ]
        for number, text in enumerate(also, 1):
            found += secrets_in_text(text, "the text" if len(also) == 1 else f"text {number}", known)
        if found:
            more = [f"and {len(found) - _MOST_PLACES} more"] if len(found) > _MOST_PLACES else []
            raise failed(
                "expected no secrets; there is something that looks like one:", *found[:_MOST_PLACES], *more
            )
