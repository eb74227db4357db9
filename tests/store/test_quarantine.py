"""The quarantine: seen, mended, tried again; nothing lost in it and nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promesa.errors import NothingLoaded, UnknownName
from promesa.store import (
    open_facts,
    open_store,
    quarantine_counts,
    quarantine_list,
    quarantine_mend,
    quarantine_replay,
    quarantine_show,
)
from tests.store.companies import MOMENTS, NOON, Company, company, model, moment, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store import LoadReport

LATER = NOON.replace(hour=13)


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    return company(tmp_path, loads={"moments.shop": MOMENTS}, sources={"facts": {"types": {"days_late": "number"}}})


def replay(shop: Company, **options: object) -> LoadReport:
    return quarantine_replay(shop.ws, recorded_at=LATER, **options)  # type: ignore[arg-type]


def test_where_every_row_was_refused_the_cure_is_the_quarantine(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, customer=""), moment(1, customer="")])
    shop.load()
    with pytest.raises(NothingLoaded) as caught:
        open_facts(shop.ws)
    assert "quarantine list" in caught.value.fix
    assert caught.value.got.startswith("2 rows")


def test_loading_again_does_not_repeat_items(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, customer=""), moment(1), moment(0, customer="")])
    shop.load()
    before = quarantine_list(shop.ws)
    version = open_store(shop.ws).version
    assert shop.load(full=True).quarantined == {"missing-customer": 2}
    assert quarantine_list(shop.ws) == before
    assert len({item.id for item in before}) == 2
    assert open_store(shop.ws).version == version


def test_items_cured_in_the_source_leave(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, customer=""), moment(1, touchpoint="x")])
    shop.load()
    shop.write("facts.csv", [moment(0), moment(1, touchpoint="x")])
    assert shop.load().quarantined == {"unknown-touchpoint": 1}
    assert [item.rule for item in quarantine_list(shop.ws)] == ["unknown-touchpoint"]


def test_incremental_load_keeps_older_items_until_their_row_arrives(tmp_path: Path) -> None:
    settings = {"facts": {"path": "data/day-*.csv", "new_files_only": True}}
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources=settings)
    shop.write("day-1.csv", [moment(0, customer=""), moment(1, touchpoint="x")])
    shop.load()
    shop.write("day-2.csv", [moment(2, customer="")])
    shop.load()
    assert len(quarantine_list(shop.ws)) == 3
    shop.write("day-3.csv", [moment(0), moment(1, touchpoint="y")])
    shop.load()
    assert {item.value for item in quarantine_list(shop.ws, rule="unknown-touchpoint")} == {"y"}
    assert len(quarantine_list(shop.ws)) == 2


def test_list_filters_and_counts(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, customer=""), moment(1, customer=""), moment(2, touchpoint="x")])
    shop.load()
    assert len(quarantine_list(shop.ws, rule="missing-customer")) == 2
    assert len(quarantine_list(shop.ws, limit=1)) == 1
    assert quarantine_list(shop.ws, table="orders") == quarantine_list(shop.ws, load="moments.web") == ()
    assert [(row["rule"], row["items"]) for row in quarantine_counts(shop.ws)] == [
        ("missing-customer", 2),
        ("unknown-touchpoint", 1),
    ]


def test_personal_values_are_masked(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, customer="ana@correo.es", touchpoint="x"), moment(1, days_late="600 123 456")])
    shop.load()
    items = {item.table: quarantine_show(shop.ws, item.id) for item in quarantine_list(shop.ws)}
    assert items["moments"].record["customer"] == "a•••"
    assert items["moments"].record["touchpoint"] == "x"
    assert items["source"].value == "6•••"
    assert items["source"].record["customer"] == "k•••"
    assert "ana@" not in str([item.to_document() for item in items.values()])


def test_a_name_the_model_learns_lets_the_rows_in(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, touchpoint="chat"), moment(1, touchpoint="fax")])
    shop.load()
    known = model()
    chat = replace(known.touchpoints["call"], name="chat")
    shop.ws = replace(shop.ws, model=replace(known, touchpoints={**known.touchpoints, "chat": chat}))
    report = replay(shop)
    (count,) = report.loads
    assert (count.read, count.accepted, dict(count.quarantined)) == (2, 1, {"unknown-touchpoint": 1})
    assert shop.live("moments", "id, touchpoint, days_late") == [("m0", "chat", 0.0)]
    assert [item.value for item in quarantine_list(shop.ws)] == ["fax"]
    assert shop.load(full=True).loads[0].accepted == 0


def test_mended_row_of_a_load(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, touchpoint="delivry", customer=""), moment(1)])
    shop.load()
    (item,) = quarantine_list(shop.ws)
    mended = quarantine_mend(shop.ws, item.id, {"touchpoint": "delivery"})
    assert (mended.id, mended.state, mended.record["touchpoint"]) == (item.id, "mended", "delivery")
    assert replay(shop).quarantined == {"missing-customer": 1}
    assert [entry.state for entry in quarantine_list(shop.ws)] == ["open"]
    quarantine_mend(shop.ws, item.id, {"customer": "k9"})
    assert replay(shop).find("moments.shop").accepted == 1  # type: ignore[union-attr]
    assert quarantine_list(shop.ws) == ()
    assert shop.live("moments", "id") == [("m0",), ("m1",)]
    # Nothing personal stays with the closed item, and the bad row of the source is not told again.
    assert rows_of(open_store(shop.ws).files("quarantine"), "state, record, value") == [("closed", None, None)]
    report = shop.load(full=True)
    assert (report.quarantined, report.loads[0].unchanged) == ({}, 2)
    # Mended in the source too, otherwise: a correction like any other.
    shop.write("facts.csv", [moment(0, days_late="5"), moment(1)])
    assert shop.load().loads[0].corrected == 1
    assert rows_of(open_store(shop.ws).files("quarantine"), "*") == []


def test_mended_row_of_a_source_is_read_with_it_from_then_on(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, days_late="tres"), *(moment(i) for i in range(1, 9))])
    report = shop.load()
    assert report.quarantined == {"not-a-number": 1}
    assert report.find("facts").accepted == 8  # type: ignore[union-attr]
    (item,) = quarantine_list(shop.ws)
    assert (item.table, item.load, item.file, item.row, item.column, item.value) == (
        "source",
        "facts",
        "data/facts.csv",
        2,
        "days_late",
        "tres",
    )
    quarantine_mend(shop.ws, item.id, {"days_late": "3"})
    assert replay(shop).find("moments.shop").accepted == 1  # type: ignore[union-attr]
    assert dict(shop.live("moments", "id, days_late"))["m0"] == 3.0
    again = shop.load(full=True)
    assert (again.loads[0].unchanged, again.quarantined) == (9, {})
    # Mended in the file: the mended copy is no longer needed and goes.
    shop.write("facts.csv", [moment(0, days_late="3"), *(moment(i) for i in range(1, 9))])
    shop.load()
    assert quarantine_list(shop.ws, state="mended") == ()
    assert len(shop.live("moments")) == 9


def test_mended_row_of_a_source_that_is_still_wrong_is_open_again(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, days_late="tres"), moment(1)])
    shop.load()
    (item,) = quarantine_list(shop.ws)
    quarantine_mend(shop.ws, item.id, {"days_late": "cuatro"})
    assert replay(shop).quarantined == {"not-a-number": 1}
    (again,) = quarantine_list(shop.ws)
    assert (again.id, again.state) == (item.id, "open")
    assert len(shop.live("moments")) == 1


def test_only_the_items_asked_for_are_tried(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, touchpoint="x"), moment(1, touchpoint="x")])
    shop.load()
    for item in quarantine_list(shop.ws):
        quarantine_mend(shop.ws, item.id, {"touchpoint": "call"})
    first = quarantine_list(shop.ws)[0]
    assert replay(shop, ids=[first.id]).find("moments.shop").accepted == 1  # type: ignore[union-attr]
    assert len(quarantine_list(shop.ws, state="mended")) == 1
    assert replay(shop, only=["orders.shop"]).counts == ()
    assert replay(shop, only=["moments.shop"]).find("moments.shop").accepted == 1  # type: ignore[union-attr]


def test_unknown_item_and_column(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, touchpoint="x")])
    shop.load()
    with pytest.raises(UnknownName):
        quarantine_show(shop.ws, "0" * 16)
    (item,) = quarantine_list(shop.ws)
    with pytest.raises(UnknownName) as told:
        quarantine_mend(shop.ws, item.id, {"tochpoint": "call"})
    assert "touchpoint" in told.value.fix


def test_empty_quarantine(shop: Company) -> None:
    assert quarantine_list(shop.ws) == ()
    assert quarantine_counts(shop.ws) == []
    assert replay(shop).counts == ()


def test_a_list_goes_on_after_a_place_though_rows_come_and_go(tmp_path: Path) -> None:
    """Page by page over a changing list: what stays is seen once, in the order of the whole."""
    settings = {"facts": {"path": "data/day-*.csv", "new_files_only": True}}
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources=settings)
    shop.write("day-1.csv", [moment(n, customer="") for n in range(7)])
    shop.load()
    whole = [item.id for item in quarantine_list(shop.ws, limit=None)]
    first = quarantine_list(shop.ws, limit=3)
    shop.write("day-2.csv", [*(moment(20 + n, touchpoint="x") for n in range(3)), moment(0)])
    shop.load(recorded_at=LATER)
    rest = {item.id for item in quarantine_list(shop.ws, limit=None)}
    seen, after = [item.id for item in first], first[-1].place
    while page := quarantine_list(shop.ws, limit=2, after=after):
        seen += [item.id for item in page]
        after = page[-1].place
    assert seen == [one for one in whole if one in {item.id for item in first} | rest]
    assert len(rest) == 9, "three came, one was cured"
