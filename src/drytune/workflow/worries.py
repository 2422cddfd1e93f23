"""What one should know before a fine-tune is paid for, a sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import urlsplit

from drytune.backends.endpoint import Endpoint
from drytune.report import Report
from drytune.workflow.questions import Question
from drytune.workflow.tasks import SourceFile, Task
from drytune_simulator.dataset.finding import Finding

__all__ = ["system_worries", "worries"]

_OPENAI = "api.openai.com"


def worries(report: Report, task: Task, endpoint: Endpoint, *, is_priced: bool) -> tuple[str, ...]:
    """All of them.

    Args:
        report: On the training file.
        task: What is to be done.
        endpoint: Where.
        is_priced: Whether prices were given for this very platform.
    """
    found = [
        *_of_findings(report),
        *system_worries(report, task.questions),
        *_of_holdout(task.training, task.holdout),
        *([] if is_priced else _of_prices(endpoint)),
    ]
    return tuple(dict.fromkeys(found))


def system_worries(report: Report, asked: Sequence[Question]) -> Iterator[str]:
    """Questions that come with another system prompt than the model was trained with."""
    counts = report.files[0].verdict.facts.prompts.system
    if counts is None:  # more different ones than anybody could compare with
        return
    trained: set[str | None] = set(counts)
    if sum(counts.values()) < report.examples:
        trained.add(None)
    for system in sorted({question.system for question in asked} - trained, key=str):
        yield (
            f"the system prompt asked with ({_quoted(system)}) is not one that the model was trained with"
            f" ({', '.join(sorted(map(_quoted, trained))[:3])}): a tuned model is at its best with the prompt it"
            " was trained with"
        )


def _of_findings(report: Report) -> Iterator[str]:
    """Each rule's first warning, and how many more there are."""
    times = Counter(finding.code for finding in report.findings if finding.severity == "warning")
    for code, count in times.items():
        first = next(one for one in report.findings if one.code == code and one.severity == "warning")
        yield _told(first) + (f" (and {count - 1:,} more)" if count > 1 else "")


def _told(finding: Finding) -> str:
    where = ":".join(str(part) for part in (finding.file, finding.line) if part is not None)
    return f"{where + ': ' if where else ''}{finding.code}: {finding.message} {finding.hint}"


def _of_holdout(training: SourceFile, holdout: SourceFile | None) -> Iterator[str]:
    """Held-out examples that are trained on word for word."""
    if holdout is None:
        return
    held = set(_lines(holdout))
    if not held:
        return
    shared = held.intersection(_lines(training))
    if shared:
        yield (
            f"{len(shared):,} of {len(held):,} held-out examples are trained on, too: the tuned model only has to"
            " remember them, and will look better than it is"
        )


def _lines(file: SourceFile) -> Iterator[bytes]:
    """Digests of the lines of a file; empty ones are none."""
    with file.local.open("rb") as stream:
        for line in stream:
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield blake2b(text, digest_size=16).digest()


def _of_prices(endpoint: Endpoint) -> Iterator[str]:
    """Prices that are those of another platform than the one that is asked."""
    if endpoint.backend != "live" or (endpoint.base_url is None and not endpoint.azure):
        return
    host = urlsplit(endpoint.base_url or "").hostname or "Azure OpenAI"
    if host == _OPENAI or host.endswith(f".{_OPENAI}") or _is_here(host):
        return
    place = f"[tool.drytune.profiles.{endpoint.profile or 'NAME'}.prices]"
    yield f"the prices are OpenAI's, and {host} may take others: write what it takes to {place} in pyproject.toml"


def _is_here(host: str) -> bool:
    """Whether it is this machine, where somebody rehearses."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _quoted(system: str | None) -> str:
    if system is None:
        return "none"
    return f"“{system if len(system) <= 40 else system[:39] + '…'}”"
