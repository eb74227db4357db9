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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.identity.kept_model import LinkModel

Settings = dict[str, Any]
_SIDES = ("l", "r")
_COLUMN = re.compile(r"(\w+)_[lr]\b")


def score(engine: Embedded, records: str, pairs: str, *, link_model: LinkModel, into: str, at_least: float) -> None:
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
    """
    comparisons: list[Settings] = list(link_model.settings["comparisons"])
    prepare(engine, records, pairs, comparisons=comparisons, common=link_model.common)
    gammas = [name(gamma_column(comparison)) for comparison in comparisons]
    match_weight, relatives = _exponents(link_model)
    # Odds against strangers and against relatives: either explanation alone is enough to doubt.
    probability = "1 / (1 + pow(2, -match_weight) + exp(-relatives))"
    weighed = f"SELECT *, {match_weight} AS match_weight FROM ({vectors(pairs, comparisons, common=link_model.common)})"
    if 0 < at_least < 1:
        # Most pairs are strangers' and are told by the first weight alone.
        weighed = f"SELECT * FROM ({weighed}) WHERE match_weight >= {log2(at_least / (1 - at_least))!r}"
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_scored AS "
        f"SELECT low, high, {probability} AS probability, {', '.join(['match_weight', *gammas])} "
        f"FROM (SELECT *, {relatives} AS relatives FROM ({weighed})) WHERE {probability} >= {at_least!r}"
    )
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {name(into)} AS "
        f"SELECT low, high, probability, match_weight, {_agreed(comparisons)} AS agreed FROM identity_scored"
    )
    engine.run("DROP TABLE identity_scored")
    engine.run("DROP TABLE identity_sides")


def gamma_column(comparison: Mapping[str, Any]) -> str:
    """Return the column of a comparison's level: -1 unknown, 0 differs, higher is more alike."""
    return f"gamma_{comparison['output_column_name']}"


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
    joins, chosen = "", [name(column) for column in columns]
    for number, column in enumerate(sorted(common)):
        rows = ", ".join(f"({literal(value)}, {share!r})" for value, share in sorted(common[column].items()))
        joins += (
            f" LEFT JOIN (VALUES {rows}) AS common_{number}(value, share)"
            f" ON common_{number}.value = CAST(records.{name(column)} AS VARCHAR)"
        )
        chosen.append(f"log2(common_{number}.share) AS {name(f'tf_{column}')}")
    # With many pairs nearly every record stands in one: looking for those that do not would cost more than it saves.
    many = engine.value(f"SELECT (SELECT count(*) FROM {pairs}) > (SELECT count(*) FROM {records})")
    within = "" if many else f" WHERE customer IN (SELECT low FROM {pairs} UNION ALL SELECT high FROM {pairs})"
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE identity_sides AS SELECT {', '.join(['customer', *chosen])} "
        f"FROM {records} AS records{joins}{within}"
    )


def vectors(pairs: str, comparisons: Sequence[Settings], *, common: Mapping[str, object]) -> str:
    """Return a SELECT of each pair's level in each comparison, over `pairs` and `identity_sides`."""
    columns = _columns(comparisons)
    sides = [f"side_{side}.{name(column)} AS {name(f'{column}_{side}')}" for column in columns for side in _SIDES]
    # Where a frequency counts the two values are equal: one side's will do.
    shares = [name(f"tf_{column}") for column in sorted(common)]
    sides += [f"side_l.{share}" for share in shares]
    levels = [f"{_level(comparison)} AS {name(gamma_column(comparison))}" for comparison in comparisons]
    return (
        f"SELECT {', '.join(['low', 'high', *shares, *levels])} FROM ("
        f"SELECT {', '.join(['low', 'high', *sides])} FROM {pairs} AS pairs "
        "JOIN identity_sides AS side_l ON side_l.customer = pairs.low "
        "JOIN identity_sides AS side_r ON side_r.customer = pairs.high)"
    )


def _columns(comparisons: Sequence[Settings]) -> list[str]:
    conditions = [level["sql_condition"] for comparison in comparisons for level in comparison["comparison_levels"]]
    return sorted({column for condition in conditions for column in _COLUMN.findall(condition)})


def _level(comparison: Settings) -> str:
    unknown, *levels = comparison["comparison_levels"]
    whens = [f"WHEN {unknown['sql_condition']} THEN -1"]
    whens += [
        f"WHEN {level['sql_condition']} THEN {value}"
        for value, level in zip(range(len(levels) - 1, 0, -1), levels, strict=False)
    ]
    return f"CAST(CASE {' '.join(whens)} ELSE 0 END AS TINYINT)"


def _exponents(link_model: LinkModel) -> tuple[str, str]:
    """Return SQL of Splink's match weight, log2 odds against strangers, and of the log odds against relatives."""
    prior = link_model.settings["probability_two_random_records_match"]
    weights, kin = [repr(log2(prior / (1 - prior)))], [repr(-log(link_model.relatives_per_match))]
    for comparison in link_model.settings["comparisons"]:
        _, *levels = comparison["comparison_levels"]
        field, gamma = comparison["output_column_name"], name(gamma_column(comparison))
        against, among = "", ""
        for value, level, share in zip(
            range(len(levels) - 1, -1, -1), levels, link_model.relatives[field], strict=True
        ):
            m, u = level["m_probability"], level["u_probability"]
            apart, home = f"({log2(m / u)!r})", f"({log(m / share)!r})"
            if column := level.get("tf_adjustment_column"):
                frequency = name(f"tf_{column}")
                apart = f"({log2(m)!r} - coalesce({frequency}, {log2(u)!r}))"
                # What many have, two of one home have as easily as two strangers.
                home = f"({log(m)!r} - ln(greatest({share!r}, coalesce(pow(2, {frequency}), 0))))"
            against += f" WHEN {value} THEN {apart}"
            among += f" WHEN {value} THEN {home}"
        weights.append(f"CASE {gamma}{against} ELSE 0 END")
        kin.append(f"CASE {gamma}{among} ELSE 0 END")
    return " + ".join(weights), " + ".join(kin)


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
