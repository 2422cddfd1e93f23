"""What a server logs: text or JSON lines on standard error, without keys, bodies, queries or the ids in paths."""

from __future__ import annotations

import datetime as dt
import logging

import msgspec

from drytune_simulator.connection import Exchange
from drytune_simulator.layers import Origin
from drytune_simulator.serving.settings import Settings

__all__ = ["configure", "log_exchange"]

_REQUESTS = logging.getLogger("drytune_simulator.requests")
_NOBODYS_BUSINESS = ("Invalid HTTP request", "Unsupported upgrade request", "No supported WebSocket library")
"""What uvicorn says of requests that are answered by a refusal, or as if they had not asked for an upgrade."""


def configure(settings: Settings, worker: int | None) -> None:
    """Have all loggers of this process write to standard error: standard output is the base URL's alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json(worker) if settings.log_format == "json" else _Text(worker))
    handler.addFilter(lambda record: not str(record.msg).startswith(_NOBODYS_BUSINESS))
    for name, level in (
        ("uvicorn", logging.INFO if settings.verbose else logging.WARNING),
        ("drytune_simulator", logging.INFO),
    ):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def log_exchange(exchange: Exchange, route: str, seconds: float) -> None:
    """Log one request."""
    fields = {
        "method": exchange.method,
        "route": route,
        "status": exchange.status,
        "ms": round(seconds * 1000, 2),
        "received": exchange.received,
        "sent": exchange.sent,
        "request_id": exchange.request_id,
        **({} if exchange.origin is None else exchange.origin.told()),
    }
    _REQUESTS.info("request", extra={"fields": fields})


class _Text(logging.Formatter):
    """``INFO POST /v1/chat/completions 200 0.8 ms req_… taught 1.0000 line 3``."""

    def __init__(self, worker: int | None) -> None:
        super().__init__("%(levelname)s %(message)s")
        self._worker = "" if worker is None else f" worker {worker}"

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", None)
        if fields is None:
            return super().format(record) + self._worker
        status = fields["status"] or "no answer"
        who = f" {fields['request_id']}" if fields["request_id"] else ""
        parts = {name: fields[name] for name in Origin._fields if name in fields}
        layer = f" {Origin(**parts)}" if parts else ""
        line = f"{fields['method']} {fields['route']} {status} {fields['ms']} ms{who}{layer}"
        return f"{record.levelname} {line}{self._worker}"


class _Json(logging.Formatter):
    """One object a line."""

    def __init__(self, worker: int | None) -> None:
        super().__init__()
        self._worker = {} if worker is None else {"worker": worker}

    def format(self, record: logging.LogRecord) -> str:
        time = dt.datetime.fromtimestamp(record.created, tz=dt.UTC).isoformat(timespec="milliseconds")
        line = {
            "time": time,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
            **self._worker,
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
