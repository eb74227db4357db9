"""Compaction killed at each of its steps, small files merged, an old event found again: each event once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import StoreNotWritable
from promesa.intake import compaction, keep_compacting
from promesa.intake.segments import waiting_segments
from promesa.store import open_store, quarantine_list
from tests.intake.shops import NOW, Client, shop, track

if TYPE_CHECKING:
    from collections.abc import Callable

FACT = {"id": "o1", "at": "2026-06-30T10:00:00Z", "customer": "k1", "revenue": 10}


def segments(client: Client) -> list[Path]:
    return waiting_segments(client.made.ws.root / ".promesa" / "intake")


def send(client: Client) -> None:
    assert client.post("/v1/batch", {"batch": [track(1), track(2), {**track(3), "event": ""}]})[0] == 200
    assert client.post("/v1/facts/orders", [FACT, {**FACT, "revenue": "x"}], key="f")[0] == 200


def killed(*_: object, **__: object) -> Any:
    raise StoreNotWritable(what="killed", got="", expected="", fix="")


@pytest.mark.parametrize("step", ["take_facts", "take_rejects", "take_events", "unlink", "load_chosen"])
def test_a_compaction_that_was_killed_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    client = Client(shop(tmp_path))
    send(client)
    with monkeypatch.context() as patched:
        if step == "unlink":
            real: Callable[..., None] = Path.unlink
            patched.setattr(
                Path, "unlink", lambda path, **more: killed() if path.suffix == ".log" else real(path, **more)
            )
        else:
            patched.setattr(compaction, step, killed)
        with pytest.raises(StoreNotWritable):
            client.compact()
    client.compact(always=True)
    assert segments(client) == []
    assert client.made.live("moments", "id") == [("m1",), ("m2",)]
    assert client.made.live("orders", "id") == [("o1",)]
    assert client.made.history("orders") == []
    assert sorted(item.rule for item in quarantined(client)) == ["event-without-name", "not-a-number"]


def quarantined(client: Client) -> Any:
    return quarantine_list(client.made.ws)


def test_merging_small_files_makes_no_load_read_anything_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.store.merging.MANY", 2)
    client = Client(shop(tmp_path))
    for number in range(3):
        client.post("/v1/batch", {"batch": [track(number), track(number + 10)]})
        client.compact()
    assert len(list((client.made.ws.store / "events").glob("*-kept-merged*"))) >= 1
    report = client.made.load()
    assert all(count.skipped for count in report.counts)
    client.post("/v1/track", track(1))  # known again by the merged file
    assert client.compact().events.repeated == 1
    assert len(client.made.live("moments")) == 6


def test_rows_of_several_writers_are_taken_in_the_order_of_their_arrival(tmp_path: Path) -> None:
    first = Client(shop(tmp_path))
    second = Client(first.made)
    for turn in range(4):
        client = (first, second)[turn % 2]
        client.now += turn * 1_000_000_000
        client.post("/v1/facts/orders", [{**FACT, "revenue": turn}], key="f")
    second.app.close()
    first.compact()
    assert [float(row[0]) for row in first.made.live("orders", "revenue")] == [3.0]


def test_the_service_takes_in_by_itself_what_arrives(tmp_path: Path) -> None:
    client = Client(shop(tmp_path))
    stop = threading.Event()
    runner = threading.Thread(
        target=keep_compacting, args=(client.made.ws,), kwargs={"stop": stop, "now": lambda: NOW, "every": 0.1}
    )
    client.post("/v1/track", track(1))
    runner.start()
    for _ in range(200):
        if open_store(client.made.ws).files("moments"):
            break
        threading.Event().wait(0.1)
    stop.set()
    runner.join()
    assert client.made.live("moments", "id") == [("m1",)]
