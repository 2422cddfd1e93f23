"""On the PYTHONPATH of the processes that tests start: the same guard as in the tests' own process."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import network_guard

network_guard.install()
