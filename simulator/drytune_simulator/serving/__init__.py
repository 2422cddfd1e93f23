"""A server: settings to a world, its operation, and the processes that answer.

`Settings` say all that a server is started with, `assemble` makes the Handler of them, `run` serves it in this
process and `run_workers` in several. `drytune serve` is a thin command over these.
"""

from drytune_simulator.serving.about import About, Served
from drytune_simulator.serving.assembly import Assembly, assemble, clock_of
from drytune_simulator.serving.scratch import scratch
from drytune_simulator.serving.server import run
from drytune_simulator.serving.settings import BadSetting, Settings
from drytune_simulator.serving.workers import WorkerFailed, run_workers

__all__ = [
    "About",
    "Assembly",
    "BadSetting",
    "Served",
    "Settings",
    "WorkerFailed",
    "assemble",
    "clock_of",
    "run",
    "run_workers",
    "scratch",
]
