"""Performs cuts, and judges what they have left: at the client, and on the server."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from drytune_cuts.clients import Clients
from drytune_cuts.door import Door, Seen, Trap
from drytune_cuts.servers import Served
from drytune_cuts.table import HELD_OUT, QUESTIONS, Cut, Kind, Stage

MODEL = "gpt-4.1-nano-2025-04-14"
MAX_USD = 2.0
_TRAINED, _TUNED, _BASE = 1.5, (0.2, 0.8), (0.1, 0.4)  # USD per million tokens of `MODEL`, as in the catalog
_ANSWERS = QUESTIONS + 2 * HELD_OUT


class Bench:
    """One server, one door, and clients one after the other.

    Args:
        place: An empty directory.
        environment: Of all processes.
        files: The training, the validation and the held-out file.
    """

    def __init__(self, place: Path, environment: Mapping[str, str], files: Mapping[str, Path]) -> None:
        self._place = place
        self._files = {role: str(path) for role, path in files.items()}
        self._environment = environment
        self._served = Served(place, environment)
        self._door = Door(lambda: self._served.port)
        self._clients = Clients(place, environment)
        self._served.start()

    def close(self) -> None:
        """End all processes."""
        self._clients.close()
        self._served.kill()
        self._door.close()

    def mend(self) -> None:
        """Begin anew with other processes, after one has failed that should not."""
        self._clients.close()
        self._clients = Clients(self._place, self._environment)
        self._served.start()

    def perform(self, cut: Cut) -> list[str]:
        """Run into `cut`, and resume; what is wrong then, a sentence each."""
        key = f"sk-cut-{cut.number:05}"
        wrong: list[str] = []
        seen: list[Seen] = []
        last: dict[str, Any] | None = None
        order = "run"
        for stage in cut.stages:
            trap = self._lay(stage, key)
            last = self._clients.perform(**self._order(order, cut, key))
            seen += self._done(key)
            if not trap.has_struck:
                wrong.append(f"it never came to `{stage.place.name}`: {last}")
            if (last is None) != (stage.kind.kills == "client"):
                wrong.append(f"the client ended as nobody expected: {last}")
            order = "resume"
        wrong += self._resumed(cut, key, seen)
        wrong += _left(self._served, key, seen, cut.lost)
        return wrong

    def storm(self, cut: Cut, stages: Callable[[int], Stage], lives: int) -> list[str]:
        """As `perform`, with `lives` processes that are cut off wherever `stages` says, if it comes to that."""
        key = f"sk-cut-{cut.number:05}"
        seen: list[Seen] = []
        lost = 0
        for life in range(lives):
            trap = self._lay(stages(life), key)
            last = self._clients.perform(**self._order("resume" if life else "run", cut, key))
            seen += self._done(key)
            lost += trap.has_struck
            if last is not None and last.get("done"):
                break
        return self._resumed(cut, key, seen) + _left(self._served, key, seen, lost)

    def _resumed(self, cut: Cut, key: str, seen: list[Seen]) -> list[str]:
        """One resume brings it to its end; another one changes nothing."""
        wrong = []
        last = self._clients.perform(**self._order("resume", cut, key))
        seen += self._done(key)
        if last is None or last["error"] or last["status"] != "succeeded" or not last["done"]:
            return [f"it is not at its end after a resume: {last}"]
        wanted = {
            "answers": QUESTIONS,
            "holdout": [HELD_OUT, HELD_OUT],
            "results": True,
            "stopped": None,
            "checkpoints": 3,
        }
        wrong += [
            f"{name} is {last[name]}, not {value}" for name, value in wanted.items() if last[name] != value
        ]
        billed = _billed(self._served, key, seen)
        if not billed <= last["spent_usd"] + 1e-9 <= MAX_USD:
            wrong.append(f"the server billed {billed} USD, and the run knows of {last['spent_usd']}")
        again = self._clients.perform(**self._order("resume", cut, key))
        more = self._done(key)
        if again is None or again["error"] or {**again, "notes": 0} != {**last, "notes": 0}:
            wrong.append(f"resumed once more, it is another one: {again}")
        if asked := [one.path for one in more if one.method != "GET"]:
            wrong.append(f"resumed once more, it asked for {asked}")
        return wrong

    def _order(self, do: str, cut: Cut, key: str) -> dict[str, Any]:
        return {
            "do": do,
            "key": key,
            "url": self._door.url,
            "state": str(self._place / f"state-{cut.number}"),
            "files": self._files,
            "model": MODEL,
            "max_usd": MAX_USD,
            "questions": [f"What comes after {number}?" for number in range(3, 3 + QUESTIONS)],
        }

    def _lay(self, stage: Stage, key: str) -> Trap:
        """Have a stage's kind of failure happen at its place, to the next process."""
        kind, place = stage.kind, stage.place
        faults = []
        if kind.fault:
            fault = {"route": place.route, "nth": place.nth, **kind.fault}
            faults = [fault if place.model is None else {**fault, "model": place.model}]
        self._served.ask("PUT", "/_drytune/faults", key, faults)
        trap = Trap(place, is_bare=kind.is_bare, is_deadly=kind.kills == "client")
        if kind.kills is not None:
            setattr(trap, kind.when, self._killing(kind))
        self._door.begin(trap)
        return trap

    def _killing(self, kind: Kind) -> Callable[[], None]:
        def kill() -> None:
            if kind.kills == "client":
                self._clients.kill()
            else:
                self._served.kill()
                if kind.is_back:
                    self._served.start()
            if kind.when == "before":
                raise ConnectionAbortedError

        return kill

    def _done(self, key: str) -> list[Seen]:
        """What came through the door; with no more traps, and a server that is there."""
        self._served.start()
        self._served.ask("PUT", "/_drytune/faults", key, [])
        seen = self._door.seen
        self._door.begin(None)
        return seen


