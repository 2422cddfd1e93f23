"""The cuts: each place of a run, and each way in which a request can go wrong there."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

from drytune_cuts.door import Place

QUESTIONS = 2
HELD_OUT = 2
TUNED, BASE = "ft:*", "gpt-*"

_CHAT = "POST /v1/chat/completions"
_JOB = "GET /v1/fine_tuning/jobs/*"

PLACES = (
    Place("look for the training file", "GET /v1/files"),
    Place("upload", "POST /v1/files"),
    Place("look for the validation file", "GET /v1/files", 2),
    Place("validation upload", "POST /v1/files", 2),
    Place("look for the job", "GET /v1/fine_tuning/jobs"),
    Place("create", "POST /v1/fine_tuning/jobs"),
    Place("retrieve", _JOB),
    Place("retrieve again", _JOB, 2),
    Place("events", f"{_JOB}/events"),
    Place("events again", f"{_JOB}/events", 2),
    Place("results", "GET /v1/files/*/content"),
    Place("checkpoints", f"{_JOB}/checkpoints"),
    Place("ask", _CHAT, 1, TUNED),
    Place("ask again", _CHAT, 2, TUNED),
    Place("holdout of the tuned model", _CHAT, QUESTIONS + 1, TUNED),
    Place("last of the tuned model", _CHAT, QUESTIONS + HELD_OUT, TUNED),
    Place("holdout of the base model", _CHAT, 1, BASE),
    Place("last of the base model", _CHAT, HELD_OUT, BASE),
)
PLACE = {place.name: place for place in PLACES}

Who = Literal["server", "client"]
When = Literal["before", "meanwhile", "after"]


@dataclass(frozen=True)
class Kind:
    """A way in which a request goes wrong.

    Attributes:
        name: Of it.
        fault: That the server has, without its place.
        kills: Who is killed.
        when: Before the server gets the request, before its answer is there, or before that is told.
        is_back: Whether a killed server is there again at once; else before the resume.
        is_bare: The answer does not say when to try again.
        is_lost: Whether the server may do what nobody then knows of.
    """

    name: str
    fault: dict[str, Any] = field(default_factory=dict)
    kills: Who | None = None
    when: When = "before"
    is_back: bool = False
    is_bare: bool = False

    @property
    def is_lost(self) -> bool:
        return self.when != "before" or self.fault.get("when") == "after"

    def __hash__(self) -> int:
        return hash(self.name)


def _fault(name: str, what: int | str, **more: Any) -> Kind:
    is_bare = more.pop("is_bare", False)
    return Kind(name, {"what": what, **more}, is_bare=is_bare)


def _kill(who: Who, when: When, *, is_back: bool = False) -> Kind:
    return Kind(
        f"{who} killed {when}{', back at once' if is_back else ''}", kills=who, when=when, is_back=is_back
    )


KINDS = (
    _fault("500 before", 500, when="before"),
    _fault("500 after", 500, when="after"),
    _fault("dropped before", "drop", when="before"),
    _fault("dropped after", "drop", when="after"),
    _fault("timeout before", "timeout", when="before", delay=0.6),
    _fault("timeout after", "timeout", when="after", delay=0.6),
    _fault("429 with retry-after", "rate_limited", retry_after=2),
    _fault("429 without", "rate_limited", is_bare=True),
    _fault("truncated after", "truncate", when="after"),
    _kill("client", "before"),
    _kill("client", "meanwhile"),
    _kill("client", "after"),
    _kill("server", "before"),
    _kill("server", "meanwhile"),
    _kill("server", "after"),
    _kill("server", "after", is_back=True),
)
KIND = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True)
class Stage:
    """One process, and what befalls it.

    Attributes:
        place: Which of its requests.
        kind: What happens to that.
    """

    place: Place
    kind: Kind


@dataclass(frozen=True)
class Cut:
    """What befalls a run: in its first process, and then perhaps in those that resume it.

    Attributes:
        number: Of the cut; its key and its directories have it.
        stages: First to last.
    """

    number: int
    stages: tuple[Stage, ...]

    @property
    def name(self) -> str:
        return ", then ".join(f"{stage.place.name}: {stage.kind.name}" for stage in self.stages)

    @property
    def lost(self) -> int:
        """How many requests the server may have answered for nobody."""
        return sum(stage.kind.is_lost for stage in self.stages)


def _twice() -> list[tuple[Stage, ...]]:
    """Cuts while a run is being resumed: of the looks, and of what is then done or found."""
    found = []
    for what, looked in (
        ("upload", "look for the training file"),
        ("validation upload", "look for the validation file"),
        ("create", "look for the job"),
    ):
        look = Place(f"look of the resume ({what})", PLACE[looked].route)
        for first, second in product(
            ("client killed before", "client killed after", "server killed after"),
            ("500 before", "dropped before", "client killed after", "server killed before"),
        ):
            found.append((Stage(PLACE[what], KIND[first]), Stage(look, KIND[second])))
    again = Place("the same question of the resume", _CHAT)
    for place, second in product(
        ("ask", "last of the tuned model", "last of the base model"),
        ("500 after", "client killed after", "server killed after"),
    ):
        found.append((Stage(PLACE[place], KIND["client killed after"]), Stage(again, KIND[second])))
    return found


SINGLE = tuple((Stage(place, kind),) for place, kind in product(PLACES, KINDS))
CUTS = tuple(Cut(number, stages) for number, stages in enumerate((*SINGLE, *_twice()), 1))
