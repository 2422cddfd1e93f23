"""A bad and a good example of every rule, and how to mend the bad one; for the rules' pages and for tests."""

from drytune.rule_examples import calendar, calls, chat, files, forms, images, lines, messages
from drytune.rule_examples.example import Case, RuleExample

__all__ = ["EXAMPLES", "Case", "RuleExample"]

EXAMPLES: dict[str, RuleExample] = {
    **lines.EXAMPLES,
    **chat.EXAMPLES,
    **messages.EXAMPLES,
    **images.EXAMPLES,
    **calls.EXAMPLES,
    **forms.EXAMPLES,
    **files.EXAMPLES,
    **calendar.EXAMPLES,
}
"""By the code of the rule."""
