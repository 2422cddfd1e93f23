"""What ``@pytest.mark.openai_simulator(replay=FILE)`` asks for: a recording that answers, or that is made."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from drytune.clients import REPLAYED_KEY
from drytune.errors import DrytuneError, UsageError
from drytune.handlers.addresses import DEFAULT_BASE_URL
from drytune.handlers.replay import Replay
from drytune.keeping.kept import Kept
from drytune.keeping.opening import opened

__all__ = ["Marked"]

_SETTINGS: Final = ("mode", "speed", "polls", "repeats", "keep_uploads", "redact", "title")
_OTHERS: Final = ("base_url", "faults", "strict", "patience", "skip_sleeps")
"""Of `drytune.testing.OpenAISimulator`, whatever answers."""


class Marked:
    """The recording of one test.

    Args:
        directory: Of the test's file: where a relative path begins.
        settings: The mark's arguments.
        record: The mode that ``--drytune-record`` asks for, or None.
        recorded: The files that other tests of this run have recorded; this one's is added when it is.

    Attributes:
        handler: Answers.
        key: What a client has to send.
        hosts: Which machines are asked, if it records.
        others: Settings of what stands before the recording.

    Raises:
        UsageError: An argument is none, or there is no such recording, or no key to make one with.
    """

    def __init__(
        self, directory: Path, settings: Mapping[str, Any], record: str | None, recorded: set[str]
    ) -> None:
        unknown = set(settings) - {"replay", *_OTHERS, *_SETTINGS}
        if unknown:
            raise UsageError(
                f"the mark openai_simulator(replay=…) has no {', '.join(sorted(unknown))}: with a recording it "
                f"takes {', '.join((*_OTHERS, *_SETTINGS))}"
            )
        self.others = {name: settings[name] for name in _OTHERS if name in settings}
        self.hosts: frozenset[str] = frozenset()
        chosen = {name: settings[name] for name in _SETTINGS if name in settings}
        self._path = (directory / settings["replay"]).resolve()
        self._recorded = recorded
        if record is not None:
            # another test's recording of the same file is not to be lost
            chosen["mode"] = "new_episodes" if str(self._path) in recorded else record
        self._records = chosen.get("mode", "none") != "none"
        if not self._records and not self._path.exists():
            raise UsageError(
                f"there is no recording {self._path} yet; make it with `pytest --drytune-record`, which asks the "
                "real API"
            )
        self.key, upstream = REPLAYED_KEY, None
        if self._records:
            from drytune.handlers.upstream import Upstream

            self.key = os.environ.get("OPENAI_API_KEY", "")
            if not self.key:
                raise UsageError(
                    "--drytune-record asks the real API, and there is no key for it: set OPENAI_API_KEY"
                )
            url = settings.get("base_url") or os.environ.get("OPENAI_BASE_URL") or DEFAULT_BASE_URL
            upstream = Upstream(url)
            # a proxy is a host too
            self.hosts = frozenset(urlsplit(one).hostname or "" for one in (url, *getproxies().values())) - {
                ""
            }
        self._upstream = upstream
        self._session = opened(self._path, upstream=upstream, **chosen)

    @property
    def handler(self) -> Replay | Kept:
        """Answers."""
        return self._session.handler

    def end(self, *, kept: bool) -> str | None:
        """The test is over; why what was recorded cannot be kept, if it cannot.

        Args:
            kept: Whether what was recorded is to be written.
        """
        try:
            if kept or not self._records:
                self._session.close()
                self._recorded.add(str(self._path))
            else:
                self._session.discard()
        except DrytuneError as error:
            return str(error)
        finally:
            if self._upstream is not None:
                self._upstream.close()
        return None
