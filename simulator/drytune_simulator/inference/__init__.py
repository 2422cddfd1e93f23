"""What a model answers: what it was taught, or a plain word that it is simulated.

`speak` decides what is said, at every door; `completed` answers ``POST /v1/chat/completions``; `Taught` is what
one tuned model recalls of its training file.
"""

from __future__ import annotations

from drytune_simulator.inference.chat import completed
from drytune_simulator.inference.speaking import speak
from drytune_simulator.inference.taught import Taught

__all__ = ["Taught", "completed", "speak"]
