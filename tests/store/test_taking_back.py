"""Taking back: exactly the rows that no load file gives any more leave a table, and none of them is lost."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.errors import InputError, LoadFailed, UnknownName
from promesa.store import (
    arriving_columns,
    kept_reports,
    open_store,
    quarantine_list,
    record_facts,
    session,
    take_back,
    take_facts,
)
from promesa.store import taking_back as module
from tests.drawn import cases
from tests.store.companies import MOMENTS, NOON, Company, company, moment

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store import TakenBack

LATER = NOON.replace(hour=13)
ALL = "* EXCLUDE (recorded_at)"


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    made = company(tmp_path / "mi empresa", loads={"moments.shop": MOMENTS})
    made.write("facts.csv", [moment(i) for i in range(10)])
    made.load()
    return made


def taken(shop: Company, table: str = "moments", **options: Any) -> TakenBack:
    return take_back(shop.ws, table, recorded_at=options.pop("recorded_at", LATER), **options)


def ids(rows: list[tuple[Any, ...]]) -> list[str]:
    return [row[0] for row in rows]


def rename_ids(shop: Company) -> None:
    """Change the load file so that it makes ids in another way, and load."""
    (load,) = shop.ws.loads
    shop.ws = replace(shop.ws, loads=(replace(load, sql=f"SELECT * REPLACE ('p-' || id AS id) FROM ({load.sql})"),))
    shop.load()


def test_rows_under_the_ids_of_before_go_to_the_history_and_stop_counting_twice(shop: Company) -> None:
    before = shop.live("moments")
    rename_ids(shop)
    assert len(shop.live("moments")) == 20
    found = taken(shop, dry_run=False)
    assert (found.total, found.done) == (10, True)
    assert ids(shop.live("moments", "id")) == sorted(f"p-m{i}" for i in range(10))
    assert shop.history("moments") == before
    assert set(shop.history("moments", "recorded_at, superseded_at")) == {(NOON.replace(second=1), LATER)}
    assert found.store_version == open_store(shop.ws).version


def test_without_apply_it_only_counts(shop: Company) -> None:
    rename_ids(shop)
    version, reports = open_store(shop.ws).version, kept_reports(shop.ws)
    found = taken(shop)
    assert not found.done
    (row,) = found.rows()
    assert (row["source"], row["rows"], row["of"]) == ("shop", 10, 20)
    assert (str(row["first"]), str(row["last"])) == ("2026-01-01T15:00:00", "2026-01-10T15:00:00")
    assert open_store(shop.ws).version == version
    assert kept_reports(shop.ws) == reports
    assert not shop.history("moments")


def test_nothing_to_take_back_is_said_and_nothing_is_written(shop: Company) -> None:
    version = open_store(shop.ws).version
    found = taken(shop, dry_run=False)
    assert found.total == 0
    assert "moments" in found.summary("es")
    assert open_store(shop.ws).version == version


def test_what_was_taken_back_comes_again_when_it_is_given_again(shop: Company) -> None:
    before = shop.live("moments", ALL)
    shop.write("facts.csv", [moment(i) for i in range(4)])
    assert taken(shop, dry_run=False).total == 6
    assert len(shop.live("moments")) == 4
    shop.write("facts.csv", [moment(i) for i in range(10)])
    assert shop.load().loads[0].accepted == 6
    assert shop.live("moments", ALL) == before
    assert len(shop.history("moments")) == 6


def test_a_load_file_of_another_name_leaves_rows_that_can_be_taken_back(shop: Company) -> None:
    (load,) = shop.ws.loads
    file = load.file.with_name("moments.tienda.sql")
    shop.ws = replace(shop.ws, loads=(replace(load, name="moments.tienda", source="tienda", file=file),))
    shop.load()
    found = taken(shop, dry_run=False)
    assert [(left.source, left.rows) for left in found.systems] == [("shop", 10), ("tienda", 0)]
    assert set(shop.live("moments", "source")) == {("tienda",)}


def test_rows_of_other_load_files_of_the_table_stay(tmp_path: Path) -> None:
    loads = {"moments.shop.a": MOMENTS, "moments.shop.b": MOMENTS.replace("facts", "others"), "moments.crm": MOMENTS}
    made = company(tmp_path, loads=loads, sources={"facts": {}, "others": {}})
    made.write("facts.csv", [moment(i) for i in range(5)])
    made.write("others.csv", [moment(i) for i in range(5, 9)])
    made.load()
    made.write("facts.csv", [moment(i) for i in range(4)])
    found = taken(made, dry_run=False)
    assert [(left.source, left.rows, left.of) for left in found.systems] == [("crm", 1, 5), ("shop", 1, 9)]
    kept = [("crm", f"m{i}") for i in range(4)] + [("shop", f"m{i}") for i in (0, 1, 2, 3, 5, 6, 7, 8)]
    assert made.live("moments", "source, id") == kept


def test_only_some_systems(tmp_path: Path) -> None:
    made = company(tmp_path, loads={"moments.shop": MOMENTS, "moments.crm": MOMENTS})
    made.write("facts.csv", [moment(i) for i in range(3)])
    made.load()
    made.write("facts.csv", [moment(0)])
    assert [(left.source, left.rows) for left in taken(made, systems=["crm"], dry_run=False).systems] == [("crm", 2)]
    assert sorted(made.live("moments", "source, id")) == [
        ("crm", "m0"), ("shop", "m0"), ("shop", "m1"), ("shop", "m2"),
    ]  # fmt: skip
    with pytest.raises(UnknownName) as caught:
        taken(made, systems=["crn"])
    assert "crm" in str(caught.value)


def test_what_promesa_recorded_itself_stays(shop: Company) -> None:
    customer = int(shop.live("identities", "customer")[0][0])
    with session(shop.ws, recorded_at=NOON.replace(minute=1)) as run:
        row = {"at": NOON, "customer": customer, "touchpoint": "call"}
        record_facts(run, "moments", [row], source="promesa")
    shop.write("facts.csv", [moment(0)])
    assert taken(shop, dry_run=False).total == 9
    assert sorted(shop.live("moments", "source")) == [("promesa",), ("shop",)]
    with pytest.raises(UnknownName):
        taken(shop, systems=["promesa"])


def arrive(shop: Company, source: str, *rows: dict[str, object]) -> None:
    path = shop.root / "arrived.parquet"
    with session(shop.ws, recorded_at=NOON.replace(minute=2)) as run:
        columns = ("id", "at", "customer", "touchpoint", "days_late")
        listed = ", ".join("(" + ", ".join(f"'{row[column]}'" for column in columns) + ")" for row in rows)
        names = ", ".join(f'"{column}"' for column in columns)
        others = [column for column in arriving_columns(shop.ws, "moments") if column not in columns]
        missing = ", ".join(f'CAST(NULL AS VARCHAR) AS "{column}"' for column in others)
        run.engine.run(f"COPY (SELECT *, {missing} FROM (VALUES {listed}) t({names})) TO '{path}' (FORMAT parquet)")
        take_facts(run, "moments", source=source, arrived=path)


def test_rows_that_arrived_over_http_stay_unless_their_system_is_named(shop: Company) -> None:
    arrive(shop, "shop", moment(77))
    arrive(shop, "app", moment(78))
    shop.write("facts.csv", [moment(i) for i in range(9)])
    found = taken(shop, dry_run=False)
    assert (found.total, found.spared) == (0, ("shop",))
    assert "shop" in found.warnings("es")[0]
    assert len(shop.live("moments")) == 12
    assert taken(shop, systems=["shop"]).total == 2


def test_since_a_day_of_the_companys_zone(shop: Company) -> None:
    # In Bogotá it is still the 30th until five in the morning, UTC.
    late = NOON.replace(month=7, day=1, hour=4)
    shop.write("facts.csv", [moment(i) for i in range(10, 13)])
    shop.load(recorded_at=late)
    shop.write("facts.csv", [moment(0)])
    assert taken(shop, since=date(2026, 7, 1), recorded_at=late.replace(hour=6)).total == 0
    assert taken(shop, since=date(2026, 6, 30), recorded_at=late.replace(hour=6)).total == 12
    shop.load(recorded_at=late.replace(hour=7))
    shop.write("facts.csv", [moment(0), moment(50)])
    shop.load(recorded_at=late.replace(hour=8))
    shop.write("facts.csv", [moment(0)])
    found = taken(shop, since=date(2026, 7, 1), dry_run=False, recorded_at=late.replace(hour=9))
    assert found.total == 1
    assert ids(shop.history("moments", "id")) == ["m50"]
    with pytest.raises(InputError):
        taken(shop, since=late)


def test_a_row_that_is_given_and_waits_in_the_quarantine_is_not_left_behind(shop: Company) -> None:
    shop.write("facts.csv", [moment(i, touchpoint="nowhere" if i == 3 else "call") for i in range(10)])
    assert taken(shop).total == 0


def test_rows_that_cannot_be_read_are_told(shop: Company) -> None:
    (shop.root / "data" / "facts.csv").unlink()
    source = replace(shop.ws.sources["facts"], types={"days_late": "number"})
    shop.ws = replace(shop.ws, sources={"facts": source})
    shop.write("facts.csv", [moment(i, days_late="x" if i == 3 else str(i)) for i in range(10)])
    found = taken(shop)
    assert (found.total, found.unread) == (1, 1)
    assert "1" in found.warnings("es")[0]
    assert not quarantine_list(shop.ws)


def test_a_file_that_should_not_have_been_there(tmp_path: Path) -> None:
    made = company(
        tmp_path,
        loads={"moments.shop": MOMENTS},
        sources={"facts": {"path": "data/facts_*.csv", "new_files_only": True}},
    )
    made.write("facts_1.csv", [moment(i) for i in range(3)])
    made.write("facts_2.csv", [moment(i) for i in range(3, 8)])
    made.load()
    (made.root / "data" / "facts_2.csv").unlink()
    found = taken(made, dry_run=False)
    assert (found.total, found.partial) == (5, ("facts",))
    assert "facts" in found.warnings("en")[0]
    assert ids(made.live("moments", "id")) == ["m0", "m1", "m2"]
    assert made.load().loads[0].accepted == 0


def test_a_kept_report_says_what_went(shop: Company) -> None:
    shop.write("facts.csv", [moment(0)])
    taken(shop, dry_run=False)
    (_, newest), *_ = kept_reports(shop.ws)
    assert newest.total("withdrawn") == 9
    assert "9" in newest.summary("es")
    assert newest.recorded_at == LATER


def test_killed_between_history_and_table_it_goes_on_and_writes_no_row_twice(
    shop: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("facts.csv", [moment(i) for i in range(7)])

    def die(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "take_out", die)
        with pytest.raises(KeyboardInterrupt):
            taken(shop, dry_run=False)
    assert (len(shop.live("moments")), len(shop.history("moments"))) == (10, 3)
    assert taken(shop, dry_run=False, recorded_at=LATER.replace(minute=5)).total == 3
    assert (len(shop.live("moments")), len(shop.history("moments"))) == (7, 3)


def test_what_cannot_be_read_takes_nothing_back(shop: Company) -> None:
    (load,) = shop.ws.loads
    shop.ws = replace(shop.ws, loads=(replace(load, sql="SELECT nothing FROM facts"),))
    version = open_store(shop.ws).version
    with pytest.raises(LoadFailed):
        taken(shop, dry_run=False)
    assert open_store(shop.ws).version == version
    with pytest.raises(UnknownName) as caught:
        taken(shop, "moment")
    assert "moments" in str(caught.value)


def test_a_table_whose_load_files_are_all_gone(shop: Company) -> None:
    shop.ws = replace(shop.ws, loads=())
    assert taken(shop, dry_run=False).total == 10
    assert not shop.live("moments")


@settings(max_examples=cases(3))
@given(st.lists(st.tuples(st.sets(st.integers(0, 9), min_size=1), st.booleans()), min_size=1, max_size=4))
def test_after_any_files_the_table_holds_what_is_given_and_the_history_the_rest(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[set[int], bool]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    made = company(folder, loads={"moments.shop": MOMENTS})
    there: set[int] = set()
    for turn, (numbers, back) in enumerate(steps):
        made.write("facts.csv", [moment(number) for number in sorted(numbers)])
        made.load()
        there |= numbers
        if back:
            gone = there - numbers
            assert taken(made, dry_run=False, recorded_at=LATER.replace(minute=turn)).total == len(gone)
            there = set(numbers)
        assert set(ids(made.live("moments", "id"))) == {f"m{number}" for number in there}
    shutil.rmtree(folder)
