"""Counts that add up: what must be withheld besides a small one, so that a subtraction does not bring it back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promesa.results import Estimate

    Place = tuple[str | None, ...]
    Sum = tuple[Place | None, list[Place]]

WITH_ANOTHER = "withheld-with-another"
FLOWS = ("opened_recently", "closed_recently")
APART = (*FLOWS, "below_minimum")
"""Counts of other cases than those that are open at every touchpoint."""


def without_remainders(figures: Sequence[Estimate], *, is_split: bool) -> list[Estimate]:
    """Return the figures of cases without those from which, and the sums, a count of few people could be worked out.

    Parameters
    ----------
    figures : sequence of Estimate
        Dimensions: function and touchpoint first, then groups.
    is_split : bool
        As in `withheld_besides`.
    """
    besides = {measure: withheld_besides(_counts(figures, measure), is_split=is_split) for measure in APART}
    # Of open cases each figure has its number beside it, so all of a place go together.
    waiting = withheld_besides(_counts(figures, "open_now"), is_split=is_split)

    def left(one: Estimate) -> Estimate:
        is_told = one.estimate is not None or one.n > 0
        if not is_told or tuple(one.dimensions.values()) not in besides.get(one.measure, waiting):
            return one
        return replace(one, estimate=None, lower=None, upper=None, n=0, note=WITH_ANOTHER)

    return [left(one) for one in figures]


def _counts(figures: Sequence[Estimate], measure: str) -> dict[Place, float | None]:
    return {tuple(one.dimensions.values()): one.estimate for one in figures if one.measure == measure}


def withheld_besides(counts: Mapping[Place, float | None], *, is_split: bool) -> set[Place]:
    """Return the places whose count is withheld so that no difference tells a count that is withheld already.

    Parameters
    ----------
    counts : mapping
        Place to count, None where few people stand behind it. A place is function, touchpoint and groups; function
        and touchpoint null are of all, touchpoint null is of a function.
    is_split : bool
        Whether the places are those of groups, the sum over which is told by another answer.

    Notes
    -----
    A sum whose parts are told but for the small ones tells what these have together, so the least of the others goes
    with them; a sum with one part missing tells that part, so a second goes too. It is looked at sum by sum. By groups,
    several sums together may still tell a small count where nearly every count is small: 3 in 100 of such companies.
    """
    small = {place for place, count in counts.items() if count is None}
    besides: set[Place] = set()
    sums = list(_sums(list(counts), is_split=is_split))
    changed = bool(small)
    while changed:
        changed = False
        for whole, parts in sums:
            another = _another(whole, parts, counts, small=small, besides=besides)
            if another is not None:
                besides.add(another)
                changed = True
    return besides


def _sums(places: Sequence[Place], *, is_split: bool) -> Iterator[Sum]:
    """Yield each whole with its parts; the whole is None where another answer tells it."""
    wholes: dict[Place, list[Place]] = {}
    across: dict[Place, list[Place]] = {}
    for place in places:
        function, touchpoint, *groups = place
        if function is not None and touchpoint is None:
            wholes.setdefault((None, None, *groups), []).append(place)
        elif function is not None:
            wholes.setdefault((function, None, *groups), []).append(place)
        across.setdefault((function, touchpoint), []).append(place)
    known = set(places)
    yield from ((whole if whole in known else None, parts) for whole, parts in wholes.items())
    if is_split:
        yield from ((None, parts) for parts in across.values())


def _another(
    whole: Place | None,
    parts: Sequence[Place],
    counts: Mapping[Place, float | None],
    *,
    small: set[Place],
    besides: set[Place],
) -> Place | None:
    """Return what must be withheld too for this sum to tell nothing, or None if it tells nothing."""
    if whole in small:
        return None  # all of its parts are small
    members = [*parts, *([whole] if whole is not None else [])]
    missing = [place for place in members if place in small or place in besides]
    if not missing or (len(missing) > 1 and not besides.isdisjoint(missing)):
        return None
    others = [place for place in parts if place not in missing and counts[place]]
    if others:
        return min(others, key=lambda place: counts[place] or 0.0)
    # Nothing is left but the small ones: together they are the whole, which is told because it is of enough people.
    if len(missing) > 1 or missing[0] not in besides or missing[0] == whole:
        return None
    # One that is of enough people and stands alone: the whole goes too, or where another answer tells it, a nothing.
    return whole if whole is not None else next((place for place in parts if place not in missing), None)
