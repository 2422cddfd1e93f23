"""The platform's models that cannot be tuned but answer here: of embeddings and of moderations.

The days and owners of the models endpoint are as in lists of 2024-26 that were pasted into public code (R); the
`text-moderation` models were in none of them, so they are not listed. Dimensions: guide to embeddings, 2026 (O).
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

__all__ = ["OTHERS", "OtherModel"]


class OtherModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that cannot be tuned.

    Attributes:
        id: Its name.
        kind: The door that it answers at.
        snapshot: The name that answers carry; its own unless it is a floating one.
        created: As the models endpoint tells it, Unix seconds; None if it does not list the model.
        owned_by: As it is told there.
        dimensions: Of its embeddings; 0 if it makes none.
        shortens: Whether embeddings of fewer dimensions may be asked for.
        images: Whether it looks at images.
    """

    id: str
    kind: Literal["embeddings", "moderations"]
    snapshot: str = ""
    created: int | None = None
    owned_by: str = "system"
    dimensions: int = 0
    shortens: bool = False
    images: bool = False

    @property
    def told(self) -> str:
        """The name that answers carry."""
        return self.snapshot or self.id


OTHERS: Final = {
    model.id: model
    for model in (
        OtherModel(
            id="text-embedding-3-small",
            kind="embeddings",
            created=1705948997,
            dimensions=1536,
            shortens=True,
        ),
        OtherModel(
            id="text-embedding-3-large",
            kind="embeddings",
            created=1705953180,
            dimensions=3072,
            shortens=True,
        ),
        OtherModel(
            id="text-embedding-ada-002",
            kind="embeddings",
            created=1671217299,
            owned_by="openai-internal",
            dimensions=1536,
        ),
        OtherModel(id="omni-moderation-latest", kind="moderations", created=1731689265, images=True),
        OtherModel(id="omni-moderation-2024-09-26", kind="moderations", created=1732734466, images=True),
        # a recorded answer of August 2025 tells the snapshot
        OtherModel(id="text-moderation-latest", kind="moderations", snapshot="text-moderation-007"),
        OtherModel(id="text-moderation-stable", kind="moderations", snapshot="text-moderation-007"),
        OtherModel(id="text-moderation-007", kind="moderations"),
    )
}
"""By name."""
