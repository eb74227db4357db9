"""What customers are worth from now on: who still buys, how often, and what that leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.errors import ValueOutOfRange
from promesa.measures import NO_DATA, ask
from promesa.results import Estimate, Result
from promesa.value.choosing import choose
from promesa.value.contract_rows import contract_figures
from promesa.value.lifetime_rows import calibration_rows, count_rows, group_rows, parameter_rows, spend_rows
from promesa.value.outlook import outlooks
from promesa.value.purchases import buying, refused_dimensions
from promesa.value.summaries import order_counts, spends, summaries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

HORIZON_DAYS = 365
DISCOUNT_RATE = 0.10  # a year
LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime(Result):
    """What customers are worth from now on; see `lifetime`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many still buy, what is to come of a customer, and how well the past was foreseen."""
        worth = [e for e in self.estimates if e.measure == "lifetime_value" and e.estimate is not None]
        if not worth:
            return words.say("value.lifetime.empty", locale)
        said = [self._whole(worth[0], locale)] if not self.dimensions else [self._split(worth, locale)]
        error = next((e for e in self.estimates if e.measure == "holdout_error" and e.extra["chosen"]), None)
        if error is not None and error.estimate is not None:
            key = ("over" if error.estimate > 0 else "under") + ("_days" if self.find("days_ahead") else "")
            said.append(
                words.say(
                    f"value.lifetime.{key}",
                    locale,
                    error=words.percent(abs(error.estimate), locale, decimals=0),
                    n=words.number(error.n, locale),
                )
            )
        return " ".join(said)

    def _whole(self, value: Estimate, locale: str) -> str:
        alive, ahead = self.find("alive_share"), self.find("purchases_ahead")
        if (stay := self.find("days_ahead")) is not None:
            return words.say(
                "value.lifetime.contract",
                locale,
                n=words.number(value.n, locale),
                days=value.extra["horizon_days"],
                ahead=words.number(stay.estimate, locale, decimals=0),
                value=words.amount(value.estimate, value.unit, locale),
                lower=words.amount(value.lower, value.unit, locale),
                upper=words.amount(value.upper, value.unit, locale),
            )
        share, times = (one.estimate if one else None for one in (alive, ahead))
        near_an_end = share is not None and not 0.01 <= share <= 0.99  # 99.6 % is not all, 0.002 times is not never
        return words.say(
            "value.lifetime.summary_once" if alive and alive.note else "value.lifetime.summary",
            locale,
            n=words.number(value.n, locale),
            alive=words.percent(share, locale, decimals=1 if near_an_end else 0),
            days=value.extra["horizon_days"],
            ahead=words.number(times, locale, decimals=4 if times is not None and times < 0.01 else 2),
            value=words.amount(value.estimate, value.unit, locale),
            lower=words.amount(value.lower, value.unit, locale),
            upper=words.amount(value.upper, value.unit, locale),
        )

    def _split(self, worth: Sequence[Estimate], locale: str) -> str:
        most, least = (pick(worth, key=lambda e: e.estimate or 0.0) for pick in (max, min))
        values = {}
        for end, one in (("most", most), ("least", least)):
            values[end] = ", ".join(self.label(name, locale) for name in one.dimensions.values())
            values[f"{end}_value"] = words.amount(one.estimate, one.unit, locale)
            values[f"{end}_lower"] = words.amount(one.lower, one.unit, locale)
            values[f"{end}_upper"] = words.amount(one.upper, one.unit, locale)
            values[f"{end}_n"] = words.number(one.n, locale)
        key = "value.lifetime.split" if len(worth) > 1 else "value.lifetime.one_group"
        return words.say(key, locale, days=most.extra["horizon_days"], **values)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the purchases predicted and made in each month of the hold-out."""
        shown = {"holdout_predicted": "predicted", "holdout_actual": "actual"}
        rows = [
            {**row, "line": shown[str(row["measure"])]}
            for row in self.rows()
            if row["measure"] in shown and row["period"] and row["estimate"] is not None
        ]
        if len(rows) < 4:  # two months at least
            return None
        return charts.trend(
            rows,
            period="period",
            series="line",
            title=words.say(f"value.lifetime.chart{'_contract' if self.find('days_ahead') else ''}", locale),
            unit="count",
            locale=locale,
            names={line: words.say(f"value.lifetime.{line}", locale) for line in shown.values()},
        )


