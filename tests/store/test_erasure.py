"""Rows that are taken out are in no file of the workspace, and no load brings them back."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from promesa.errors import InputError, StoreBusy
from promesa.store import erase, open_store, quarantine_list, quarantine_mend, quarantine_replay, session
from tests.store.companies import NOON, Company, rows_of
from tests.store.two_systems import TABLES, ana, shop, surrogates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# What tells who Ana is, in any spelling that a source may give.
ANA = ("Ana María Ruiz", "RUIZ, Ana", "ana@correo.example", "ana.ruiz@casa.example", "+57 300 123 4567", "3001234567",
       "1.020.304", "L-7712", "1984-05-31")  # fmt: skip


def cells(path: Path) -> Iterable[str]:
    """Return every value of a Parquet file as text, or the whole of another file."""
    if path.suffix == ".parquet":
        for row in duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall():
            yield from (str(value) for value in row)
    else:
        yield path.read_bytes().decode("utf-8", errors="replace")


def found(made: Company, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Return where under ``.promesa`` any of some texts stands."""
    hits: list[tuple[str, str]] = []
    for path in sorted((made.root / ".promesa").rglob("*")):
        if path.is_file() and path.name != "secret":
            text = "\n".join(cells(path)).lower()
            hits += [(str(path.relative_to(made.root)), word) for word in wanted if word.lower() in text]
    return hits


def everything(made: Company) -> dict[str, list[tuple[object, ...]]]:
    """Return every live row of every table, as text."""
    contents: dict[str, list[tuple[object, ...]]] = {}
    for folder in sorted(made.ws.store.iterdir()):
        from promesa.store.deltas import snapshot

        rows = rows_of(snapshot(folder).files, "*")
        contents[folder.name] = [tuple(str(value) for value in row) for row in rows]
    return contents


def erase_now(made: Company, customers: Sequence[int]) -> dict[str, object]:
    with session(made.ws, recorded_at=NOON) as run:
        return dict(erase(run, customers, by="Marta").document)


@pytest.fixture
def made(tmp_path: Path) -> Company:
    return shop(tmp_path)


def test_no_byte_is_left_and_the_others_are_as_they_were(made: Company) -> None:
    gone = ana(made)
    before = everything(made)
    assert found(made, ANA)
    document = erase_now(made, gone)
    assert found(made, [*ANA, *map(str, gone)]) == []
    after = everything(made)
    for table, rows in before.items():
        others = [row for row in rows if not {str(number) for number in gone} & set(row)]
        if table == "quarantine":
            assert len(after[table]) == len(rows)
            assert len([row for row in after[table] if row[-1] == "closed"]) == 2
            assert len([row for row in after[table] if row in rows]) == len(rows) - 2
        elif table != "forgotten":
            assert after[table] == others, table
    removed = {row["table"]: row["rows_removed"] for row in document["tables"]}  # type: ignore[attr-defined]
    assert removed["moments"] == 4
    assert removed["moments_history"] == 1
    assert removed["identities"] == 2
    assert removed["quarantine"] == 2
    assert document["found"] == 0


def test_the_log_of_who_did_what_may_keep_the_number_of_who_is_forgotten(made: Company) -> None:
    gone = ana(made)
    log = made.root / ".promesa" / "database" / "base" / "5" / "16384"
    log.parent.mkdir(parents=True)
    log.write_text(f"own.forget customer:{gone[0]}")
    assert erase_now(made, gone)["found"] == 0
    assert log.exists()


@pytest.mark.parametrize("full", [False, True])
def test_the_sources_do_not_bring_the_person_back(made: Company, full: bool) -> None:
    gone = ana(made)
    erase_now(made, gone)
    before = {table: rows for table, rows in everything(made).items() if table != "quarantine"}
    report = made.load(full=full)
    if full:
        assert report.find("moments.shop").forgotten == 5  # type: ignore[union-attr]
        assert report.find("profiles.crm").forgotten == 2  # type: ignore[union-attr]
        assert "forgotten" in report.summary("en")
    for count in report.counts:
        kept = count.accepted + count.unchanged + count.repeated + count.corrected + sum(count.quarantined.values())
        assert count.read == kept + count.forgotten + count.expired
    assert {table: rows for table, rows in everything(made).items() if table != "quarantine"} == before
    assert found(made, [*ANA, *map(str, gone)]) == []


