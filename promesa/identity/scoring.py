"""The probability that two records are one person's: a pure function of the two and the kept model, in SQL.

The conditions are those of the kept Splink model and give Splink's own match weight. Beside it stands the weight
against two persons of one home; a pair is one person's only where both other explanations have become unlikely.
"""

from __future__ import annotations

import json
import re
from math import log, log2
from typing import TYPE_CHECKING, Any

from promesa.engine import literal, name
from promesa.identity.shortcuts import derived, shortened
from promesa.identity.weights import at_best_weights, exponents, first_compared, gamma_column, packed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.identity.kept_model import LinkModel

Settings = dict[str, Any]
_SIDES = ("l", "r")
SLACK = 1e-6  # of a bound: the same weights added in another order differ far less
_DAY = "birth_date"  # the one column of records that is no text
_COLUMN = re.compile(r"(\w+)_[lr]\b")


def score(
    engine: Embedded,
    records: str,
    pairs: str,
    *,
    link_model: LinkModel,
    into: str,
    at_least: float,
    also: str = "",
) -> None:
    """Write the probability of each pair, and how its fields agree.

    Parameters
    ----------
    engine : Embedded
        Where the tables are.
    records : str
        Table of records.
    pairs : str
        Stored table of `low`, `high`. It must be a table: candidates found and scored in one statement hang DuckDB.
    link_model : LinkModel
        Kept or trained.
    into : str
        Temporary table to write: `low`, `high`, `probability` (of one person, a fraction), `match_weight` (Splink's:
        log2 of the odds against strangers alone) and `agreed` (JSON: for each field ``same``, ``close``, ``swapped``,
        ``partly``, ``differs`` or ``unknown``).
    at_least : float
        Pairs below this probability are left out.
    also : str
        SQL over `agreed` of a column more, as ``..., condition AS name``: told once for all pairs that agree alike.
    """
    comparisons: list[Settings] = list(link_model.settings["comparisons"])
    records = _compared(engine, records, pairs, comparisons=comparisons)
    likely = _write_likely(engine, records, pairs, link_model=link_model, at_least=at_least)
    rest = [comparison for comparison in comparisons if name(gamma_column(comparison)) not in likely]
    prepare(engine, records, "identity_likely", comparisons=rest, common=link_model.common)
    gammas = [name(gamma_column(comparison)) for comparison in comparisons]
    levels = vectors("identity_likely", comparisons, common=link_model.common, known=likely)
    match_weight, relatives = exponents(link_model)
    # Odds against strangers and against relatives: either explanation alone is enough to doubt.
    probability = "1 / (1 + pow(2, -match_weight) + exp(-relatives))"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_weighed AS SELECT *, {match_weight} AS match_weight FROM ({levels})"
    )
    # Most pairs are strangers' and are told by the first weight alone: a table of its own, for a condition on the
    # weight in the same statement would have every level told twice.
    some = f" WHERE match_weight >= {log2(at_least / (1 - at_least))!r}" if 0 < at_least < 1 else ""
    weighed = f"SELECT *, {relatives} AS relatives FROM identity_weighed{some}"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_scored AS "
        f"SELECT low, high, {probability} AS probability, {', '.join(['match_weight', *gammas])} FROM ({weighed})"
    )
    # Some thousand ways to agree, and a million pairs: each way is written out once.
    alike, likely_enough = ", ".join(gammas or ["high"]), f"probability >= {at_least!r}"
    ways = f"SELECT DISTINCT {alike} FROM identity_scored WHERE {likely_enough}"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_told AS SELECT *{also} "
        f"FROM (SELECT *, {_agreed(comparisons)} AS agreed FROM ({ways}))"
    )
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {name(into)} AS SELECT s.low, s.high, s.probability, s.match_weight, "
        f"t.* EXCLUDE ({alike}) FROM identity_scored s JOIN identity_told t USING ({alike}) WHERE s.{likely_enough}"
    )
    for table in ("told", "scored", "weighed", "likely", "sides", "compared"):
        engine.run(f"DROP TABLE IF EXISTS identity_{table}")


