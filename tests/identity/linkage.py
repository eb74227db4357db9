"""Records written by hand, and companies of made-up people, for the tests of linkage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks.linkage import PROFILES, RECORD
from benchmarks.people import people
from promesa.identity.records import make_records, record_columns
from promesa.workspace import IdentitySettings
from tests.store.companies import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from promesa.engine import Embedded
    from promesa.workspace import Model

TYPES = {"whole": pa.int64(), "time": pa.timestamp("us"), "text": pa.string(), "day": pa.date32()}
MODEL = replace(model(), identity=IdentitySettings(country="CO", compare=("region",)))


def write_records(engine: Embedded, rows: Iterable[Mapping[str, Any]], *, into: str, model: Model = MODEL) -> None:
    """Write records with what is given of each; the rest is not known."""
    given = list(rows)
    columns = {
        name: pa.array([row.get(name) for row in given], type=TYPES[kind]) for name, kind in record_columns(model)
    }
    engine.register("given_records", pa.table(columns))
    engine.run(f"CREATE OR REPLACE TEMP TABLE {into} AS SELECT * FROM given_records")
    engine.unregister("given_records")


def write_company(engine: Embedded, n: int, *, seed: int) -> None:
    """Write `records` and `truth` of a company of made-up people."""
    made = list(people(n, seed))
    engine.register("made", pa.table({column: [getattr(record, column) for record in made] for column in RECORD}))
    engine.run("CREATE OR REPLACE TEMP TABLE truth AS SELECT customer, person FROM made")
    make_records(
        engine,
        MODEL,
        profiles=f"SELECT * REPLACE (CAST(customer AS BIGINT) AS customer), city AS region FROM ({PROFILES} FROM made)",
        into="records",
    )
    engine.unregister("made")
