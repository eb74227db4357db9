"""Figures of journeys as a sentence says them: a wait in the unit that a person would choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from promesa.results import Estimate

ENDS = ("estimate", "lower", "upper")


def said(figure: Estimate, locale: str) -> dict[str, str]:
    """Return an estimate and the ends of its interval, written out."""
    fitting = words.in_fitting_unit({"unit": figure.unit, **{end: getattr(figure, end) for end in ENDS}})
    return {end: words.amount(fitting[end], fitting["unit"], locale) for end in ENDS}


def said_difference(figure: Estimate, locale: str) -> dict[str, str]:
    """Return the same of a difference: one of shares in percentage points, for "2 % more" would be a part of a part."""
    if figure.unit != "fraction":
        return said(figure, locale)
    ends = {end: getattr(figure, end) for end in ENDS}
    return {
        end: words.NOT_STATED
        if value is None
        else words.say("unit.percentage_points", locale, value=words.number(100 * value, locale, decimals=1))
        for end, value in ends.items()
    }
