"""What the service writes down of itself: one line a request and one a fault, for people or as JSON; nobody's data.

A line holds the template of the route, never the address: an address may name a customer, and the link of one's own
page is a key. Queries, forms, headers and the texts of faults are left out.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LogStyle = Literal["text", "json"]
STYLES: tuple[LogStyle, ...] = get_args(LogStyle)
FIELDS = ("request", "method", "route", "status", "ms", "role")
"""What a line about a request holds beside its time."""
LOG = logging.getLogger("promesa.requests")
QUIET = ("/healthz", "/readyz")
"""Asked every few seconds by whoever watches; only their failures are written down."""
_OWN = ("promesa", "_granian")


class JsonLines(logging.Formatter):
    """One JSON document a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {"at": at, "level": record.levelname.lower(), "from": record.name, "event": _event(record)}
        said |= {field: getattr(record, field) for field in FIELDS if hasattr(record, field)}
        return json.dumps(said | _fault(record), ensure_ascii=False, default=str)


class Readable(logging.Formatter):
    """One line that people read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        at = f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"
        more = [str(getattr(record, field)) for field in FIELDS[1:] if hasattr(record, field)]
        fault = [f"{key}={value}" for key, value in _fault(record).items()]
        said = more if record.name == LOG.name else [_event(record)]
        return " ".join([at, record.levelname.lower(), *said, *fault])


def _event(record: logging.LogRecord) -> str:
    """Return what happened; a library's own sentence may quote a value, so only its place is told."""
    own = record.name.partition(".")[0] in _OWN
    return record.getMessage() if own else f"{record.module}:{record.lineno}"


def _fault(record: logging.LogRecord) -> dict[str, str]:
    """Return kind and place of a fault; its text may quote a value."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    last = traceback.extract_tb(error.__traceback__)
    return {"fault": type(error).__name__, "place": f"{last[-1].filename}:{last[-1].lineno}" if last else ""}


def settings(style: LogStyle) -> dict[str, Any]:
    """Return how logging is set up, for `logging.config`: everything to stderr in one style."""
    formatter = JsonLines if style == "json" else Readable
    heard = {"handlers": ["stderr"], "level": "INFO", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"own": {"()": f"{formatter.__module__}.{formatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "own", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"_granian": heard, "granian.access": heard, "promesa": heard},
    }


def logged(service: Callable[[Any, Any, Any], Awaitable[None]]) -> Any:
    """Return an ASGI application that writes a line for each of its answers and puts the request's id on it.

    What arrives below ``/v1/`` comes by the thousand and is counted by ``/metrics``; only its failures get a line.
    """

    async def told(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await service(scope, receive, send)
            return
        began, request, status = time.perf_counter(), secrets.token_hex(8), [500]

        async def noted(message: Any) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request.encode())]
            await send(message)

        scope.setdefault("state", {})
        route = _route(scope)
        try:
            await service(scope, receive, noted)
        finally:
            route = route or str(scope.get("path_template") or "unknown")
            if status[0] >= 500 or not (route in QUIET or route == "/v1"):
                ms = round(1000 * (time.perf_counter() - began), 1)
                _write(scope, request=request, route=route, status=status[0], ms=ms)

    return told


def _route(scope: Any) -> str:
    """Return the route of what never meets the router of the pages."""
    return "/v1" if str(scope["path"]).startswith("/v1/") else ""


def _write(scope: Any, **fields: Any) -> None:
    person = scope.get("state", {}).get("person")
    role = getattr(person, "role", None) or "nobody"
    level = logging.ERROR if fields["status"] >= 500 else logging.INFO
    LOG.log(level, "request", extra={**fields, "method": scope["method"], "role": role})