def _compared(engine: Embedded, records: str, pairs: str, *, comparisons: Sequence[Settings]) -> str:
    """Return the table of the records that stand in a pair, read once where few do."""
    if _many(engine, records, pairs):
        return records
    columns = sorted(columns_read(comparisons))
    within = f"customer IN (SELECT low FROM {pairs} UNION ALL SELECT high FROM {pairs})"
    listed = ", ".join(map(name, ["customer", *columns]))
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_compared AS SELECT {listed} FROM {records} WHERE {within}")
    return "identity_compared"


def columns_read(comparisons: Sequence[Settings]) -> set[str]:
    """Return the columns of records that the conditions of comparisons read."""
    conditions = [level["sql_condition"] for comparison in comparisons for level in comparison["comparison_levels"]]
    return {column for condition in conditions for column in _COLUMN.findall(condition)}


def _many(engine: Embedded, records: str, pairs: str) -> bool:
    """Tell whether nearly every record stands in a pair: looking for those that do not costs more than it saves."""
    return bool(engine.value(f"SELECT (SELECT count(*) FROM {pairs}) > (SELECT count(*) FROM {records})"))


def _write_likely(
    engine: Embedded, records: str, pairs: str, *, link_model: LinkModel, at_least: float
) -> dict[str, str]:
    """Write the pairs that may reach a probability, and return how their levels are read from the pattern.

    Most pairs are strangers' and are told by names, numbers and dates: the long texts of these are never compared, it
    is only asked whether they are equal. Each pair's levels are one number, and what a pattern can reach at best is
    worked out once for all its pairs.
    """
    comparisons = link_model.settings["comparisons"]
    gammas = [name(gamma_column(comparison)) for comparison in comparisons]
    first = first_compared(comparisons)
    pattern, levels = packed(first)
    prepare(engine, records, pairs, comparisons=first, common={})
    engine.run(f"CREATE OR REPLACE TEMP TABLE identity_likely AS {vectors(pairs, first, common={}, packed=pattern)}")
    exact = {gamma: levels[gamma] for gamma in gammas if gamma in levels}
    if not 0 < at_least < 1:
        return exact
    at_best = " AND ".join(
        f"{weight} >= {least - SLACK!r}"
        for weight, least in zip(
            at_best_weights(link_model, first),
            (log2(at_least / (1 - at_least)), log(at_least / (1 - at_least))),
            strict=True,
        )
    )
    read = ", ".join(f"{level} AS {gamma}" for gamma, level in levels.items())
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_likely AS SELECT low, high, pattern FROM identity_likely "
        f"WHERE pattern IN (SELECT pattern FROM (SELECT pattern, {read} FROM "
        f"(SELECT DISTINCT pattern FROM identity_likely)) WHERE {at_best})"
    )
    return exact


def prepare(
    engine: Embedded,
    records: str,
    pairs: str,
    *,
    comparisons: Sequence[Settings],
    common: Mapping[str, Mapping[str, float]],
) -> None:
    """Write `identity_sides`: of the records that stand in a pair, the columns that are compared.

    Beside each frequent value stands log2 of the share of strangers who agree on it.
    """
    columns = _columns(comparisons)
    joins, chosen = "", [f"{derived(column)} AS {name(column)}" for column in columns]
    for number, column in enumerate(sorted(common)):
        # A day is looked for as a day: to write each record's out as text takes longer than all the rest.
        kind = "DATE" if column == _DAY else "VARCHAR"
        rows = ", ".join(
            f"(CAST({literal(value)} AS {kind}), {share!r})" for value, share in sorted(common[column].items())
        )
        joins += (
            f" LEFT JOIN (VALUES {rows}) AS common_{number}(value, share)"
            f" ON common_{number}.value = CAST(records.{name(column)} AS {kind})"
        )
        chosen.append(f"log2(common_{number}.share) AS {name(f'tf_{column}')}")
    within = (
        ""
        if _many(engine, records, pairs)
        else f" WHERE customer IN (SELECT low FROM {pairs} UNION ALL SELECT high FROM {pairs})"
    )
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_sides AS SELECT {', '.join(['customer', *chosen])} "
        f"FROM (SELECT * FROM {records}{within}) AS records{joins}"
    )


