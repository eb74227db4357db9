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


def group_name(result: Result, row: Row, locale: str) -> str:
    """Return a function, stage, channel or supplier as people call it."""
    group = row["group"]
    if group is None:
        return words.say(f"drivers.rest.{row['by']}", locale)
    if row["by"] == "stage":
        return words.say(f"stage.{group}", locale)
    if row["by"] in {"channel", "supplier"} and group == "other":
        return words.say("drivers.other", locale)
    return result.label(str(group), locale)


def roles(result: Result, outcome: str, locale: str) -> str:
    """Say which functions and which stage most of one outcome falls to."""
    told = _row(result.find("explained", outcome=outcome))
    if told["estimate"] is None:
        return nothing(result, told, locale)
    label = result.label(outcome, locale)
    if is_chance(result, outcome):
        return words.say(
            "drivers.importance.chance",
            locale,
            outcome=label,
            journeys=journeys(told, locale),
            explained=words.percent(_number(told["estimate"]), locale),
            by_chance=words.percent(_number(told["by_chance"]), locale),
        )
    rows = [row for row in rows_of_first(result, "share", outcome) if row["estimate"] is not None]

    def first(by: str, count: int) -> str:
        named = [
            f"{group_name(result, row, locale)} ({share(row, locale)})"
            for row in rows
            if row["by"] == by and row["group"] is not None
        ]
        return listed(named[:count], locale)

    return words.say(
        "drivers.roles.summary",
        locale,
        outcome=label,
        journeys=journeys(told, locale),
        explained=share(told, locale),
        functions=first("function", 2),
        stage=first("stage", 1),
    )


def reach(row: Row) -> float:
    """Return a key that sorts rows with penalty and reward, the largest first."""
    return -max(abs(_number(row[key]) or 0.0) for key in ("penalty_estimate", "reward_estimate"))


def asymmetry(result: Result, outcome: str, locale: str) -> str:
    """Say which elements of one outcome are essential and which delight."""
    rows = [row for row in result.rows() if row["outcome"] == outcome]
    label = result.label(outcome, locale)
    if rows[0]["feature"] is None:
        return nothing(result, rows[0], locale)
    essentials = [row for row in rows if row["measure"] == "penalty" and row["essential"] is True]
    delights = [row for row in rows if row["measure"] == "reward" and row["class"] == "delight" and _is_sure(row)]
    said = words.say("drivers.asymmetry.of", locale, outcome=label, journeys=journeys(rows[0], locale))
    for key, found in (("essentials", essentials), ("delights", delights)):
        named = [
            f"{quoted(result, row, locale)} ({change(row, locale)})"
            for row in sorted(found, key=lambda row: -abs(_number(row["estimate"]) or 0.0))[:MOST_NAMED]
        ]
        if named:
            said += " " + words.say(f"drivers.asymmetry.{key}", locale, names=listed(named, locale))
    if not essentials and not delights:
        said += " " + words.say("drivers.asymmetry.neither", locale)
    return said


def _is_sure(row: Row) -> bool:
    """Tell whether an interval lies on one side of 0."""
    lower, upper = _number(row["lower"]), _number(row["upper"])
    return lower is not None and upper is not None and (lower > 0 or upper < 0)


def synergy(result: Result, outcome: str, locale: str) -> str:
    """Say the confirmed pairs of one outcome, or that there is none."""
    rows = [row for row in result.rows() if row["outcome"] == outcome]
    label = result.label(outcome, locale)
    if rows[0]["first"] is None:
        return nothing(result, rows[0], locale)
    confirmed = [row for row in rows if row["status"] == "confirmed" and row["estimate"] is not None]
    tested = {"tested": words.number(_number(rows[0]["tested"]), locale)}
    n = journeys({**rows[0], "n": rows[0]["n_journeys"]}, locale)
    if not confirmed:
        return words.say("drivers.synergy.none", locale, outcome=label, journeys=n, **tested)
    key = "drivers.synergy.one" if len(confirmed) == 1 else "drivers.synergy.many"
    first = words.say(key, locale, outcome=label, journeys=n, count=len(confirmed), **tested)
    return " ".join([first, *(_pair(result, row, locale) for row in confirmed[:MOST_NAMED])])


def _pair(result: Result, row: Row, locale: str) -> str:
    estimate, unit = _number(row["estimate"]) or 0.0, str(row["unit"])
    ends = sorted(abs(_number(row[key]) or 0.0) for key in ("lower", "upper"))
    sides = [
        words.say(
            f"drivers.moved.{row[f'{side}_kind']}_{row[f'{side}_moves']}",
            locale,
            name=result.label(str(row[side]), locale),
            level=words.number(_number(row[f"{side}_moved"]), locale, decimals=1),
        )
        for side in ("first", "second")
    ]
    return words.say(
        "drivers.synergy.less" if estimate < 0 else "drivers.synergy.more",
        locale,
        first=sides[0],
        second=sides[1],
        size=size(estimate, unit, locale),
        lower=size(ends[0], unit, locale),
        upper=size(ends[1], unit, locale),
        n=words.number(_number(row["n"]), locale),
    )


def most_joined(rows: Sequence[Row], *, most: int) -> set[Value]:
    """Return the features of the pairs of which most is known: confirmed and proposed ones first, then the largest."""
    kept: dict[Value, None] = {}
    for row in rows:
        both = [name for name in (row["first"], row["second"]) if name not in kept]
        if len(kept) + len(both) <= most:
            kept.update(dict.fromkeys(both))
    return set(kept)


def _row(estimate: Estimate | None) -> dict[str, Value]:
    assert estimate is not None  # noqa: S101 (every outcome has the row)
    return estimate.row()


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
