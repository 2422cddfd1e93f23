"""``drytune serve --record`` and ``--replay``: the same server door, before a real API or before a cassette."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drytune.errors import UsageError
from drytune_simulator.http import Handler
from drytune_simulator.serving import About, Settings
from drytune_simulator.version import __version__

if TYPE_CHECKING:
    from drytune.handlers.sessions import Replaying
    from drytune.handlers.upstream import Upstream
    from drytune.keeping.opening import KeptModel

__all__ = ["Recordings", "recordings_of"]


@dataclass(frozen=True, slots=True)
class Recordings:
    """What is served instead of a simulated platform.

    Attributes:
        settings: Of the server.
        handler: Answers.
        told: What it is, as the control API tells it.
        what: The same in a sentence.
        endings: What has to be done at the end, first to last; each is done, whatever becomes of the others.
    """

    settings: Settings
    handler: Handler
    told: Callable[[], Mapping[str, Any]]
    what: str
    endings: tuple[Callable[[], object], ...] = ()

    def check(self) -> None:
        """It can always answer."""

    def about(self) -> About:
        """What the page at ``/`` says."""
        facts = [(name.replace("_", " "), str(value)) for name, value in self.told().items()]
        return About("Recordings of an API", self.what, facts, [])

    def deliver(self) -> None:
        """There are no webhooks."""

    def close(self) -> None:
        """Write what was recorded.

        Raises:
            SecretLeft: Something that looks like a secret is in it.
            NotKept: The disk refuses.
        """
        with contextlib.ExitStack() as stack:
            for ending in reversed(self.endings):
                stack.callback(ending)


def recordings_of(what: str, settings: Settings, options: Mapping[str, Any]) -> Recordings:
    """What is served with these options.

    Args:
        what: ``record`` or ``replay``.
        settings: Of the server.
        options: Of the command.

    Raises:
        UsageError: They cannot be, or the cassette cannot be read, or not be written.
    """
    return _recorded(settings, options) if what == "record" else _replayed(settings, options)


def _recorded(settings: Settings, options: Mapping[str, Any]) -> Recordings:
    from drytune.handlers.door import Door
    from drytune.handlers.sessions import Recording
    from drytune.handlers.upstream import Gateway

    file: Path = options["record"]
    upstream, key = _upstream(options)
    if upstream is None:
        raise UsageError("--record needs --upstream, e.g. --upstream https://api.openai.com/v1")
    recording = Recording(file, upstream, overwrite=options["overwrite"], known=key, **_kept(options))
    what = (
        f"drytune passes every request on to {options['upstream']}, where it may be billed, and keeps it with its "
        f"answer in {file}."
    )

    def told() -> dict[str, Any]:
        return {
            "drytune": "records",
            "version": __version__,
            "file": str(file),
            "upstream": options["upstream"],
            "kept": recording.count,
        }

    door = Door(Gateway(recording.handler), told, keys=settings.profile.keys)
    return Recordings(settings, door, told, what, (recording.close, upstream.close))


def _replayed(settings: Settings, options: Mapping[str, Any]) -> Recordings:
    from drytune.handlers.door import Door
    from drytune.handlers.upstream import Gateway
    from drytune.keeping.opening import opened

    file: Path = options["replay"]
    mode = options["mode"]
    upstream, key = _upstream(options)
    if mode == "none" and upstream is not None:
        raise UsageError("--upstream is asked nothing with --mode none; say --mode new_episodes, once or all")
    if mode != "none" and upstream is None:
        raise UsageError(f"--mode {mode} needs --upstream, e.g. --upstream https://api.openai.com/v1")
    replaying = opened(
        file,
        mode=mode,
        upstream=upstream,
        speed=options["replay_speed"],
        polls=options["polls"],
        repeats=options["repeats"],
        known=key,
        **_kept(options),
    )
    door = Door(
        Gateway(replaying.handler),
        lambda: _told(file, options, replaying),
        rewind=replaying.handler.rewind,
        keys=settings.profile.keys,
    )
    asks = "" if mode == "none" else f" In mode {mode} {options['upstream']} may be asked, which may bill it."
    what = f"drytune answers from {file}, as it was recorded.{asks}"
    endings = (replaying.close, *(() if upstream is None else (upstream.close,)))
    return Recordings(settings, door, lambda: _told(file, options, replaying), what, endings)


def _told(file: Path, options: Mapping[str, Any], replaying: Replaying | KeptModel) -> dict[str, Any]:
    replay = replaying.handler
    header = replay.cassette.header
    told = {
        "drytune": "replays",
        "version": __version__,
        "file": str(file),
        "provenance": header.provenance or "unknown",
        "source": header.source,
        "mode": options["mode"],
        "exchanges": len(replay.cassette.exchanges),
        "played": replay.played,
        "unmatched": len(replay.unmatched),
        "kept": replaying.count,
    }
    return {name: value for name, value in told.items() if value is not None}


def _kept(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"keep_uploads": options["keep_uploads"], "redact": options["redact"]}


def _upstream(options: Mapping[str, Any]) -> tuple[Upstream | None, tuple[str, ...]]:
    """What is asked, and the key for it that must not be kept."""
    from drytune.handlers.upstream import Upstream

    name = options["upstream_key_env"]
    if options["upstream"] is None:
        if name is not None:
            raise UsageError("--upstream-key-env is for --upstream, which is not there")
        return None, ()
    key = None
    if name is not None:
        key = os.environ.get(name)
        if not key:
            raise UsageError(
                f"--upstream-key-env {name}: there is no such environment variable, or it is empty"
            )
    return Upstream(options["upstream"], api_key=key), () if key is None else (key,)