def vectors(
    pairs: str,
    comparisons: Sequence[Settings],
    *,
    common: Mapping[str, object],
    known: Mapping[str, str] | None = None,
    packed: str | None = None,
) -> str:
    """Return a SELECT of each pair's level in each comparison, over `pairs` and `identity_sides`.

    Parameters
    ----------
    common : mapping
        Columns whose share of strangers stands beside the levels.
    known : mapping of str to str or None
        SQL over `pairs` of the levels that were told before, by their column.
    packed : str or None
        SQL over the levels of what is given in their place, as `pattern`.
    """
    known = known or {}
    columns = _columns([comparison for comparison in comparisons if name(gamma_column(comparison)) not in known])
    sides = [f"side_{side}.{name(column)} AS {name(f'{column}_{side}')}" for column in columns for side in _SIDES]
    # Where a frequency counts the two values are equal: one side's will do.
    shares = [name(f"tf_{column}") for column in sorted(common)]
    sides += [f"side_l.{share}" for share in shares]
    sides += [f"{level} AS {gamma}" for gamma, level in known.items()]
    gammas = [name(gamma_column(comparison)) for comparison in comparisons]
    levels = [
        gamma if gamma in known else f"{_level(comparison)} AS {gamma}"
        for gamma, comparison in zip(gammas, comparisons, strict=True)
    ]
    told = (
        f"SELECT {', '.join(['low', 'high', *shares, *levels])} FROM ("
        f"SELECT {', '.join(['low', 'high', *sides])} FROM {pairs} AS pairs "
        "JOIN identity_sides AS side_l ON side_l.customer = pairs.low "
        "JOIN identity_sides AS side_r ON side_r.customer = pairs.high)"
    )
    return f"SELECT low, high, {packed} AS pattern FROM ({told})" if packed else told


def _columns(comparisons: Sequence[Settings]) -> list[str]:
    conditions = [
        shortened(level["sql_condition"]) for comparison in comparisons for level in comparison["comparison_levels"]
    ]
    return sorted({column for condition in conditions for column in _COLUMN.findall(condition)})


def _level(comparison: Settings) -> str:
    unknown, *levels = comparison["comparison_levels"]
    whens = [f"WHEN {unknown['sql_condition']} THEN -1"]
    whens += [
        f"WHEN {shortened(level['sql_condition'])} THEN {value}"
        for value, level in zip(range(len(levels) - 1, 0, -1), levels, strict=False)
    ]
    return f"CAST(CASE {' '.join(whens)} ELSE 0 END AS TINYINT)"


def _agreed(comparisons: Sequence[Settings]) -> str:
    """Return SQL of the JSON text that names each field's agreement."""
    parts: list[str] = []
    for comparison in comparisons:
        _, *levels = comparison["comparison_levels"]
        words = " ".join(
            f"WHEN {value} THEN {literal(level['label_for_charts'].split(':')[0])}"
            for value, level in zip(range(len(levels) - 1, -1, -1), levels, strict=True)
        )
        start = json.dumps(str(comparison["output_column_name"])) + ': "'
        level = f"CASE {name(gamma_column(comparison))} {words} ELSE 'unknown' END"
        parts.append(f"{literal(start)} || {level} || '\"'")
    return "'{' || " + " || ', ' || ".join(parts) + " || '}'" if parts else "'{}'"
