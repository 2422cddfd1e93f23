"""``POST /v1/responses``: items in, items out. What is said is what a chat would be told (`inference.speak`).

`read_request` reads what is asked, `read_input` the items, `answer` gives the `Response`, `streamed` its events.
"""

from __future__ import annotations

from drytune_simulator.inference.responses.answering import Circumstances, answer, count
from drytune_simulator.inference.responses.events import streamed
from drytune_simulator.inference.responses.items import read_input
from drytune_simulator.inference.responses.messages import check_calls, check_images, mentions
from drytune_simulator.inference.responses.names import Names
from drytune_simulator.inference.responses.request import Asking, read_count, read_request

__all__ = [
    "Asking",
    "Circumstances",
    "Names",
    "answer",
    "check_calls",
    "check_images",
    "count",
    "mentions",
    "read_count",
    "read_input",
    "read_request",
    "streamed",
]
