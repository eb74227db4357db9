"""The touchpoint table: who comes by, what is measured there, what they say, what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.engine import lit, when
from promesa.measures.elements import element_figures
from promesa.measures.figures import count_of, mean_of
from promesa.measures.opinions import scores
from promesa.measures.slices import ask, names_of, sort_key, with_dimensions
from promesa.measures.sums import clustered
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.measures.slices import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoints(Result):
    """What is measured at each touchpoint; see `touchpoints`."""

    def summary(self, locale: str = "en") -> str:
        """Name the touchpoint that most customers meet, and how many answer anywhere."""
        lived = [e for e in self.estimates if e.measure == "moments" and e.estimate]
        if not lived:
            return words.say("measures.touchpoints.empty", locale)
        if "touchpoint" not in self.dimensions and (split := self.said_of_groups(locale)):
            return split
        moments: dict[str | None, float] = {}
        for each in lived:
            name = each.dimensions["touchpoint"]
            moments[name] = moments.get(name, 0.0) + (each.estimate or 0.0)
        most = max(moments, key=lambda name: moments[name])
        return words.say(
            "measures.touchpoints.summary",
            locale,
            touchpoints=len(moments),
            moments=words.number(sum(moments.values()), locale),
            most=self.label(most, locale),
            share=words.percent(moments[most] / sum(moments.values()), locale, decimals=0),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the moments of each touchpoint."""
        if self.dimensions != ("touchpoint",):
            return None
        rows = [row for row in self.rows() if row["measure"] == "moments" and row["estimate"] is not None]
        if not rows:
            return None
        return charts.bars(
            rows,
            label="touchpoint",
            title=words.say("measures.touchpoints.chart", locale),
            unit="count",
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def touchpoints(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Touchpoints:
    """Measure every touchpoint, split further by what is asked.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Further dimensions, such as ``channel,month``. ``stage``, ``function`` or ``supplier`` alone, given
        first with ``touchpoint`` left out, take the place of the touchpoint.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Touchpoints
        Rows per group: ``moments``, ``customers`` (count), ``cost`` (money, total) and ``cost_per_moment``;
        ``asked``, ``answers`` (count), ``response_rate`` (fraction); one row per concept (its own name);
        ``<element>.mean``, ``.median``, ``.p90`` in the element's unit.

    Notes
    -----
    Open commitments (promised, not delivered) are not moments lived and are left out. Intervals of means,
    shares and points are robust to several observations of one customer. Totals of money carry no interval:
    they are what was booked.
    """
    names = names_of(by)
    first = () if _replaces_touchpoint(names) else ("touchpoint",)
    question = ask(
        workspace,
        by=(*first, *names),
        since=since,
        until=until,
        as_of=as_of,
        confidence_level=confidence_level,
        facts=facts,
    )
    lived = with_dimensions(question, lived_moments(question))
    figures = [*_volume(question, lived), *scores(question), *element_figures(question, lived)]
    figures.sort(key=lambda figure: sort_key(figure.dimensions))
    heading: dict[str, Any] = question.heading("touchpoints")
    return Touchpoints(**heading, estimates=tuple(figures))


def _replaces_touchpoint(names: Sequence[str]) -> bool:
    return bool(names) and names[0] in {"stage", "function", "supplier"} and "touchpoint" not in names


def lived_moments(question: Question) -> Table:
    """Return the moments in the window that customers lived: open commitments are none."""
    moments = question.facts.table("moments")
    open_still = moments["promised"].notnull() & (
        moments["delivered"].isnull() | (moments["delivered"] > question.facts.as_of)
    )
    return question.within(moments.filter(~open_still))


def cost_to_serve(question: Question, moments: Table) -> Expression:
    """Return what a moment cost: its own cost, else its minutes at their cost, else the declared one, else null."""
    cost = moments["cost"].cast("float64")
    for touchpoint in question.workspace.model.touchpoints.values():
        declared = [] if touchpoint.cost is None else [lit(float(touchpoint.cost))]
        if touchpoint.minutes is not None and touchpoint.cost_per_minute is not None:
            # To the fourth decimal, as the store keeps money, so that the books can be reconciled exactly.
            minutes = moments[touchpoint.minutes]
            minutes = when(minutes > 0, minutes, when(minutes <= 0, 0.0, None))
            declared.insert(0, (minutes * float(touchpoint.cost_per_minute)).round(4))
        if declared:
            known = declared[0].coalesce(*declared[1:])
            cost = cost.coalesce(when(moments["touchpoint"] == touchpoint.name, known, None))
    return cost


def costs_beside_the_books(question: Question, costs: Table) -> Table:
    """Return the rows of ``costs`` that name no declared account: the others say what moments cost together."""
    accounts = question.workspace.model.accounts
    return costs.filter(costs["account"].isnull() | costs["account"].notin(list(accounts))) if accounts else costs


def _volume(question: Question, lived: Table) -> list[Estimate]:
    figures: list[Estimate] = []
    currency = question.workspace.currency
    for group in clustered(question, lived, {"cost": cost_to_serve(question, lived)}):
        where, cost = group.dimensions, group.values["cost"]
        figures.append(count_of(question, where, "moments", group.rows, customers=group.customers))
        figures.append(count_of(question, where, "customers", group.customers, customers=group.customers))
        if cost.n:
            each = mean_of(question, where, "cost_per_moment", cost, unit=currency, n_missing=group.rows - cost.n)
            total = None if each.estimate is None else cost.total
            figures.append(
                Estimate(
                    dimensions=where,
                    measure="cost",
                    estimate=total,
                    n=each.n,
                    n_missing=each.n_missing,
                    unit=currency,
                    note=each.note if total is None else None,  # a total needs no variation
                )
            )
            figures.append(each)
    return figures
