"""A rule-based state machine that drives somebody's own code that fine-tunes, and checks what it must keep.

    class MyMachine(FineTuningMachine):
        def make(self, client):
            return MyAdapter(client)

    TestMine = MyMachine.TestCase

| to …                                              | use                              |
|---------------------------------------------------|----------------------------------|
| test one's own code, or two side by side          | `FineTuningMachine`              |
| know which methods an adapter may have            | `Tuner`                          |
| compare with the plain SDK                        | `SdkTuner`                       |
| know what is checked                              | `LAWS`; `Broken` says which not  |
| give training files of one's own                  | `Content`                        |

Needs the extra ``hypothesis``.
"""

from __future__ import annotations

from drytune.errors import MissingExtra

try:
    import hypothesis as _hypothesis  # noqa: F401 - only looked for: the modules below import what they need
except ImportError:
    raise MissingExtra(
        "drytune.testing.machine needs Hypothesis, which is not installed: pip install 'drytune[hypothesis]'"
    ) from None

from drytune.testing.machine.contents import Content
from drytune.testing.machine.laws import LAWS, Broken
from drytune.testing.machine.machine import FineTuningMachine
from drytune.testing.machine.tuner import SdkTuner, Tuner

__all__ = ["LAWS", "Broken", "Content", "FineTuningMachine", "SdkTuner", "Tuner"]
