"""From a request to the fact tables: once, in time, and what is refused is told."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.store import quarantine_list, quarantine_mend, quarantine_replay
from tests.intake.shops import NOW, Client, shop, track

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(shop(tmp_path))


def test_a_batch_becomes_moments_once_however_often_it_is_sent(client: Client) -> None:
    batch = {"batch": [track(n) for n in range(20)], "sentAt": "2026-06-30T12:00:00Z"}
    for _ in range(2):
        assert client.post("/v1/batch", batch)[0] == 200
    done = client.compact()
    assert (done.events.accepted, done.events.repeated) == (20, 20)
    assert len(client.made.live("moments")) == 20
    assert client.post("/v1/batch", {**batch, "sentAt": "2026-06-30T12:00:09Z"})[0] == 200
    again = client.compact()
    assert (again.events.accepted, again.events.repeated) == (0, 20)
    assert len(client.made.live("moments")) == 20
    assert client.made.history("moments") == []


def test_the_whole_way_with_every_kind_of_sender(client: Client) -> None:
    assert (
        client.post("/v1/identify", {"userId": "u1", "messageId": "i1", "traits": {"email": "ana@correo.example"}})[0]
        == 200
    )
    assert client.post("/v1/track", gzip.compress(json.dumps(track(1)).encode()), content_encoding="gzip")[0] == 200
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/calls",
        "type": "call.ended",
        "subject": "c9",
        "data": {"a": 1},
    }
    assert client.post("/v1/cloudevents", event, key="b", content_type="application/cloudevents+json")[0] == 200
    assert (
        client.post(
            "/v1/cloudevents", [event, {**event, "id": "2"}], key="b", content_type="application/cloudevents-batch+json"
        )[0]
        == 200
    )
    binary = {"ce_id": "3", "ce_source": "/calls", "ce_type": "call.ended", "ce_specversion": "1.0", "ce_subject": "c9"}
    assert client.post("/v1/cloudevents", {"a": 1}, key="b", **binary)[0] == 200
    fact = {"id": "o1", "at": "2026-06-30T10:00:00Z", "customer": "k1", "revenue": 10.5}
    assert client.post("/v1/facts/orders", [fact], key="f")[0] == 200
    client.compact()
    assert [row[0] for row in client.made.live("moments", "source")] == ["bus"] * 3 + ["web"]
    assert client.made.live("moments", "id") == [("/calls/1",), ("/calls/2",), ("/calls/3",), ("m1",)]
    assert client.made.live("orders", 'source, id, "at", revenue')[0][:3] == ("pos", "o1", datetime(2026, 6, 30, 10))
    assert client.made.live("profiles", "email") == [("ana@correo.example",)]


def test_a_fact_sent_again_with_other_content_is_a_correction(client: Client) -> None:
    fact = {"id": "o1", "at": "2026-06-30T10:00:00Z", "customer": "k1", "revenue": 10}
    client.post("/v1/facts/orders", [fact, {**fact, "revenue": 11}], key="f")
    client.compact()
    assert [float(row[0]) for row in client.made.live("orders", "revenue")] == [11.0]
    client.post(
        "/v1/facts/orders",
        b'{"id": "o1", "at": "2026-06-30T10:00:00Z", "customer": "k1", "revenue": 12}\n',
        key="f",
        content_type="application/x-ndjson",
    )
    client.compact()
    assert [float(row[0]) for row in client.made.live("orders", "revenue")] == [12.0]
    assert [float(row[0]) for row in client.made.history("orders", "revenue")] == [10.0, 11.0]


def test_what_is_refused_waits_with_its_reason_and_can_be_mended(client: Client) -> None:
    batch = [
        track(1),
        {**track(2), "userId": None},
        {**track(3), "type": "tracked"},
        7,
        {**track(4), "timestamp": "noon"},
    ]
    status, _, answer = client.post("/v1/batch", {"batch": batch})
    assert (status, answer) == (200, {"success": True, "rejected": 4})
    done = client.compact()
    assert done.rejected == {"event-not-an-object": 1, "event-time": 1, "event-type": 1, "event-without-user": 1}
    assert len(client.made.live("moments")) == 1
    item = next(item for item in quarantine_list(client.made.ws, load="web") if item.rule == "event-without-user")
    assert "userId" in item.explanation("en")
    quarantine_mend(client.made.ws, item.id, {"user_id": "u2"})
    quarantine_replay(client.made.ws, recorded_at=NOW)
    assert client.made.live("moments", "id") == [("m1",), ("m2",)]
    assert len(quarantine_list(client.made.ws, load="web")) == 4  # a mended one stays, as of every source


def test_a_fact_at_fault_is_mended_and_replayed(client: Client) -> None:
    client.post(
        "/v1/facts/orders", [{"id": "o1", "at": "2026-06-30T10:00:00Z", "customer": "k1", "revenue": "ten"}], key="f"
    )
    done = client.compact()
    assert sum(sum(count.quarantined.values()) for count in done.facts) == 1
    (item,) = quarantine_list(client.made.ws)
    quarantine_mend(client.made.ws, item.id, {"revenue": "10"})
    quarantine_replay(client.made.ws, recorded_at=NOW)
    assert len(client.made.live("orders")) == 1
    assert quarantine_list(client.made.ws) == ()


def test_nothing_arrived_and_a_full_load_change_nothing(client: Client) -> None:
    assert client.compact().segments == 0
    client.made.load()
    client.post("/v1/track", track(1))
    client.compact()
    before = client.made.live("moments")
    client.made.load(full=True)
    assert client.made.live("moments") == before
