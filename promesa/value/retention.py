"""Who stays: cohorts, how long customers last, what goes with their coming back or leaving, and how well it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.errors import ValueOutOfRange
from promesa.measures import NO_DATA, ask
from promesa.results import Estimate, Result, steady
from promesa.value.hazard_rows import hazard_rows
from promesa.value.purchases import refused_dimensions
from promesa.value.spells import spells
from promesa.value.staying import cohort_rows, counts, curves, extra, rates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention(Result):
    """Who stays and for how long; see `retention`."""

    def summary(self, locale: str = "en") -> str:
        """Say what a lapse is, who of a year ago is still there, how long half of them last, what goes with it."""
        said = [self._definition(locale), self._year(locale), self._median(locale), self._strongest(locale)]
        told = " ".join(sentence for sentence in said if sentence)
        if self.dimensions:
            told = " ".join(sentence for sentence in (self._definition(locale), self._split(locale)) if sentence)
        shown = any(e.estimate is not None for e in self.estimates if e.measure in {"retention_rate", "survival"})
        return told if shown else words.say("value.retention.empty", locale)

    def _definition(self, locale: str) -> str:
        lapse = self.find("lapse_days")
        if lapse is None:
            return ""
        key = "lapse_found" if lapse.note else "lapse"
        return words.say(f"value.retention.{key}", locale, days=words.number(lapse.estimate, locale))

    def _year(self, locale: str) -> str:
        year = next((e for e in self.estimates if e.measure == "retention_rate" and e.extra["period"] is None), None)
        return self._said("year", year, locale, rate=True)

    def _median(self, locale: str) -> str:
        median = self.find("median_days")
        if median is None or (median.estimate is None and median.note == NO_DATA):
            return ""
        if median.estimate is None:
            return words.say("value.retention.more_than_half", locale, n=words.number(median.n, locale))
        lapse = self.find("lapse_days")
        if lapse is None:
            return self._said("median", median, locale, rate=False)
        # Without a contract the days end with the last purchase, and who lapses counts as a customer for longer.
        days = words.number(lapse.estimate, locale)
        key = "median_bought" if median.estimate else "median_once"
        return self._said(key, median, locale, rate=False, days=days)

    def _said(self, key: str, figure: Estimate | None, locale: str, *, rate: bool, **more: str) -> str:
        if figure is None or figure.estimate is None:
            return ""
        values = {
            name: words.percent(value, locale) if rate else words.number(value, locale)
            for name, value in (("figure", figure.estimate), ("lower", figure.lower), ("upper", figure.upper))
        }
        if figure.lower is None and key != "median_once":
            key = f"{key}_alone"
        return words.say(f"value.retention.{key}", locale, n=words.number(figure.n, locale), **values, **more)

    def _strongest(self, locale: str) -> str:
        """Say which broken promise goes most with staying away, where one does."""
        found = [e for e in self.estimates if e.measure == "hazard_ratio" and e.extra["kind"] == "promise"]
        found = [e for e in found if e.estimate is not None and e.extra["q"] is not None and _sure(e)]
        if not found:
            return ""
        returns = found[0].extra["event"] == "returns"
        worst = min(found, key=lambda e: steady(e.estimate) * (1 if returns else -1))
        return words.say(
            f"value.retention.{worst.extra['event']}",
            locale,
            promise=self.label(str(worst.extra["term"]), locale),
            ratio=words.number(worst.estimate, locale, decimals=2),
            lower=words.number(worst.lower, locale, decimals=2),
            upper=words.number(worst.upper, locale, decimals=2),
            n=words.number(worst.n, locale),
        )

    def _split(self, locale: str) -> str:
        alike = self.find("curves_alike")
        if alike is None or alike.estimate is None:
            return words.say("value.retention.split_unknown", locale)
        key = "differ" if alike.estimate < 1 - self.confidence_level else "alike"
        known = words.number(max(alike.estimate, 0.001), locale, decimals=3)
        p = f"{'<' if alike.estimate < 0.001 else '='} {known}"
        return words.say(f"value.retention.{key}", locale, p=p, n=words.number(alike.n, locale))

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the share still there by days since the first purchase."""
        rows: list[dict[str, object]] = []
        for row in self.rows():
            if row["measure"] == "survival" and row["estimate"] is not None:
                group = " · ".join(self.label(_text(row[name]), locale) for name in self.dimensions)
                rows.append({**row, "group": group})
        if len(rows) < 2:
            return None
        return charts.decline(
            rows,
            days="days",
            series="group" if self.dimensions else None,
            title=words.say("value.retention.chart", locale),
            locale=locale,
        )


