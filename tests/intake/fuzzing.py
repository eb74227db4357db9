"""Anything at all as the body of a request: it is taken in whole or refused, and what is taken in can be unpacked.

``make fuzz`` (`searching`) looks with atheris, guided by the lines that run; `test_fuzzing` plays small
changes of sound requests.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
from typing import Any

from promesa.intake import cloudevents, segment_api
from promesa.intake.calls import CALLS
from promesa.intake.fact_rows import LINES, read_facts
from promesa.intake.judging import Fault
from promesa.intake.limits import Limits
from promesa.intake.problems import Refused
from promesa.intake.requests import body_of, content_type_of, headers_of, secret_of

RECEIVED = 1_782_820_800_000_000  # 2026-06-30T12:00:00Z
LIMITS = Limits()
UNLIMITED = Limits(body=1 << 40, event=1 << 40, rows=1 << 40)  # as what was accepted is read again
SEGMENT = ("batch", *sorted(CALLS))
CLOUD = ("structured", "batched", "binary")
WAYS = (*SEGMENT, *CLOUD, "facts", "lines", "headers", "gzip")
TYPES = ("application/json", *LINES, cloudevents.STRUCTURED, cloudevents.BATCHED, "text/plain; charset=utf-8")
Cells = dict[str, Any]

SOUND = (
    ("batch", (b'{"batch":[{"type":"track","userId":"u","event":"Order Done","messageId":"1","timestamp":'
              b'"2026-06-30T11:59:00.5Z","properties":{"a":[1,{"b":null}],"\xc3\xb1":"\\u00e1"}}],'
              b'"sentAt":"2026-06-30T12:00:00Z"}')),
    ("identify", b'{"userId":7,"traits":{"email":"ana@example.org"},"context":{}}'),
    ("alias", b'{"previousId":"a","userId":"b","originalTimestamp":"2026-06-30T11:00:00+02:00"}'),
    ("structured", (b'{"specversion":"1.0","id":"1","source":"/shop","type":"done","time":"2026-06-30T11:00:00Z",'
                   b'"data":{"x":1.5e3},"more":true}')),
    ("batched", b'[{"specversion":"1.0","id":"1","source":"/shop","type":"done","data_base64":"AA=="},3]'),
    ("binary", b'{"x":[true,false]}'),
    ("facts", b'[{"id":"o1","at":"2026-06-30","customer":"c","revenue":12.50,"journey":null}]'),
    ("lines", b'{"id":"o1","at":"2026-06-30"}\n{"id":"o2","at":"2026-07-01","revenue":1e40}\n'),
    ("headers", b"Basic " + base64.b64encode(b"key:") + b"\nidentity\n2\napplication/json; charset=utf-8"),
    ("gzip", gzip.compress(b'{"batch":[]}', mtime=0)),
)  # fmt: skip


def play(data: bytes) -> str:
    """Judge one request: the first byte chooses its way in, the rest is its body; return what came of it.

    Raises
    ------
    Exception
        Whatever is no refusal: a mistake of the intake.
    """
    if not data:
        return "empty"
    way, body = WAYS[data[0] % len(WAYS)], data[1:]
    try:
        if way == "headers":
            _headers(body)
        elif way == "gzip":
            asyncio.run(body_of(_once(body), {"content-encoding": "gzip"}, LIMITS))
        elif way in ("facts", "lines"):
            _kept(read_facts(body, lines=way == "lines", limits=LIMITS))
            _kept(read_facts(body, lines=way == "lines", limits=UNLIMITED))
        elif way in CLOUD:
            _cloud(way, body)
        else:
            _segment(way, body)
    except Refused as refused:
        return refused.code if refused.document("es") and refused.document("en") else ""
    return "taken in"


def _segment(way: str, body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        return  # refused before it is looked at
    segment_api.write_key_of(body)
    count, faults = segment_api.check(way, body, received=RECEIVED, limits=LIMITS)
    rows = segment_api.rows_of(way, body, received=RECEIVED, limits=LIMITS)
    assert len(rows) == count
    assert sum(isinstance(row, Fault) for row in rows) == sum(faults.values())
    again = segment_api.rows_of(way, body, received=RECEIVED, limits=UNLIMITED)
    assert len(again) == count
    _kept([row.record if isinstance(row, Fault) else row.cells for row in again])


def _cloud(way: str, body: bytes) -> None:
    binary = {"ce-id": "1", "ce-source": "/s", "ce-type": "t", "ce-specversion": "1.0", "content-type": TYPES[0]}
    extra = cloudevents.attributes_of(binary) if way == "binary" else {}
    rows = cloudevents.rows_of(way, body, headers=extra, received=RECEIVED, limits=LIMITS)
    again = cloudevents.rows_of(way, body, headers=extra, received=RECEIVED, limits=UNLIMITED)
    assert len(rows) == len(again)
    _kept([row.record if isinstance(row, Fault) else row.cells for row in again])


def _headers(body: bytes) -> None:
    names = (b"authorization", b"content-encoding", b"content-length", b"content-type")
    given = headers_of({"headers": list(zip(names, body.split(b"\n"), strict=False))})
    secret = secret_of(given)
    assert secret is None or secret
    content_type_of(given)
    asyncio.run(body_of(_once(b"{}"), given, LIMITS))


def _kept(rows: list[Any]) -> None:
    """Fail where a value is none that a file of the store can hold."""
    for row in rows:
        for column, value in row.items():
            assert value is None or isinstance(value, str | int), column
            if isinstance(value, str):
                value.encode()
            elif value is not None and not isinstance(value, bool):
                assert -(2**63) <= value < 2**63, column


def _once(body: bytes) -> Any:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
