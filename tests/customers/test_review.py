"""The queue holds what waits for a word, dearest first, and gives back only what has new evidence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from promesa.customers.review import differing, queue, sample
from promesa.identity import decide
from promesa.store import add_state, session
from tests.identity.pairs import Pairs, pairs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pairs:
    monkeypatch.setattr("promesa.identity.decisions._refresh", lambda _run: None)
    made = pairs(tmp_path, money={"a": 10, "b": 10, "c": 500, "d": 5, "e": -900, "f": 0})
    made.link(
        [
            {"low": "a", "high": "b", "probability": 0.6, "agreed": '{"given": "close", "email": "differs"}'},
            {"low": "c", "high": "d", "state": "held", "reason": "documents", "kind": "exact", "rule": "document"},
            {"low": "e", "high": "f", "probability": 0.7},
            {"low": "a", "high": "f", "state": "linked", "probability": 0.999},
        ]
    )
    return made


def waiting(shop: Pairs, **options: object) -> list[str]:
    return [shop.keys(i.low.customer, i.high.customer) for i in queue(shop.ws, **options).items]  # type: ignore[arg-type]


def test_dearest_first(shop: Pairs) -> None:
    found = queue(shop.ws)
    assert waiting(shop) == ["ef", "cd", "ab"]
    assert [item.stake for item in found.items] == [900, 505, 20]
    assert waiting(shop, top=1) == ["ef"]
    assert queue(shop.ws, top=1).total == 3
    assert queue(shop.ws, as_of=datetime(2026, 1, 10)).total == 0


def test_money_before_the_day_asked_for(shop: Pairs) -> None:
    shop.link([{"low": "a", "high": "b", "at": datetime(2026, 1, 5)}])
    item = queue(shop.ws, as_of=datetime(2026, 1, 6)).items[0]
    assert (item.stake, item.low.events) == (0, 0)
    assert item.low.fields == {}


def test_an_item_shows_both_records(shop: Pairs) -> None:
    item = queue(shop.ws).items[2]
    by_key = {side.key: side for side in (item.low, item.high)}
    assert by_key["a"].fields["email"] == "a@correo.example"
    assert by_key["a"].fields["document"] is None
    assert (by_key["b"].system, by_key["b"].records, by_key["b"].events, by_key["b"].margin) == ("shop", 1, 2, 10)
    assert (item.rules, item.reason, item.probability) == (("model",), "probability", 0.6)
    assert differing(item, ["email", "given", "name", "document"]) == {
        "email": "differs",
        "given": "close",
        "name": "close",
        "document": "unknown",
    }
    document = queue(shop.ws).to_document()
    assert document["total"] == document["shown"] == 3


def test_money_is_of_the_whole_person(shop: Pairs) -> None:
    shop.persons(["ac"])
    assert waiting(shop) == ["ef", "ab", "cd"]
    item = next(i for i in queue(shop.ws).items if shop.keys(i.low.customer, i.high.customer) == "ab")
    assert item.stake == 520
    assert {side.records for side in (item.low, item.high)} == {1, 2}


def test_what_other_links_join_waits_no_more(shop: Pairs) -> None:
    shop.persons(["ab"])
    assert waiting(shop) == ["ef", "cd"]


def test_a_decided_pair_comes_back_only_with_other_evidence(shop: Pairs) -> None:
    a, b = shop.who["a"], shop.who["b"]
    for verdict, left in (("different", False), ("withdrawn", True), ("never", False)):
        decide(shop.ws, a, b, verdict, by="ana", recorded_at=shop.now())
        assert ("ab" in waiting(shop)) is left
    decide(shop.ws, a, b, "different", by="ana", recorded_at=shop.now())
    shop.link([{"low": "a", "high": "b", "probability": 0.9, "agreed": '{"given": "close", "email": "same"}'}])
    assert waiting(shop) == ["ab"]
    decide(shop.ws, a, b, "never", by="ana", recorded_at=shop.now())
    assert waiting(shop) == []


def test_paused_records_are_not_looked_at(shop: Pairs) -> None:
    with session(shop.ws, recorded_at=shop.now()) as run:
        now = f"TIMESTAMP '{run.recorded_at}'"
        add_state(
            run,
            "pauses",
            f"SELECT {shop.who['c']} AS customer, {now} AS at, CAST(NULL AS TIMESTAMP) AS until, "
            f"'x' AS \"by\", {now} AS recorded_at",
        )
    assert waiting(shop) == ["ef", "ab"]


def test_an_empty_queue(tmp_path: Path) -> None:
    made = pairs(tmp_path)
    assert queue(made.ws).to_document() == {"total": 0, "shown": 0, "currency": "EUR", "items": []}
    assert sample(made.ws, 10).total == 0


def test_a_sample_takes_from_every_stratum_and_keeps_weights(shop: Pairs) -> None:
    found = sample(shop.ws, 2)
    drawn = {shop.keys(i.low.customer, i.high.customer): i.drawn for i in found.items}
    assert set(drawn) == {"ab", "cd", "ef", "af"}
    assert {d.stratum for d in drawn.values() if d} == {
        "open model 0.5",
        "open exact document",
        "linked model 0.999",
    }
    assert [i.low.customer for i in sample(shop.ws, 2).items] == [i.low.customer for i in found.items]
    item = found.items[0]
    decide(shop.ws, item.low.customer, item.high.customer, "same", by="ana", recorded_at=shop.now(), drawn=item.drawn)
    assert len(sample(shop.ws, 2).items) == 3


def test_two_persons_are_asked_about_once(shop: Pairs) -> None:
    shop.persons(["ab", "cd"])
    shop.link(
        [
            {"low": "a", "high": "c", "probability": 0.6},
            {"low": "a", "high": "d", "probability": 0.9},
            {"low": "b", "high": "d", "probability": 0.7},
        ]
    )
    assert waiting(shop) == ["ad"]
    assert queue(shop.ws).total == 1
    decide(shop.ws, shop.who["a"], shop.who["d"], "different", by="ana", recorded_at=shop.now())
    assert waiting(shop) == []