def _sure(figure: Estimate) -> bool:
    q = figure.extra["q"]
    return isinstance(q, float) and q < 0.05


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def retention(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Retention:
    """Estimate who stays: by cohort, over time, and by what they lived.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Traits, and of the first purchase: its period, ``channel`` or ``product``. Cohorts and hazards are of all.
    since : date, datetime, str or None
        Who began before it is left out.
    until : date, datetime, str or None
        End of the observation; None is `as_of`.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Retention
        ``customers``, ``spells``, ``ended`` (count), ``lapse_days`` (days; without contracts). Per group:
        ``retention_rate`` (fraction of those there at the start of the month of ``period`` that was at its end; without
        ``period``, over the last 365 days), ``churn_rate`` (1 less it), ``survival`` (fraction, at ``days`` after the
        first purchase), ``median_days`` (days), and with a split ``curves_alike`` (p of the log-rank test, fraction).
        Of all: ``cohort_share`` (fraction of ``cohort`` that bought, or under contract was there, ``since`` periods
        later), ``hazard_ratio`` (times) of each ``term``, and of what was foretold: ``separation`` (area under the
        curve, fraction), ``top_tenth_lift`` (times), ``foretold_share`` and ``happened_share`` (fraction).

    Raises
    ------
    ValueOutOfRange
        If `by` names what is not a customer's own.

    Notes
    -----
    Estimands. Under a contract (``leaves_at`` in model.toml): the time from joining to the goodbye; each spell of one
    who joins again is its own. Without: the time from the first to the last purchase that no other follows within
    ``lapsed_after_days``. A lapse happens at that purchase and is known so many days later; so every spell is looked at
    up to the last day of which it can be told, and what ended after it counts neither as ended nor as going on.

    Survival is Kaplan and Meier's [1]_ with Greenwood's interval on log(-log). It takes spells of one customer as
    independent, and those who began late as like those who began early.

    Hazard ratios are of a Cox regression with columns that change over time and a covariance clustered by customer
    [2]_: without a contract of the hazard to buy again, by days since the last purchase; under one of the hazard to
    leave, by days since joining. What was lived is taken as known at the start of each stretch of days. They are
    associations: who was let down may differ in what nobody recorded. ``q`` is the p-value controlled for the number
    of ratios (Benjamini and Hochberg). Where there are more than ``most_rows`` of the drivers, customers are drawn by
    their surrogate (``share_sampled``).

    What was foretold is told on the time after a cut by a fit on the time before it.

    References
    ----------
    .. [1] E. L. Kaplan, P. Meier (1958). Nonparametric estimation from incomplete observations. Journal of the
       American Statistical Association 53, 457-481. doi:10.1080/01621459.1958.10501452
    .. [2] D. R. Cox (1972). Regression models and life-tables. Journal of the Royal Statistical Society B 34, 187-220.
       doi:10.1111/j.2517-6161.1972.tb00899.x
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    if refused := refused_dimensions(question):
        raise ValueOutOfRange(
            what="Who stays cannot be split that way.",
            got=f"by {', '.join(refused)}",
            expected="a trait, or a period, the channel or the product of the first purchase",
            fix="take a dimension that a customer has once",
        )
    heading: dict[str, Any] = question.heading("retention")
    return Retention(**heading, estimates=tuple(_figures(question)))


def _figures(question: Question) -> list[Estimate]:
    found = spells(question)
    counted = counts(question, found)
    if not counted[0].n and counted[0].note is None:
        return [
            Estimate(
                dimensions=dict.fromkeys(question.by),
                measure="customers",
                estimate=0.0,
                n=0,
                unit="count",
                note=NO_DATA,
                extra=extra(),
            )
        ]
    if question.by:
        return [*_without_groups(question, counted), *rates(question, found), *curves(question, found)]
    return [
        *counted,
        *rates(question, found),
        *curves(question, found),
        *cohort_rows(question, found),
        *hazard_rows(question, found),
    ]


def _without_groups(question: Question, figures: list[Estimate]) -> list[Estimate]:
    """Return figures of all customers beside those of groups: every dimension is not stated."""
    from dataclasses import replace

    return [replace(figure, dimensions=dict.fromkeys(question.by)) for figure in figures]
