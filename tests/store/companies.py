"""Small companies for the tests of the store: a folder with sources as CSV and load files by hand."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb

from promesa.store import load, open_store
from promesa.workspace import (
    Concept,
    Element,
    Function,
    Label,
    Load,
    Model,
    Purpose,
    Source,
    Touchpoint,
    Trait,
    Workspace,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from promesa.store import LoadReport

NOON = datetime(2026, 6, 30, 12)  # UTC; every test's "now"


def label(text: str) -> Label:
    return Label(es=text, en=text)


def model(**changes: Any) -> Model:
    touchpoints = {
        name: Touchpoint(name=name, label=label(name), stage="after", function="logistics")
        for name in ("delivery", "call", "invoice")
    }
    base = Model(
        functions={"logistics": Function(name="logistics", label=label("logistics"))},
        channels={},
        touchpoints=touchpoints,
        elements={
            "days_late": Element(
                name="days_late", label=label("days late"), touchpoints=("delivery",), unit="days", better="less"
            )
        },
        promises={},
        concepts={
            "stars": Concept(name="stars", label=label("stars"), kind="mean", scale=(1.0, 5.0)),
            "nps": Concept(name="nps", label=label("nps"), kind="nps", scale=(0.0, 10.0)),
        },
        traits={"region": Trait(name="region", label=label("region"))},
        purposes={"ads": Purpose(name="ads", label=label("ads"), kind="attract")},
    )
    return replace(base, **changes)


@dataclass
class Company:
    """A workspace in a folder, with what a test does to it."""

    root: Path
    ws: Workspace
    clock: list[int] = field(default_factory=lambda: [0])

    def write(self, file: str, rows: Sequence[dict[str, object]], *, columns: Sequence[str] = ()) -> Path:
        path = self.root / "data" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        names = list(columns) or list(rows[0])
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, names)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def load(self, **options: Any) -> LoadReport:
        self.clock[0] += 1
        return load(self.ws, recorded_at=options.pop("recorded_at", NOON.replace(second=self.clock[0])), **options)

    def live(self, table: str, columns: str = "* EXCLUDE (recorded_at)") -> list[tuple[Any, ...]]:
        return rows_of(open_store(self.ws).files(table), columns)

    def history(self, table: str, columns: str = "* EXCLUDE (recorded_at, superseded_at)") -> list[tuple[Any, ...]]:
        return rows_of(open_store(self.ws).history_files(table), columns)


def rows_of(files: Iterable[str], columns: str) -> list[tuple[Any, ...]]:
    listed = list(files)
    if not listed:
        return []
    return duckdb.sql(f"SELECT {columns} FROM read_parquet({listed}, union_by_name = true) ORDER BY ALL").fetchall()


def company(
    root: Path,
    *,
    loads: dict[str, str],
    sources: dict[str, dict[str, Any]] | None = None,
    time_zone: str = "America/Bogota",
    **changes: Any,
) -> Company:
    """Return a company whose sources are ``data/<name>.csv`` unless said otherwise."""
    root.mkdir(parents=True, exist_ok=True)
    declared = {
        name: Source(name=name, **{"path": f"data/{name}.csv", **settings})
        for name, settings in (sources or {"facts": {}}).items()
    }
    ws = Workspace(
        root=root,
        company="Prueba",
        brand="Prueba",
        locale="en",
        time_zone=time_zone,
        currency="EUR",
        engine="duckdb",
        store=root / ".promesa" / "store",
        as_of=None,
        confidence_level=0.95,
        min_group=30,
        min_cell=5,
        memory_limit="512MiB",
        threads=1,
        sources=declared,
        loads=tuple(_load(root, name, sql, declared) for name, sql in loads.items()),
        model=changes.get("model", model()),
    )
    return Company(root=root, ws=ws)


def _load(root: Path, name: str, sql: str, sources: dict[str, Source]) -> Load:
    table, source = name.split(".")[:2]
    reads = tuple(known for known in sources if known in sql)
    return Load(name=name, table=table, source=source, file=root / "load" / f"{name}.sql", sql=sql, reads=reads)


MOMENTS = 'SELECT id, "at", customer, touchpoint, days_late FROM facts'


def moment(number: int, **changes: object) -> dict[str, object]:
    """Return one sound row of the source `facts`."""
    base: dict[str, object] = {
        "id": f"m{number}",
        "at": f"2026-01-{number % 28 + 1:02d} 10:00:00",
        "customer": f"k{number % 5}",
        "touchpoint": "delivery",
        "days_late": str(number % 7),
    }
    return {**base, **changes}
