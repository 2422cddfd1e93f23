"""Names of tuned models: ``ft:<snapshot>:<organization>:<suffix>:<id>``, with ``:ckpt-step-N`` for checkpoints."""

from __future__ import annotations

import re

import msgspec

__all__ = ["TunedName", "slug"]

_FORM = re.compile(
    r"ft:(?P<base>[^:\s]+):(?P<organization>[^:\s]+):(?P<suffix>[^:\s]*):(?P<id>[A-Za-z0-9]{8})"
    r"(?::ckpt-step-(?P<step>0|[1-9][0-9]{0,17}))?"
)


def slug(name: str | None) -> str:
    """A suffix, or an organization, as it stands in a model's name: ``Banking_Intent`` is ``banking-intent``."""
    return re.sub(r"[^a-z0-9]+", "-", (name or "").lower()).strip("-")


class TunedName(msgspec.Struct, frozen=True):
    """The name of a tuned model, in its parts (FACTS.md §4.7).

    Attributes:
        base: The snapshot it was tuned from.
        organization: Slug, ``personal`` for a person.
        suffix: As sanitised by the platform; empty when the job gave none.
        id: 8 letters and digits.
        step: The training step of a checkpoint, None for a final model.
    """

    base: str
    organization: str
    suffix: str
    id: str
    step: int | None = None

    @classmethod
    def parse(cls, name: str) -> TunedName | None:
        """The parts of `name`, or None when it has not the form of a tuned model's name."""
        match = _FORM.fullmatch(name)
        if match is None:
            return None
        base, organization, suffix, identity, step = match.groups()
        return cls(base, organization, suffix, identity, None if step is None else int(step))

    def __str__(self) -> str:
        name = f"ft:{self.base}:{self.organization}:{self.suffix}:{self.id}"
        return name if self.step is None else f"{name}:ckpt-step-{self.step}"
