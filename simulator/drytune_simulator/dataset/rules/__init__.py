"""The rules, one small function each, by what they look at; importing this package registers them all."""

# The order of import is the order of application within a scope, so it is fixed: the first error of a line is what
# the platform names.
from drytune_simulator.dataset.rules import lines, examples, messages, content, calls, conversation, files  # noqa: I001
from drytune_simulator.dataset.rules.registry import RULES, Found, Rule, rules_of

__all__ = [
    "RULES",
    "Found",
    "Rule",
    "calls",
    "content",
    "conversation",
    "examples",
    "files",
    "lines",
    "messages",
    "rules_of",
]
