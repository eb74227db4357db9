"""What is taken away is all there is: compared with a scan of every file of the store, by other means."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import stat
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from promesa.customers import correct, export, withdraw
from promesa.errors import InputError, StoreBusy
from promesa.store import add_state, inspect_store, replace_state, session
from promesa.store.identities import COLUMNS as IDENTITY_COLUMNS
from tests.customers.shops import TABLES, link, shop, surrogates
from tests.store.companies import NOON, Company

if TYPE_CHECKING:
    from pathlib import Path

OF_CUSTOMERS = ("customer", "person", "low", "high")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Return the shop with every table filled: links, decisions, pauses, corrections, history, quarantine."""
    made = shop(tmp_path_factory.mktemp("export"))
    visits = [{**row, "touchpoint": "call" if row["id"] == "m1" else row["touchpoint"]} for row in TABLES["visits"]]
    visits.append({**visits[0], "id": "m8", "customer": "w1", "touchpoint": "nowhere"})  # to the quarantine
    visits.append({**visits[0], "id": "m9", "customer": "w2", "touchpoint": "nowhere"})  # a neighbour's
    made.write("visits.csv", visits)
    made.load()
    low = link(made, "k1", "w1")
    numbers = surrogates(made)
    withdraw(made.ws, low, "news", recorded_at=NOON.replace(hour=13))
    correct(made.ws, "crm:k1", changes={"city": "Tunja"}, by="Eva", recorded_at=NOON.replace(hour=14))
    now = f"TIMESTAMP '{NOON}'"
    pair = sorted((numbers["k1"], numbers["k2"]))
    with session(made.ws, recorded_at=NOON) as run:
        nothing = "NULL AS probability, NULL AS stratum, NULL AS weight"
        add_state(
            run,
            "decisions",
            f"SELECT 'd1' AS id, {pair[0]} AS low, {pair[1]} AS high, 'never' AS verdict, 'Eva' AS \"by\", "
            f"NULL AS note, {nothing}, {now} AS at, {now} AS recorded_at",
        )
        pauses = [
            f"SELECT {numbers[key]} AS customer, {now} AS at, {now} AS until, 'x' AS \"by\", {now} AS recorded_at"
            for key in ("w1", "k2")
        ]
        add_state(run, "pauses", " UNION ALL ".join(pauses))
        columns = (("customer", "whole"), ("at", "time"), ("name", "text"), ("part_name", "whole"))
        records = " UNION ALL ".join(
            f"SELECT {n} AS customer, {now} AS at, 'x' AS name, 7 AS part_name" for n in numbers.values()
        )
        replace_state(run, "records", records, columns=columns)
    return made


