"""Figures of journeys as a sentence says them: a wait in the unit that a person would choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from promesa.results import Estimate

ENDS = ("estimate", "lower", "upper")


def said_apart(figure: Estimate, locale: str) -> dict[str, str]:
    """Return a difference and the ends of its interval, of shares in percentage points; the sentence says more or less.

    Only a minus is written.
    """
    if figure.unit != "fraction":
        return said(figure, locale)
    return {end: words.change(getattr(figure, end) or 0.0, "fraction", locale).lstrip("+") for end in ENDS}


def said(figure: Estimate, locale: str) -> dict[str, str]:
    """Return an estimate and the ends of its interval, written out."""
    fitting = words.in_fitting_unit({"unit": figure.unit, **{end: getattr(figure, end) for end in ENDS}})
    return {end: words.amount(fitting[end], fitting["unit"], locale) for end in ENDS}
