"""Amounts in other currencies, converted while they are loaded: in decimals, by the rate of the row's local day.

The original is not lost: it is the amount stored over `rate`, to half a unit of the amount's fourth decimal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.kinds import raw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from promesa.workspace import Workspace

NO_RATE = "no-rate"
EXACT_RATE = "~rate"  # the rate as a whole number of its last digit, so that multiplying is exact
_DIGITS = 10
_UNIT = 10**_DIGITS


def currency_sql() -> str:
    """Return the SQL of a row's currency: capital letters, null where none is given."""
    given = f"CAST({raw('currency')} AS VARCHAR)"
    return f"nullif(upper(trim({given})), '')"


def exact_rate(ws: Workspace, *, at: str) -> str:
    """Return the SQL of what one unit of a row's currency is worth on its local day; null where nobody said.

    Parameters
    ----------
    at : str
        SQL of the row's time, naive UTC; the session is in the company's zone.
    """
    day = f"CAST(({at}) AT TIME ZONE 'UTC' AS DATE)"
    branches = " ".join(
        f"WHEN {literal(currency)} THEN {_on_day(entries, day)}" for currency, entries in ws.rates.items()
    )
    known = f"CASE {name('currency')} {branches} END" if branches else "NULL"
    return f"CAST({known} AS HUGEINT)"


def _on_day(entries: Sequence[tuple[date, Decimal]], day: str) -> str:
    """Return nested conditions that halve the days: a rate a day for ten years is found in twelve steps."""
    if len(entries) == 1:
        first, rate = entries[0]
        return f"CASE WHEN {day} >= DATE '{first}' THEN {int(rate * _UNIT)} END"
    half = len(entries) // 2
    early, late = _on_day(entries[:half], day), _on_day(entries[half:], day)
    return f"CASE WHEN {day} < DATE '{entries[half][0]}' THEN {early} ELSE {late} END"


def converted_amount(value: str) -> str:
    """Return the SQL of an amount in the company's currency, rounded half to even at the fourth decimal.

    A row without a rate keeps its amount: it goes to the quarantine for the rate alone.
    """
    product = f"(CAST(({value}) * 10000 AS HUGEINT) * {name(EXACT_RATE)})"
    whole, rest = f"(abs({product}) // {_UNIT})", f"(abs({product}) % {_UNIT})"
    up = f"CASE WHEN {rest} * 2 > {_UNIT} OR ({rest} * 2 = {_UNIT} AND {whole} % 2 = 1) THEN 1 ELSE 0 END"
    # Digits moved as text: a quotient of whole numbers is no decimal in DuckDB.
    units = f"(sign({product}) * ({whole} + {up}))"
    exact = f"TRY_CAST(TRY_CAST({units} AS DECIMAL(30,0)) * CAST(0.0001 AS DECIMAL(5,4)) AS DECIMAL(18,4))"
    return f"CASE WHEN {name(EXACT_RATE)} IS NULL THEN {value} ELSE {exact} END"


def rate_sql() -> str:
    """Return the SQL of the rate as it is stored."""
    return f"CAST({name(EXACT_RATE)} AS DOUBLE) / {_UNIT}.0"


def lacks_rate(ws: Workspace) -> str:
    """Return the SQL condition of a row in another currency for whose day no rate is declared."""
    return f"{name('currency')} <> {literal(ws.currency)} AND {name(EXACT_RATE)} IS NULL"


def shown_with_day() -> str:
    """Return the SQL of what a fault shows of such a row: its currency and its local day."""
    day = f"CAST({name('at')} AT TIME ZONE 'UTC' AS DATE)"
    return f"{name('currency')} || ' ' || CAST({day} AS VARCHAR)"
