"""What a request may be, and what a client is told when it may not."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promesa.errors import DatabaseUnreachable
from promesa.intake.judging import Fault, is_deep
from promesa.intake.limits import Limits
from promesa.intake.problems import STATUS, Refused
from promesa.intake.segment_api import check, rows_of
from promesa.words import say
from tests.drawn import cases
from tests.intake.shops import Client, shop, track

RECEIVED = 1_782_820_800_000_000  # 2026-06-30T12:00:00Z
SECOND = 1_000_000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(shop(tmp_path_factory.mktemp("shop")))


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("path", "body", "more", "code"),
    [
        ("/v1/batch", b"{", {}, "bad-json"),
        ("/v1/batch", b'{"batch": 3}', {}, "bad-shape"),
        ("/v1/track", b"[]", {}, "bad-shape"),
        ("/v1/track", b'{"event": "\xff"}', {}, "bad-encoding"),
        ("/v1/track", {"event": "x"}, {}, "bad-event"),
        ("/v1/track", {"userId": "u"}, {}, "bad-event"),
        ("/v1/group", {"userId": "u"}, {}, "bad-event"),
        ("/v1/alias", {"userId": "u"}, {}, "bad-event"),
        ("/v1/track", {"userId": "u", "event": "x", "properties": deep(20)}, {}, "bad-event"),
        ("/v1/track", {"userId": "u", "event": "x", "properties": {"a": "y" * 40_000}}, {}, "bad-event"),
        ("/v1/track", {"userId": "u", "event": "x", "timestamp": "2027-01-01T00:00:00Z"}, {}, "bad-event"),
        ("/v1/track", b"x" * 600_000, {}, "too-large"),
        ("/v1/track", gzip.compress(b"x" * 600_000), {"content_encoding": "gzip"}, "too-large"),
        ("/v1/track", b"no gzip", {"content_encoding": "gzip"}, "bad-gzip"),
        ("/v1/track", gzip.compress(b"{}", mtime=0)[:-4], {"content_encoding": "gzip"}, "bad-gzip"),
        ("/v1/batch", {"batch": [1] * 5_001}, {}, "too-many-rows"),
        ("/v1/track", {"userId": "u", "event": "x"}, {"key": None}, "no-key"),
        ("/v1/track", {"userId": "u", "event": "x"}, {"key": "other"}, "unknown-key"),
        ("/v1/track", {"userId": "u", "event": "x"}, {"key": "b"}, "not-allowed"),
        ("/v1/facts/costs", [], {"key": "f"}, "not-allowed"),
        ("/v1/facts/moments", [{"id": "1", "colour": "red"}], {"key": "f"}, "unknown-column"),
        ("/v1/facts/moments", [{"id": ["1"]}], {"key": "f"}, "bad-shape"),
        ("/v1/facts/nothing", [], {"key": "f"}, "not-found"),
        ("/v1/other", {}, {}, "not-found"),
        ("/v1/track", {}, {"method": "GET"}, "wrong-method"),
        ("/v1/cloudevents", {}, {"key": "b"}, "wrong-type"),
        ("/v1/cloudevents", {"id": "1"}, {"key": "b", "content_type": "application/cloudevents+json"}, "bad-event"),
    ],
)  # fmt: skip
def test_what_is_refused_is_a_problem_document(
    client: Client, path: str, body: Any, more: dict[str, Any], code: str
) -> None:
    status, headers, problem = client.post(path, body, **more)
    assert (problem["type"], status) == (f"urn:promesa:intake:{code}", STATUS[code])
    assert problem["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert problem["title"] == say(f"intake.title.{code}", "en")
    assert "{" not in problem["detail"].replace("[{", "").replace("{...}", "").replace('{"', "")


def test_the_problem_speaks_spanish_to_who_asks_for_it(client: Client) -> None:
    _, _, problem = client.post("/v1/track", b"{", accept_language="es-CO")
    assert problem["title"] == "El cuerpo no es JSON"


def test_a_write_key_in_the_body_and_any_mount_will_do(client: Client) -> None:
    assert client.post("/intake/v1/track", {**track(1), "writeKey": "w"}, key=None)[0] == 200
    assert client.post("/track", track(1))[0] == 200


def test_a_fast_key_is_slowed_down(client: Client) -> None:
    batch = {"batch": [track(n) for n in range(15)]}
    assert client.post("/v1/batch", batch, key="slow")[0] == 200
    status, headers, _ = client.post("/v1/batch", batch, key="slow")
    assert (status, headers["retry-after"]) == (429, "1")
    client.now += 1_000_000_000
    assert client.post("/v1/batch", batch, key="slow")[0] == 200


def test_keys_that_cannot_be_read_are_a_reason_to_try_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> None:
        raise DatabaseUnreachable(what="", got="", expected="", fix="")

    monkeypatch.setattr(client.app, "_key_of", gone)
    status, headers, problem = client.post("/v1/track", track(1))
    assert (status, problem["type"], headers["retry-after"]) == (503, "urn:promesa:intake:keys-unreachable", "5")


def test_the_counts_tell_keys_and_codes_and_nothing_personal(client: Client) -> None:
    client.post("/v1/batch", {"batch": [track(1), 3]})
    client.post("/v1/batch", b"{")
    rows = {(row["counter"], row["key"], row["detail"]): row["count"] for row in client.app.counts()}
    assert rows["rejected", "site", "event-not-an-object"] == 1
    assert rows["refused", "site", "bad-json"] >= 1
    assert not any("u1" in str(name) for name in rows)


@pytest.mark.parametrize(
    ("event", "sent_at", "happened"),
    [
        ({"timestamp": "2026-06-30T11:00:00Z"}, None, -3600),
        ({"timestamp": "2026-06-30T11:00:00Z"}, "2026-06-30T11:00:10Z", -10),  # a clock an hour behind
        ({"originalTimestamp": "2026-06-30T13:59:50+00:00", "timestamp": "x"}, "2026-06-30T14:00:00Z", None),
        ({"originalTimestamp": "2026-06-30T13:59:50"}, "2026-06-30T14:00:00Z", -10),
        ({"timestamp": "2026-06-30T12:01:00Z"}, None, 0),  # a little ahead: on arrival
        ({}, "2026-06-30T11:00:00Z", 0),
        ({"timestamp": "2026-06-30T06:00:00-05:00"}, None, -3600),
    ],
)
def test_clocks_of_clients_are_corrected(event: dict[str, Any], sent_at: str | None, happened: int | None) -> None:
    body = {
        "batch": [{"type": "track", "event": "e", "userId": 1, **event}],
        **({"sentAt": sent_at} if sent_at else {}),
    }
    (row,) = rows_of("batch", json.dumps(body).encode(), received=RECEIVED, limits=Limits())
    if happened is None:
        assert isinstance(row, Fault)
        assert row.rule == "event-time"
    else:
        assert not isinstance(row, Fault)
        assert (row.cells["at"] - RECEIVED) / SECOND == happened
        assert row.cells["user_id"] == "1"


def test_an_event_without_an_id_gets_the_same_one_again() -> None:
    body = json.dumps(
        {"batch": [{"type": "identify", "userId": "u", "timestamp": "2026-06-30T11:00:00Z"}] * 2}
    ).encode()
    ids = [
        row.cells["id"]
        for received in (RECEIVED, RECEIVED + 9)
        for row in rows_of("batch", body, received=received, limits=Limits())
    ]  # type: ignore[union-attr]
    assert len(set(ids)) == 1
    body = json.dumps({"batch": [{"type": "identify", "userId": "u"}] * 2}).encode()
    ids = [row.cells["id"] for row in rows_of("batch", body, received=RECEIVED, limits=Limits())]  # type: ignore[union-attr]
    assert len(set(ids)) == 2


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('{}[]"\\ab', max_size=4), inner, max_size=4),
    max_leaves=12,
)
fields = [
    "type",
    "messageId",
    "userId",
    "anonymousId",
    "event",
    "timestamp",
    "sentAt",
    "properties",
    "traits",
    "groupId",
]
events = st.dictionaries(st.sampled_from(fields), values | st.sampled_from(["track", "group", "2026-06-30T11:00:00Z"]))


def depth_of(value: Any) -> int:
    """Return how deep a value goes, told another way."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


