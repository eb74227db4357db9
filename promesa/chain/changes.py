"""What a person writes to ask "what if": names with the level or the step they are moved to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import UnknownName, ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Sequence

WRITTEN = re.compile(r"\s*(\w+)\s*(=|\+=|-=)\s*([+-]?\d*[.,]?\d+)\s*(%?)\s*")
GRAMMAR = "NAME=LEVEL, NAME+=STEP or NAME-=STEP, such as arrives_by_date=0.03, wait_minutes-=0.5"
ALMOST = 1e-9
REASONS = {
    "never-varied": "it never varied, so that nothing shows what a change of it would do",
    "told-by-what-came-before": "what stands behind it and what was lived before tell it already",
    "withheld-small-group": "too few journeys lived it, or lived it otherwise",
    "withheld-small-cell": "too few customers stand behind it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One feature moved from the level it has to another.

    Attributes
    ----------
    name, kind, unit : str
        Of the feature, as in `experience.Feature`.
    before, after : float
        Share broken (promise), share of journeys (touchpoint) or mean where it is lived (element).
    met : float
        Share of journeys that live it.
    yes_no : bool
        Whether its values are 0 and 1, so that the level is a share.
    """

    name: str
    kind: str
    unit: str
    before: float
    after: float
    met: float
    yes_no: bool

    @property
    def step(self) -> float:
        """Return by how much the mean moves, where it is lived."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """What can be moved: a promise, an element or a touchpoint with an effect on some outcome.

    Attributes
    ----------
    name, kind, unit : str
        As of `Change`.
    function : str or None
        Whose job it is.
    now, lowest, highest : float
        Its level, and the range within which something is known of it.
    is_share : bool
        Whether the levels are shares, written as percent.
    """

    name: str
    kind: str
    unit: str
    function: str | None
    now: float
    lowest: float
    highest: float
    is_share: bool


def levers(system: Mapping[str, Any]) -> tuple[Lever, ...]:
    """Return what can be moved, from the kept document of `system`; nothing where it holds no effects."""
    kept = system.get("system", {"outcomes": ()})
    return tuple(
        Lever(
            name=str(feature["name"]),
            kind=str(feature["kind"]),
            unit=str(feature["unit"]),
            function=feature.get("function"),
            now=float(feature["mean"]),
            lowest=float(feature["lowest"]),
            highest=float(feature["highest"]),
            is_share=bool(feature["yes_no"]) or feature["unit"] == "fraction",
        )
        for feature in _known(kept["outcomes"]).values()
    )


def read_changes(
    changes: Mapping[str, float] | Sequence[str] | str, outcomes: Sequence[Mapping[str, Any]]
) -> tuple[Change, ...]:
    """Return what is asked, held against what was seen.

    Parameters
    ----------
    changes : mapping of str to float, or texts
        Names with their new level; or texts as `GRAMMAR` says. A share may be written with a percent sign.
    outcomes : sequence of mapping
        Of a kept system. A feature's present level is that of the outcome known of most journeys.

    Raises
    ------
    ValueOutOfRange
        If a text cannot be read, a name stands twice, or a level lies outside what was seen.
    UnknownName
        If there is no such feature.
    """
    known = _known(outcomes)
    found: dict[str, Change] = {}
    for name, how, amount, percent in _asked(changes):
        if name in found:
            raise ValueOutOfRange(
                what=f"{name!r} is moved twice.",
                got=f"{name} more than once",
                expected="each name once",
                fix="give the level it ends at",
            )
        feature = _feature(name, known, outcomes)
        found[name] = _moved(feature, how, amount, percent=percent)
    if not found:
        raise ValueOutOfRange(
            what="Nothing is moved, so there is nothing to answer.",
            got="no change",
            expected=GRAMMAR,
            fix="name at least one promise, element or touchpoint and its new level",
        )
    return tuple(found.values())


def _asked(changes: Mapping[str, float] | Sequence[str] | str) -> list[tuple[str, str, float, bool]]:
    if isinstance(changes, Mapping):
        return [(name, "=", float(level), False) for name, level in changes.items()]
    return [_read(text) for text in ([changes] if isinstance(changes, str) else changes)]


def _read(text: str) -> tuple[str, str, float, bool]:
    read = WRITTEN.fullmatch(text)
    if read is None:
        raise ValueOutOfRange(
            what="A change cannot be read.",
            got=repr(text),
            expected=GRAMMAR,
            fix="write a name, =, += or -=, and a number",
        )
    name, how, amount, percent = read.groups()
    number = float(amount.replace(",", "."))
    return name, how, number / 100 if percent else number, bool(percent)


def _known(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return each feature as the outcome known of most journeys has it; a touchpoint gives way to its namesakes."""
    known: dict[str, Mapping[str, Any]] = {}
    for outcome in sorted(outcomes, key=lambda one: -one["n"]):
        for feature in outcome["features"]:
            namesake = known.get(feature["name"])
            if namesake is None or (namesake["kind"] == "met" and feature["kind"] != "met"):
                known[feature["name"]] = feature
    return known


def _feature(
    name: str, known: Mapping[str, Mapping[str, Any]], outcomes: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any]:
    if name in known:
        return known[name]
    notes = [one["note"] for outcome in outcomes for one in outcome["left_out"] if one["name"] == name]
    if notes:
        why = next((REASONS[note] for note in notes if note in REASONS), "no outcome could be explained by it")
        raise ValueOutOfRange(
            what=f"Nothing can be said of a change of {name!r}: {why}.",
            got=notes[0],
            expected="a feature with an effect on at least one outcome",
            fix=f"ask about one of {', '.join(sorted(known)) or 'none: there is no outcome to explain'}",
        )
    raise UnknownName(name, kind="promise, element or touchpoint", known=known)


def _moved(feature: Mapping[str, Any], how: str, amount: float, *, percent: bool) -> Change:
    name, before = str(feature["name"]), float(feature["mean"])
    if percent and not (feature["yes_no"] or feature["unit"] == "fraction"):
        raise ValueOutOfRange(
            what=f"{name!r} is no share, so it has no percent.",
            got=f"{100 * amount:g} %",
            expected=f"a number in {feature['unit']}",
            fix="leave the percent sign out",
        )
    after = amount if how == "=" else before + amount if how == "+=" else before - amount
    low, high = float(feature["lowest"]), float(feature["highest"])
    slack = ALMOST * max(1.0, abs(low), abs(high))
    if not low - slack <= after <= high + slack:
        said = "a share" if feature["yes_no"] else f"in {feature['unit']}, as 98 % of those who lived it did"
        raise ValueOutOfRange(
            what=f"{name!r} has never been where you want to move it.",
            got=f"{after:g} (now {before:g})",
            expected=f"from {low:g} to {high:g}, {said}",
            fix="stay within what was seen: nobody knows what happens beyond it",
        )
    return Change(
        name=name,
        kind=str(feature["kind"]),
        unit=str(feature["unit"]),
        before=before,
        after=min(max(after, low), high),
        met=float(feature["met"]),
        yes_no=bool(feature["yes_no"]),
    )
