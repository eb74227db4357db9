"""Rows in words: what a manager reads aloud of importance, roles, asymmetry and synergy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.results import Estimate, Result, Value

    Row = Mapping[str, Value]

MOST_NAMED = 3


def outcomes_of(result: Result) -> list[str]:
    """Return the outcomes that a result has rows of, in order."""
    return list(dict.fromkeys(str(e.dimensions["outcome"]) for e in result.estimates))


def rows_of_first(result: Result, measure: str, outcome: str | None) -> list[dict[str, Value]]:
    """Return the rows of one measure and one outcome; without a name, of the first outcome that has any figure."""
    rows = [row for row in result.rows() if row["measure"] == measure]
    for name in [outcome] if outcome else outcomes_of(result):
        found = [row for row in rows if row["outcome"] == name]
        if any(row["estimate"] is not None for row in found):
            return found
    return []


def feature_name(result: Result, row: Row, locale: str, *, key: str = "feature", kind: str = "kind") -> str:
    """Return a feature as a chart names it."""
    name = result.label(str(row[key]), locale)
    return words.say("drivers.name.met", locale, name=name) if row[kind] == "met" else name


def quoted(result: Result, row: Row, locale: str) -> str:
    """Return a feature as a sentence names it."""
    return words.say(f"drivers.quoted.{row['kind']}", locale, name=result.label(str(row["feature"]), locale))


def listed(parts: Sequence[str], locale: str) -> str:
    """Return words in a row: a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return words.say("drivers.and", locale, first=", ".join(parts[:-1]), last=parts[-1])


def share(row: Row, locale: str) -> str:
    """Return a share with its interval: ``4.7 %, 4.0 to 5.5 %``."""
    ends = [_number(row[key]) for key in ("lower", "upper")]
    return words.say(
        "drivers.share",
        locale,
        share=words.percent(_number(row["estimate"]), locale),
        lower=words.number(None if ends[0] is None else 100 * ends[0], locale, decimals=1),
        upper=words.percent(ends[1], locale),
    )


def change(row: Row, locale: str, *, key: str = "estimate", ends: tuple[str, str] = ("lower", "upper")) -> str:
    """Return a change of an outcome with its interval."""
    unit = str(row["unit"])
    estimate, lower, upper = (signed(_number(row[name]), unit, locale) for name in (key, *ends))
    return words.say("drivers.change", locale, change=estimate, lower=lower, upper=upper)


def signed(value: float | None, unit: str, locale: str) -> str:
    """Return a change with its sign, in the outcome's unit."""
    if value is None:
        return words.NOT_STATED
    return words.change(value, unit, locale).replace("-", "−")


def size(value: float, unit: str, locale: str) -> str:
    """Return a change without its sign."""
    return words.change(abs(value), unit, locale).removeprefix("+")


def journeys(row: Row, locale: str) -> str:
    """Return how many journeys stand behind a row, and of how many where they were sampled."""
    n, known, sampled = (_number(row.get(key)) or 0.0 for key in ("n", "n_known", "share_sampled"))
    if 0 < sampled < 1:
        share_of = words.percent(sampled, locale)
        return words.say(
            "drivers.sampled", locale, n=words.number(n, locale), known=words.number(known, locale), share=share_of
        )
    return words.say("drivers.journeys", locale, n=words.number(n, locale))


def nothing(result: Result, row: Row, locale: str) -> str:
    """Say why there is nothing of an outcome."""
    note = str(row["note"] or "no-data")
    key = "withheld" if note.startswith("withheld") else note
    return words.say(
        f"drivers.nothing.{key}",
        locale,
        outcome=result.label(str(row["outcome"]), locale),
        n=words.number(_number(row["n"]), locale),
    )


def is_chance(result: Result, outcome: str) -> bool:
    """Tell whether what was lived goes with no more of an outcome than columns without meaning would."""
    told = _row(result.find("explained", outcome=outcome))
    return (_number(told["estimate"]) or 0.0) <= (_number(told.get("by_chance")) or 0.0)


def importance(result: Result, outcome: str, locale: str) -> str:
    """Say what is told of one outcome, what goes with it most, and which essentials look small."""
    told = _row(result.find("explained", outcome=outcome))
    if told["estimate"] is None:
        return nothing(result, told, locale)
    rows = [row for row in rows_of_first(result, "share", outcome) if row["estimate"] is not None]
    if not rows or is_chance(result, outcome):
        return words.say(
            "drivers.importance.chance",
            locale,
            outcome=result.label(outcome, locale),
            journeys=journeys(told, locale),
            explained=words.percent(_number(told["estimate"]), locale),
            by_chance=words.percent(_number(told["by_chance"]), locale),
        )
    first = [f"{quoted(result, row, locale)} ({share(row, locale)})" for row in rows[:MOST_NAMED]]
    said = words.say(
        "drivers.importance.summary",
        locale,
        outcome=result.label(outcome, locale),
        journeys=journeys(told, locale),
        explained=share(told, locale),
        first=listed(first, locale),
    )
    small = sorted(
        (row for row in rows[MOST_NAMED:] if row["essential"] is True),
        key=lambda row: -abs(_number(row["penalty"]) or 0.0),
    )
    if not small:
        return said
    unit = _row(result.find("change", outcome=outcome))["unit"]
    names = [
        f"{quoted(result, row, locale)} ({signed(_number(row['penalty']), str(unit), locale)})"
        for row in small[:MOST_NAMED]
    ]
    return f"{said} {words.say('drivers.importance.essentials', locale, names=listed(names, locale))}"


def _row(estimate: Estimate | None) -> dict[str, Value]:
    assert estimate is not None  # noqa: S101 (every outcome has the row)
    return estimate.row()


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
