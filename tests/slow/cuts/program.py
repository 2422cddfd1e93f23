"""The process that clients are forked off: it has imported what they need, and does one order at a time.

An order is a line of JSON; it answers with the process id of the client, and with how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

PATIENCE = 0.4
"""Seconds that a client waits for an answer."""


def main() -> None:
    """Do orders until there are none."""
    import openai  # noqa: F401 - so that no client has to

    import drytune

    _warm(drytune)
    _impatient()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_client(order)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _warm(drytune: Any) -> None:
    """Import what comes late, so that no client has to."""
    import importlib
    import pkgutil

    from drytune import workflow

    for module in pkgutil.iter_modules(workflow.__path__):
        importlib.import_module(f"drytune.workflow.{module.name}")
    for name in ("backends", "keeping.measures", "keeping.budget", "checking", "recorded_clients"):
        importlib.import_module(f"drytune.{name}")


def _be_client(order: dict[str, Any]) -> None:
    code = 1
    try:
        devnull = os.open(os.devnull, os.O_RDWR)
        os.dup2(devnull, 0)
        os.dup2(2, 1)  # the pipe is the parent's
        told = client(order)
        Path(order["result"]).write_text(json.dumps(told))
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may go on in a fork
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def client(order: dict[str, Any]) -> dict[str, Any]:
    """Run or resume; what came of it."""
    import drytune
    from drytune.errors import DrytuneError

    try:
        run = _run(order)
    except DrytuneError as error:
        return {"error": f"{type(error).__name__}: {error}", "id": None}
    return {
        "error": None,
        "id": run.id,
        "status": run.status,
        "done": run.done,
        "stopped": run.stopped,
        "refusal": None if run.refusal is None else run.refusal.message,
        "answers": len(run.answers),
        "questions": len(run.task.questions),
        "checkpoints": run.checkpoints and len(run.checkpoints),
        "results": run.results is not None,
        "events": len(run.events),
        "holdout": None if run.holdout is None else [run.holdout.tuned.answered, run.holdout.base.answered],
        "spent_usd": run.bill.spent_usd,
        "notes": list(run.notes),
        "drytune": drytune.__version__,
    }


def _run(order: dict[str, Any]) -> Any:
    from drytune.workflow import live
    from drytune.workflow.tasks import Job

    os.environ["OPENAI_API_KEY"] = order["key"]
    options: dict[str, Any] = {"state": order["state"], "sleep": _nobody_waits}
    if order["do"] == "resume":
        return live.resume("last", **options)
    files = order["files"]
    job = Job(
        training=files["training"],
        validation=files["validation"],
        holdout=files["holdout"],
        model=order["model"],
        n_epochs=3,
        suffix="cut",
        ask=tuple(order["questions"]),
    )
    return live.run(job, max_usd=order["max_usd"], backend="live", base_url=order["url"], **options)


def _nobody_waits(seconds: float) -> None:
    """As if that time had passed."""


def _impatient() -> None:
    """Have clients wait for an answer no longer than a test can."""
    from drytune.backends import Live

    patient = Live.client

    def client(self: Any, max_retries: int = 2) -> Any:
        return patient(self, max_retries).with_options(timeout=PATIENCE)

    Live.client = client  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
