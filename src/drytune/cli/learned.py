"""What one's own jobs say about the bill of a check, where there is a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drytune.state import JOURNAL, state_directory

if TYPE_CHECKING:
    from drytune.config import Config
    from drytune.report import Report

__all__ = ["learned_line"]


def learned_line(report: Report, config: Config) -> str | None:
    """A line about the bill of the one file that was checked; None without a journal, or jobs of this kind in it.

    Jobs count that were asked of the same API: the one that `drytune run` would ask.
    """
    if len(report.files) != 1 or not (state_directory() / JOURNAL).is_file():
        return None
    from drytune.backends import choose
    from drytune.errors import DrytuneError
    from drytune.reports.bill import money
    from drytune.reports.words import counted
    from drytune.workflow.journal import Journal

    file = report.files[0]
    try:
        endpoint = choose("live", config=config).endpoint.name
        with Journal.open(empty=True) as journal:
            learned = journal.correction(endpoint, report.model, file.method, file.verdict.form)
    except DrytuneError:  # a check does not depend on what was run
        return None
    if learned is None:
        return None
    usd = report.cost.training_usd
    bill = "" if usd is None else f": {money(usd * learned.factor, report.cost.currency)}"
    by = f"by {counted(learned.jobs, 'job')} ({learned.low:.4g} to {learned.high:.4g})"
    return f"your own jobs: {learned.factor:.4g} times the tokens that were counted, {by}{bill}"