def test_who_comes_back_under_a_new_key_is_a_new_customer(made: Company) -> None:
    erase_now(made, ana(made))
    made.write("people.csv", [*TABLES["people"], {**TABLES["people"][0], "id": "p7", "customer": "k7"}])
    made.load()
    assert "k7" in surrogates(made)
    assert "k1" not in surrogates(made)


def test_a_value_that_others_share_stays_in_their_rows(made: Company) -> None:
    shared = {**TABLES["people"][2], "phone": "300 123 45 67"}
    made.write("people.csv", [*TABLES["people"][:2], shared])
    made.load()
    erase_now(made, ana(made))
    names = [row[0] for row in made.live("profiles", "name") if row[0]]
    assert "Ana Torres" in names
    assert [path for path, _ in found(made, ["300 123 45 67"])]
    assert found(made, [word for word in ANA if "300" not in word]) == []


def foreign(made: Company, customer: int) -> pa.Table:
    """Return one row of moments as another program would write it."""
    return pa.table(
        {"source": ["x"], "id": ["x1"], "customer": pa.array([customer], pa.int64()), "touchpoint": ["call"]}
    )


def test_what_another_program_wrote_and_asked_for_goes_too(made: Company) -> None:
    from deltalake import DeltaTable, write_deltalake

    gone = ana(made)
    address = (made.ws.store / "moments").as_uri()
    write_deltalake(address, foreign(made, gone[0]), mode="append", schema_mode="merge")
    DeltaTable(address).delete(f"customer = {gone[1]}")
    log = "".join(path.read_text() for path in (made.ws.store / "moments" / "_delta_log").glob("*.json"))
    assert str(gone[1]) in log
    version = DeltaTable(address).transaction_version("promesa")
    erase_now(made, gone)
    assert found(made, [*ANA, *map(str, gone)]) == []
    assert (DeltaTable(address).transaction_version("promesa") or 0) >= (version or 0)
    assert made.load().find("moments.shop") is not None


