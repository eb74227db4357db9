"""Webhooks: signed as Standard Webhooks has it, sent again with longer waits, dead in the end, sent anew by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from promesa.access import access_key
from promesa.database import tables
from promesa.errors import InputError, UnknownName
from promesa.outgoing import (
    Lanes,
    Sent,
    announce,
    change_webhook,
    find_webhook,
    let_old_go,
    list_deliveries,
    list_webhooks,
    make_webhook,
    post,
    remove_webhook,
    renew_secret,
    send_again,
    sign,
)
from promesa.outgoing.deliveries import AT_ONCE, KEPT, WAITS
from promesa.outgoing.webhooks import BOTH
from tests.outgoing.test_posting import receiving

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 1, 12)
URL = "https://hooks.example.com/promesa"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(database) -> Iterator[Clock]:
    yield Clock()
    with database.begin() as connection:
        for table in (tables.deliveries, tables.messages, tables.webhooks):
            connection.execute(table.delete())


def made(database, ws, *, url: str = URL, events: tuple[str, ...] = (), allowed: tuple[str, ...] = ()) -> Any:
    with database.begin() as connection:
        return make_webhook(connection, url, events=events, key=access_key(ws), allowed=allowed, now=START)


def told(database, kind: str = "load.finished", **data: Any) -> str | None:
    with database.begin() as connection:
        return announce(connection, kind, data, now=START)  # type: ignore[arg-type]


def run(database, ws, clock, sending) -> int:
    return send_round(database, ws, clock, sending, 0.5)


def send_round(database, ws, clock, sending, chance: float) -> int:
    """Send everything that is due; return how many."""
    lanes = Lanes(database, key=access_key(ws), post=sending, now=clock, chance=lambda: chance)
    lanes.start()
    count = lanes.finish()
    lanes.close(seconds=5)
    return count


def deliveries(database, number: int) -> list[Any]:
    with database.begin() as connection:
        return list_deliveries(connection, number)


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify as the specification of Standard Webhooks says, written out from it."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    key = base64.b64decode(secret.split("_", 1)[1])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    versions = [one.split(",", 1) for one in headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(mark, expected) for version, mark in versions)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the reference libraries of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_event_reaches_a_real_receiver_signed(database, service_workspace, clock) -> None:
    with receiving() as server:
        host = f"127.0.0.1:{server.server_port}"
        hook, secret = made(database, service_workspace, url=f"http://{host}/in", allowed=(host,))
        message = told(database, load="l-1", read=7)
        assert run(database, service_workspace, clock, partial(post, allowed=(host,))) == 1
        _, headers, body = server.seen[0]
        assert verified(secret, headers, body)
        assert not verified(secret, headers, body + b" ")
        assert headers["webhook-id"] == message
        assert int(headers["webhook-timestamp"]) == 1772366400
        told_of = json.loads(body)
        assert told_of == {
            "type": "load.finished",
            "timestamp": "2026-03-01T12:00:00Z",
            "data": {"load": "l-1", "read": 7},
        }
        assert deliveries(database, hook.id)[0].state == "delivered"
        assert run(database, service_workspace, clock, partial(post, allowed=(host,))) == 0


def test_a_receiver_that_fails_gets_it_again_later_and_later_and_then_no_more(
    database, service_workspace, clock
) -> None:
    hook, _ = made(database, service_workspace)
    message, seen = told(database), []

    def failing(_url: str, _body: bytes, headers: Any) -> Sent:
        seen.append((clock.at, headers["webhook-id"], headers["webhook-timestamp"]))
        return Sent(status=500)

    for wait in (0, *WAITS):
        if wait:
            clock.at += timedelta(seconds=wait - 1)
            assert run(database, service_workspace, clock, failing) == 0, wait
            clock.at += timedelta(seconds=1)
        assert run(database, service_workspace, clock, failing) == 1, wait
    assert deliveries(database, hook.id)[0].state == "dead"
    assert {one[1] for one in seen} == {message}
    assert len({one[2] for one in seen}) == len(WAITS) + 1, "each attempt has its own time and signature"
    clock.at += timedelta(days=1)
    assert run(database, service_workspace, clock, failing) == 0
    with database.begin() as connection:
        again = send_again(connection, hook.id, deliveries(database, hook.id)[0].id, now=clock.at)
    assert (again.state, again.attempts) == ("waiting", 0)
    assert run(database, service_workspace, clock, lambda *_: Sent(status=204)) == 1
    assert deliveries(database, hook.id)[0].state == "delivered"


def test_a_receiver_that_asks_for_time_gets_it(database, service_workspace, clock) -> None:
    hook, _ = made(database, service_workspace)
    told(database)
    run(database, service_workspace, clock, lambda *_: Sent(status=429, retry_after=900))
    assert deliveries(database, hook.id)[0].next_at == START + timedelta(seconds=900)
    clock.at += timedelta(seconds=900)
    run(database, service_workspace, clock, lambda *_: Sent(status=503, retry_after=10**6))
    assert deliveries(database, hook.id)[0].next_at <= clock.at + timedelta(hours=15)


def test_waits_are_spread_by_chance(database, service_workspace, clock) -> None:
    hook, _ = made(database, service_workspace)
    told(database)
    send_round(database, service_workspace, clock, lambda *_: Sent(status=500), 0.0)
    assert deliveries(database, hook.id)[0].next_at == START + timedelta(seconds=4)


def test_a_receiver_that_is_gone_is_switched_off(database, service_workspace, clock) -> None:
    hook, _ = made(database, service_workspace)
    told(database)
    run(database, service_workspace, clock, lambda *_: Sent(status=410))
    with database.begin() as connection:
        off = find_webhook(connection, hook.id)
        assert (off.active, off.reason) == (False, "gone")
    assert deliveries(database, hook.id)[0].state == "dead"
    assert told(database) is None
    with database.begin() as connection:
        assert change_webhook(connection, hook.id, url=URL, events=(), allowed=()).active
    assert told(database) is not None


def test_a_webhook_gets_the_events_that_it_asked_for(database, service_workspace, clock) -> None:
    some, _ = made(database, service_workspace, events=("snapshot.published",))
    every, _ = made(database, service_workspace)
    told(database, "snapshot.published")
    told(database, "quarantine.grew")
    assert [one.kind for one in deliveries(database, some.id)] == ["snapshot.published"]
    assert [one.kind for one in deliveries(database, every.id)] == ["quarantine.grew", "snapshot.published"]
    with pytest.raises(UnknownName):
        made(database, service_workspace, events=("no.such",))
    with pytest.raises(InputError):
        made(database, service_workspace, url="https://10.0.0.1/x")


def test_both_secrets_are_good_while_one_is_changed_for_the_other(database, service_workspace, clock) -> None:
    hook, old = made(database, service_workspace)
    key = access_key(service_workspace)
    with database.begin() as connection:
        _, new = renew_secret(connection, hook.id, key=key, now=START)
        kept = connection.execute(tables.webhooks.select()).one()
        assert old.encode() not in bytes(kept.old_secret)
    assert old != new
    seen: list[Any] = []

    def keep(_url: str, body: bytes, headers: dict[str, str]) -> Sent:
        seen.append((headers, body))
        return Sent(status=200)

    told(database)
    run(database, service_workspace, clock, keep)
    clock.at += BOTH
    told(database)
    run(database, service_workspace, clock, keep)
    assert [[verified(secret, *one) for secret in (old, new)] for one in seen] == [[True, True], [False, True]]


def test_what_a_killed_process_was_sending_is_sent_by_the_next(database, service_workspace, clock) -> None:
    made(database, service_workspace)
    told(database)

    def killed(*_: Any) -> Sent:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(database, service_workspace, clock, killed)
    assert run(database, service_workspace, clock, lambda *_: Sent(status=200)) == 0, "it may still be on its way"
    clock.at += timedelta(minutes=11)
    assert run(database, service_workspace, clock, lambda *_: Sent(status=200)) == 1


def test_a_removed_webhook_and_old_messages_go(database, service_workspace, clock) -> None:
    hook, _ = made(database, service_workspace)
    told(database)
    with database.begin() as connection:
        assert let_old_go(connection, now=START + KEPT) == 0
        assert let_old_go(connection, now=START + KEPT + timedelta(seconds=1)) == 1
    told(database)
    with database.begin() as connection:
        remove_webhook(connection, hook.id)
        assert list_webhooks(connection) == []
        with pytest.raises(UnknownName):
            find_webhook(connection, hook.id)
    assert run(database, service_workspace, clock, lambda *_: Sent(status=200)) == 0


def test_a_slow_receiver_holds_nobody_up_and_each_gets_its_messages_in_order(
    database, service_workspace, clock
) -> None:
    slow, _ = made(database, service_workspace, url="https://slow.example.com/in")
    quick, _ = made(database, service_workspace, url="https://quick.example.com/in")
    wanted = [told(database, number=number) for number in range(AT_ONCE + 3)]
    answered, held = threading.Event(), threading.Event()
    got: dict[str, list[str]] = {slow.url: [], quick.url: []}

    def sending(url: str, _body: bytes, headers: Any) -> Sent:
        if url == slow.url and not got[url]:
            held.set()
            assert answered.wait(20)
        got[url].append(headers["webhook-id"])
        return Sent(status=204)

    lanes = Lanes(database, key=access_key(service_workspace), post=sending, now=clock, chance=lambda: 0.5)
    assert lanes.start() == 2
    assert held.wait(20)
    for _ in range(200):
        if len(got[quick.url]) == len(wanted):
            break
        time.sleep(0.02)
    assert (got[quick.url], got[slow.url]) == (wanted, [])
    late = told(database, number=99)
    assert lanes.start() <= 1, "the one that is being sent to has its lane"
    answered.set()
    lanes.finish()
    lanes.start()
    lanes.finish()
    assert got[slow.url] == got[quick.url] == [*wanted, late]
    lanes.close(seconds=5)


def test_what_was_not_sent_when_the_service_stopped_is_due_at_once(database, service_workspace, clock) -> None:
    hook, _ = made(database, service_workspace)
    told(database, number=1)
    told(database, number=2)
    sent: list[bytes] = []
    lanes: list[Lanes] = []

    def sending(_url: str, body: bytes, _headers: Any) -> Sent:
        sent.append(body)
        lanes[0]._stop.set()
        return Sent(status=204)

    lanes.append(Lanes(database, key=access_key(service_workspace), post=sending, now=clock, chance=lambda: 0.5))
    lanes[0].start()
    assert lanes[0].finish() == 1
    lanes[0].close(seconds=5)
    assert [one.state for one in deliveries(database, hook.id)] == ["waiting", "delivered"]
    assert run(database, service_workspace, clock, lambda *_: Sent(status=204)) == 1
