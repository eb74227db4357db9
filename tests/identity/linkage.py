"""Records written by hand, and companies of made-up people, for the tests of linkage."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks.linkage import PROFILES, RECORD, pairwise
from benchmarks.people import people
from promesa.identity import link
from promesa.identity.records import make_records, record_columns
from promesa.store import inspect_store
from promesa.workspace import IdentitySettings, Trait
from tests.store.companies import NOON, company, label, model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.workspace import Model
    from tests.store.companies import Company

    Figures = tuple[float, float, float]

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


def write_workspace(engine: Embedded, root: Path, *, profiles: str, identity: IdentitySettings) -> Company:
    """Return a loaded company whose only source is the profiles that a SELECT in the engine gives."""
    traits = {trait: Trait(name=trait, label=label(trait)) for trait in identity.compare}
    columns = [column for column, _ in engine.columns(profiles) if column != "source"]
    listed = ", ".join(f'"{column}"' for column in columns)
    (root / "data").mkdir(parents=True)
    engine.run(f"COPY (SELECT {listed} FROM ({profiles})) TO '{root}/data/people.parquet' (FORMAT parquet)")
    made = company(
        root,
        loads={"profiles.shop": f"SELECT {listed} FROM people"},
        sources={"people": {"path": "data/people.parquet"}},
        time_zone="UTC",
        model=replace(model(), traits=traits, identity=identity),
    )
    (root / ".promesa").mkdir(exist_ok=True)
    (root / ".promesa" / "secret").write_text("5" * 64)
    made.load(recorded_at=NOON)
    return made


def linked_figures(engine: Embedded, root: Path, *, profiles: str, identity: IdentitySettings) -> Figures:
    """Return precision, recall and F1 of the persons that the whole of `promesa link` makes, against `truth`."""
    made = write_workspace(engine, root, profiles=profiles, identity=identity)
    link(made.ws, recorded_at=NOON)
    with inspect_store(made.ws) as look:
        joined = f"SELECT customer, person FROM ({look.rows('persons')}) WHERE until > TIMESTAMP '9000-01-01'"
        persons = look.engine.arrow(
            f"SELECT key, coalesce(person, customer) AS person FROM ({look.rows('identities')}) "
            f"LEFT JOIN ({joined}) USING (customer)"
        )
    engine.register("linked_persons", persons)
    found = engine.arrow(
        "SELECT t.person AS truth, p.person AS found FROM truth t "
        "JOIN linked_persons p ON p.key = CAST(t.customer AS VARCHAR)"
    )
    engine.unregister("linked_persons")
    return pairwise(found["truth"].to_pylist(), found["found"].to_pylist())


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
