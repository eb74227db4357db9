"""What a row must be to become a fact: conditions in SQL, each with the code of its rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.currencies import EXACT_RATE, NO_RATE, lacks_rate, shown_with_day
from promesa.store.kinds import MISFIT, is_blank, raw, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from promesa.store.schema import Column
    from promesa.workspace import Model, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way in which a row fails.

    Attributes
    ----------
    code : str
        ``missing-customer``, ``unknown-touchpoint``, ``not-a-number``...
    column : str
        Column of the load file's output that is at fault.
    fails : str
        SQL condition, true for a row at fault, over raw and converted columns.
    shown : str or None
        SQL of the value that is told; None is the column as the load file gave it.
    """

    code: str
    column: str
    fails: str
    shown: str | None = None


def known_names(table: str, model: Model) -> dict[str, tuple[str, ...]]:
    """Return, for each column of a table whose names are declared, the names it may hold.

    Channels are checked if the model declares any; the purposes of consents are the company's own
    and stand in no model.
    """
    known: dict[str, tuple[str, ...]] = {
        "touchpoint": tuple(model.touchpoints),
        "concept": tuple(model.concepts),
        "function": tuple(model.functions),
    }
    if model.channels:
        known["channel"] = tuple(model.channels)
    if table == "spend":
        known["purpose"] = tuple(model.purposes)
    if table == "costs":
        known["account"] = tuple(model.accounts)
    return known


def rules_of(
    columns: Sequence[Column],
    types: Mapping[str, str],
    *,
    known: Mapping[str, Iterable[str]],
    recorded_at: datetime,
    ws: Workspace,
) -> tuple[Rule, ...]:
    """Return the rules of one load file's output, in the order in which they are told.

    Parameters
    ----------
    columns : sequence of Column
        Of the fact table, `recorded_at` left out.
    types : mapping of str to str
        DuckDB type of each column that the SELECT gives.
    known : mapping of str to names
        As `known_names` returns it.
    recorded_at : datetime
        Naive UTC; a row from after it is from the future.
    ws : Workspace
        Says what amounts are in.
    """
    rules: list[Rule] = []
    for column in columns:
        rules += _rules_of_column(column, types)
        if column.name in known and column.name in types:
            rules.append(_unknown(column.name, known[column.name]))
    if "currency" in types:
        rules.append(Rule(code=NO_RATE, column="currency", fails=lacks_rate(ws), shown=shown_with_day()))
    rules.append(Rule(code="future-date", column="at", fails=f"{name('at')} > {literal(recorded_at)}"))
    if "score" in types:
        low, high, score = name("scale_min"), name("scale_max"), name("score")
        at_fault = next((end for end in ("scale_max", "scale_min") if end in types), "score")
        rules.append(Rule(code="bad-scale", column=at_fault, fails=f"{low} >= {high}"))
        rules.append(Rule(code="score-off-scale", column="score", fails=f"{score} < {low} OR {score} > {high}"))
    return tuple(rules)


def _rules_of_column(column: Column, types: Mapping[str, str]) -> list[Rule]:
    if column.name not in types:
        return []
    given, found = types[column.name], []
    source, value = raw(column.name), name(column.name)
    blank = is_blank(given, source)
    if column.required and column.name != "source":
        found.append(Rule(code=f"missing-{column.name}", column=column.name, fails=blank))
    if column.name == "customer" or column.kind == "text":
        return found
    misfit = f"{value} IS NULL AND NOT ({blank})"
    if column.kind == "money":
        rate = f"coalesce(CAST({name(EXACT_RATE)} AS DOUBLE) / 1e10, 1.0)" if "currency" in types else "1.0"
        large = too_large(given, source, rate=rate)
        found.append(Rule(code="too-large", column=column.name, fails=f"{misfit} AND coalesce({large}, false)"))
        misfit += f" AND NOT coalesce({large}, false)"
    found.append(Rule(code=MISFIT[column.kind], column=column.name, fails=misfit))
    if column.not_negative:
        found.append(Rule(code="negative", column=column.name, fails=f"{value} < 0"))
    return found


def _unknown(column: str, known: Iterable[str]) -> Rule:
    listed = ", ".join(literal(entry) for entry in known)
    value = name(column)
    fails = f"{value} NOT IN ({listed})" if listed else f"{value} IS NOT NULL"
    # A blank name is a missing one, and told as such where it is required.
    return Rule(code=f"unknown-{column}", column=column, fails=f"trim({value}) <> '' AND {fails}")
