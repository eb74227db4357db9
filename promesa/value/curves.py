"""How what customers do follows the money put in: a curve for each channel, for retaining, for each promise kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import when
from promesa.promises import commitments, kept
from promesa.stats import ResponseCurve, fit_response, response_obstacle
from promesa.value.outlays import spent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.value.acquisition import Attracted
    from promesa.value.outlays import Outlay
    from promesa.value.purchases import Buying
    from promesa.value.worths import Worths
    from promesa.workspace import Purpose

    Floats = NDArray[np.float64]

PERIODS_A_YEAR = {"month": 12.0, "week": 365.25 / 7}
TRUNCATE = {"month": "M", "week": "W"}
NO_CURVE = {"channel": "no-channel-of-its-own", "promise": "no-promise-named"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """What money of one kind brings.

    Attributes
    ----------
    kind, purpose, channel : str or None
        Which money: of one purpose where `purpose` names it, else of all of the kind.
    of : str
        What is counted: ``new_customers``, ``repeat_purchases``, or the promise that is kept.
    spend : ndarray, shape (periods,)
        Money of each period.
    fit : ResponseCurve or None
        None where it cannot be told, `obstacle` says why.
    worth : float or None
        Money that one more of what is counted brings; None where it is not known.
    worth_error : float
        Its standard error.
    """

    kind: str
    purpose: str | None
    channel: str | None
    of: str
    spend: Floats
    fit: ResponseCurve | None
    obstacle: str | None
    worth: float | None = None
    worth_error: float = 0.0

    @property
    def where(self) -> dict[str, str | None]:
        """Return the dimensions of its rows."""
        return {"kind": self.kind, "purpose": self.purpose, "channel": self.channel}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeats:
    """Purchases after the first, by period.

    Attributes
    ----------
    count, known : ndarray, shape (periods,)
        How many there were, and customers who had bought before the period began.
    margin, error : float
        What one left on average, and the standard error of it.
    """

    count: Floats
    known: Floats
    margin: float
    error: float


def curves_of(
    question: Question,
    booked: Sequence[Outlay],
    attracted: Attracted,
    everybody: Buying,
    *,
    worth: Worths,
) -> list[Curve]:
    """Return a curve, or the reason why there is none, for all money that was put in.

    Parameters
    ----------
    everybody : Buying
        Purchases of all customers, also of those who are not new.
    worth : Worths
        What a new customer is worth, and what serving a purchase costs.
    """
    purposes = question.workspace.model.purposes
    money = spent(booked, attracted.periods, lambda one: one.purpose)
    of_kind = {kind: [p for p in purposes.values() if p.kind == kind and p.name in money] for kind in KINDS_IN_ORDER}
    level, unit = question.confidence_level, attracted.unit
    curves = _attracting(of_kind["attract"], attracted, worth, level=level)
    if of_kind["retain"]:
        repeats = repeats_of(everybody, attracted)
        spend = _summed(of_kind["retain"], money)
        fit, obstacle = _fit(repeats.count, spend, unit=unit, level=level, exposure=repeats.known)
        curves.append(
            Curve(
                kind="retain", purpose=_only(of_kind["retain"]), channel=None, of="repeat_purchases", spend=spend,
                fit=fit, obstacle=obstacle, worth=repeats.margin - worth.served, worth_error=repeats.error,
            )
        )  # fmt: skip
    for promise in dict.fromkeys(p.promise for p in of_kind["deliver"]):
        named = [p for p in of_kind["deliver"] if p.promise == promise]
        curves.append(_delivering(question, promise, named, _summed(named, money), attracted))
    return curves


KINDS_IN_ORDER = ("attract", "retain", "deliver")


def _summed(purposes: Sequence[Purpose], money: Mapping[object, Floats]) -> Floats:
    return np.sum([money[purpose.name] for purpose in purposes], axis=0)


def _only(purposes: Sequence[Purpose]) -> str | None:
    return purposes[0].name if len(purposes) == 1 else None


def _fit(
    counts: Floats, spend: Floats, *, unit: str, level: float, exposure: Floats | None = None
) -> tuple[ResponseCurve | None, str | None]:
    if exposure is not None:
        spend = np.where(exposure > 0, spend, 0.0)
    a_year = PERIODS_A_YEAR[unit]
    obstacle = response_obstacle(counts, spend, periods_a_year=a_year)
    if obstacle is not None:
        return None, obstacle
    return fit_response(counts, spend, exposure=exposure, periods_a_year=a_year, confidence_level=level), None


def _attracting(purposes: Sequence[Purpose], attracted: Attracted, worth: Worths, *, level: float) -> list[Curve]:
    if not purposes:
        return []
    purpose = _only(purposes)
    named = [channel for channel in attracted.own if channel is not None]
    curves: list[Curve] = []
    for channel in named or [None]:
        spend = attracted.own[channel] if named else attracted.total
        counts = attracted.arrivals(channel, all_channels=not named)
        fit, obstacle = _fit(counts, spend, unit=attracted.unit, level=level)
        one = worth.of.get(channel) if named else worth.all
        curves.append(
            Curve(
                kind="attract", purpose=purpose, channel=channel, of="new_customers", spend=spend, fit=fit,
                obstacle=obstacle, worth=one.value if one else None, worth_error=one.error if one else 0.0,
            )
        )  # fmt: skip
    if named and attracted.loose.any():
        nothing = Curve(
            kind="attract", purpose=purpose, channel=None, of="new_customers", spend=attracted.loose, fit=None,
            obstacle=NO_CURVE["channel"],
        )  # fmt: skip
        curves.append(nothing)
    return curves


def repeats_of(everybody: Buying, attracted: Attracted) -> Repeats:
    """Fetch the purchases after the first of each period, and how many customers could have made them."""
    engine, unit = everybody.question.facts.engine, TRUNCATE[attracted.unit]
    firsts = everybody.customers.select(buyer="customer", began="first")
    later = everybody.days.inner_join(firsts, everybody.days["customer"] == firsts["buyer"])
    later = later.filter(later["day"] > later["began"]).mutate(period=later["day"].truncate(unit))
    sums = later.group_by("period").aggregate(
        n=later.count(), s=later["margin"].sum(), q=(later["margin"] * later["margin"]).sum()
    )
    rows = engine.fetch(sums).to_pylist()
    began = firsts.mutate(period=firsts["began"].truncate(unit))
    new = {
        row["period"]: row["n"] for row in engine.fetch(began.group_by("period").aggregate(n=began.count())).to_pylist()
    }
    starts = [first for first, _ in attracted.periods]
    count = {row["period"]: float(row["n"]) for row in rows}
    known = [float(sum(n for when_, n in new.items() if when_ < start)) for start in starts]
    inside = [row for row in rows if row["period"] in set(starts)]
    n, total, square = (sum(float(row[key]) for row in inside) for key in ("n", "s", "q"))
    mean = total / n if n else 0.0
    error = sqrt(max(square / n - mean**2, 0.0) / n) if n else 0.0
    return Repeats(
        count=np.array([count.get(start, 0.0) for start in starts]), known=np.array(known), margin=mean, error=error
    )


def _delivering(
    question: Question, promise: str | None, named: Sequence[Purpose], spend: Floats, attracted: Attracted
) -> Curve:
    nothing = Curve(
        kind="deliver", purpose=_only(named), channel=None, of=promise or "none", spend=spend, fit=None,
        obstacle=NO_CURVE["promise"],
    )  # fmt: skip
    if promise is None:
        return nothing
    good, due = _kept_by_period(question, promise, attracted)
    fit, obstacle = _fit(good, spend, unit=attracted.unit, level=question.confidence_level, exposure=due)
    if fit is None:
        return replace(nothing, obstacle=obstacle)
    worth, error = worth_of_keeping(question, promise)
    return replace(nothing, fit=fit, obstacle=None, worth=worth, worth_error=error)


def _kept_by_period(question: Question, promise: str, attracted: Attracted) -> tuple[Floats, Floats]:
    """Return the commitments kept, and those judged, that fell due in each period."""
    always = replace(question, by=(), since=None, until=None)
    table = commitments(always, question.workspace.model.promises[promise])
    table = table.filter(table["status"].isin(["kept", "broken"]))
    day = question.facts.local(table["when_"]).date()
    table: Table = table.mutate(
        period=day.truncate(TRUNCATE[attracted.unit]), good=when(table["status"] == "kept", 1, 0)
    )
    found = table.group_by("period").aggregate(good=table["good"].sum(), due=table.count())
    rows = {row["period"]: row for row in question.facts.engine.fetch(found).to_pylist()}
    empty = {"good": 0, "due": 0}
    starts: list[date] = [first for first, _ in attracted.periods]
    good, due = ([float(rows.get(start, empty)[key]) for start in starts] for key in ("good", "due"))
    return np.array(good), np.array(due)


def worth_of_keeping(question: Question, promise: str) -> tuple[float | None, float]:
    """Return the margin that follows a promise kept beside one broken: the adjusted effect, else the difference."""
    from promesa.impact import effects
    from promesa.value.balance_rows import z_of

    studies, facts = question.workspace.model.studies, question.facts
    outcome = next((one.name for one in studies.outcomes.values() if one.kind == "margin"), None)
    asked = next((one for one in studies.effects.values() if one.promise == promise), None)
    row = None
    if asked is not None and outcome is not None:
        found = effects(question.workspace, outcome=outcome, facts=facts, confidence_level=question.confidence_level)
        row = found.find("effect", effect=asked.name, outcome=outcome)
    if row is None or row.estimate is None:
        told = kept(question.workspace, promises=(promise,), facts=facts, confidence_level=question.confidence_level)
        row = told.find("margin_difference", promise=promise)
    if row is None or row.estimate is None or row.lower is None or row.upper is None:
        return None, 0.0
    return -row.estimate, (row.upper - row.lower) / 2 / z_of(question)
