"""Effects and experiments in words: what a manager reads aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.results import Result, Value

    Row = Mapping[str, Value]


def effects(result: Result, locale: str) -> str:
    """Say each effect on the first outcome it has, what association shows, and what would undo it."""
    said: list[str] = []
    rows = result.rows()
    names = list(dict.fromkeys(str(row["effect"]) for row in rows))
    for name in names:
        mine = [row for row in rows if row["effect"] == name]
        main = next((row for row in mine if row["measure"] == "effect" and row["estimate"] is not None), None)
        said.append(_effect(result, main, mine, locale) if main else _nothing(result, mine[0], locale))
    # Two effects of one promise, of which one is told by region besides, begin with the same sentences.
    return " ".join(dict.fromkeys(said)) or words.say("impact.effects.empty", locale)


def _effect(result: Result, main: Row, mine: list[dict[str, Value]], locale: str) -> str:
    by_measure = {str(row["measure"]): row for row in mine if row["outcome"] == main["outcome"]}
    placebo = next((row for row in mine if row["measure"] == "placebo"), None)
    kind = "broken" if main["kind"] == "promise" else "having" if main["estimand"] == "on_treated" else "more"
    said = [
        words.say(
            f"impact.effects.{kind}_{_direction(main)}",
            locale,
            name=result.label(str(main["of"]), locale),
            outcome=result.label(str(main["outcome"]), locale),
            unadjusted=amount(by_measure["unadjusted"], "estimate", locale),
            n=words.number(_number(main["n"]), locale),
            **_sizes(main, locale),
        )
    ]
    if main["sampled"] is True:
        said.append(words.say("impact.effects.sampled", locale, n=words.number(_number(main["n_lived"]), locale)))
    if _direction(main) != "unclear":
        said.append(_doubt(result, by_measure, locale))
    if placebo is not None and _direction(placebo) != "unclear":
        said.append(words.say("impact.effects.placebo", locale))
    return " ".join(part for part in said if part)


def _direction(row: Row) -> str:
    """Return whether an effect raises, lowers, or cannot be told from none."""
    lower, upper = _number(row["lower"]), _number(row["upper"])
    if lower is not None and lower > 0:
        return "raises"
    return "lowers" if upper is not None and upper < 0 else "unclear"


def _sizes(row: Row, locale: str) -> dict[str, str]:
    """Return an effect and the ends of its interval: as a size where the verb says its direction, else signed."""
    if _direction(row) == "unclear":
        return {"effect": amount(row, "estimate", locale)} | {k: amount(row, k, locale) for k in ("lower", "upper")}
    ends = sorted(abs(_number(row[key]) or 0.0) for key in ("lower", "upper"))
    values = {"effect": abs(_number(row["estimate"]) or 0.0), "lower": ends[0], "upper": ends[1]}
    return {key: _size(value, str(row["unit"]), locale) for key, value in values.items()}


def _size(value: float, unit: str, locale: str) -> str:
    if unit == "fraction":
        return words.say("unit.percentage_points", locale, value=words.number(100 * value, locale, decimals=1))
    return words.amount(value, unit, locale)


def _doubt(result: Result, by_measure: Mapping[str, Row], locale: str) -> str:
    """Say in plain words what an unseen confounder would have to be to undo the effect."""
    row = by_measure.get("as_strong_as")
    if row is None:
        return ""
    key = "removed" if row["removes_effect"] is True else "not_removed"
    return words.say(
        f"impact.effects.{key}", locale, confounder=confounder_name(result, str(row["confounder"]), locale)
    )


def confounder_name(result: Result, name: str, locale: str) -> str:
    """Return what people call a confounder."""
    key = f"impact.confounder.{name}"
    if words.knows(key, locale):
        return words.say(key, locale)
    return words.say("impact.effects.named", locale, name=result.label(name, locale))


def _nothing(result: Result, row: Row, locale: str) -> str:
    note = str(row["note"] or "no-data")
    key = f"impact.reason.{'withheld' if note.startswith('withheld') else note}"
    reason = words.say(key if words.knows(key, locale) else "impact.reason.no-data", locale)
    return words.say("impact.effects.nothing", locale, name=result.label(str(row["of"]), locale), reason=reason)


def experiments(result: Result, locale: str) -> str:
    """Say, for each experiment, whether the lot held and what each arm did to each outcome."""
    said: list[str] = []
    rows = result.rows()
    for name in dict.fromkeys(str(row["experiment"]) for row in rows):
        mine = [row for row in rows if row["experiment"] == name]
        ratio = next((row for row in mine if row["measure"] == "sample_ratio"), None)
        if ratio is not None and ratio["trustworthy"] is False:
            said.append(words.say("impact.experiments.not_a_lot", locale, name=result.label(name, locale)))
            continue
        shown = [row for row in mine if row["measure"] == "effect"]
        said += [_arm(result, row, locale) for row in shown]
    return " ".join(said) or words.say("impact.experiments.empty", locale)


def _arm(result: Result, row: Row, locale: str) -> str:
    if row["estimate"] is None:
        note = str(row["note"] or "no-data")
        key = f"impact.reason.{'withheld' if note.startswith('withheld') else note}"
        reason = words.say(key if words.knows(key, locale) else "impact.reason.no-data", locale)
        name = result.label(str(row["experiment"]), locale)
        return words.say("impact.experiments.nothing", locale, name=name, reason=reason)
    return words.say(
        f"impact.experiments.{_direction(row)}",
        locale,
        name=result.label(str(row["experiment"]), locale),
        arm=result.label(str(row["arm"]), locale),
        control=result.label(str(row["control"]), locale),
        outcome=result.label(str(row["outcome"]), locale),
        n=words.number(_number(row["n"]), locale),
        **_sizes(row, locale),
    )


def amount(row: Row, key: str, locale: str) -> str:
    """Return a change of an outcome with its sign, in its unit."""
    value = _number(row[key])
    return words.NOT_STATED if value is None else words.change(value, str(row["unit"]), locale).replace("-", "−")


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
