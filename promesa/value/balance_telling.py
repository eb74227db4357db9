"""What `balance` says in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words

if TYPE_CHECKING:
    from promesa.results import Estimate, Result


def summary(result: Result, locale: str) -> str:
    """Say where the money goes, what a new customer costs and is worth, what leaks, and how it would be split."""
    said = [part(result, locale) for part in (shares, newcomer, leak, split)]
    return " ".join(sentence for sentence in said if sentence) or words.say("value.balance.empty", locale)


def _amounts(figure: Estimate, locale: str) -> dict[str, str]:
    ends = {"value": figure.estimate, "lower": figure.lower, "upper": figure.upper}
    return {name: words.amount(end, figure.unit, locale) for name, end in ends.items()}


def shares(result: Result, locale: str) -> str:
    """Say how the money is shared among attracting, retaining and delivering."""
    found = {kind: result.find("spend_share", kind=kind, period=None) for kind in ("attract", "retain", "deliver")}
    if any(one is None for one in found.values()):
        return ""
    said = {kind: words.percent(one and one.estimate, locale, decimals=0) for kind, one in found.items()}
    return words.say("value.balance.shares", locale, **said)


def newcomer(result: Result, locale: str) -> str:
    """Say what a new customer costs, when that is back, and what one is worth."""
    cost = result.find("acquisition_cost", channel=None, period=None)
    if cost is None or cost.estimate is None:
        return ""
    said = [words.say("value.balance.cost", locale, n=words.number(cost.n, locale), **_amounts(cost, locale))]
    payback = result.find("payback_months", channel=None)
    if payback is not None:
        said.append(payback_text(payback, locale))
    times = result.find("worth_over_cost", channel=None)
    if times is not None and times.estimate is not None:
        values = {
            name: words.number(end, locale, decimals=1)
            for name, end in (("value", times.estimate), ("lower", times.lower), ("upper", times.upper))
        }
        said.append(words.say("value.balance.times", locale, **values))
    return " ".join(sentence for sentence in said if sentence)


def payback_text(payback: Estimate, locale: str) -> str:
    """Say in which month the money is back, or that it is not yet."""
    if payback.estimate is None:
        if payback.note != "not-paid-back-yet":
            return ""
        return words.say("value.balance.not_back", locale, months=payback.extra["month"])
    if payback.estimate == 0 and payback.upper == 0:
        return words.say("value.balance.at_once", locale)
    months = {name: words.number(end, locale) for name, end in (("lower", payback.lower), ("upper", payback.upper))}
    key = "back_unsure" if payback.upper is None else "back"
    return words.say(f"value.balance.{key}", locale, month=words.number(payback.estimate, locale), **months)


def leak(result: Result, locale: str) -> str:
    """Say how many leave after a first broken promise beyond those who leave anyway."""
    found, money = result.find("leak_customers"), result.find("leak_margin")
    if found is None or found.estimate is None:
        return ""
    values = {
        name: words.number(end, locale, decimals=0)
        for name, end in (("value", found.estimate), ("lower", found.lower), ("upper", found.upper))
    }
    sure = found.lower is not None and found.lower > 0
    key = "leak" if sure else "leak_unsure"
    said = words.say(f"value.balance.{key}", locale, n=words.number(found.n, locale), **values)
    if not sure or money is None or money.estimate is None:
        return said
    return f"{said} {words.say('value.balance.leak_margin', locale, **_amounts(money, locale))}"


def split(result: Result, locale: str) -> str:
    """Say how the money would be split best, or why that cannot be told."""
    gain = result.find("gain")
    if gain is None:
        return ""
    if gain.estimate is None:
        reason = words.say(reason_key(gain.note), locale)
        return words.say("value.balance.no_split", locale, reason=reason)
    key = "gain_unsure" if gain.note else "gain"
    return words.say(f"value.balance.{key}", locale, **_amounts(gain, locale))


def reason_key(note: str | None) -> str:
    """Return the key of the words for a note of this analysis."""
    key = f"value.reason.{note}"
    return key if words.knows(key) else "value.reason.other"
