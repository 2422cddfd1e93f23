"""One sitting with a model: what is planned is asked, one call after the other, and goes onto the tape."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from drytune.cassettes.journal import part_of
from drytune.cassettes.model import Cassette, Exchange, Header
from drytune.cassettes.redaction import Redactor, guard
from drytune.cassettes.tape import Tape
from drytune.errors import DrytuneError
from drytune.handlers.recording import Recorder, recording
from drytune.keeping.archive import Archive, manifest_of
from drytune.keeping.asking import OF_THE_KEY, RETRIED, Asker, NoRoomError, Outcome, StopError
from drytune.keeping.budget import Budget, Stake, usage_of
from drytune.keeping.doors import PATHS, door_of, segments_of
from drytune.keeping.facts import Facts
from drytune.keeping.plan import Plan, Task
from drytune.keeping.prompts import Prompts
from drytune.transports import family_of_openai, sync_transport
from drytune_simulator import Handler
from drytune_simulator.clock import Clock

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Progress", "Sitting"]

_FAILURES: Final = 3
"""After so many questions in a row without an answer, nothing is wrong with the questions."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        done: Questions that are answered, of `of`.
        of: All of them: prompts times repeats.
        prompt: The number of the one that was asked last, from 1; 0 before the first.
        spent_usd: So far; None where no price is known.
        waiting: Seconds that it will wait now, because the platform, or a bad connection, wants it so; else 0.
        why: The reason.
    """

    done: int
    of: int
    prompt: int = 0
    spent_usd: float | None = None
    waiting: float = 0.0
    why: str = ""


@dataclass(slots=True)
class Sitting:
    """One run into an archive; `into` does it.

    Attributes:
        model: Which one is asked.
        prompts: All of them.
        repeats: How often each is to be asked.
        plan: What is still to be asked.
        budget: What it may cost.
        before: The archive that is gone on with.
        redactor: Takes out what nobody may read.
        clock: Tells the time.
        sleep: Waits.
        rpm: Calls in a minute, at most.
        progress: Told how far it is.
        was_cut: Whether the run before was killed, maybe in the middle of a call.
    """

    model: str
    prompts: Prompts
    repeats: int
    plan: Plan
    budget: Budget
    before: Cassette | None
    redactor: Redactor
    clock: Clock
    sleep: Callable[[float], None]
    rpm: float | None
    progress: Callable[[Progress], None] | None
    was_cut: bool = False
    asked: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)
    lost_usd: float = field(default=0.0, init=False)
    dataset: list[dict[str, Any]] = field(default_factory=list, init=False)
    notes: list[str] = field(default_factory=list, init=False)
    began: float = field(default=0.0, init=False)

    def into(
        self, path: Path, handler: Handler | None, *, base_url: str, api_key: str, title: str | None
    ) -> Archive:
        """Ask, and seal what there is then, whatever happens.

        Raises:
            SecretLeft: Something that looks like a secret is left in an answer; the file is as it was.
            NotKept: The disk took it not; the file is as it was.
            UsageError: Another run into it goes on.
        """
        assert handler is not None  # noqa: S101 - one of the two ways to be asked
        self._take_up()
        tape = Tape(
            path,
            self._header(base_url, title),
            redactor=self.redactor,
            before=() if self.before is None else self.before.exchanges,
            clock=self.clock,
        )
        taking = _Taking(tape, self.redactor, part_of(path))
        recorder = recording(handler, taking.add, base_url=base_url, clock=self.clock, redactor=self.redactor)
        stopped: str | None = None
        try:
            with _client(recorder, base_url, api_key) as client, _client(handler, base_url, api_key) as plain:
                facts = Facts(client, plain, self.model, self.dataset)
                self.dataset = facts.gather(() if self.before is None else self.before.exchanges)
                self.notes = facts.notes
                stopped = self._ask_all(client, taking)
        finally:
            everything = (*(() if self.before is None else self.before.exchanges), *taking.kept)
            tape.header = msgspec.structs.replace(
                tape.header, archive=self._manifest(everything), provenance=self._provenance(recorder)
            )
            cassette = tape.seal()
        spent = None if self.budget.price is None else self.budget.spent
        left = len(self.plan.tasks) - self.asked
        return Archive(path, cassette, self.asked, left, self.failed, spent, stopped)

    def _take_up(self) -> None:
        """Go on with what the archive says of earlier sittings."""
        manifest = {} if self.before is None else self.before.header.archive or {}
        self.began = self.clock.now()
        with suppress(KeyError, TypeError, ValueError):
            self.began = datetime.fromisoformat(manifest["asked_at"]).timestamp()
        self.lost_usd = float(manifest.get("lost_usd") or 0.0)
        self.dataset = list(manifest.get("dataset") or ())
        if self.was_cut:
            # the call that was going on then may have been billed, and it was one of these
            worst = max((task.worst for task in self.plan.tasks), default=0.0)
            self.budget.lose(worst)
            self.lost_usd += worst

    def _ask_all(self, client: OpenAI, taking: _Taking) -> str | None:
        """Why it stopped before the end; None if it came there."""
        asker = Asker(client, rpm=self.rpm, clock=self.clock, sleep=self.sleep, waiting=self._tell_waiting)
        self._tell(0)
        in_vain = 0
        for task in self.plan.tasks:
            stake = self.budget.stake(task.worst)
            try:
                outcome = asker.ask(PATHS[task.prompt.door], task.body, stake)
                self._count(outcome, stake)
            except NoRoomError:
                return self._no_money(task)
            except StopError as error:
                return f"{_sentence(str(error))} {self._go_on()}"
            finally:
                self.lost_usd += stake.lost_usd
            if taking.problem is not None:
                return f"{_sentence(taking.problem)} {self._go_on()}"
            in_vain = 0 if outcome.is_final else in_vain + 1
            nobody_there = outcome.status == 0 and not self.asked
            if in_vain == _FAILURES or nobody_there:
                words = outcome.words.rstrip(".")
                return f"{self.failed} questions got no answer, the last one: {words}. {self._go_on()}"
            self._tell(task.prompt.number)
        if self.failed:
            return f"{self.failed} questions got no answer. {self._go_on()}"
        return None

    def _count(self, outcome: Outcome, stake: Stake) -> None:
        if outcome.status == 200 and usage_of(outcome.data) is None:
            stake.lose()  # what it took it does not say
        if outcome.is_final:
            self.asked += 1
            self.budget.spend(outcome.data)
        else:
            self.failed += 1

    def _no_money(self, task: Task) -> str:
        most = self.budget.max_usd or 0.0
        return (
            f"The budget of {most:g} USD is used up: {self.budget.spent:.4f} USD are spent, and prompt "
            f"{task.prompt.number} may cost {task.worst:.4f} USD. {self._go_on('with a larger budget')}"
        )

    def _go_on(self, how: str = "") -> str:
        left = len(self.plan.tasks) - self.asked
        command = f"the same command {how}".rstrip()
        return f"{left} of {self.plan.of} questions are left; {command} goes on with them."

    def _tell(self, number: int, waiting: float = 0.0, why: str = "") -> None:
        if self.progress is not None:
            spent = None if self.budget.price is None else self.budget.spent
            done = self.plan.done + self.asked
            self.progress(Progress(done, self.plan.of, number, spent, waiting, why))

    def _tell_waiting(self, seconds: float, why: str) -> None:
        self._tell(0, seconds, why)

    def _header(self, base_url: str, title: str | None) -> Header:
        before = Header() if self.before is None else self.before.header
        return Header(
            provenance=before.provenance,
            source=base_url,
            recorded_at=before.recorded_at,
            sdk=_sdk(),
            title=title or before.title or f"{self.model}, kept",
            archive=self._manifest(()),
        )

    def _manifest(self, exchanges: tuple[Exchange, ...]) -> Any:
        """What the header says of the archive, once it has these exchanges."""
        told = manifest_of(
            self.model,
            exchanges,
            self.prompts,
            repeats=self.repeats,
            began=self.began,
            ended=self.clock.now() if exchanges else None,
            complete=bool(exchanges) and self.asked == len(self.plan.tasks),
            spent_usd=None if self.budget.price is None else self.budget.spent,
            lost_usd=self.lost_usd,
            dataset=self.dataset,
            notes=self.notes,
        )
        return self.redactor.value(told)

    def _provenance(self, recorder: Recorder) -> Any:
        """What the answers say they are; those that say nothing are of a real platform."""
        before = None if self.before is None else self.before.header.provenance
        if "simulated" in (before, recorder.provenance):
            return "simulated"
        return recorder.provenance or before or "recorded"


class _Taking:
    """Puts exchanges onto a tape, but for those that say nothing about a question.

    A tape never disturbs whoever asks: what it could not take it tells when it is sealed. Here each further
    question costs money, so it is found out at once.

    Attributes:
        kept: What went onto the tape, redacted.
        problem: Why something did not.
    """

    def __init__(self, tape: Tape, redactor: Redactor, journal: Path) -> None:
        self._tape = tape
        self._redactor = redactor
        self._journal = journal
        self.kept: list[Exchange] = []
        self.problem: str | None = None

    def add(self, exchange: Exchange) -> None:
        """Take an exchange."""
        told = exchange.response
        if door_of(exchange.request.method, segments_of(exchange.request.uri)) is None:
            says_nothing = told.status != 200
        else:
            says_nothing = told.interrupted or told.status in (*RETRIED, *OF_THE_KEY) or told.status >= 500
        if says_nothing:
            return
        try:
            clean = self._redactor.exchange(exchange)
            guard((clean,), str(self._journal.with_suffix("")), self._redactor.also)
        except DrytuneError as error:
            self.problem = str(error)
        else:
            self.kept.append(clean)
        size = self._size()
        self._tape.add(exchange)
        if self.problem is None and self._size() <= size:
            self.problem = f"{self._journal} cannot be written: the disk may be full"

    def _size(self) -> int:
        try:
            return self._journal.stat().st_size
        except OSError:
            return 0


def _client(handler: Handler, base_url: str, api_key: str) -> OpenAI:
    import openai

    http = family_of_openai().Client(transport=sync_transport(handler), trust_env=False)
    # what is asked in vain `Asker` asks again, at a rate and within a budget
    return openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0, http_client=http)


def _sdk() -> str:
    import openai

    return f"openai-python {openai.__version__}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
