"""Values that many records hold: two people called García agree less than two called Ospina.

Only values held by at least 50 records are listed, so that the kept model names nobody; the rest share one figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Embedded
    from promesa.identity.levels import Comparison

HELD_BY = 50  # records, at least
LISTED = 1_000  # values of one column, at most
ABOVE = 1.0  # times the share of the column as a whole: the others are left to it
DIGITS = 6


def common_values(
    engine: Embedded, records: str, comparisons: Sequence[Comparison]
) -> dict[str, tuple[float, dict[str, float]]]:
    """Return, by column, how much rarer the unlisted values agree than all, and how much more often listed ones do.

    Returns
    -------
    dict of str to (float, dict of str to float)
        Both as factors of the share of strangers who agree on the column: of the unlisted together, and of each listed
        value. A column without frequent values is not there.
    """
    found: dict[str, tuple[float, dict[str, float]]] = {}
    levels = [level for comparison in comparisons for level in comparison.levels]
    for column in sorted({level.common for level in levels if level.common}):
        factors = _factors(engine, records, column)
        if factors:
            found[column] = factors
    return found


def _factors(engine: Embedded, records: str, column: str) -> tuple[float, dict[str, float]] | None:
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_held AS "
        f"SELECT CAST({name(column)} AS VARCHAR) AS value, count(*) AS held FROM {records} "
        f"WHERE {name(column)} IS NOT NULL GROUP BY ALL"
    )
    # Whole numbers until the end: sums of fractions would depend on the order of rows.
    [(total, agreeing)] = engine.run("SELECT sum(held), sum(held::HUGEINT * (held - 1)) FROM identity_held")
    records_known, pairs_agreeing = int(str(total or 0)), int(str(agreeing or 0))
    if records_known < 2 or not pairs_agreeing:
        return None
    overall = pairs_agreeing / records_known / (records_known - 1)
    rows = engine.run(
        f"SELECT value, held FROM identity_held WHERE held >= {max(HELD_BY, ABOVE * overall * records_known)!r} "
        f"ORDER BY held DESC, value LIMIT {LISTED}"
    )
    listed = {str(value): int(str(held)) for value, held in rows}
    if not listed:
        return None
    rest = records_known - sum(listed.values())
    rest_agreeing = pairs_agreeing - sum(held * (held - 1) for held in listed.values())
    rarer = rest_agreeing / rest / (records_known - 1) / overall if rest and rest_agreeing else 1.0
    factors = {value: held / records_known / overall for value, held in listed.items()}
    return _tidy(min(rarer, 1.0)), {value: _tidy(factor) for value, factor in factors.items()}


def _tidy(factor: float) -> float:
    return float(f"{factor:.{DIGITS}g}")


def shares_of(factors: Mapping[str, float], agree: float) -> dict[str, float]:
    """Return the share of strangers who agree on each listed value."""
    return {value: min(_tidy(factor * agree), 1.0) for value, factor in factors.items()}
