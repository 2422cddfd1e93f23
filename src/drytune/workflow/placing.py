"""Which API a plan or a run is asked of: its own, and no other by mistake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from drytune.backends import Backend, choose
from drytune.backends.choosing import in_ci
from drytune.backends.endpoint import Endpoint
from drytune.errors import Refused
from drytune.workflow.options import Where

__all__ = ["backend_for"]


def backend_for(where: Where, planned: Endpoint | None, *, has_begun: bool, state: Path) -> Backend:
    """The backend that is asked for; of a plan or a run, its own.

    Args:
        where: What was given.
        planned: Of a plan, or of a run; None if there is none yet.
        has_begun: Whether it is of a run: files or jobs may be there.
        state: Below which a simulated one is kept.

    Raises:
        UsageError: It cannot be.
        Refused: It is another than that of the plan, or a live one in CI without a word that it is to be live.
    """
    given = where.get("backend")
    if isinstance(given, Backend):
        _require(given, planned)
        return given
    settings: dict[str, Any] = {
        "profile": where.get("profile"),
        "base_url": where.get("base_url"),
        "key_env": where.get("key_env"),
        "state": state,
    }
    if planned is None:
        return choose(given, **settings)
    if has_begun:  # an account is not where the environment leads by now
        ours = {"OPENAI_ORG_ID": planned.organization, "OPENAI_PROJECT_ID": planned.project}
        others = {name: value for name, value in os.environ.items() if name not in ours}
        settings["environ"] = others | {name: value for name, value in ours.items() if value}
    backend = choose(_named(given, settings, planned, has_begun=has_begun), **settings)
    try:
        _require(backend, planned)
    except Refused:
        backend.close()
        raise
    return backend


def _named(given: str | None, settings: dict[str, Any], planned: Endpoint, *, has_begun: bool) -> str:
    """The name of the backend; `settings` are completed by those of the plan, where nobody says otherwise."""
    said = given or os.environ.get("DRYTUNE_BACKEND", "")
    words = (given or "") if has_begun else said
    kind, _, place = words.partition(":")
    if place or settings["profile"] or settings["base_url"] or kind not in ("", planned.backend):
        return words or planned.backend
    if planned.backend == "live" and in_ci(os.environ) and not said.startswith("live"):
        raise Refused(
            f"it is for {planned.name}, and in CI nothing live is asked unless it is said in words: add "
            "--backend live, or set DRYTUNE_BACKEND=live."
        )
    if planned.backend == "live":
        settings["profile"] = planned.profile
        # a plan's profile may lead elsewhere by now, and then it is refused; a run stays where it began
        settings["base_url"] = planned.base_url if has_begun or planned.profile is None else None
    return f"replayed:{planned.recording}" if planned.backend == "replayed" else planned.backend


def _require(backend: Backend, planned: Endpoint | None) -> None:
    """Do nothing if `backend` is the API that was planned.

    Raises:
        Refused: It is another.
    """
    found = backend.endpoint
    if planned is None or found.account == planned.account:
        return
    if (found.backend, found.name) == (planned.backend, planned.name):
        raise Refused(
            f"it was planned for {_account(planned)} at {planned.name}, and this is {_account(found)}: plan again "
            "for that, or set OPENAI_ORG_ID and OPENAI_PROJECT_ID as they were."
        )
    raise Refused(
        f"it was planned for {planned.backend} ({planned.name}), and this is {found.backend} ({found.name}): plan "
        "again for that, or ask the planned one."
    )


def _account(endpoint: Endpoint) -> str:
    told = [("organization", endpoint.organization), ("project", endpoint.project)]
    return " and ".join(f"{name} {value}" for name, value in told if value) or "no organization or project"
