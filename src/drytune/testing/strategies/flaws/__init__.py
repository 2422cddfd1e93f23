"""The flaws, by what they spoil; importing this package registers them all."""

from drytune.testing.strategies.flaws import (
    calls,
    conversations,
    examples,
    files,
    forms,
    images,
    lines,
    messages,
    privacy,
    tools,
    whole,
)
from drytune.testing.strategies.flaws.registry import FLAWS, Flawed

__all__ = [
    "FLAWS",
    "Flawed",
    "calls",
    "conversations",
    "examples",
    "files",
    "forms",
    "images",
    "lines",
    "messages",
    "privacy",
    "tools",
    "whole",
]
