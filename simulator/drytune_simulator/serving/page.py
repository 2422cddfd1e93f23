"""The page at ``/``: what this server is, what its settings are, what it answers."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from drytune_simulator.routes import ROUTES
from drytune_simulator.serving.assembly import Assembly
from drytune_simulator.version import __version__

__all__ = ["page"]

_SPEEDS = {
    "manual": "when the control API moves the clock",
    "instant": "to their end when they are created",
    "poll": "to their next happening each time somebody reads them",
    "real": "in real time",
}
_TITLE = "A simulated fine-tuning API"
_WHAT = (
    "drytune answers here as OpenAI's documented fine-tuning platform would. Nothing is sent anywhere, nothing is "
    "trained, nothing is billed. Any key of letters and digits after sk- is taken, unless the server was given "
    "keys."
)
_OPERATORS = (
    ("GET", "/health", "Whether the process answers."),
    ("GET", "/ready", "Whether the state can be read as well."),
    ("GET", "/metrics", "Counts and times, for Prometheus."),
)
_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8884;vertical-align:top}"
    "code{font-family:ui-monospace,monospace}"
)


def page(assembly: Assembly, *, as_html: bool) -> str:
    """The page, as HTML for browsers or as text for everyone else."""
    facts = _facts(assembly)
    routes = [(route.method, route.path, route.summary) for route in ROUTES]
    return _html(facts, routes) if as_html else _text(facts, routes)


def _facts(assembly: Assembly) -> list[tuple[str, str]]:
    settings = assembly.settings
    seconds = min(assembly.simulator.clock.now(), datetime.max.replace(tzinfo=UTC).timestamp() - 1)
    now = datetime.fromtimestamp(seconds, tz=UTC)
    as_of = "none: every model of the catalog works" if settings.as_of is None else settings.as_of.isoformat()
    return [
        ("version", __version__),
        ("simulated time", now.isoformat(" ", "seconds")),
        ("jobs move", _SPEEDS.get(settings.speed, f"{settings.speed} times as fast as real time")),
        ("catalog as of", as_of),
        ("seed", str(settings.seed)),
    ]


def _text(facts: list[tuple[str, str]], routes: list[tuple[str, str, str]]) -> str:
    lines = [_TITLE, "", _WHAT, ""]
    lines += [f"{name + ':':16}{value}" for name, value in facts]
    for table in (routes, _OPERATORS):
        width = max(len(path) for _, path, _ in table)
        lines += ["", *(f"{method:7}{path:{width}}  {summary}" for method, path, summary in table)]
    return "\n".join(lines) + "\n"


def _html(facts: list[tuple[str, str]], routes: list[tuple[str, str, str]]) -> str:
    about = "".join(f"<tr><th>{escape(name)}<td>{escape(value)}" for name, value in facts)
    tables = "".join(
        f"<h2>{title}</h2><table>"
        + "".join(f"<tr><td><code>{m}</code><td><code>{escape(p)}</code><td>{escape(s)}" for m, p, s in table)
        + "</table>"
        for title, table in (("What it answers", routes), ("For operators", _OPERATORS))
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>drytune: {_TITLE.lower()}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style>"
        f"<h1>{_TITLE}</h1><p>{escape(_WHAT)}<table>{about}</table>{tables}</html>\n"
    )
