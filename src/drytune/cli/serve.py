"""``drytune serve``: the simulator behind a real HTTP server on loopback."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from drytune.errors import UsageError

if TYPE_CHECKING:
    from drytune_simulator import AdvancingClock, InstantClock, ScaledClock

__all__ = ["serve"]

_HOST = "127.0.0.1"


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 picks a free one."
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Keep the state in this directory; else in memory."
)
@click.option(
    "--speed",
    default="poll",
    show_default=True,
    metavar="instant|poll|X",
    help="How jobs move: to their end when created, to the next happening at each read, or X times real time.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of ids and losses.")
@click.option("--verbose", is_flag=True, help="Log each request to standard error.")
def serve(port: int, data: Path | None, speed: str, seed: int, *, verbose: bool) -> None:
    """Serve the simulated API on loopback; print its base URL when it is ready."""
    clock = _clock(speed)
    listener = _listen(port)
    import uvicorn

    from drytune_simulator import Simulator
    from drytune_simulator.asgi import asgi_app
    from drytune_simulator.store import Store, StoreError

    try:
        store = Store(data)
    except StoreError as error:
        raise UsageError(str(error)) from error
    # the world's time goes on from where clients of an earlier process have seen it
    clock.advance_to(store.latest())
    base_url = f"http://{_HOST}:{listener.getsockname()[1]}/v1"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                click.echo(base_url)

    config = uvicorn.Config(
        asgi_app(Simulator(clock=clock, seed=seed, store=store)),
        log_level="info" if verbose else "warning",
        access_log=verbose,
        log_config=_log_config(),
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
    )
    try:
        Server(config).run(sockets=[listener])
    finally:
        store.close()


def _clock(speed: str) -> AdvancingClock | InstantClock | ScaledClock:
    from drytune_simulator import AdvancingClock, InstantClock, ScaledClock, SystemClock

    if speed == "instant":
        return InstantClock(SystemClock())
    if speed == "poll":
        return AdvancingClock(SystemClock())
    try:
        return ScaledClock(float(speed))
    except ValueError:
        raise UsageError(
            f"--speed {speed}: expected `instant`, `poll` or a positive number, e.g. --speed 600"
        ) from None


def _listen(port: int) -> socket.socket:
    # named as TCP, or asyncio leaves Nagle's algorithm on, which costs each answer 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"port {port} of {_HOST} cannot be used ({error.strerror}); choose another, or --port 0"
        ) from error
    return listener


def _log_config() -> dict[str, object]:
    """Everything goes to standard error: standard output carries the base URL and nothing else."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "%(levelname)s %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": "INFO", "propagate": False}
            for name in ("uvicorn", "uvicorn.access", "drytune_simulator")
        },
    }
