"""The whale curve: how much of the profit the best customers make, and who takes it back and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.measures import NO_DATA, ask, count_of, mean_of, withheld
from promesa.results import Estimate, Result, steady
from promesa.stats import ClusterSums, Interval, mean_interval
from promesa.value.whale_customers import curve_of, customers_left, losers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.stats import Concentration, CurvePoint
    from promesa.store import Facts
    from promesa.value.whale_customers import Losers
    from promesa.workspace import Workspace

NO_PROFIT = "no-profit-to-share"
UNSURE = "profit-may-be-nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whale(Result):
    """How profit is spread over customers; see `whale`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many customers are served at a loss, what they take, and for which reason most."""
        customers, lost, share = (self._whole(m) for m in ("customers", "lost", "losing_share"))
        if customers is None or lost is None or lost.estimate is None or share is None:
            return words.say("value.whale.empty", locale)
        if not lost.estimate:
            return words.say("value.whale.none", locale, n=words.number(customers.n, locale))
        said = {
            "n": words.number(customers.n, locale),
            "share": words.percent(share.estimate, locale),
            "lower": words.percent(share.lower, locale),
            "upper": words.percent(share.upper, locale),
            "lost": words.amount(-lost.estimate, lost.unit, locale),
            "lost_lower": words.amount(-(lost.upper or 0.0), lost.unit, locale),
            "lost_upper": words.amount(-(lost.lower or 0.0), lost.unit, locale),
        }
        sentences = [words.say("value.whale.summary", locale, **said)]
        peak = self._whole("peak_share")
        if peak is not None and peak.estimate is not None:
            ends = {"lower": words.percent(peak.lower, locale), "upper": words.percent(peak.upper, locale)}
            sentences.append(words.say("value.whale.peak", locale, peak=words.percent(peak.estimate, locale), **ends))
        elif peak is not None:
            sentences.append(words.say("value.whale.no_profit", locale))
        if (reason := self._main_reason()) is not None:
            sentences.append(self._because(reason, lost, locale))
        return " ".join(sentences)

    def _whole(self, measure: str) -> Estimate | None:
        return next((e for e in self.estimates if e.measure == measure and e.extra["reason"] is None), None)

    def _main_reason(self) -> Estimate | None:
        reasons = [e for e in self.estimates if e.measure == "lost" and e.extra["reason"] not in (None, "other")]
        return min((e for e in reasons if e.estimate), key=lambda e: steady(e.estimate), default=None)

    def _because(self, reason: Estimate, lost: Estimate, locale: str) -> str:
        touchpoint = reason.extra["touchpoint"]
        key = f"{reason.extra['reason']}{'_at' if touchpoint else ''}"
        return words.say(
            "value.whale.because",
            locale,
            reason=words.say(f"value.whale.why.{key}", locale, touchpoint=self.label(str(touchpoint), locale)),
            share=words.percent((reason.estimate or 0.0) / (lost.estimate or 1.0), locale, decimals=0),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the curve: shares of profit where there is profit to share, else money."""
        points = [row for row in self.rows() if row["customers_share"] is not None and row["estimate"] is not None]
        for measure in ("profit_share", "cumulative_profit"):
            rows = [row for row in points if row["measure"] == measure]
            if rows:
                return charts.curve(
                    rows,
                    along="customers_share",
                    title=words.say(f"value.whale.chart.{measure}", locale),
                    along_title=words.say("value.whale.chart.customers", locale),
                    unit=str(rows[0]["unit"]),
                    locale=locale,
                    level=1.0 if measure == "profit_share" else None,
                )
        return None


