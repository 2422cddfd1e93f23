"""The rules, one small function each, by what they look at; importing this package registers them all."""

# The order of import is the order of application within a scope, so it is fixed: the first error of a line is what
# the platform names.
from drytune_simulator.dataset.rules import (  # noqa: I001
    lines,
    raw,
    examples,
    forms,
    tools,
    messages,
    content,
    images,
    conversation,
    calls,
    privacy,
    files,
    whole,
    calendar,
)
from drytune_simulator.dataset.rules.registry import RULES, Found, Rule, rules_of

__all__ = [
    "RULES",
    "Found",
    "Rule",
    "calendar",
    "calls",
    "content",
    "conversation",
    "examples",
    "files",
    "forms",
    "images",
    "lines",
    "messages",
    "privacy",
    "raw",
    "rules_of",
    "tools",
    "whole",
]
