"""``drytune serve``: the simulator behind a real HTTP server."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drytune.cli.recording_options import RECORDING_OPTIONS, recording_options, require_sense
from drytune.errors import UsageError

if TYPE_CHECKING:
    import ipaddress
    import socket

    from drytune_simulator.serving import Settings

__all__ = ["serve"]

_MEGABYTE = 1024 * 1024


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 picks a free one."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen; anything but loopback needs a key (--api-key-file).",
)
@click.option(
    "--api-key-file",
    type=click.Path(path_type=Path),
    help="Take only these API keys, one a line; or set DRYTUNE_SERVER_KEYS, separated by commas. No option takes "
    "a key itself: every user of a machine can read command lines.  [default: any sk-… is taken]",
)
@click.option(
    "--data", type=click.Path(path_type=Path), help="Keep the state in this directory; else in memory."
)
@click.option(
    "--database-url",
    envvar="DRYTUNE_DATABASE_URL",
    metavar="URL",
    help="Keep the state in this database (postgresql://…); better set DRYTUNE_DATABASE_URL if it has a password.",
)
@click.option(
    "--files-url", metavar="URL", help="Keep the contents of files there (any fsspec URL, such as s3://…)."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer; without --data or a database they share a temporary directory.",
)
@click.option(
    "--speed",
    default="poll",
    show_default=True,
    metavar="manual|instant|poll|real|X",
    help="How jobs move: when `drytune ctl` says so, to their end when created, to the next happening at each "
    "read, in real time, or X times as fast (up to a million).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of ids and losses.")
@click.option(
    "--as-of",
    metavar="YYYY-MM-DD|today",
    help="Begin on this day (a state that has run goes on from its own time), and apply the catalog's dates: "
    "retired models are gone, closed doors closed.  [default: today; all of the catalog works, with a warning "
    "header]",
)
@click.option(
    "--organization",
    default="personal",
    show_default=True,
    help="As it stands in names of tuned models.",
)
@click.option(
    "--form",
    type=click.Choice(["recorded", "specified"]),
    default="recorded",
    show_default=True,
    help="Answer as real answers were recorded, or as the published specification says where that differs.",
)
@click.option(
    "--concurrent-jobs",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Jobs that a model may have at a time; 0 for no limit.",
)
@click.option(
    "--daily-jobs",
    type=click.IntRange(0),
    default=0,
    help="Jobs that a model may be given a day.  [default: no limit]",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="TEXT",
    help='Have calls fail, e.g. "POST /v1/fine_tuning/jobs: 500 after, nth=1"; may be repeated.',
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="TEXT",
    help='Have jobs go wrong, e.g. "fails_in_training: model=gpt-4o-mini*"; may be repeated.',
)
@click.option("--faults", "faults_file", type=click.Path(path_type=Path), help="A TOML file of both.")
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(path_type=Path),
    help="A TOML file of scripted answers: what models say to certain questions, whatever they were taught.",
)
@click.option(
    "--first-token",
    metavar="SECONDS",
    help="How long an answer of a model waits before its first token, e.g. 0.4 or 400ms.  [default: not at all]",
)
@click.option(
    "--tokens-per-second",
    metavar="N",
    help="How fast it goes on, streamed or not.  [default: all at once]",
)
@click.option(
    "--jitter",
    metavar="PART",
    help="By which part of itself, 0 to 1, each of these times may be shorter or longer.  [default: 0]",
)
@click.option(
    "--webhook",
    metavar="URL",
    help="Tell this address of jobs that have ended; loopback only. What fails is tried again by the simulated "
    "clock: with --speed manual, only when that is moved.",
)
@click.option(
    "--webhook-secret-file",
    type=click.Path(path_type=Path),
    help="The secret (whsec_…) that webhooks are signed with; or set DRYTUNE_WEBHOOK_SECRET.  [default: a new "
    "one, in a file that only you can read: webhook-secret in --data, or a temporary one; the log says where]",
)
@click.option(
    "--allow-webhooks-to-anywhere", is_flag=True, help="Let --webhook name other machines than this one."
)
@click.option(
    "--allow-browsers", is_flag=True, help="Let web pages call this server: grant preflight requests (CORS)."
)
@click.option(
    "--max-upload-bytes",
    type=click.IntRange(1),
    default=512 * _MEGABYTE + 64 * 1024,
    show_default=True,
    help="The largest request body.",
)
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the log."
)
@click.option("--verbose", is_flag=True, help="Log each request to standard error.")
@recording_options
@click.pass_context
def serve(ctx: click.Context, /, port: int, host: str, workers: int, **options: Any) -> None:
    """Serve the simulated API; print its base URL when it is ready, and nothing else on standard output.

    Everything it answers is simulated, but with --record, which passes requests on to a real platform, and
    --replay, which answers as one was recorded. SIGTERM and Ctrl-C let it finish what it is answering.
    """
    from drytune.cli.server_options import settings_of
    from drytune_simulator.serving import BadSetting, WorkerFailed, clock_of, run, run_workers

    what = require_sense(ctx)
    of_recordings = {name: options.pop(name) for name in RECORDING_OPTIONS}
    try:
        clock_of(options["speed"])
        with contextlib.ExitStack() as stack:
            settings, notices = settings_of(stack, host=_only_here(host), **options)
            listener, base_url = _listen(host, port, keys=settings.profile.keys is not None)
            stack.enter_context(listener)
            if what is not None:
                _serve_recordings(what, settings, of_recordings, listener, base_url)
                return
            shared = stack.enter_context(_shared(settings, workers))

            def ready() -> None:
                for notice in (_about(shared), *notices):
                    logging.getLogger("drytune_simulator").info(notice)
                click.echo(base_url)

            if workers == 1:
                run(shared, listener, ready)
            else:
                run_workers(shared, listener, workers, ready)
    except (BadSetting, WorkerFailed) as error:
        raise UsageError(str(error)) from error


def _serve_recordings(
    what: str, settings: Settings, options: dict[str, Any], listener: socket.socket, base_url: str
) -> None:
    from drytune.cli.serve_recordings import recordings_of
    from drytune_simulator.serving import run

    served = recordings_of(what, settings, options)

    def ready() -> None:
        logging.getLogger("drytune_simulator").info(served.what)
        click.echo(base_url)

    run(settings, listener, ready, made=lambda _: served)


def _about(settings: Settings) -> str:
    return (
        "drytune simulates the API: nothing is sent anywhere, nothing is trained, nothing is billed; "
        f"state in {settings.kept}"
    )


@contextlib.contextmanager
def _shared(settings: Settings, workers: int) -> Iterator[Settings]:
    """Settings whose state several processes can share: with none given, a directory that goes away with them."""
    import msgspec

    from drytune_simulator.serving import scratch

    if workers == 1 or settings.data is not None or settings.database_url is not None:
        yield settings
        return
    with scratch("drytune-state-") as directory:
        yield msgspec.structs.replace(settings, data=directory)


def _only_here(host: str) -> str | None:
    """`host`, if only this machine reaches it."""
    return host if _address(host).is_loopback else None


def _listen(host: str, port: int, *, keys: bool = False) -> tuple[socket.socket, str]:
    """A socket that is bound, and the base URL for clients on this machine.

    Raises:
        UsageError: The address is none, cannot be used, or would be open to others without a key.
    """
    import socket

    address = _address(host)
    if not (address.is_loopback or keys):
        raise UsageError(
            f"--host {host} lets other machines in, so keys are needed: name a file of them with --api-key-file, "
            "or set DRYTUNE_SERVER_KEYS"
        )
    # named as TCP, or asyncio leaves Nagle's algorithm on, which costs each answer 40 ms
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((str(address), port))
    except OSError as error:
        listener.close()
        raise UsageError(
            f"port {port} of {host} cannot be used ({error.strerror}); choose another, or --port 0"
        ) from error
    local = "127.0.0.1" if address.version == 4 else "::1"
    shown = local if address.is_unspecified else str(address)
    shown = f"[{shown}]" if ":" in shown else shown
    return listener, f"http://{shown}:{listener.getsockname()[1]}/v1"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    import ipaddress
    import socket

    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    try:
        return ipaddress.ip_address(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, ValueError) as error:  # a name that is none may be a `UnicodeError`
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"--host {host} is no address of this machine ({reason})") from error
