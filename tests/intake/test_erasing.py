"""A person who is forgotten is in no event, no segment and no refused one, and does not come back by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promesa.customers import forget, retain
from promesa.store import quarantine_list
from tests.intake.shops import NOW, Client, shop, track
from tests.store.test_erasure import found

if TYPE_CHECKING:
    from pathlib import Path

MAIL = "ana.ruiz@correo.example"
ANA = (MAIL, "cliente-7712", "3001234567", "ana maria ruiz")


def of_ana(number: int, **more: Any) -> dict[str, Any]:
    return {**track(number), "userId": "cliente-7712", "anonymousId": "device-ana", **more}


def events(client: Client) -> list[str]:
    from promesa.store.deltas import snapshot
    from tests.store.companies import rows_of

    files = snapshot(client.made.ws.store / "events").files
    return [str(row[0]) for row in rows_of(files, "id")]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    client = Client(shop(tmp_path))
    identify = {
        "type": "identify",
        "messageId": "i1",
        "userId": "cliente-7712",
        "traits": {"email": MAIL, "name": "Ana Maria Ruiz", "phones": [{"number": 3001234567}]},
    }
    before = {"type": "page", "messageId": "p1", "anonymousId": "device-ana"}
    other = {"type": "page", "messageId": "p2", "anonymousId": "device-other"}
    friend = track(9, properties={"referredBy": {"email": MAIL.upper()}})
    batch = [identify, before, other, friend, of_ana(1), track(2), {**of_ana(3), "event": ""}]
    assert client.post("/v1/batch", {"batch": batch})[0] == 200
    client.compact()
    return client


def test_nothing_is_left_in_events_quarantine_or_segments(client: Client) -> None:
    assert found(client.made, ANA)
    assert len(quarantine_list(client.made.ws)) == 1
    client.post("/v1/track", of_ana(4))  # is still in a segment that a living writer holds open
    assert forget(client.made.ws, MAIL, recorded_at=NOW, by="request 7", dry_run=False).certificate
    assert found(client.made, ANA) == []
    assert sorted(events(client)) == ["m2", "p2"]
    assert quarantine_list(client.made.ws) == ()
    assert client.made.live("moments", "id") == [("m2",), ("m9",)]


def test_what_arrives_later_of_the_person_is_left_out(client: Client) -> None:
    forget(client.made.ws, MAIL, recorded_at=NOW, by="request 7", dry_run=False)
    client.post("/v1/batch", {"batch": [of_ana(11), track(12), {**of_ana(13), "event": ""}]})
    done = client.compact()
    assert (done.events.accepted, done.events.forgotten) == (1, 1)
    assert found(client.made, ANA) == []
    assert sorted(events(client)) == ["m12", "m2", "p2"]


def test_events_past_their_time_go_and_do_not_come_back(client: Client) -> None:
    from dataclasses import replace
    from datetime import timedelta

    client.made.ws = replace(client.made.ws, retention={"events": 30})
    client.app.close()
    client.now += int(timedelta(days=31).total_seconds() * 1e9)
    client.post("/v1/track", {**track(20), "timestamp": None})
    client.compact()
    later = NOW + timedelta(days=31)
    assert retain(client.made.ws, recorded_at=later, dry_run=False).certificate
    assert events(client) == ["m20"]
    client.post("/v1/track", track(2))
    assert client.compact().events.expired == 1
    assert events(client) == ["m20"]
