"""The page at ``/``: what this server is, what its settings are, what it answers."""

from __future__ import annotations

from html import escape

from drytune_simulator.serving.about import About

__all__ = ["page"]

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


def page(about: About, *, as_html: bool) -> str:
    """The page, as HTML for browsers or as text for everyone else."""
    return _html(about) if as_html else _text(about)


def _text(about: About) -> str:
    lines = [about.title, "", about.what, ""]
    lines += [f"{name + ':':16}{value}" for name, value in about.facts]
    for table in (about.routes, _OPERATORS):
        width = max((len(path) for _, path, _ in table), default=0)
        lines += ["", *(f"{method:7}{path:{width}}  {summary}" for method, path, summary in table)]
    return "\n".join(lines) + "\n"


def _html(about: About) -> str:
    facts = "".join(f"<tr><th>{escape(name)}<td>{escape(value)}" for name, value in about.facts)
    tables = "".join(
        f"<h2>{title}</h2><table>"
        + "".join(f"<tr><td><code>{m}</code><td><code>{escape(p)}</code><td>{escape(s)}" for m, p, s in table)
        + "</table>"
        for title, table in (("What it answers", about.routes), ("For operators", _OPERATORS))
    )
    title = escape(about.title)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>drytune: {title.lower()}</title>'
        f'<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style>"
        f"<h1>{title}</h1><p>{escape(about.what)}<table>{facts}</table>{tables}</html>\n"
    )
