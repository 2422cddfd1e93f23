"""What goes wrong with cassettes."""

from __future__ import annotations

from drytune.errors import DrytuneError, Refused, UsageError

__all__ = ["CassetteError", "NotKept", "SecretLeft"]


class CassetteError(UsageError):
    """A file cannot be read as a cassette: it is none, it is damaged, or a newer drytune wrote it."""


class SecretLeft(Refused):
    """Something that looks like a secret would get into a file; its place is named, and it is not shown."""


class NotKept(DrytuneError):  # noqa: N818 - reads as the sentence it raises
    """The disk took not all that was recorded: it is full, or may not be written to."""
