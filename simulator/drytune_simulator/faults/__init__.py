"""What goes wrong on purpose: status errors, latency, broken connections and bodies, jobs with a bad fate.

    plan = FaultPlan([Fault("POST /v1/fine_tuning/jobs", 500, when="after", nth=1)])
    client = drytune.simulated(failing(Simulator(), plan))

One typed form, four doors: Python (`Fault`, `ScenarioRule`), a TOML file (`load`), a line of text as the command
line takes it (`parse`, `parse_scenario`), and JSON as the control API takes it (`fault_of`, `rule_of`).

All is deterministic: the same plan, seed and requests in the same order give the same strikes. What is counted is
counted in this process: of several server processes each has counts of its own, so that ``nth = 1`` strikes once
in each. To have it strike once, run one process.

After a broken connection or a timeout an SDK waits half a second and more before it tries again, and no answer is
there to tell it not to: `max_retries=0` keeps such tests short.
"""

from drytune_simulator.faults.fault import Fault
from drytune_simulator.faults.forms import Loaded, fault_of, load, loads, parse, parse_scenario, rule_of
from drytune_simulator.faults.handler import failing
from drytune_simulator.faults.plan import FaultPlan, Strike
from drytune_simulator.faults.scenarios import ScenarioRule, Scenarios
from drytune_simulator.faults.words import FaultError, duration

__all__ = [
    "Fault",
    "FaultError",
    "FaultPlan",
    "Loaded",
    "ScenarioRule",
    "Scenarios",
    "Strike",
    "duration",
    "failing",
    "fault_of",
    "load",
    "loads",
    "parse",
    "parse_scenario",
    "rule_of",
]
