"""Findings as a SARIF 2.1.0 log, which code hosts and editors show beside the lines.

The standard: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_from_bytes

from drytune_simulator.dataset.rules.registry import RULES
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.checking import Report
    from drytune_simulator.dataset.finding import Finding

__all__ = ["sarif_log", "uri_of"]

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}

_ABSOLUTE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def sarif_log(report: Report) -> dict[str, Any]:
    """The log of one run, as JSON values. Only rules that found something are described."""
    codes = list(dict.fromkeys(finding.code for finding in report.findings))
    firsts = {finding.code: finding for finding in reversed(report.findings)}
    driver = {
        "name": "drytune",
        "semanticVersion": __version__,
        "rules": [_rule(firsts[code]) for code in codes],
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "results": _results(report.findings, codes, report.files[0].file),
                "properties": {
                    "model": report.model,
                    "method": report.method,
                    "examples": report.examples,
                    "omitted": report.omitted,
                },
            }
        ],
    }


def uri_of(file: str) -> str:
    """The URI of a file: as it stands if it is one, ``file:`` for an absolute path, else a relative reference.

    The bytes of a name that is not UTF-8 are kept.
    """
    if _ABSOLUTE_URL.match(file):
        return quote(file, safe="/:?#[]@!$&'()*+,;=%")
    if os.name == "nt" or _DRIVE.match(file):
        file = file.replace("\\", "/")
    path = quote_from_bytes(file.encode("utf-8", "surrogateescape"), safe="/")
    if _DRIVE.match(file):
        return f"file:///{file[0]}:{path[4:]}"  # the colon was %3A
    if file.startswith("/"):
        return f"file://{path}"
    return path.removeprefix("./")


def _rule(finding: Finding) -> dict[str, Any]:
    """The reportingDescriptor of the rule that made `finding`."""
    rule = RULES.get(finding.code)
    summary = rule.summary if rule else finding.allowed or finding.code.replace("-", " ").capitalize() + "."
    effect, source = (rule.effect, rule.source) if rule else (finding.effect, finding.source)
    more = f" {rule.why}" if rule and rule.why else ""
    known = f" Known from: {source}." if source else ""
    return {
        "id": finding.code,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": f"{summary}{more}"},
        "help": {"text": f"{finding.hint or summary} What the platform does: {effect}.{known}"},
        "defaultConfiguration": {"level": _LEVELS[rule.severity if rule else finding.severity]},
        "properties": {"tags": [effect]},
    }


def _results(findings: Iterable[Finding], codes: list[str], first_file: str) -> list[dict[str, Any]]:
    """The results in order; one about no file is placed in `first_file`, as code hosts want a place."""
    places = {code: place for place, code in enumerate(codes)}
    seen: Counter[tuple[str, ...]] = Counter()
    results = []
    for finding in findings:
        uri = uri_of(first_file if finding.file is None else finding.file)
        identity = (finding.code, uri, finding.pointer, finding.message)
        results.append(
            {
                "ruleId": finding.code,
                "ruleIndex": places[finding.code],
                "level": _LEVELS[finding.severity],
                "message": {"text": " ".join(filter(None, (finding.message, finding.hint)))},
                "locations": [_location(finding, uri)],
                "partialFingerprints": {"finding/v1": _fingerprint(*identity, str(seen[identity]))},
                "properties": {"effect": finding.effect, "source": finding.source},
            }
        )
        seen[identity] += 1
    return results


def _location(finding: Finding, uri: str) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if finding.line is not None:
        physical["region"] = {"startLine": finding.line}
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.pointer, "kind": "value"}]
    return location


def _fingerprint(*identity: str) -> str:
    """The same for the same finding, however many lines are put before it: the line's number is no part of it."""
    return hashlib.sha256("\0".join(identity).encode("utf-8", "backslashreplace")).hexdigest()[:32]
