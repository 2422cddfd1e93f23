"""Repairs: a copy of a dataset in which what has exactly one safe repair is repaired.

`repair_file` writes it; `MENDS` says in words what is repaired, by the codes of the rules. What could be meant in
two ways (a missing reply, an unknown key with a value, a role called "human") is left as it is.
"""

from drytune.repair.changes import MENDS, Change, Repairs, repairs_lines
from drytune.repair.files import repair_file

__all__ = ["MENDS", "Change", "Repairs", "repair_file", "repairs_lines"]
