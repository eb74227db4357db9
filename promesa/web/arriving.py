"""What arrives over HTTP, at the port of the pages; and how the service does."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from litestar import Request, Response, get

from promesa.access import KeyReader
from promesa.intake import Key, application, keep_compacting
from promesa.web.gate import UNASKED, asking, utc_now

if TYPE_CHECKING:
    from collections.abc import Generator

    from litestar import Litestar

    from promesa.web.gate import Gate
    from promesa.web.site import Site
    from promesa.workspace import Workspace


class Arrivals:
    """The intake of the service: made when the service has its database, closed when it stops.

    Parameters
    ----------
    site : Site
    gate : Gate
        Holds the database with the write keys.
    """

    def __init__(self, site: Site, gate: Gate) -> None:
        self._site, self._gate = site, gate
        self._intake: Any = None

    def open(self) -> None:
        """Begin to take in."""
        read = KeyReader(self._gate.database, clock=utc_now)

        async def key_of(secret: str) -> Key | None:
            found = await anyio.to_thread.run_sync(read, secret)
            if found is None:
                return None
            source = found.source or found.name
            return Key(name=found.name, source=source, tables=frozenset(found.tables), rate=found.rate)

        self._intake = application(self._site.workspace, key_of=key_of)

    def close(self) -> None:
        """Seal what has arrived."""
        if self._intake is not None:
            self._intake.close()
            self._intake = None

    def counts(self) -> list[dict[str, Any]]:
        """Return what this process has taken in and refused: counter, key, detail, count."""
        return self._intake.counts() if self._intake is not None else []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; the write key in it says what it may send."""
        assert self._intake is not None  # noqa: S101 (the service opens it before the first request)
        await self._intake(scope, receive, send)


def with_arrivals(pages: Litestar) -> Any:
    """Return the pages and, below ``/v1/``, the intake, as one ASGI application.

    What arrives passes none of the layers of the pages: it comes by the thousand, has keys of its own and no forms.
    """

    async def service(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            await pages.state.arrivals(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return service


@contextmanager
def compacted(ws: Workspace) -> Generator[None]:
    """Take what arrives into the store while the service runs, in a thread of the process that watches it."""
    stop = threading.Event()
    thread = threading.Thread(target=keep_compacting, args=(ws,), kwargs={"stop": stop, "now": utc_now}, name="compact")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)


@get("/readyz", opt=UNASKED, sync_to_thread=True)
def ready(request: Request[Any, Any, Any]) -> Response[str]:
    """Say whether the service can answer: its workspace is read and its database answers."""
    state = request.app.state
    try:
        assert state.site.workspace.company  # noqa: S101 (a workspace has a company; reading it is the test)
        if state.guarded:
            with state.gate.database.begin():
                pass
    except Exception as error:  # noqa: BLE001 - whatever it is, the service is not ready
        return Response(f"not ready: {type(error).__name__}", status_code=503, media_type="text/plain")
    return Response("ready", media_type="text/plain")


@get("/metrics", opt=asking("see_figures"), sync_to_thread=True)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give the counters of this process for Prometheus; a token with the scope ``read`` opens it."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, PlatformCollector, ProcessCollector
    from prometheus_client.exposition import generate_latest

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    state = request.app.state
    if state.guarded:
        labels = ["counter", "key", "detail"]
        taken = Gauge("promesa_intake", "What the intake accepted, rejected and refused", labels, registry=registry)
        for one in state.arrivals.counts():
            taken.labels(one["counter"], one["key"], one["detail"]).set(one["count"])
    snapshot = state.site.snapshot()
    if snapshot is not None:
        made = Gauge("promesa_snapshot_time_seconds", "When the newest analysis was made", registry=registry)
        made.set(snapshot.folder.stat().st_mtime)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
