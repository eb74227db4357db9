"""Accounts of the books: what each pays for, and by what its difference is shared among customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from promesa.workspace.fields import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.fields import Place
    from promesa.workspace.labels import Label

Spread = Literal["moments", "minutes", "orders", "revenue", "customers"]
OF_TOUCHPOINTS = ("moments", "minutes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the books (cuenta): what its touchpoints truly cost together, month by month.

    Attributes
    ----------
    touchpoints : tuple of str
        What it pays for; a touchpoint belongs to one account at most.
    spread : str or None
        By what the difference of a month, ledger less costs assigned, is shared: ``moments`` or ``minutes`` of its
        touchpoints, ``orders``, ``revenue``, or ``customers`` with an order. None leaves it with nobody.
    """

    name: str
    label: Label
    touchpoints: tuple[str, ...] = ()
    spread: Spread | None = None


def check_minutes(
    touchpoints: Mapping[str, dict[str, Any]], elements: Mapping[str, dict[str, Any]], *, place: Place
) -> None:
    """Note touchpoints that give a cost of a minute and no minutes, or minutes of another touchpoint."""
    for name, values in touchpoints.items():
        here, rate, minutes = place.at(name), values["cost_per_minute"], values["minutes"]
        told = any(mistake.key == f"{here.key}.cost_per_minute" for mistake in here.mistakes)
        if (rate is None) != (minutes is None) and not told:
            given, missing = ("minutes", "cost_per_minute") if rate is None else ("cost_per_minute", "minutes")
            here.at(missing).wrong(
                what=f"The touchpoint {name!r} has {given} and no {missing}.",
                got=f"{given} = {show(values[given])}",
                expected="both cost_per_minute and minutes, or neither",
                fix='add minutes = "ELEMENT"' if rate is not None else "add cost_per_minute = 120",
            )
        elif minutes in elements and name not in elements[minutes]["touchpoints"]:
            here.at("minutes").wrong(
                what=f"The element {minutes!r} is not measured at the touchpoint {name!r}.",
                got=show(minutes),
                expected=f"an element with {name!r} among its touchpoints",
                fix=f"add {name!r} to the touchpoints of {minutes!r}, or name another element",
            )


def check_accounts(
    accounts: Mapping[str, dict[str, Any]], touchpoints: Mapping[str, dict[str, Any]], *, place: Place
) -> None:
    """Note touchpoints of two accounts, and accounts whose base of sharing nobody records."""
    owner: dict[str, str] = {}
    for name, values in accounts.items():
        here = place.at(name)
        for touchpoint in values["touchpoints"]:
            if touchpoint in owner:
                here.at("touchpoints").wrong(
                    what=f"The touchpoint {touchpoint!r} belongs to two accounts.",
                    got=f"{owner[touchpoint]!r} and {name!r}",
                    expected="one account for a touchpoint: what it costs is reconciled once",
                    fix="take it out of one of them, or make the two accounts one",
                )
            owner.setdefault(touchpoint, name)
        if values["spread"] in OF_TOUCHPOINTS and not values["touchpoints"]:
            here.at("spread").wrong(
                what=f"The account {name!r} is shared by {values['spread']} and pays for no touchpoint.",
                got=f"spread = {show(values['spread'])}",
                expected="touchpoints whose moments share it, or spread by orders, revenue or customers",
                fix='add touchpoints = ["..."], or write spread = "orders"',
            )
        elif values["spread"] == "minutes" and (bare := _without_minutes(values["touchpoints"], touchpoints)):
            here.at("spread").wrong(
                what=f"The account {name!r} is shared by minutes, and not every touchpoint of it has them.",
                got=f"no minutes at {', '.join(bare)}",
                expected="minutes and cost_per_minute at each touchpoint of the account",
                fix='add them, or write spread = "moments"',
            )


def _without_minutes(names: tuple[str, ...], touchpoints: Mapping[str, dict[str, Any]]) -> list[str]:
    return [name for name in names if name in touchpoints and touchpoints[name]["minutes"] is None]