def lifetime(  # noqa: PLR0913 (what every analysis takes, and three of its own)
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    horizon_days: int = HORIZON_DAYS,
    discount_rate: float = DISCOUNT_RATE,
    calibration_days: int | None = None,
    facts: Facts | None = None,
) -> Lifetime:
    """Estimate who still buys, how often they will, and what that leaves.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Traits, and of the first purchase: its period (``month`` is the month in which customers began), ``channel``
        or ``product``.
    since : date, datetime, str or None
        Customers whose first purchase lies before it are left out.
    until : date, datetime, str or None
        End of the observation; None is `as_of`. What is ahead counts from there.
    as_of, confidence_level
        As in `measures.ask`.
    horizon_days : int, default 365
        Days ahead, 1 to 3650.
    discount_rate : float, default 0.1
        By what share a year money to come counts less, 0 or more.
    calibration_days : int or None
        Days of the window that the check is fitted on; what came in the rest is predicted. None is two thirds.

    Returns
    -------
    Lifetime
        Rows per group: ``customers`` (count), ``alive_share`` (fraction), ``purchases_ahead`` (count a customer),
        ``lifetime_value`` (money a customer), each with an interval; ``margin_rate`` (fraction of revenue),
        ``cost_to_serve_per_purchase`` (money). For all customers together: ``orders``, ``orders_returned``,
        ``orders_without_revenue``, ``customers_without_margin`` (count); the parameters ``r``, ``alpha`` (days),
        ``a``, ``b``, ``rhythm`` (stages between two purchases, where they do not come by chance) and
        ``log_likelihood`` of each ``model``; ``spend_p``, ``spend_q``, ``spend_gamma``, ``spend_correlation``;
        ``holdout_predicted`` and ``holdout_actual`` (count) in all, by ``repeats`` and by ``period``;
        ``holdout_error`` (predicted over actual, less 1) and ``holdout_score`` of each model.

        Where customers leave a contract (``leaves_at`` in model.toml), per group: ``customers`` (count, there now),
        ``staying_share`` (fraction of all that ever joined), ``days_ahead`` (days of the horizon on which they are
        expected to be there), ``lifetime_value``, ``margin_rate``, ``cost_to_serve_per_day``; and the hold-out in days
        under contract and, by ``period``, in customers still there at its end.

    Raises
    ------
    ValueOutOfRange
        If `by` names what is not a customer's own, or a number is out of its range.

    Notes
    -----
    Estimand: means, over the population that these customers were drawn from, of what they will buy and leave if
    they go on as the fitted process says. It assumes that purchases have no season, that nothing is done differently
    from before, and that how much a customer spends has nothing to do with how often.

    Several orders of one local day are one purchase. An order that was taken back whole (a negative amount names its
    journey) and one that brought nothing in are none. Amounts taken back that name no order are a cost of serving
    their customer. Costs that name no customer are in nobody's value.
    """
    _check(horizon_days, discount_rate, calibration_days)
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    if refused := refused_dimensions(question):
        raise ValueOutOfRange(
            what="What customers are worth cannot be split that way.",
            got=f"by {', '.join(refused)}",
            expected="a trait, or a period, the channel or the product of the first purchase",
            fix="take a dimension that a customer has once",
        )
    heading: dict[str, Any] = question.heading("lifetime")
    figures = _figures(
        question, horizon_days=horizon_days, discount_rate=discount_rate, calibration_days=calibration_days
    )
    return Lifetime(**heading, estimates=tuple(figures))


def _figures(
    question: Question, *, horizon_days: int, discount_rate: float, calibration_days: int | None
) -> list[Estimate]:
    from math import log1p

    if question.workspace.model.leaving.leaves_at:
        return contract_figures(
            question, horizon_days=horizon_days, discount_rate=discount_rate, calibration_days=calibration_days
        ) or [Estimate(dimensions={}, measure="customers", estimate=0.0, n=0, unit="count", note=NO_DATA)]
    bought = buying(question)
    found = summaries(bought)
    if not found.purchases.n:
        return [Estimate(dimensions={}, measure="customers", estimate=0.0, n=0, unit="count", note=NO_DATA)]
    spent = spends(bought)
    choice = choose(bought, found, spent, calibration_days=calibration_days)
    ahead = None
    if choice.process is not None:
        ahead = outlooks(
            choice.process,
            choice.spending,
            found,
            spends=spent,
            horizon=float(horizon_days),
            discount_rate=log1p(discount_rate) / 365.25,
        )
    return [
        *group_rows(question, found, ahead, choice, horizon_days=horizon_days),
        *count_rows(question, found, order_counts(bought)),
        *parameter_rows(question, choice),
        *spend_rows(question, choice),
        *calibration_rows(question, choice),
    ]


def _check(horizon_days: int, discount_rate: float, calibration_days: int | None) -> None:
    ranges = (
        ("horizon_days", horizon_days, 1 <= horizon_days <= LONGEST_DAYS, "days from 1 to 3650"),
        ("discount_rate", discount_rate, 0 <= discount_rate <= 1, "a share a year from 0 to 1"),
        ("calibration_days", calibration_days, calibration_days is None or calibration_days >= 1, "1 day or more"),
    )
    for name, got, good, expected in ranges:
        if not good:
            raise ValueOutOfRange(
                what=f"`{name}` is out of its range.",
                got=f"{got!r}",
                expected=expected,
                fix="write 10 % a year as discount_rate=0.1, and a year ahead as horizon_days=365",
            )
