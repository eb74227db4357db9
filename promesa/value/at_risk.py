"""Who is about to go: a list of persons, with what is at stake and why; made on request and kept nowhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import norm

from promesa import words
from promesa.engine import interval_days, lit
from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.measures import CUSTOMER_PARTS, ask
from promesa.results import Estimate, Result
from promesa.value.hazard_rows import drawn
from promesa.value.hazards import fit, standing
from promesa.value.histories import history
from promesa.value.newcomers import left_by_day
from promesa.value.purchases import buying
from promesa.value.spells import spells
from promesa.value.terms import design_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.measures import Question
    from promesa.results import Value
    from promesa.store import Facts
    from promesa.value.hazards import Fit
    from promesa.value.histories import History
    from promesa.value.spells import Spells
    from promesa.value.terms import Moments, Term
    from promesa.workspace import Workspace

TOP, MOST = 20, 10_000
YEAR = 365
REASONS = 3
LEAST_REASON = 0.05  # of the logarithm of the risk's pace: less is nothing to speak of


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRisk(Result):
    """Customers who may go; see `at_risk`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many are listed, and what they left in a year."""
        if not self.estimates:
            return words.say("value.atrisk.empty", locale)
        first = self.estimates[0]
        unit = str(first.extra["currency"])
        sums = [sum(float(e.extra[key] or 0) for e in self.estimates) for key in ("margin_last_year", "at_stake")]
        return words.say(
            "value.atrisk.summary",
            locale,
            top=words.number(len(self.estimates), locale),
            n=words.number(float(str(first.extra["customers"])), locale),
            margin=words.amount(sums[0], unit, locale),
            stake=words.amount(sums[1], unit, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: persons are no picture."""
        del locale
        return None


def at_risk(
    workspace: Workspace,
    *,
    top: int = TOP,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> AtRisk:
    """List the customers with most at stake: how likely they are to go, what they left, and what speaks for it.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    top : int, default 20
        How many, 1 to 10,000.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    AtRisk
        One row a customer, most at stake first: ``risk`` (fraction): the probability that the present silence becomes
        a lapse, or under a contract to leave within 90 days. Beside it ``days_waited`` (days since the last purchase,
        or since joining), ``margin_last_year`` (what the last 365 days left: goods and cost to serve taken off),
        ``at_stake`` (both multiplied) and ``reasons`` (codes, the strongest first, with commas).

    Raises
    ------
    ValueOutOfRange
        If `top` is out of its range.

    Notes
    -----
    The list is of persons: it is worked out when it is asked for and stands in no snapshot and no report. Paused
    customers are not in it. The risk is that of the fit behind `retention`; its interval is that of the coefficients,
    the baseline held. `retention` tells how well such risks were told apart before (``separation``).

    A reason is something that holds of this customer and raises the risk over that of the average, as the fit has it.
    It goes with leaving; mending it need not keep the customer.
    """
    if not 1 <= top <= MOST:
        raise ValueOutOfRange(
            what="`top` is out of its range.", got=f"{top}", expected="1 to 10,000", fix="ask for fewer customers"
        )
    question = ask(workspace, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = question.heading("atrisk", first=("customer",))
    return AtRisk(**heading, estimates=tuple(_listed(question, top)))


def _listed(question: Question, top: int) -> list[Estimate]:
    found = spells(question)
    seen = drawn(found)
    design = design_of(seen, question.workspace.model, contract=found.contract, smallest=question.workspace.min_group)
    try:
        fitted = fit(seen, design, lapse_days=found.lapse_days, level=question.confidence_level)
    except TooFewObservations:
        return []
    listed: list[Estimate] = []
    customers = 0
    for part in _parts(found, seen):
        at = standing(part, part.last_day, lapse_days=found.lapse_days)
        customers += at.stretch.size
        listed += _rows(question, found, fitted, part, at, top=top)
        listed.sort(key=lambda row: -float(str(row.extra["at_stake"])))
        listed = listed[:top]
    return [replace(row, extra={**row.extra, "customers": customers}) for row in listed]


def _parts(found: Spells, seen: History) -> Iterator[History]:
    """Give all customers, those who were drawn at once, or slice by slice where they were too many."""
    if seen.share >= 1:
        yield seen
        return
    step = round(seen.share * CUSTOMER_PARTS)
    for first in range(0, CUSTOMER_PARTS, step):
        yield history(found, first=first, parts=min(step, CUSTOMER_PARTS - first))


def _rows(question: Question, found: Spells, fitted: Fit, seen: History, at: Moments, *, top: int) -> list[Estimate]:
    if at.stretch.size == 0:
        return []
    owner = seen.customers[seen.owner[at.stretch]]
    z = float(norm.ppf((1 + question.confidence_level) / 2))
    risk, lower, upper = fitted.risk_between(seen, at, z=z)
    margin = _margins(found, owner)
    stake = risk * np.maximum(margin, 0.0)
    first = np.lexsort((owner, -stake))[:top]
    waited = at.day - seen.begin[at.stretch]
    why = _reasons(fitted, seen, replace(at, stretch=at.stretch[first], day=at.day[first]))
    rows: list[Estimate] = []
    for place, k in enumerate(first):
        more: dict[str, Value] = {
            "days_waited": int(waited[k]), "margin_last_year": float(margin[k]), "at_stake": float(stake[k]),
            "reasons": ", ".join(why[place]), "currency": question.workspace.currency, "customers": 0,
        }  # fmt: skip
        rows.append(
            Estimate(
                dimensions={"customer": str(owner[k])}, measure="risk", estimate=float(risk[k]),
                lower=float(lower[k]), upper=float(upper[k]), n=fitted.stretches, unit="fraction",
                evidence="associated", extra=more,
            )
        )  # fmt: skip
    return rows


def _margins(found: Spells, owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each customer left in the last 365 days: goods and what serving cost taken off, as everywhere."""
    left = left_by_day(buying(found.bought.question))
    recent = left.filter(left["when"] > (lit(found.bought.last_day) - interval_days(YEAR)).cast("date"))
    sums = recent.group_by(customer="payer").aggregate(margin=recent["left"].sum())
    fetched = found.bought.question.facts.engine.fetch(sums.order_by("customer"))
    keys = fetched.column("customer").to_numpy().astype(np.int64)
    if keys.size == 0:
        return np.zeros(owner.size)
    place = np.minimum(np.searchsorted(keys, owner), keys.size - 1)
    return np.where(keys[place] == owner, fetched.column("margin").to_numpy().astype(float)[place], 0.0)


def _reasons(fitted: Fit, seen: History, at: Moments) -> list[list[str]]:
    """Return for each customer the codes of what holds of them and raises the risk most."""
    lifted, columns = fitted.reasons(seen, at), fitted.design.columns(seen, at)
    found: list[list[str]] = []
    for k in range(at.day.size):
        codes = [
            code
            for j in np.argsort(-lifted[k], kind="stable")
            if lifted[k, j] > LEAST_REASON and (code := _code(fitted.design.terms[j], columns[k, j], fitted, int(j)))
        ]
        found.append(codes[:REASONS])
    return found


def _code(term: Term, value: float, fitted: Fit, place: int) -> str | None:
    """Return the code of a reason; None where it would be that something does not hold."""
    side = "high" if value > fitted.model.means[place] else "low"
    if term.kind in ("score", "earlier", "tenure"):
        return f"{term.kind}_{side}:{term.name}"
    if value == 0:
        return None
    return f"{term.kind}:{term.name}" + (f":{term.level}" if term.level is not None else "")