def test_a_file_that_a_killed_program_left_goes_too_and_one_under_way_is_waited_for(
    made: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr("promesa.store.remnants._WAITS", (0.0,))
    gone = ana(made)
    orphan = made.ws.store / "moments" / "part-00000-orphan.parquet"
    other = made.ws.store / "moments" / "part-00000-other.parquet"
    pq.write_table(foreign(made, 17), other)
    pq.write_table(foreign(made, gone[0]), orphan)
    with pytest.raises(StoreBusy):
        erase_now(made, gone)
    assert (made.root / ".promesa" / "erasing.json").exists()
    assert (
        not list((made.root / ".promesa" / "erasures").glob("*"))
        if (made.root / ".promesa" / "erasures").exists()
        else True
    )
    os.utime(orphan, (time.time() - 3600, time.time() - 3600))
    from promesa.store import finish_erasure

    with session(made.ws, recorded_at=NOON) as run:
        done = finish_erasure(run)
    assert done is not None
    assert not orphan.exists()
    assert other.exists()
    assert not (made.root / ".promesa" / "erasing.json").exists()
    assert found(made, [*ANA, *map(str, gone)]) == []


def test_another_writer_at_the_same_time_is_outwaited(made: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program appends rows of the person each time the erasure is about to commit, three times."""
    from deltalake import write_deltalake

    gone = ana(made)
    address = (made.ws.store / "moments").as_uri()
    left = [3]

    def disturb(text: str, _: float | None) -> None:
        if re.search(r"moments: taking", text) and left[0]:
            left[0] -= 1
            write_deltalake(address, foreign(made, gone[0]), mode="append", schema_mode="merge")

    with session(made.ws, recorded_at=NOON, progress=disturb) as run:
        erase(run, gone, by="Marta")
    assert left == [0]
    assert found(made, [*ANA, *map(str, gone)]) == []


def test_the_certificate_says_what_was_done_and_names_nobody(made: Company) -> None:
    gone = ana(made)
    erase_now(made, gone)
    (file,) = (made.root / ".promesa" / "erasures").glob("*.json")
    text = file.read_text(encoding="utf-8")
    assert not [word for word in (*ANA, *map(str, gone), '"k1"', '"w1"') if word in text]
    assert file.stat().st_mode & 0o077 == 0
    assert open_store(made.ws).files("moments")


def typed(made: Company) -> Company:
    """Return the shop with a source whose delays must be numbers, so that bad ones wait as raw rows."""
    source = replace(made.ws.sources["visits"], types={"days_late": "number"})
    made.ws = replace(made.ws, sources={**made.ws.sources, "visits": source})
    return made


def test_raw_rows_of_the_person_are_emptied_and_dropped_and_others_wait(made: Company) -> None:
    bad = [{**TABLES["visits"][number], "id": f"raw{number}", "days_late": "tres"} for number in (0, 3, 4)]
    typed(made).write("visits.csv", [*TABLES["visits"], *bad])
    made.load()
    gone = ana(made)

    def raw() -> list[tuple[object, ...]]:
        return [row for row in everything(made)["quarantine"] if row[1] == "source" and row[-1] == "open"]

    assert len(raw()) == 3
    assert erase_now(made, gone)["found"] == 0
    assert [row for row in raw() if "raw4" in str(row)] == raw()
    assert len(raw()) == 1
    report = made.load(full=True).find("visits")
    assert report is not None
    assert report.forgotten == 2
    assert report.read == report.accepted + report.unchanged + sum(report.quarantined.values()) + report.forgotten
    assert len(raw()) == 1


def test_short_keys_are_not_taken_for_amounts(made: Company) -> None:
    """A customer whose key is 9: a raw row that holds a 9 elsewhere is not about them."""
    rows = [{**TABLES["visits"][4], "id": "m9", "customer": "9"}]
    bad = [{**TABLES["visits"][4], "id": "9", "days_late": "9 d"}, {**rows[0], "id": "raw9", "days_late": "tres"}]
    typed(made).write("visits.csv", [*TABLES["visits"], *rows, *bad])
    made.load()
    erase_now(made, [surrogates(made)["9"]])
    left = [row for row in everything(made)["quarantine"] if row[1] == "source" and row[-1] == "open"]
    assert len(left) == 1
    assert "9 d" in str(left)


def test_who_watches_a_column_that_is_the_persons_own_key_starts_anew(made: Company) -> None:
    """A ledger entry that stops at a value of the person's is dropped; the next load reads all and changes nothing."""
    entry = made.root / ".promesa" / "loads" / "profiles.shop.json"
    document = json.loads(entry.read_text())
    document["sources"]["accounts"]["watermark"] = "ana.ruiz@casa.example"
    entry.write_text(json.dumps(document))
    erase_now(made, ana(made))
    assert not entry.exists()
    report = made.load().find("profiles.shop")
    assert report is not None
    assert (report.unchanged, report.forgotten, report.accepted) == (1, 1, 0)


def test_rows_of_nobody_that_name_the_person_go(made: Company) -> None:
    rows = [*TABLES["bills"], {**TABLES["bills"][1], "id": "Ana@Correo.example"}]
    made.write("bills.csv", rows)
    made.load()
    erase_now(made, ana(made))
    made.load(full=True)
    assert made.live("costs", "id") == [("c2",)]
    assert found(made, ANA) == []


def test_an_email_or_phone_in_the_words_of_others_is_blotted_out_for_good(made: Company) -> None:
    said = "Escriban a ana@correo.example. o al 300 123 4567, gracias"
    made.write("answers.csv", [*TABLES["answers"], {**TABLES["answers"][2], "id": "o4", "text": said}])
    made.load()
    erase_now(made, ana(made))
    left = "Escriban a …. o al …, gracias"
    assert (left,) in made.live("opinions", "text")
    assert found(made, ["ana@correo", "300 123"]) == []
    report = made.load(full=True).find("opinions.shop")
    assert report is not None
    assert (report.corrected, report.accepted) == (0, 0)
    assert (left,) in made.live("opinions", "text")


def test_who_asks_may_not_be_named_by_what_is_forgotten(made: Company) -> None:
    with session(made.ws, recorded_at=NOON) as run, pytest.raises(InputError):
        erase(run, ana(made), by="ANA@correo.example")
    assert not (made.root / ".promesa" / "erasing.json").exists()


def test_a_row_mended_to_a_forgotten_key_goes_nowhere(made: Company) -> None:
    gone = ana(made)
    erase_now(made, gone)
    (waits,) = [item for item in quarantine_list(made.ws) if item.rule == "unknown-touchpoint"]
    quarantine_mend(made.ws, waits.id, {"customer": "k1", "touchpoint": "call"})
    report = quarantine_replay(made.ws, recorded_at=NOON)
    assert [count.forgotten for count in report.counts if count.load == "moments.shop"] == [1]
    assert not set(gone) & set(surrogates(made).values())
    assert "k1" not in str(everything(made))
