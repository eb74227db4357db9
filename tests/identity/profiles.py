"""Profile rows by hand, and the records they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from promesa.engine import Embedded, literal, name
from promesa.identity.records import make_records, record_columns
from promesa.workspace import BUILT_IN_IDENTIFIERS, IdentitySettings, Label, Model, Trait

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.workspace import Identifier

NOON = datetime(2026, 6, 30, 12)
TEXTS = ("source", "id", "name", "email", "phone", "document", "address", "country", "city")


def model(*identifiers: Identifier, **settings: Any) -> Model:
    traits = {trait: Trait(name=trait, label=Label(es=trait, en=trait)) for trait in ("country", "city")}
    return Model(
        functions={}, channels={}, touchpoints={}, elements={}, promises={}, concepts={}, purposes={}, traits=traits,
        identifiers=BUILT_IN_IDENTIFIERS | {each.name: each for each in identifiers},
        identity=IdentitySettings(**{"country": "CO", **settings}),
    )  # fmt: skip


def ignoring(kind: str, *values: str) -> Identifier:
    return replace(BUILT_IN_IDENTIFIERS[kind], ignore=values)


def put_profiles(engine: Embedded, rows: Sequence[Mapping[str, Any]], also: Sequence[str] = ()) -> str:
    """Make a table of profile rows and return its name; `customer` and `at` have defaults."""
    columns = [*TEXTS, *also]
    texts = ", ".join(f"{name(column)} VARCHAR" for column in columns)
    engine.run(f'CREATE OR REPLACE TEMP TABLE profiles (customer BIGINT, "at" TIMESTAMP, birth_date DATE, {texts})')
    values = [
        [row.get("customer", number), row.get("at", NOON), row.get("birth_date"), *map(row.get, columns)]
        for number, row in enumerate(rows)
    ]
    if values:
        listed = [", ".join(map(_literal, row)) for row in values]
        engine.run(f"INSERT INTO profiles VALUES ({'), ('.join(listed)})")
    return "profiles"


def _literal(value: Any) -> str:
    return literal(str(value)) if isinstance(value, date) else literal(value)


def records_of(
    rows: Sequence[Mapping[str, Any]],
    *,
    of: Model | None = None,
    also: Sequence[str] = (),
    engine: Embedded | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, object]]]:
    """Return the records of some profile rows, by customer, and what was left out."""
    of, engine = of or model(), engine or Embedded(threads=1)
    left = make_records(engine, of, profiles=put_profiles(engine, rows, also), into="records")
    names = [column for column, _ in record_columns(of)]
    found = engine.run(f"SELECT {', '.join(map(name, names))} FROM records ORDER BY customer")
    return [dict(zip(names, row, strict=True)) for row in found], left


def read(field: str, texts: Sequence[str | None], *, of: Model | None = None, **same: Any) -> list[Any]:
    """Return one column of the records of customers who differ in that column alone."""
    column = {"email_user": "email", "postcode": "address", "address_numbers": "address"}.get(field, field)
    records, _ = records_of([{**same, column: text} for text in texts], of=of)
    return [record[field] for record in records]
