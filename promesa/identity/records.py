"""Records: one row a customer, with what its profile rows say made comparable.

Every value is a function of the profile rows of its own customer and of the model, so that the order of loads and the
other customers change nothing. Null means unknown, or not to be used: `left_out` tells how many and why.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.engine import name as quoted
from promesa.identity.comparable import comparable, forget_steps, identifier_fields, look_at, own_identifiers
from promesa.store import OWN_SOURCE

if TYPE_CHECKING:
    from promesa.engine import Embedded
    from promesa.identity.comparable import Rows
    from promesa.workspace import Model

FEW = 20_000  # profile rows up to which planning takes longer than reading
RECORD_COLUMNS: tuple[tuple[str, str], ...] = (
    ("customer", "whole"),
    ("at", "time"),
    ("name", "text"),
    ("given", "text"),
    ("given_2", "text"),
    ("surname", "text"),
    ("surname_2", "text"),
    ("name_known", "text"),
    ("email", "text"),
    ("email_user", "text"),
    ("phone", "text"),
    ("document", "text"),
    ("birth_date", "day"),
    ("address", "text"),
    ("address_numbers", "text"),
    ("postcode", "text"),
)
# Columns that come from one profile row: the newest in which the first of them is known.
_TOGETHER = (
    ("name", "given", "given_2", "surname", "surname_2", "name_known"),
    ("email", "email_user"),
    ("address", "address_numbers", "postcode"),
)


def record_columns(model: Model) -> tuple[tuple[str, str], ...]:
    """Return the columns of `records` for a model.

    Parameters
    ----------
    model : Model
        Its traits to compare and its own identifiers add columns: ``trait_<name>``, ``id_<name>``.

    Returns
    -------
    tuple of (str, str)
        Name and kind of each, in the order of the table.
    """
    traits = tuple((f"trait_{trait}", "text") for trait in model.identity.compare)
    return RECORD_COLUMNS + traits + tuple((f"id_{identifier.name}", "text") for identifier in own_identifiers(model))


def make_records(engine: Embedded, model: Model, *, profiles: str, into: str) -> list[dict[str, object]]:
    """Make the records of all customers of some profile rows.

    Parameters
    ----------
    engine : Embedded
        Holds the profiles.
    model : Model
        Says which identifiers there are, what is compared and of which country phones are.
    profiles : str
        A table, or a SELECT, of profile rows: `customer` and `at`, and any of source, id, name, email, phone,
        document, address, birth_date, the traits and the identifiers; a column that is missing is empty. All rows of
        a customer belong in it, or the record says less than is known.
    into : str
        Temporary table to create, with `record_columns`; replaced if it exists. One row for each customer in
        `profiles`; for each field the newest usable value, by `at`, then source, then id.

    Returns
    -------
    list of dict
        What was left out and why, as `left_out` returns it.
    """
    rows = look_at(engine, model, profiles=profiles)
    apart = engine if int(str(engine.value(f"SELECT count(*) FROM {rows.relation}"))) <= FEW else None
    many = quoted(f"{into}_many")
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {many} AS SELECT customer FROM {rows.relation} WHERE customer IS NOT NULL"
        " GROUP BY customer HAVING count(*) > 1"
    )
    # Most customers have one row, and theirs need no choice between rows.
    alone = f"customer IS NOT NULL AND customer NOT IN (FROM {many})"
    target = quoted(into)
    engine.run(f"CREATE OR REPLACE TEMP TABLE {target} AS {_selected(rows, where=alone, apart=apart)}")
    told = _reasons(engine, model, table=target)
    if engine.value(f"SELECT count(*) FROM {many}"):
        told += _add_newest(engine, rows, many=many, target=target, apart=apart)
    engine.run(f"DROP TABLE {many}")
    forget_steps(engine)
    for field in _fields(model):
        engine.run(f"ALTER TABLE {target} DROP COLUMN {quoted('why_' + field)}")
    return [{"field": field, "reason": reason, "records": told[field, reason]} for field, reason in sorted(told)]


def left_out(engine: Embedded, model: Model, *, profiles: str) -> list[dict[str, object]]:
    """Count the values that no record uses, and why. No value is shown.

    Parameters
    ----------
    engine, model, profiles
        As in `make_records`, which returns the same.

    Returns
    -------
    list of dict
        Rows with field, reason (``placeholder``, ``ignored``, ``unreadable``, ``one letter``, ``no country``,
        ``impossible``) and records: customers with such a value in one of their profile rows.
    """
    told = make_records(engine, model, profiles=profiles, into="promesa_left_out")
    engine.run("DROP TABLE promesa_left_out")
    return told


def _fields(model: Model) -> list[str]:
    return ["name", *identifier_fields(model), "address", "birth_date"]


def _selected(rows: Rows, *, where: str, apart: Embedded | None, also: str = "") -> str:
    columns = [column for column, _ in record_columns(rows.model)] + [f"why_{field}" for field in _fields(rows.model)]
    return f"SELECT {', '.join(map(quoted, columns))}{also} FROM {comparable(rows, where=where, apart=apart)}"


def _add_newest(
    engine: Embedded, rows: Rows, *, many: str, target: str, apart: Embedded | None
) -> Counter[tuple[str, str]]:
    """Add the records of the customers with many rows: of each field, the newest value there is."""
    each = quoted("promesa_record_rows")
    where = f"customer IN (FROM {many})"
    rank = f', row_number() OVER (ORDER BY (_source = {literal(OWN_SOURCE)}), "at", _source, _id) AS _rank'
    engine.run(f"CREATE OR REPLACE TEMP TABLE {each} AS {_selected(rows, where=where, apart=apart, also=rank)}")
    together = {column: columns[0] for columns in _TOGETHER for column in columns}
    chosen: list[str] = []
    for column, _ in record_columns(rows.model)[2:]:
        lead = quoted(together.get(column, column))
        # A null beside the newest name, such as no second surname, is part of that name.
        chosen.append(f"arg_max_null({quoted(column)}, _rank) FILTER ({lead} IS NOT NULL) AS {quoted(column)}")
    newest = f'SELECT customer, min("at") AS at, {", ".join(chosen)} FROM {each} GROUP BY customer'
    engine.run(f"INSERT INTO {target} BY NAME {newest}")
    told = _reasons(engine, rows.model, table=each)
    engine.run(f"DROP TABLE {each}")
    return told


def _reasons(engine: Embedded, model: Model, *, table: str) -> Counter[tuple[str, str]]:
    """Count customers by field and reason why a value of theirs was left out."""
    counts = " UNION ALL ".join(
        f"SELECT {literal(field)}, {quoted('why_' + field)}, count(DISTINCT customer) FROM {table}"
        f" WHERE {quoted('why_' + field)} IS NOT NULL GROUP BY ALL"
        for field in _fields(model)
    )
    return Counter({(str(field), str(reason)): int(str(records)) for field, reason, records in engine.run(counts)})