def _left(served: Served, key: str, seen: list[Seen], lost: int) -> list[str]:
    """What is wrong on the server."""
    wrong = []
    files = [one for one in _listed(served, key, "/v1/files") if one["purpose"] == "fine-tune"]
    names = Counter(str(one["filename"]).partition(".")[0] for one in files)
    if names != {"training": 1, "validation": 1}:
        wrong.append(f"the server has the files {dict(names)}")
    jobs = _listed(served, key, "/v1/fine_tuning/jobs")
    if [job["status"] for job in jobs] != ["succeeded"]:
        wrong.append(f"the server has the jobs {[(job['id'], job['status']) for job in jobs]}")
    wrong += [f"it deleted {one.path}" for one in seen if one.method == "DELETE"]
    wrong += [f"it cancelled {one.path}" for one in seen if one.path.endswith("/cancel")]
    answers = [one for one in seen if one.path == "/v1/chat/completions" and one.status == 200]
    told = Counter(json.dumps(one.body, sort_keys=True) for one in answers if one.was_told)
    if len(answers) > _ANSWERS + lost:
        wrong.append(f"{len(answers)} questions were answered, for {_ANSWERS} there are")
    if len(told) != _ANSWERS:
        wrong.append(f"{len(told)} different questions were answered")
    if lost <= 1:
        wrong += [f"asked and told {count} times: {body}" for body, count in told.items() if count > 1]
    return wrong


def _billed(served: Served, key: str, seen: list[Seen]) -> float:
    """What the server would put on the bill, as far as the door has seen answers, in USD."""
    jobs = _listed(served, key, "/v1/fine_tuning/jobs")
    usd = sum(job["trained_tokens"] or 0 for job in jobs) * _TRAINED
    for one in seen:
        if one.path == "/v1/chat/completions" and one.status == 200:
            price = _TUNED if one.model.startswith("ft:") else _BASE
            usage = one.answer["usage"]
            usd += usage["prompt_tokens"] * price[0] + usage["completion_tokens"] * price[1]
    return usd / 1_000_000


def _listed(served: Served, key: str, path: str) -> list[dict[str, Any]]:
    answer = served.ask("GET", f"{path}?limit=100", key)
    assert not answer["has_more"]
    found: list[dict[str, Any]] = answer["data"]
    return found
