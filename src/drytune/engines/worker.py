"""What a worker process does: it looks at the pieces that it is sent, until nobody sends any more."""

from __future__ import annotations

import gc
import os
import queue
import signal
import threading
import traceback
from collections.abc import Iterable
from multiprocessing.connection import Connection

from drytune.engines.work import Piece, facts_of_piece
from drytune.errors import DrytuneError
from drytune_simulator.dataset.facts import Facts

__all__ = ["Outcome", "serve"]

Outcome = Facts | Exception
"""What comes of a piece; an exception may come from anywhere, and is raised where the facts are waited for."""


def serve(connection: Connection, inherited: Iterable[Connection] = ()) -> None:
    """Receive ``(number, piece)`` and send ``(number, outcome)``; the process ends with its parent, or before.

    Args:
        connection: To the parent.
        inherited: The parent's own ends, of which a forked process has copies: were they left open, no worker
            could see that the parent is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    for end in inherited:
        end.close()
    gc.freeze()  # what is shared with the parent shall not be copied by being looked at
    pieces: queue.SimpleQueue[tuple[int, Piece]] = queue.SimpleQueue()
    # the parent never waits for a worker that is busy, and is missed at once when it is gone
    threading.Thread(target=_receive, args=(connection, pieces), daemon=True).start()
    while True:
        number, piece = pieces.get()
        connection.send((number, _outcome(piece)))


def _receive(connection: Connection, pieces: queue.SimpleQueue[tuple[int, Piece]]) -> None:
    try:
        while True:
            pieces.put(connection.recv())
    except (EOFError, OSError):
        os._exit(0)


def _outcome(piece: Piece) -> Outcome:
    try:
        return facts_of_piece(piece)
    except (DrytuneError, MemoryError) as error:
        return error
    except Exception as error:  # noqa: BLE001 - a mistake of ours is told where it can be seen
        return RuntimeError(f"{error!r} in a worker process:\n{traceback.format_exc()}")