def whale(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Whale:
    """Order customers by what they leave, and say how much the best of them make and the last take back.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Whale
        ``customers`` (count), ``profit`` (money), ``losing_customers`` (count) and ``losing_share`` (fraction) of
        customers served at a loss, ``lost`` (money, below nothing), ``peak_share`` (fraction of the profit that is
        made before they take their part, 1 or more) and ``peak_customers_share`` (fraction of customers who make it).
        The curve: at each ``customers_share``, what the best customers leave together, as ``cumulative_profit``
        (money) and ``profit_share`` (fraction). Why: by main ``reason``, and ``touchpoint`` where serving is it,
        ``losing_customers``, ``losing_share`` (fraction of the customers served at a loss) and ``lost``.

    Notes
    -----
    Estimand: of the population that these customers were drawn from, the part of all profit that its best p of
    customers make; see `promesa.stats.concentration` for the intervals, by customer. Customers and their profit are
    those of `margin`; costs of nobody in particular are in no customer's profit. The curve has a point for each
    percent, or for as many as leave `min_group` customers between two.

    Where all together leave nothing or less there is no profit to share (``no-profit-to-share``): money stands alone.
    Where the interval of the profit reaches nothing, shares have no interval (``profit-may-be-nothing``).

    A customer served at a loss has one main reason, the first that holds: ``nothing_bought``; ``goods`` cost more
    than they brought in; what was ``returned`` left less than the goods cost; else ``serving`` took it, most of it at
    the touchpoint named (none: costs that name no touchpoint). It is bookkeeping and no effect: another way of
    serving them may have lost the sale. A wide window matters: a customer who has bought once, last week, has had the
    cost of the visits before and not yet the purchases to come.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = question.heading("whale")
    return Whale(**heading, estimates=tuple(_figures(question)))


def _figures(question: Question) -> list[Estimate]:
    customers = customers_left(question)
    found, peak = curve_of(question, customers)
    if not found.n:
        return [_row("customers", 0.0, unit="count", n=0, note=NO_DATA)]
    losers = losers_of(question, customers)
    return [
        *_totals(question, found, losers),
        *_peak(question, found, found.points[peak]),
        *_curve(question, found, [point for place, point in enumerate(found.points) if place != peak]),
        *_reasons(question, losers),
    ]


def _totals(question: Question, found: Concentration, losers: Sequence[Losers]) -> list[Estimate]:
    currency, reason = question.workspace.currency, withheld(question, found.n, found.n)
    count = sum(one.customers for one in losers)
    return [
        _counted(question, "customers", found.n),
        _row("profit", found.total, ends=found.total_interval, unit=currency, n=found.n, note=reason),
        _counted(question, "losing_customers", count),
        _share(question, count, found.n),
        _lost(question, losers, of=found.n, shown_n=found.n),
    ]


def _peak(question: Question, found: Concentration, point: CurvePoint) -> list[Estimate]:
    note = withheld(question, found.n, found.n)
    share = _row(
        "peak_share",
        point.part,
        ends=point.part_interval,
        unit="fraction",
        n=found.n,
        note=note or _why_no_share(point, found),
    )
    winners = round(point.share * found.n)
    return [share, _share(question, winners, found.n, measure="peak_customers_share")]


def _curve(question: Question, found: Concentration, points: Sequence[CurvePoint]) -> list[Estimate]:
    figures: list[Estimate] = []
    if not points:
        return figures
    currency = question.workspace.currency
    for point in points:
        extra: dict[str, Any] = {"customers_share": point.share}
        figures.append(
            _row("cumulative_profit", point.total, ends=point.total_interval, unit=currency, n=found.n, **extra)
        )
        figures.append(
            _row(
                "profit_share",
                point.part,
                ends=point.part_interval,
                unit="fraction",
                n=found.n,
                note=_why_no_share(point, found),
                **extra,
            )
        )
    last: dict[str, Any] = {"customers_share": 1.0}
    whole = 1.0 if found.total > 0 else None
    figures.append(_row("cumulative_profit", found.total, ends=found.total_interval, unit=currency, n=found.n, **last))
    note = None if whole else NO_PROFIT
    figures.append(_row("profit_share", whole, unit="fraction", n=found.n, note=note, **last))
    return figures


def _why_no_share(point: CurvePoint, found: Concentration) -> str | None:
    """Return why a share, or its interval, is missing; that of all of the profit is 1 and has none to miss."""
    if point.part is None:
        return NO_PROFIT
    ends = found.total_interval
    return UNSURE if point.part_interval is None and ends is not None and ends.lower <= 0 else None


def _reasons(question: Question, losers: Sequence[Losers]) -> list[Estimate]:
    count = sum(one.customers for one in losers)
    figures: list[Estimate] = []
    for one in losers:
        extra: dict[str, Any] = {"reason": one.reason, "touchpoint": one.touchpoint}
        figures += [
            _counted(question, "losing_customers", one.customers, **extra),
            _share(question, one.customers, count, **extra),
            _lost(question, [one], of=count, shown_n=one.customers, **extra),
        ]
    return figures


def _counted(question: Question, measure: str, count: int, **extra: Any) -> Estimate:
    return count_of(question, {}, measure, count, customers=count, **_keys(**extra))


def _share(question: Question, count: int, of: int, *, measure: str = "losing_share", **extra: Any) -> Estimate:
    """Return a share of customers; withheld with the number of those it counts, which it would tell."""
    sums = ClusterSums(n=of, clusters=of, total=float(count), nn=float(of), ns=float(count), ss=float(count))
    if few := withheld(question, of, count if 0 < count < question.workspace.min_cell else of):
        return _row(measure, None, unit="fraction", n=0, note=few, **extra)
    return mean_of(question, {}, measure, sums, unit="fraction", kind="share", extra=_keys(**extra))


def _lost(question: Question, losers: Sequence[Losers], *, of: int, shown_n: int, **extra: Any) -> Estimate:
    """Return what those served at a loss take, as `of` times the mean, nothing for all others."""
    count, total = sum(one.customers for one in losers), sum(one.total for one in losers)
    squares = sum(one.squares for one in losers)
    sums = ClusterSums(n=of, clusters=of, total=total, nn=float(of), ns=total, ss=squares)
    interval = mean_interval(sums, confidence_level=question.confidence_level) if of else None
    ends = interval.scaled(of) if interval and interval.lower < interval.upper else None
    note = withheld(question, of, count or of)
    return _row("lost", total, ends=ends, unit=question.workspace.currency, n=shown_n, note=note, **extra)


def _keys(**extra: Any) -> dict[str, Any]:
    return {"customers_share": None, "reason": None, "touchpoint": None} | extra


def _row(
    measure: str,
    estimate: float | None,
    *,
    unit: str,
    n: int,
    ends: Interval | None = None,
    note: str | None = None,
    **extra: Any,
) -> Estimate:
    hidden = note is not None and note.startswith("withheld")
    return Estimate(
        dimensions={},
        measure=measure,
        estimate=None if hidden else estimate,
        lower=ends.lower if ends and not hidden else None,
        upper=ends.upper if ends and not hidden else None,
        n=0 if note == "withheld-small-cell" else n,
        unit=unit,
        note=note,
        extra=_keys(**extra),
    )
