"""How much of its training file a model knows: all of it, or, of a checkpoint, what it had learned by its step.

A model of step s of S, on a file with n lines that teach, knows ``ceil(n * s / S)`` of them. Which, the job's
seed decides: the lines have an order that is the job's own, and the first ones are known. So a later checkpoint
knows all that an earlier one does, and more; the last knows everything; before the first step nothing is known.
That knowledge grows evenly with the steps is drytune's own simplification (grade D).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drytune_simulator.ids import digest, quick_noise

__all__ = ["ALL", "Share"]


@dataclass(frozen=True, slots=True)
class Share:
    """How far a training has come.

    Attributes:
        step: At which the model was taken.
        steps: Of the whole training, at least 1.
        seed: Of the job.
    """

    step: int = 1
    steps: int = 1
    seed: int = 0

    @property
    def whole(self) -> bool:
        """Whether the model knows everything."""
        return self.step >= self.steps

    def known(self, examples: int) -> bytearray:
        """For each example that teaches, 1 if the model knows it, else 0."""
        learned = examples if self.whole else -(-examples * max(0, self.step) // self.steps)
        key = int.from_bytes(digest("learned", self.seed)[:8], "big")
        order = sorted(range(examples), key=lambda number: quick_noise(key, number))
        mask = bytearray(examples)
        for number in order[:learned]:
            mask[number] = 1
        return mask


ALL: Final = Share()
"""A training that is over."""
