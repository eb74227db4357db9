"""A paused person is kept and not used, with every record that is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.customers import may, pause, resume
from promesa.store import open_facts
from tests.store.companies import NOON, Company
from tests.store.test_erasure import everything
from tests.store.two_systems import link_ana, shop, surrogates

if TYPE_CHECKING:
    from pathlib import Path


def counted(made: Company) -> set[int]:
    facts = open_facts(made.ws)
    return set(facts.engine.fetch(facts.table("moments").select("customer"))["customer"].to_pylist())


def test_a_pause_covers_records_linked_before_and_after_and_ends_whole(tmp_path: Path) -> None:
    made = shop(tmp_path)
    numbers = surrogates(made)
    before, rows = counted(made), everything(made)["moments"]
    assert pause(made.ws, "crm:k1", by="Marta", recorded_at=NOON).changed
    assert counted(made) == before - {numbers["k1"]}
    person = link_ana(made)
    assert counted(made) == {numbers["k2"]}
    assert everything(made)["moments"] == rows
    assert pause(made.ws, "shop:w1", by="Marta", recorded_at=NOON).paused
    ended = resume(made.ws, "shop:w1", by="Marta", recorded_at=NOON)
    assert (ended.person, ended.paused, ended.changed) == (person, False, True)
    assert counted(made) == {numbers["k2"], person}
    assert not resume(made.ws, "shop:w1", by="Marta", recorded_at=NOON).changed
    held = everything(made)["pauses"]
    assert all(row[2] != "None" for row in held)


def test_nothing_is_allowed_with_a_paused_person(tmp_path: Path) -> None:
    made = shop(tmp_path)
    number = surrogates(made)["k1"]
    assert may(made.ws, number, "news", as_of=NOON).allowed
    pause(made.ws, "crm:k1", by="Marta", recorded_at=NOON)
    assert not may(made.ws, number, "news", as_of=NOON).allowed
