"""What the answers about journeys say of themselves, in sentences."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from promesa import words
from promesa.journeys.saying import ENDS, said
from promesa.results import steady

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.results import Estimate, Result

FEW = 3
"""Changes of one kind that are named; how many more there are is said."""


def told_changes(result: Result, locale: str) -> str:
    """Name what changed most in the map; say so where nothing did, and where there is too little to compare."""
    recent = result.find("customers_recent")
    unknown = [e for e in result.estimates if e.measure == "unknown_customers" and e.estimate]
    told: list[str] = []
    if recent is None:
        told.append(words.say("journeys.changes.empty", locale))
    else:
        told += _of_touchpoints(result, recent, locale)
    levels = [e for e in result.estimates if e.measure == "level_change"]
    levels.sort(key=lambda e: float(str(e.extra["p_value"])))
    if levels:
        told.append(_of_level(result, levels, locale))
    told += [_of_unknown(one, locale) for one in unknown[:FEW]]
    return " ".join(told)


def told_endings(result: Result, locale: str) -> str:
    """Say how many journeys end in each way, and the touchpoint or passage that most goes with it."""
    told: list[str] = []
    for rate in (e for e in result.estimates if e.measure == "rate" and e.estimate is not None):
        ending = str(rate.dimensions["ending"])
        told.append(words.say(f"journeys.endings.{ending}", locale, **_amounts(rate, locale)))
        found = [
            e
            for e in result.estimates
            if e.measure == "rate_difference" and e.dimensions["ending"] == ending and e.extra["found"]
        ]
        if found:
            most = max(found, key=lambda e: steady(abs(e.estimate or 0.0)))
            values = {end: words.change(getattr(most, end) or 0.0, "fraction", locale) for end in ENDS}
            what = held_name(result, most, locale)
            key = "most_next" if ending == "complained" else "most"
            told.append(words.say(f"journeys.endings.{key}", locale, what=what, count=len(found), **values))
    return " ".join(told) or words.say("journeys.endings.empty", locale)


def held_name(result: Result, one: Estimate, locale: str) -> str:
    """Return what a touchpoint or a passage is called."""
    touchpoint = result.label(one.dimensions["touchpoint"], locale)
    if one.dimensions["next"] is None:
        return words.say("journeys.endings.met", locale, name=touchpoint)
    return words.say(
        "journeys.endings.passed", locale, start=touchpoint, end=result.label(one.dimensions["next"], locale)
    )


def told_conformance(result: Result, locale: str) -> str:
    """Say how many journeys go as declared, and the most frequent deviation."""
    if split := result.said_of_groups(locale, "deviation", "touchpoint", "next"):
        return split
    whole = result.find("conforming", deviation=None)
    if whole is None or whole.estimate is None or len(result.dimensions) > len(("deviation", "touchpoint", "next")):
        return words.say("journeys.conformance.empty", locale)
    told = [words.say("journeys.conformance.summary", locale, **_amounts(whole, locale))]
    shares = [e for e in result.estimates if e.measure == "deviating" and e.estimate is not None]
    if shares:
        most = max(shares, key=lambda e: steady(e.estimate))
        name = result.label(most.dimensions["touchpoint"], locale)
        key = f"journeys.conformance.{most.dimensions['deviation']}"
        if most.dimensions["next"] is not None:
            key += "_passage"
            name += f" \u2192 {result.label(most.dimensions['next'], locale)}"
        told.append(words.say(key, locale, name=name, **_amounts(most, locale)))
    return " ".join(told)


def _amounts(figure: Estimate, locale: str) -> dict[str, str]:
    return {**said(figure, locale), "n": words.number(figure.n, locale)}


def day(iso: object, locale: str) -> str:
    """Return a day as the locale writes it."""
    return words.NOT_STATED if not iso else words.day(date.fromisoformat(str(iso)), locale)


def _of_touchpoints(result: Result, recent: Estimate, locale: str) -> list[str]:
    before = result.find("customers_before")
    assert before is not None  # noqa: S101 (the two come together)
    looked = result.find("looked_at", kind=None)
    changed = [
        e for e in result.estimates if e.measure == "share_change" and e.extra["change"] != "none" and e.estimate
    ]
    values = {
        "from": day(recent.extra["first_day"], locale),
        "to": day(recent.extra["last_day"], locale),
        "n": words.number(recent.n, locale),
        "before": words.number(before.n, locale),
        "looked": words.number(looked.n if looked else 0, locale),
    }
    of_touchpoints = [e for e in changed if e.dimensions["kind"] == "touchpoint"]
    if not changed:
        return [words.say("journeys.changes.nothing", locale, **values)]
    of_touchpoints.sort(key=lambda e: -abs(e.estimate or 0.0))
    told = [_of_change(result, one, locale) for one in of_touchpoints[:FEW]]
    told += _of_season(result, changed, locale)
    count = {"changed": words.number(len(changed), locale), "touchpoints": words.number(len(of_touchpoints), locale)}
    return [words.say("journeys.changes.found", locale, **values, **count), *told]


def _of_season(result: Result, changed: Sequence[Estimate], locale: str) -> list[str]:
    """Say how many of the changes do not differ from the same weeks a year before."""
    may = [e for e in changed if e.extra["change"] != "appeared"]
    yearly = [e for e in result.estimates if e.measure == "share_change_year" and e.estimate is not None]
    if not may:
        return []
    if not yearly:
        return [words.say("journeys.changes.season_unknown", locale)]
    same = sum(not e.extra["differs"] for e in yearly)
    count = {"same": words.number(same, locale), "looked": words.number(len(yearly), locale)}
    return [words.say(f"journeys.changes.season_{'some' if same else 'none'}", locale, **count)]


def _of_change(result: Result, one: Estimate, locale: str) -> str:
    return words.say(
        f"journeys.changes.{one.extra['change']}",
        locale,
        name=result.label(one.dimensions["name"], locale),
        change=words.change(one.estimate or 0.0, "fraction", locale),
        lower=words.change(one.lower or 0.0, "fraction", locale),
        upper=words.change(one.upper or 0.0, "fraction", locale),
        first=day(one.extra["first_day"], locale),
        last=day(one.extra["last_day"], locale),
    )


def _of_level(result: Result, levels: Sequence[Estimate], locale: str) -> str:
    one = levels[0]
    before, after = (result.find(f"level_{end}", **one.dimensions) for end in ("before", "after"))
    assert before is not None  # noqa: S101 (they come together)
    assert after is not None  # noqa: S101
    return words.say(
        f"journeys.changes.level_{one.extra['change']}",
        locale,
        count=words.number(len(levels), locale),
        what=series_name(result, one, locale),
        before=words.amount(before.estimate, one.unit, locale),
        after=words.amount(after.estimate, one.unit, locale),
        day=day(one.extra["day"], locale),
        earliest=day(one.extra["day_earliest"], locale),
        latest=day(one.extra["day_latest"], locale),
        n=words.number(one.n, locale),
    )


def series_name(result: Result, one: Estimate, locale: str) -> str:
    """Return what a series is called: its quantity, and of what."""
    kind, name, other = (one.dimensions[key] for key in ("kind", "name", "other"))
    if kind == "score":
        concept = result.label(other, locale)
        return f"{concept}, {result.label(name, locale)}" if name else concept
    quantity = words.say(f"journeys.series.{kind}", locale)
    return f"{quantity}, {result.label(name, locale)}"


def _of_unknown(one: Estimate, locale: str) -> str:
    return words.say(
        "journeys.changes.unknown",
        locale,
        name=one.dimensions["name"],
        n=words.number(one.n, locale),
        first=day(one.extra["first_day"], locale),
    )
