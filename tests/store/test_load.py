"""Loading: nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from promesa.errors import UnknownName
from promesa.store import load, open_store
from promesa.workspace import Element
from tests.store.companies import MOMENTS, NOON, Company, company, label, model, moment, rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.store import LoadReport


@pytest.fixture
def shop(tmp_path: Path) -> Company:
    return company(tmp_path / "mi empresa", loads={"moments.shop": MOMENTS})


def counts(report: LoadReport, load_name: str = "moments.shop") -> tuple[int, ...]:
    row = report.find(load_name)
    assert row is not None
    balance = row.accepted + row.unchanged + row.repeated + row.corrected + sum(row.quarantined.values())
    assert row.read == balance
    return (row.read, row.accepted, row.unchanged, row.repeated, row.corrected)


def test_second_load_finds_nothing_new(shop: Company) -> None:
    shop.write("facts.csv", [moment(i) for i in range(20)])
    first = shop.load()
    before = shop.live("moments", "*")
    second, third = shop.load(), shop.load(full=True)
    assert counts(first) == (20, 20, 0, 0, 0)
    assert second.loads[0].skipped
    assert counts(third) == (20, 0, 20, 0, 0)
    assert shop.live("moments", "*") == before
    assert first.store_version == second.store_version == third.store_version
    assert not shop.history("moments")


def test_touched_file_with_the_same_rows_is_unchanged(shop: Company) -> None:
    rows = [moment(i) for i in range(5)]
    shop.write("facts.csv", rows)
    version = shop.load().store_version
    shop.write("facts.csv", rows[::-1] + rows[:1])
    report = shop.load()
    assert counts(report) == (6, 0, 5, 1, 0)
    assert report.store_version == version


def test_new_and_changed_rows(shop: Company) -> None:
    shop.write("facts.csv", [moment(i, days_late="1") for i in range(10)])
    version = shop.load().store_version
    shop.write("facts.csv", [moment(i, days_late="2" if i == 3 else "1") for i in range(12)])
    report = shop.load()
    assert counts(report) == (12, 2, 9, 0, 1)
    assert report.store_version != version
    assert dict(shop.live("moments", "id, days_late"))["m3"] == 2.0
    assert shop.history("moments", "id, days_late") == [("m3", 1.0)]
    ((recorded, superseded),) = shop.history("moments", "recorded_at, superseded_at")
    assert (recorded, superseded) == (NOON.replace(second=1), NOON.replace(second=2))
    assert len(shop.live("moments")) == 12


def test_there_and_back_keeps_every_version(shop: Company) -> None:
    for late in ("1", "2", "1", "2"):
        shop.write("facts.csv", [moment(0, days_late=late)])
        shop.load()
    assert shop.live("moments", "days_late") == [(2.0,)]
    assert sorted(shop.history("moments", "days_late, recorded_at")) == [
        (1.0, NOON.replace(second=1)),
        (1.0, NOON.replace(second=3)),
        (2.0, NOON.replace(second=2)),
    ]


def test_duplicate_id_with_the_same_content_counts_once(shop: Company) -> None:
    shop.write("facts.csv", [moment(0), moment(1), moment(0), moment(0)])
    assert counts(shop.load()) == (4, 2, 0, 2, 0)
    assert len(shop.live("moments")) == 2
    assert not shop.history("moments")


def test_duplicate_id_with_other_content_keeps_the_last(shop: Company) -> None:
    shop.write("facts.csv", [moment(0, days_late=late) for late in ("1", "2", "1", "3")])
    assert counts(shop.load()) == (4, 1, 0, 1, 2)
    assert shop.live("moments", "days_late") == [(3.0,)]
    assert shop.history("moments", "days_late") == [(1.0,), (2.0,)]
    again = shop.load(full=True)
    assert counts(again) == (4, 0, 3, 1, 0)
    assert shop.history("moments", "days_late") == [(1.0,), (2.0,)]


def test_version_column_orders_the_rows_of_an_id(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS.replace("days_late", "days_late, v AS version")})
    shop.write("facts.csv", [moment(0, days_late=late, v=v) for late, v in (("1", 2), ("2", 10), ("3", 9))])
    assert counts(shop.load()) == (3, 1, 0, 0, 2)
    assert shop.live("moments", "days_late") == [(2.0,)]


def test_same_id_in_another_source_is_another_row(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS, "moments.web": MOMENTS})
    shop.write("facts.csv", [moment(i) for i in range(3)])
    report = shop.load()
    assert counts(report) == counts(report, "moments.web") == (3, 3, 0, 0, 0)
    assert shop.live("moments", "DISTINCT source") == [("shop",), ("web",)]


def test_a_key_of_one_issuer_is_one_customer(tmp_path: Path) -> None:
    crm = MOMENTS.replace("customer,", "customer, 'crm' AS customer_source,")
    shop = company(tmp_path, loads={"moments.shop": crm, "moments.web": crm, "moments.call": MOMENTS})
    shop.write("facts.csv", [moment(0)])
    shop.load()
    by_source = dict(shop.live("moments", "source, customer"))
    assert by_source["shop"] == by_source["web"] != by_source["call"]
    identities = rows_of(open_store(shop.ws).files("identities"), "customer_source, key, customer")
    assert identities == [("call", "k0", by_source["call"]), ("crm", "k0", by_source["shop"])]
    assert all(customer >= 0 for customer in by_source.values())


def test_another_secret_gives_other_surrogates(tmp_path: Path) -> None:
    surrogates = set()
    for folder in ("a", "b"):
        shop = company(tmp_path / folder, loads={"moments.shop": MOMENTS})
        shop.write("facts.csv", [moment(0)])
        shop.load()
        surrogates.update(shop.live("moments", "customer"))
        secret = tmp_path / folder / ".promesa" / "secret"
        assert secret.stat().st_mode & 0o777 == 0o600
    assert len(surrogates) == 2


def test_new_files_only(tmp_path: Path) -> None:
    settings = {"facts": {"path": "data/day-*.csv", "new_files_only": True}}
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources=settings)
    shop.write("day-1.csv", [moment(0), moment(1)])
    shop.load()
    shop.write("day-2.csv", [moment(1, days_late="6"), moment(2)])
    assert counts(shop.load()) == (2, 1, 0, 0, 1)
    (tmp_path / "data" / "day-1.csv").unlink()
    shop.write("day-3.csv", [moment(3)])
    assert counts(shop.load()) == (1, 1, 0, 0, 0)
    assert len(shop.live("moments")) == 4
    assert shop.load().loads[0].skipped
    assert counts(shop.load(full=True)) == (3, 0, 3, 0, 0)


def test_watermark(tmp_path: Path) -> None:
    settings = {"facts": {"watermark": "sequence"}}
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources=settings)
    rows = [moment(i, sequence=i) for i in range(6)]
    shop.write("facts.csv", rows[:4])
    assert counts(shop.load()) == (4, 4, 0, 0, 0)
    shop.write("facts.csv", rows)
    assert counts(shop.load()) == (2, 2, 0, 0, 0)


def test_a_changed_load_file_reads_everything_again(tmp_path: Path) -> None:
    settings = {"facts": {"path": "data/day-*.csv", "new_files_only": True}}
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources=settings)
    shop.write("day-1.csv", [moment(0, days_late="1")])
    shop.load()
    changed = replace(shop.ws.loads[0], sql=MOMENTS.replace("days_late", "days_late + 1 AS days_late"))
    shop.ws = replace(shop.ws, loads=(changed,))
    assert counts(shop.load()) == (1, 0, 0, 0, 1)
    assert shop.live("moments", "days_late") == [(2.0,)]


def test_a_new_element_is_a_new_column_and_an_old_one_stays_in_the_files(shop: Company) -> None:
    shop.write("facts.csv", [moment(i, minutes="7") for i in range(3)])
    shop.load()
    minutes = Element(name="minutes", label=label("m"), touchpoints=("call",), unit="minutes", better="less")
    sql = MOMENTS.replace("days_late", "minutes")
    shop.ws = replace(shop.ws, model=model(elements={"minutes": minutes}), loads=(replace(shop.ws.loads[0], sql=sql),))
    shop.write("facts.csv", [moment(i, minutes="7") for i in range(2, 5)])
    assert counts(shop.load()) == (3, 2, 0, 0, 1)
    assert shop.live("moments", "id, days_late, minutes") == [
        ("m0", 0.0, None),
        ("m1", 1.0, None),
        ("m2", None, 7.0),
        ("m3", None, 7.0),
        ("m4", None, 7.0),
    ]
    assert shop.history("moments", "id, days_late, minutes") == [("m2", 2.0, None)]


def test_only_names_loads_or_tables(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS, "moments.web": MOMENTS})
    shop.write("facts.csv", [moment(0)])
    assert [count.load for count in shop.load(only=["moments.web"]).loads] == ["moments.web"]
    assert [count.load for count in shop.load(only=["moments"]).loads] == ["moments.shop", "moments.web"]
    with pytest.raises(UnknownName) as told:
        shop.load(only=["moments.wed"])
    assert "moments.web" in told.value.fix


def test_a_store_that_was_removed_is_filled_again(shop: Company) -> None:
    import shutil

    shop.write("facts.csv", [moment(0)])
    shop.load()
    shutil.rmtree(shop.ws.store)
    assert counts(shop.load()) == (1, 1, 0, 0, 0)


def test_reports_are_kept_newest_first_and_survive_a_round_trip(shop: Company) -> None:
    shop.write("facts.csv", [moment(0), moment(1, touchpoint="?")])
    first = shop.load()
    shop.load()
    shop.write("facts.csv", [moment(0), moment(2)])
    last = shop.load()
    assert open_store(shop.ws).reports() == [last, first]
    assert first.quarantined == {"unknown-touchpoint": 1}
    assert "1 new" in first.summary("en")
    assert "1 nuevas" in first.summary("es")


def test_an_empty_store_is_empty(shop: Company) -> None:
    store = open_store(shop.ws)
    assert store.is_empty("moments")
    assert store.files("moments") == store.history_files("moments") == store.reports() == []
    assert "days_late" in [column.name for column in store.columns("moments")]


def test_header_only_source_gives_no_rows(shop: Company) -> None:
    shop.write("facts.csv", [], columns=list(moment(0)))
    assert counts(shop.load()) == (0, 0, 0, 0, 0)
    assert open_store(shop.ws).is_empty("moments")


def test_nothing_of_the_staging_folder_stays(shop: Company) -> None:
    shop.write("facts.csv", [moment(0)])
    shop.load()
    assert {path.name for path in (shop.root / ".promesa").iterdir()} == {"store", "loads", "secret", "lock"}


def test_progress_tells_each_step(shop: Company) -> None:
    shop.write("facts.csv", [moment(0)])
    told: list[str] = []
    load(shop.ws, recorded_at=NOON, progress=lambda text, _: told.append(text))
    assert any("facts" in text for text in told)
    assert any("moments.shop" in text for text in told)


def test_many_batches_give_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [moment(i % 40, days_late=str(i % 3)) for i in range(100)]
    contents = []
    for batch in (1_000_000, 7):
        monkeypatch.setattr("promesa.store.settle.BATCH_ROWS", batch)
        shop = company(tmp_path / str(batch), loads={"moments.shop": MOMENTS})
        shop.write("facts.csv", rows)
        shop.load()
        columns = "* EXCLUDE (customer, recorded_at)"
        contents.append((shop.live("moments", columns), len(shop.history("moments"))))
    assert contents[0] == contents[1]


def test_replaced_files_are_let_go_after_a_week(shop: Company) -> None:
    import os
    from pathlib import Path

    shop.write("facts.csv", [moment(0, days_late="1")])
    shop.load()
    (old,) = open_store(shop.ws).files("moments")
    shop.write("facts.csv", [moment(0, days_late="2")])
    version = shop.load().store_version
    assert Path(old).exists(), "a reader may still hold it"
    orphan = Path(old).with_name("left-behind.parquet")
    orphan.write_bytes(b"PAR1")
    os.utime(orphan, (0, 0))
    report = shop.load(full=True)
    assert not orphan.exists()
    assert Path(old).exists()
    assert report.store_version == version == open_store(shop.ws).version


def test_two_load_files_that_give_the_same_ids_are_told(tmp_path: Path) -> None:
    other = MOMENTS.replace("days_late", "days_late + 1 AS days_late")
    shop = company(tmp_path, loads={"moments.shop.a": MOMENTS, "moments.shop.b": other})
    shop.write("facts.csv", [moment(i) for i in range(3)])
    report = shop.load()
    assert [count.overlapping for count in report.loads] == [0, 3]
    assert "moments.shop.b" in report.warnings[0]
    shop.write("facts.csv", [moment(i, touchpoint="call") for i in range(3)])
    assert [count.overlapping for count in shop.load(only=["moments.shop.b"]).loads] == [0]


def test_a_changed_load_file_whose_ids_are_all_new_is_told(shop: Company) -> None:
    shop.write("facts.csv", [moment(i) for i in range(5)])
    shop.load()
    shop.write("facts.csv", [moment(i) for i in range(7)])
    assert not shop.load().warnings
    (load,) = shop.ws.loads
    renamed = replace(load, sql=f"SELECT * REPLACE ('p-' || id AS id) FROM ({load.sql})")
    shop.ws = replace(shop.ws, loads=(renamed,))
    report = shop.load()
    assert counts(report) == (7, 7, 0, 0, 0)
    (told,) = report.warnings
    assert "7" in told
    assert load.name in told
    assert not shop.load().warnings