def scan(made: Company, customers: set[int]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every live Parquet file that name the customers, read by Arrow alone."""
    found: dict[str, list[dict[str, Any]]] = {}
    with inspect_store(made.ws) as look:
        files = {table: look.files(table) for table in look.tables()}
    for table, paths in files.items():
        rows = [row for path in paths for row in pq.read_table(path).to_pylist()]
        mine = [row for row in rows if customers & {row.get(column) for column in OF_CUSTOMERS}]
        if table == "quarantine":
            mine = [row for row in rows if json.loads(row["record"]).get("customer") == "w1"]
        if mine or (rows and set(rows[0]) & set(OF_CUSTOMERS)):
            found[table] = mine
    return found


def text(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def test_every_row_of_every_table_and_nothing_else(full: Company, tmp_path: Path) -> None:
    numbers = surrogates(full)
    written = export(full.ws, "crm:k1", tmp_path / "out", recorded_at=NOON)
    expected = scan(full, {numbers["k1"], numbers["w1"]})
    filled = {"moments", "moments_history", "opinions", "orders", "costs", "profiles", "consents", "deeds"}
    filled |= {"identities", "records", "links", "decisions", "persons", "pauses", "quarantine"}
    assert {table for table, rows in expected.items() if rows} == filled
    assert {table: rows for table, rows in written.rows.items() if rows} == {
        t: len(r) for t, r in expected.items() if r
    }
    document = json.loads((tmp_path / "out" / "person.json").read_text(encoding="utf-8"))
    # What is only made of the columns beside it is of no use to the person.
    assert [column["name"] for column in document["tables"]["records"]["columns"]] == ["customer", "at", "name"]
    for table, rows in expected.items():
        given = [{key: text(value) for key, value in row.items()} for row in document["tables"][table]["rows"]]
        names = [column["name"] for column in document["tables"][table]["columns"]]
        wanted = [{name: text(row.get(name)) for name in names} for row in rows]
        order = json.dumps
        assert sorted(given, key=order) == sorted(wanted, key=order), table
        lines = list(
            csv.DictReader(io.StringIO((tmp_path / "out" / "csv" / f"{table}.csv").read_text(encoding="utf-8")))
        )
        assert sorted(lines, key=order) == sorted(wanted, key=order), table


def test_columns_are_those_of_the_table_whatever_the_rows_hold(full: Company, tmp_path: Path) -> None:
    export(full.ws, "crm:k3", tmp_path / "k3", recorded_at=NOON)
    export(full.ws, "crm:k1", tmp_path / "k1", recorded_at=NOON)
    for table in ("moments", "opinions", "consents", "links", "quarantine"):
        heads = [(tmp_path / key / "csv" / f"{table}.csv").read_text().splitlines()[0] for key in ("k1", "k3")]
        assert heads[0] == heads[1]
    assert (tmp_path / "k3" / "csv" / "moments.csv").read_text().count("\n") == 1
    assert (tmp_path / "k3" / "csv" / "identities.csv").read_text().splitlines()[0] == ",".join(
        c for c, _ in IDENTITY_COLUMNS
    )


def test_the_manifest_holds_for_every_file_and_nobody_else_may_read_them(full: Company, tmp_path: Path) -> None:
    written = export(full.ws, "crm:k1", tmp_path / "out", recorded_at=NOON)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    files = {str(f.relative_to(tmp_path / "out")): f for f in (tmp_path / "out").rglob("*") if f.is_file()}
    told = {entry["file"]: entry["sha256"] for entry in manifest["files"]}
    assert told == dict(written.files)
    assert set(files) == {*told, "manifest.json"}
    for name, digest in told.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest
    assert manifest["rows"] == dict(written.rows)
    assert manifest["made_at"] == "2026-06-30T12:00:00Z"
    assert {stat.S_IMODE(file.stat().st_mode) for file in files.values()} == {0o600}
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_the_page_reads_alone_and_escapes_what_people_write(tmp_path: Path) -> None:
    made = shop(tmp_path / "shop")
    answers = [{**TABLES["answers"][0], "text": "<script>alert(1)</script> & más"}]
    made.write("answers.csv", answers)
    made.load()
    export(made.ws, "shop:w1", tmp_path / "out", recorded_at=NOON)
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; más" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert 'lang="en"' in page
    assert "2026-01-10 10:00:00" in page  # local time


def test_rows_of_another_person_are_not_in_it(full: Company, tmp_path: Path) -> None:
    export(full.ws, "crm:k1", tmp_path / "out", recorded_at=NOON)
    everything = "".join(f.read_text(encoding="utf-8") for f in (tmp_path / "out").rglob("*") if f.is_file())
    for value in ("luis@correo.example", "Torres", "otra@casa.example", "m5", "s3", "m9"):
        assert value not in everything, value
    assert "ana@correo.example" in everything


def test_a_folder_with_anything_in_it_is_left_alone(full: Company, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("x")
    for folder in (tmp_path, tmp_path / "kept.txt", full.root / ".promesa" / "out"):
        with pytest.raises(InputError, match="folder of its own"):
            export(full.ws, "crm:k1", folder, recorded_at=NOON)
    (tmp_path / "empty").mkdir()
    export(full.ws, "crm:k1", tmp_path / "empty", recorded_at=NOON)
    assert (tmp_path / "empty" / "manifest.json").exists()
    with session(full.ws, recorded_at=NOON), pytest.raises(StoreBusy):
        export(full.ws, "crm:k1", tmp_path / "busy", recorded_at=NOON)
    assert not (tmp_path / "busy").exists()


def test_amounts_and_times_are_told_without_loss(full: Company, tmp_path: Path) -> None:
    export(full.ws, "crm:k1", tmp_path / "out", recorded_at=NOON)
    document = json.loads((tmp_path / "out" / "person.json").read_text(encoding="utf-8"))
    sale = next(row for row in document["tables"]["orders"]["rows"] if row["id"] == "s2")
    assert (Decimal(sale["revenue"]), sale["cost"]) == (Decimal("50.5"), None)
    assert datetime.fromisoformat(sale["at"]) == datetime(2026, 2, 5, 15)
    labels = {column["name"]: column["label"] for column in document["tables"]["orders"]["columns"]}
    assert labels["revenue"] == {"es": "ingreso", "en": "revenue"}
