"""The intake as an ASGI application: checks what is sent, keeps it on the disk, and answers only then."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from typing import TYPE_CHECKING, Any

from promesa.errors import DatabaseError
from promesa.intake import cloudevents, segment_api
from promesa.intake.calls import CALLS
from promesa.intake.counting import Counts
from promesa.intake.fact_rows import LINES, read_facts, refuse_unknown
from promesa.intake.judging import Fault
from promesa.intake.keys import Buckets
from promesa.intake.log import Log
from promesa.intake.problems import Refused
from promesa.intake.requests import Gone, body_of, call_of, content_type_of, headers_of, secret_of
from promesa.intake.segments import Frame, encode
from promesa.store import arriving_columns, places_of
from promesa.workspace import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promesa.intake.keys import Key, KeyOf
    from promesa.intake.limits import Limits
    from promesa.intake.requests import Receive, Scope, Send
    from promesa.workspace import Workspace

_logger = logging.getLogger("promesa.intake")
_SUCCESS = b'{"success":true}'
_JSON, _PROBLEM = b"application/json", b"application/problem+json"


class Intake:
    """The application that `promesa.intake.application` returns."""

    def __init__(self, ws: Workspace, *, key_of: KeyOf, limits: Limits, now: Callable[[], int]) -> None:
        self._ws, self._key_of, self._limits, self._now = ws, key_of, limits, now
        self._columns = {table: frozenset(arriving_columns(ws, table)) for table in TABLES}
        self._buckets = Buckets()
        self._counts = Counts()
        self._log: Log | None = None

    def counts(self) -> list[dict[str, object]]:
        """Return what was accepted, rejected and refused since the start; see `Counts.rows`."""
        return self._counts.rows()

    def close(self) -> None:
        """Write what waits and end the log; nothing is taken in afterwards."""
        if self._log is not None:
            self._log.close()
            self._log = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        headers = headers_of(scope)
        language = "es" if headers.get("accept-language", "").lower().startswith("es") else "en"
        try:
            answer = await self._take(scope, headers, receive)
        except Gone:
            return
        except Refused as refused:
            await _refuse(send, refused, language)
        except Exception as error:  # noqa: BLE001 (whatever it is, the client is told and the service goes on)
            # The kind alone: what was sent may stand in the words of an error.
            _logger.error("a request failed with %s", type(error).__name__)  # noqa: TRY400
            self._counts.add("refused", detail="failed")
            await _refuse(send, Refused("failed"), language)
        else:
            await _answer(send, 200, answer, _JSON)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _take(self, scope: Scope, headers: Mapping[str, str], receive: Receive) -> bytes:
        call = call_of(scope)
        what, _, table = call.partition("/")
        key: Key | None = None
        try:
            _check_address(scope, what, table)
            body = await body_of(receive, headers, self._limits)
            key = await self._key(headers, body, what)
            self._allow(key, what, table)
            received = self._now() // 1_000
            kind, extra, count, faults = self._judge(call, headers, body, received=received)
            self._slow_down(key, count)
            frame = Frame(kind=kind, key=key.name, source=key.source, received=received, body=body, headers=extra)
            await self._keep(encode(frame))
        except Refused as refused:
            self._counts.add("refused", key=key.name if key else "", detail=refused.code)
            raise
        return self._count(key, what, body, count, faults)

    async def _key(self, headers: Mapping[str, str], body: bytes, what: str) -> Key:
        secret = secret_of(headers)
        if secret is None and what not in ("facts", "cloudevents"):
            secret = segment_api.write_key_of(body)
        if secret is None:
            raise Refused("no-key")
        try:
            found = self._key_of(secret)
            key = await found if inspect.isawaitable(found) else found
        except DatabaseError as error:
            raise Refused("keys-unreachable", retry_after=5) from error
        if key is None:
            raise Refused("unknown-key")
        return key

    def _allow(self, key: Key, what: str, table: str) -> None:
        if what == "facts":
            if table not in key.tables:
                raise Refused("not-allowed", {"name": key.name, "what": table})
            return
        source = self._ws.sources.get(key.source)
        wanted = "cloudevents" if what == "cloudevents" else "segment"
        if source is None or source.intake != wanted:
            raise Refused("not-allowed", {"name": key.name, "what": f"{key.source} ({wanted})"})

    def _judge(
        self, call: str, headers: Mapping[str, str], body: bytes, *, received: int
    ) -> tuple[str, Mapping[str, str], int, Mapping[str, int]]:
        """Return the kind of the frame, what is kept of the headers, the number of rows, and their faults by rule."""
        what, _, table = call.partition("/")
        if what == "facts":
            rows = read_facts(body, lines=content_type_of(headers) in LINES, limits=self._limits)
            refuse_unknown(rows, table=table, known=self._columns[table])
            return f"facts/{table}", _content(headers, body), len(rows), {}
        if what == "cloudevents":
            mode = cloudevents.mode_of(content_type_of(headers), headers)
            extra = cloudevents.attributes_of(headers) if mode == "binary" else {}
            found = cloudevents.rows_of(mode, body, headers=extra, received=received, limits=self._limits)
            faults = [row.rule for row in found if isinstance(row, Fault)]
            if faults and mode != "batched":
                raise Refused("bad-event", {"fault": faults[0]})
            return f"cloudevents/{mode}", extra, len(found), {rule: faults.count(rule) for rule in faults}
        _check_utf8(body)
        count, by_rule = segment_api.check(what, body, received=received, limits=self._limits)
        return f"segment/{what}", {}, count, by_rule

    def _slow_down(self, key: Key, count: int) -> None:
        wait = self._buckets.take(key, count, now=self._now() / 1e9)
        if wait:
            seconds = math.ceil(wait)
            raise Refused("too-fast", {"rate": key.rate, "seconds": seconds}, retry_after=seconds)

    async def _keep(self, data: bytes) -> None:
        """Return once the bytes are on the disk."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def settle(error: OSError | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(Refused("cannot-store", retry_after=5))

        try:
            if self._log is None:
                self._log = Log(places_of(self._ws).segments)
            self._log.append(data, lambda error: loop.call_soon_threadsafe(settle, error))
        except OSError as error:
            raise Refused("cannot-store", retry_after=5) from error
        await done

    def _count(self, key: Key, what: str, body: bytes, count: int, faults: Mapping[str, int]) -> bytes:
        rejected = sum(faults.values())
        self._counts.add("accepted", key=key.name, detail=what, count=count - rejected)
        self._counts.add("bytes", key=key.name, count=len(body))
        for rule, number in faults.items():
            self._counts.add("rejected", key=key.name, detail=rule, count=number)
        return b'{"success":true,"rejected":%d}' % rejected if rejected else _SUCCESS


def _check_address(scope: Scope, what: str, table: str) -> None:
    known = what in ("batch", *CALLS, "cloudevents") and not table
    if not known and not (what == "facts" and table in TABLES):
        raise Refused("not-found")
    if scope["method"] != "POST":
        raise Refused("wrong-method")


def _check_utf8(body: bytes) -> None:
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise Refused("bad-encoding") from error


def _content(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    _check_utf8(body)
    return {"content-type": content_type_of(headers)}


async def _refuse(send: Send, refused: Refused, locale: str) -> None:
    more: list[tuple[bytes, bytes]] = []
    if refused.retry_after is not None:
        more.append((b"retry-after", str(math.ceil(refused.retry_after)).encode()))
    if refused.status == 401:
        more.append((b"www-authenticate", b'Basic realm="promesa"'))
    if refused.status == 405:
        more.append((b"allow", b"POST"))
    await _answer(send, refused.status, refused.document(locale), _PROBLEM, more)


async def _answer(
    send: Send, status: int, body: bytes, content_type: bytes, more: list[tuple[bytes, bytes]] | None = None
) -> None:
    headers: list[Any] = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
