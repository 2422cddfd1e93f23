"""Scripted answers: what a model is to say to certain questions, whatever it was taught.

    scripts = [
        Script("It is sunny.", text="What is the weather in Paris?"),
        Script(
            [Say(calls=[ToolCall("get_weather", {"city": "Paris"})]), "22 degrees."],
            pattern="(?i)temperature",
        ),
        Script(Say(refusal="I would rather not."), model="ft:*", turn=3, times=1),
        Script([Fail("rate_limited"), "Now it works."], text="Busy?"),
    ]
    client = drytune.simulated(Simulator(scripts=scripts))

One typed form, three doors: Python (`Script`), a TOML file (`load`), and JSON as the control API takes it
(`script_of`). A script answers chats, responses and completions alike.

The first script answers that fits the question and may still be used (`times`); where none does, the model says
what it was taught. A script with a `model` answers for models, too, that are not here: tuned elsewhere, or unknown
to the catalog. All is deterministic: the same scripts and requests in the same order give the same answers.
What is counted is counted in this process: of several server processes each has counts of its own.

`Scripts` is a voice (`inference.voice.Voice`), the first of a world's.
"""

from drytune_simulator.scripts.failing import Fail, ScriptedFailure
from drytune_simulator.scripts.forms import load, loads, script_of
from drytune_simulator.scripts.roster import Scripts
from drytune_simulator.scripts.saying import Say, ScriptError, ToolCall
from drytune_simulator.scripts.script import Script

__all__ = [
    "Fail",
    "Say",
    "Script",
    "ScriptError",
    "ScriptedFailure",
    "Scripts",
    "ToolCall",
    "load",
    "loads",
    "script_of",
]
