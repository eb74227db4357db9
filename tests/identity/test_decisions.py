"""Decisions are appended, the last of a pair counts, and undoing one brings back what stood before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from promesa.errors import InputError, UnknownName
from promesa.identity import decisions as module
from promesa.identity.decided import Drawn, evidence_of, standing
from promesa.identity.decisions import decide, decision_log, undo, unlink
from promesa.store import inspect_store
from tests.identity.pairs import DAY, Pairs, pairs
from tests.store.companies import NOON

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pairs:
    monkeypatch.setattr(module, "_refresh", lambda _run: None)
    made = pairs(tmp_path)
    made.records({key: {} for key in "abcd"})
    made.link([{"low": "a", "high": "b"}, {"low": "b", "high": "c", "state": "linked", "probability": 0.999}])
    return made


def verdicts(shop: Pairs) -> dict[str, str]:
    with inspect_store(shop.ws) as look:
        rows = look.engine.run(f"SELECT low, high, verdict FROM ({standing(look.rows('decisions'))})")
    return {shop.keys(int(str(low)), int(str(high))): str(verdict) for low, high, verdict in rows}


def test_the_last_decision_of_a_pair_counts(shop: Pairs) -> None:
    a, b = shop.who["a"], shop.who["b"]
    first = decide(shop.ws, a, b, "same", by="ana", recorded_at=shop.now())
    assert (first.low, first.high) == (min(a, b), max(a, b))
    assert (first.probability, first.at) == (0.8, DAY)
    second = decide(shop.ws, b, a, "different", by="ana", recorded_at=shop.now(), note="twins")
    assert verdicts(shop) == {"ab": "different"}
    assert decision_log(shop.ws) == [first, second]
    decide(shop.ws, a, b, "withdrawn", by="eva", recorded_at=shop.now())
    assert verdicts(shop) == {}


def test_a_clock_put_back_buries_no_decision(shop: Pairs) -> None:
    a, b = shop.who["a"], shop.who["b"]
    decide(shop.ws, a, b, "same", by="ana", recorded_at=shop.now())
    decide(shop.ws, a, b, "different", by="ana", recorded_at=NOON.replace(year=2025))
    assert verdicts(shop) == {"ab": "different"}


def test_undo_brings_back_what_stood_before(shop: Pairs) -> None:
    a, b = shop.who["a"], shop.who["b"]
    decide(shop.ws, a, b, "different", by="ana", recorded_at=shop.now())
    last = decide(shop.ws, a, b, "same", by="ana", recorded_at=shop.now())
    assert undo(shop.ws, last.id, by="ana", recorded_at=shop.now()).verdict == "different"
    with pytest.raises(InputError, match="later decision"):
        undo(shop.ws, last.id, by="ana", recorded_at=shop.now())
    only = decide(shop.ws, a, shop.who["c"], "same", by="ana", recorded_at=shop.now())
    assert undo(shop.ws, (only.high, only.low), by="ana", recorded_at=shop.now()).verdict == "withdrawn"
    assert verdicts(shop) == {"ab": "different"}


def test_undo_needs_a_decision(shop: Pairs) -> None:
    for given in ("000009-00000000", (shop.who["a"], shop.who["b"])):
        with pytest.raises(InputError, match="no such decision"):
            undo(shop.ws, given, by="ana", recorded_at=shop.now())


def test_unlink_parts_a_record_from_each_that_it_is_linked_with(shop: Pairs) -> None:
    decide(shop.ws, shop.who["c"], shop.who["d"], "same", by="ana", recorded_at=shop.now())
    made = unlink(shop.ws, shop.who["c"], by="eva", recorded_at=shop.now())
    assert sorted(shop.keys(d.low, d.high) for d in made) == ["bc", "cd"]
    assert len({d.id for d in made}) == 2
    assert verdicts(shop) == {"bc": "different", "cd": "different"}
    alone = unlink(shop.ws, shop.who["a"], shop.who["e"], by="eva", recorded_at=shop.now())
    assert shop.keys(alone[0].low, alone[0].high) == "ae"
    with pytest.raises(InputError, match="linked with nobody"):
        unlink(shop.ws, shop.who["f"], by="eva", recorded_at=shop.now())


def test_never_by_another_person_is_not_overruled_in_passing(shop: Pairs) -> None:
    a, b = shop.who["a"], shop.who["b"]
    decide(shop.ws, a, b, "never", by="eva", recorded_at=shop.now())
    with pytest.raises(InputError, match="never to be joined"):
        decide(shop.ws, a, b, "same", by="ana", recorded_at=shop.now())
    decide(shop.ws, a, b, "withdrawn", by="ana", recorded_at=shop.now())
    assert decide(shop.ws, a, b, "same", by="ana", recorded_at=shop.now()).verdict == "same"


@pytest.mark.parametrize(
    ("verdict", "by", "error"), [("perhaps", "ana", UnknownName), ("same", "  ", InputError), ("", "ana", UnknownName)]
)
def test_what_cannot_be_decided(shop: Pairs, verdict: str, by: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        decide(shop.ws, shop.who["a"], shop.who["b"], verdict, by=by, recorded_at=shop.now())
    assert decision_log(shop.ws) == []


def test_unknown_customers_are_named_by_their_number(shop: Pairs) -> None:
    with pytest.raises(InputError, match="no such customer") as caught:
        decide(shop.ws, shop.who["a"], 7, "same", by="ana", recorded_at=shop.now())
    assert caught.value.got == "7"
    with pytest.raises(InputError, match="two records"):
        decide(shop.ws, 7, 7, "same", by="ana", recorded_at=shop.now())


def test_a_drawn_pair_keeps_its_stratum(shop: Pairs) -> None:
    drawn = Drawn(stratum="linked model 0.99", weight=12.5)
    made = decide(shop.ws, shop.who["a"], shop.who["b"], "same", by="o'hara", recorded_at=shop.now(), drawn=drawn)
    assert (made.stratum, made.weight, made.by) == ("linked model 0.99", 12.5, "o'hara")


def test_evidence_changes_with_the_levels_and_not_with_the_model(shop: Pairs) -> None:
    def evidence() -> str:
        with inspect_store(shop.ws) as look:
            found = look.engine.run(f"SELECT evidence FROM ({evidence_of(look.rows('links'))})")
        return str(found[0][0])

    shop.link([{"low": "a", "high": "b"}])
    before = evidence()
    made = decide(shop.ws, shop.who["a"], shop.who["b"], "different", by="ana", recorded_at=shop.now())
    assert made.evidence == before
    shop.link([{"low": "a", "high": "b", "rule": "m2", "probability": 0.7}])
    assert evidence() == before
    shop.link([{"low": "a", "high": "b", "agreed": '{"name": "close"}'}])
    assert evidence() != before
