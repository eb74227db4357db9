"""Figures of journeys as a sentence says them: a wait in the unit that a person would choose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from promesa.results import Estimate

ENDS = ("estimate", "lower", "upper")


def said(figure: Estimate, locale: str) -> dict[str, str]:
    """Return an estimate and the ends of its interval, written out."""
    fitting = in_fitting_unit(figure)
    return {end: words.amount(getattr(fitting, end), fitting.unit, locale) for end in ENDS}


def in_fitting_unit(figure: Estimate) -> Estimate:
    """Return hours as minutes or days where a person would count in them."""
    if figure.unit != "hours" or figure.estimate is None:
        return figure
    longest = max(abs(value) for end in ENDS if (value := getattr(figure, end)) is not None)
    unit, factor = ("minutes", 60.0) if longest < 2 else ("days", 1 / 24) if longest >= 48 else ("hours", 1.0)
    scaled = {end: None if (value := getattr(figure, end)) is None else factor * value for end in ENDS}
    return replace(figure, unit=unit, **scaled)
