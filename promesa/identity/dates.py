"""Birth dates: those of forms and those of nobody alive left out."""

from __future__ import annotations

OLDEST_YEARS = 115
# What forms write where the customer said nothing.
_DEFAULTS = "DATE '1900-01-01', DATE '1901-01-01', DATE '1970-01-01', DATE '1800-01-01', DATE '1753-01-01'"


def add_birth_date(relation: str, *, raw: str) -> str:
    """Return a relation with the birth date where it may be one.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM, with `at`.
    raw : str
        Its column with the day as it was given.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with birth_date and why_birth_date.
    """
    reason = (
        f"CASE WHEN {raw} IN ({_DEFAULTS}) THEN 'placeholder' WHEN {raw} > CAST(\"at\" AS DATE)"
        f" OR {raw} < CAST(\"at\" AS DATE) - INTERVAL {OLDEST_YEARS} YEAR THEN 'impossible' END"
    )
    told = f"(SELECT *, {reason} AS why_birth_date FROM {relation})"
    return f"(SELECT *, CASE WHEN why_birth_date IS NULL THEN {raw} END AS birth_date FROM {told})"