@given(value=values, limit=st.integers(0, 5))
@settings(max_examples=cases(40), deadline=None)
def test_depth_is_what_it_is(value: Any, limit: int) -> None:
    assert is_deep(json.dumps(value).encode(), limit) == (depth_of(value) > limit)


@given(
    batch=st.lists(events | values, max_size=5),
    call=st.sampled_from(["batch", "track", "alias"]),
    cut=st.integers(0, 400),
)
@settings(max_examples=cases(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_body_is_answered_with_anything_but_a_judgement(batch: list[Any], call: str, cut: int) -> None:
    body = json.dumps({"batch": batch} if call == "batch" else batch[0] if batch else {}).encode()
    for text in (body, body[:cut], body.replace(b'"', b"\\ud800"), bytes(reversed(body))):
        judged = judge(call, text)
        if isinstance(judged, Refused):
            assert 400 <= judged.status < 500
            judged.document("es")
            continue
        (count, faults), rows = judged
        assert count == len(rows)
        assert sum(faults.values()) == sum(isinstance(row, Fault) for row in rows)


def judge(call: str, body: bytes) -> Any:
    try:
        counted = check(call, body, received=RECEIVED, limits=Limits())
        return counted, rows_of(call, body, received=RECEIVED, limits=Limits())
    except Refused as refused:
        return refused


@given(body=st.binary(max_size=200))
@settings(max_examples=cases(40), deadline=None)
def test_no_bytes_at_all_break_the_application(client: Client, body: bytes) -> None:
    for path, key, kind in (
        ("/v1/batch", "w", "application/json"),
        ("/v1/facts/orders", "f", "application/x-ndjson"),
        ("/v1/cloudevents", "b", "application/cloudevents-batch+json"),
    ):
        assert client.post(path, body, key=key, content_type=kind)[0] < 500
