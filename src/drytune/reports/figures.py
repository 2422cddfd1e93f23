"""The figures of a report that are drawn or listed: distributions over all files, and counts per rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from drytune_simulator.dataset.distribution import Distribution
from drytune_simulator.dataset.rules.registry import RULES

if TYPE_CHECKING:
    from drytune.checking import FileReport, Report
    from drytune_simulator.dataset.finding import Finding, Severity

__all__ = ["SEVERITIES", "Figures", "RuleCount", "figures_of", "per_rule", "selected"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


class Figures(msgspec.Struct, frozen=True):
    """What is drawn of a report; all files together.

    Attributes:
        lengths: Tokens per example.
        replies: Assistant tokens per example.
        message_counts: Messages per example.
        turns: User turns per example.
        roles: Messages per role, in the order of a conversation; those of unknown roles together as ``other``.
        limit: Tokens of an example that the model reads, None if that is not known.
    """

    lengths: Distribution
    replies: Distribution
    message_counts: Distribution
    turns: Distribution
    roles: dict[str, int]
    limit: int | None


class RuleCount(msgspec.Struct, frozen=True):
    """How often a rule found something."""

    code: str
    severity: Severity
    times: int


def figures_of(report: Report) -> Figures:
    """The figures of all files of `report` together."""
    facts = [file.verdict.facts for file in report.files]
    roles: Counter[str] = Counter()
    for one in facts:
        for role, times in one.roles.items():
            roles[role if role in _ROLES else "other"] += times
    return Figures(
        lengths=_sum(one.lengths for one in facts),
        replies=_sum(one.replies for one in facts),
        message_counts=_sum(one.message_counts for one in facts),
        turns=_sum(one.turns for one in facts),
        roles={role: roles[role] for role in (*_ROLES, "other") if roles[role]},
        limit=report.files[0].verdict.model.example_tokens,
    )


def selected(findings: Iterable[Finding], most: int) -> list[Finding]:
    """At most `most` of `findings`: the worst ones; among equals the first of every rule before the second of any.

    In order of severity; findings of one severity stay in the order in which they came.
    """
    groups: dict[Severity, list[Finding]] = {severity: [] for severity in SEVERITIES}
    for finding in findings:
        groups[finding.severity].append(finding)
    chosen: list[Finding] = []
    for group in groups.values():
        chosen += _spread(group, most - len(chosen))
    return chosen


def _spread(findings: Sequence[Finding], most: int) -> list[Finding]:
    """At most `most` of findings of one severity, of as many rules as possible, in order."""
    if len(findings) <= most:
        return list(findings)
    firsts: dict[str, int] = {}
    for place, finding in enumerate(findings):
        firsts.setdefault(finding.code, place)
    places = dict.fromkeys([*firsts.values(), *range(len(findings))])
    return [findings[place] for place in sorted(list(places)[:most])]


def per_rule(findings: Sequence[Finding], files: Iterable[FileReport]) -> list[RuleCount]:
    """How often each rule found something, kept or not; the worst first, then the most frequent.

    Args:
        findings: Those that were kept.
        files: In which they are.
    """
    listed = Counter(finding.code for finding in findings)
    counted: Counter[str] = Counter()
    for file in files:
        counted.update(file.verdict.facts.codes)
    severities = {finding.code: finding.severity for finding in findings}
    found = [
        RuleCount(code, severities.get(code) or RULES[code].severity, max(listed[code], counted[code]))
        for code in listed.keys() | counted.keys()
        if code in severities or code in RULES
    ]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), -one.times, one.code))


def _sum(many: Iterable[Distribution]) -> Distribution:
    counts: Counter[int] = Counter()
    for one in many:
        counts.update(one.counts)
    return Distribution(dict(counts))
