"""Which API is asked: the real one or any that is like it, a simulator in this process, or a recording.

    with choose().client() as client:      # a live one; in CI, a simulated one
        client.files.list()

Importing this package imports no SDK, and no simulator.
"""

from drytune.backends.backend import Backend, Live
from drytune.backends.choosing import async_client, choose, client
from drytune.backends.endpoint import Endpoint
from drytune.backends.in_process import Replayed, Simulated
from drytune.backends.live import async_live, live
from drytune.profiles import Profile

__all__ = [
    "Backend",
    "Endpoint",
    "Live",
    "Profile",
    "Replayed",
    "Simulated",
    "async_client",
    "async_live",
    "choose",
    "client",
    "live",
]
