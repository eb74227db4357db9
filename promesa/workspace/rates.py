"""Rates of other currencies, as promesa.toml declares them day by day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from promesa.errors import did_you_mean
from promesa.workspace.fields import Place, show

Rates = Mapping[str, tuple[tuple[date, Decimal], ...]]
DIGITS = 10  # after the decimal point: a product with an amount of money stays within 38 digits
HIGHEST = Decimal(10) ** 8


def read_rates(tables: object, *, currency: str | None, place: Place) -> Rates:
    """Return the rates by currency, days in order, after noting every mistake.

    Parameters
    ----------
    currency : str or None
        The company's own, which has no rate.
    """
    if not isinstance(tables, dict):
        place.wrong(
            what="This is not a table.",
            got=show(tables),
            expected="a table for each currency",
            fix='write [rates.EUR] above lines such as "2026-01-01" = 4200.5',
        )
        return {}
    rates: dict[str, tuple[tuple[date, Decimal], ...]] = {}
    for code, entries in tables.items():
        here = place.at(code)
        if _is_foreign(code, currency, here):
            rates[code] = _entries(entries, here)
    return rates


def _is_foreign(code: str, currency: str | None, place: Place) -> bool:
    from babel.numbers import list_currencies

    known = list_currencies()
    if code not in known:
        place.wrong(
            what="There is no such currency.",
            got=show(code),
            expected="an ISO 4217 code, such as EUR or USD",
            fix=did_you_mean(code.upper(), sorted(known), otherwise="use the ISO code"),
        )
    elif code == currency:
        place.wrong(
            what="The company's own currency has no rate.",
            got=show(code),
            expected="rates of other currencies",
            fix=f"take [rates.{code}] out",
        )
    return code in known and code != currency


def _entries(entries: object, place: Place) -> tuple[tuple[date, Decimal], ...]:
    if not isinstance(entries, dict) or not entries:
        place.wrong(
            what="This is no table of rates.",
            got=show(entries),
            expected='lines such as "2026-01-01" = 4200.5: from that day on, what one unit is worth',
            fix="add the rate of the first day on which the currency occurs",
        )
        return ()
    found: dict[date, Decimal] = {}
    for day, rate in entries.items():
        first, worth = _day(day, place.at(day)), _rate(rate, place.at(day))
        if first is not None and worth is not None:
            found[first] = worth
    return tuple(sorted(found.items()))


def _day(text: str, place: Place) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        place.wrong(
            what="This is not a day.", got=show(text), expected="a day such as 2026-01-31", fix="write year-month-day"
        )
        return None


def _rate(value: object, place: Place) -> Decimal | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and Decimal(value).is_finite():
        rate = Decimal(value)
        if 0 < rate < HIGHEST and rate == round(rate, DIGITS):
            return rate
    place.wrong(
        what="This is not a rate.",
        got=show(value),
        expected=f"what one unit is worth in the company's currency: above 0, below {HIGHEST:,}, "
        f"at most {DIGITS} digits after the point",
        fix="write a number without quotes",
    )
    return None
