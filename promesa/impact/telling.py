"""Effects and experiments in words: what a manager reads aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.results import Result, Value

    Row = Mapping[str, Value]


def effects(result: Result, locale: str) -> str:
    """Say, for the first outcome of each effect, the effect, what association shows, and what would undo it."""
    said: list[str] = []
    rows = result.rows()
    names = list(dict.fromkeys(str(row["effect"]) for row in rows))
    for name in names:
        mine = [row for row in rows if row["effect"] == name]
        main = next((row for row in mine if row["measure"] == "effect" and row["estimate"] is not None), None)
        said.append(_effect(result, main, mine, locale) if main else _nothing(result, mine[0], locale))
    return " ".join(said) or words.say("impact.effects.empty", locale)


def _effect(result: Result, main: Row, mine: list[dict[str, Value]], locale: str) -> str:
    by_measure = {str(row["measure"]): row for row in mine if row["outcome"] == main["outcome"]}
    key = "broken" if main["kind"] == "promise" else "more"
    sentence = words.say(
        f"impact.effects.{key}",
        locale,
        name=result.label(str(main["of"]), locale),
        outcome=result.label(str(main["outcome"]), locale),
        effect=amount(main, "estimate", locale),
        lower=amount(main, "lower", locale),
        upper=amount(main, "upper", locale),
        unadjusted=amount(by_measure["unadjusted"], "estimate", locale),
        n=words.number(_number(main["n"]), locale),
    )
    if not _sure(main):
        return f"{sentence} {words.say('impact.effects.perhaps_none', locale)}"
    return f"{sentence} {_doubt(result, by_measure, locale)}".strip()


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
    return words.say(key, locale) if words.knows(key, locale) else result.label(name, locale)


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
    sentence = words.say(
        "impact.experiments.arm",
        locale,
        name=result.label(str(row["experiment"]), locale),
        arm=result.label(str(row["arm"]), locale),
        outcome=result.label(str(row["outcome"]), locale),
        effect=amount(row, "estimate", locale),
        lower=amount(row, "lower", locale),
        upper=amount(row, "upper", locale),
        n=words.number(_number(row["n"]), locale),
    )
    return sentence if _sure(row) else f"{sentence} {words.say('impact.effects.perhaps_none', locale)}"


def amount(row: Row, key: str, locale: str) -> str:
    """Return a change of an outcome with its sign, in its unit."""
    value = _number(row[key])
    return words.NOT_STATED if value is None else words.change(value, str(row["unit"]), locale).replace("-", "−")


def _sure(row: Row) -> bool:
    lower, upper = _number(row["lower"]), _number(row["upper"])
    return lower is not None and upper is not None and (lower > 0 or upper < 0)


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
