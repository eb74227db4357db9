"""Who comes back: the share of buyers with another order within the declared days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.engine import interval_days, lit, stack
from promesa.measures import PREFIX, ask, clustered, mean_of, with_dimensions
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning(Result):
    """Share of orders followed by another; see `returning`."""

    def summary(self, locale: str = "en") -> str:
        """Say the share with its interval and n."""
        if split := self.said_of_groups(locale):
            return split
        figure = self.find("return_rate")
        if figure is None or figure.estimate is None or self.dimensions:
            return words.say("value.returning.empty", locale)
        return words.say(
            "value.returning.summary",
            locale,
            days=figure.extra["within_days"],
            rate=words.percent(figure.estimate, locale),
            lower=words.percent(figure.lower, locale),
            upper=words.percent(figure.upper, locale),
            n=words.number(figure.n, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: one figure needs no picture."""
        del locale
        return None


def returning(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Returning:
    """Estimate the share of orders after which the customer orders again within the declared days.

    Returns
    -------
    Returning
        One row per group, ``return_rate`` (fraction, interval clustered by customer), of the orders at least
        ``return_within_days`` before `as_of`: a later one has not had its time yet. A second order at the
        very same instant is part of the first.
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    heading: dict[str, Any] = question.heading("returning")
    return Returning(**heading, estimates=tuple(_figures(question)))


def _figures(question: Question) -> list[Estimate]:
    days = question.workspace.model.return_within_days
    rows = _orders_and_returns(question, days)
    groups = clustered(question, rows, {"returned": rows["returned"]}, weights={"returned": rows["weight"]})
    return [
        mean_of(
            question,
            group.dimensions,
            "return_rate",
            group.values["returned"],
            unit="fraction",
            kind="share",
            extra={"within_days": days},
        )
        for group in groups
    ]


def _orders_and_returns(question: Question, days: int) -> Table:
    """Return orders (weight 1) and those of them that were followed by another (weight 0) as one table."""
    orders = question.facts.table("orders")
    first = with_dimensions(question, question.within(orders))
    first = first.filter(first["at"] + interval_days(days) <= question.facts.as_of)
    keys = [PREFIX + name for name in question.by]
    first = first.select(*keys, "source", "id", "customer", "at")
    again = orders.select(buyer="customer", again_at="at")
    pairs = first.inner_join(
        again,
        [
            first["customer"] == again["buyer"],
            again["again_at"] > first["at"],
            again["again_at"] <= first["at"] + interval_days(days),
        ],
    )
    followed = pairs.group_by([*keys, "source", "id", "customer"]).aggregate(k=pairs.count())
    one, none = lit(1, "int64"), lit(0, "int64")
    return stack(
        [
            first.select(*keys, "customer", returned=lit(0.0), weight=one),
            followed.select(*keys, "customer", returned=lit(1.0), weight=none),
        ]
    )
