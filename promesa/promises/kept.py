"""Is the promise kept? Rates, the four counts, and what goes with a broken one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.engine import null_of, when
from promesa.errors import UnknownName
from promesa.measures import PREFIX, ask, clustered, count_of, group_of, mean_of, sort_key
from promesa.promises.commitments import STATUSES, commitments_to
from promesa.promises.consequences import return_figures, score_figures
from promesa.results import Estimate, Result
from promesa.stats import QUANTILE_GRID, quantile_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from promesa.engine import Expression, Table
    from promesa.measures import Group, Question
    from promesa.store import Facts
    from promesa.workspace import Promise, Workspace

DECILES = {"difference_p10": 0.1, "difference_p50": 0.5, "difference_p90": 0.9}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisesKept(Result):
    """Kept rates and what goes with broken promises; see `kept`."""

    def summary(self, locale: str = "en") -> str:
        """Say each promise's kept rate with interval and n."""
        said = [
            words.say(
                "promises.summary",
                locale,
                promise=self.label(e.dimensions["promise"], locale),
                rate=words.percent(e.estimate, locale),
                lower=words.percent(e.lower, locale),
                upper=words.percent(e.upper, locale),
                n=words.number(e.n, locale),
            )
            for e in self.estimates
            if e.measure == "kept_rate" and e.estimate is not None and len(self.dimensions) == 1
        ]
        shown = sum(e.measure == "kept_rate" and e.estimate is not None for e in self.estimates)
        if shown and not said:
            return words.say("promises.split", locale, n=words.number(shown, locale))
        return " ".join(said) or words.say("promises.empty", locale)

    def most_costly(self, count: int = 3) -> list[Estimate]:
        """Return the broken promises that most money goes with, dearest first."""
        known = [e for e in self.estimates if e.measure == "cost_of_broken" and e.estimate is not None]
        return sorted(known, key=lambda e: -(e.estimate or 0.0))[:count]

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the kept rates, over time where the answer is split by month."""
        rows = [row for row in self.rows() if row["measure"] == "kept_rate" and row["estimate"] is not None]
        if not rows:
            return None
        title, names = words.say("promises.chart", locale), {name: self.label(name, locale) for name in self.labels}
        if self.dimensions == ("promise",):
            return charts.intervals(
                rows,
                label="promise",
                title=title,
                unit="fraction",
                locale=locale,
                domain=(0, 1),
                names=names,
                target="target",
            )
        if self.dimensions == ("promise", "month"):
            return charts.trend(
                rows, period="month", series="promise", title=title, unit="fraction", locale=locale, names=names
            )
        return None


def kept(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    promises: Sequence[str] = (),
    facts: Facts | None = None,
) -> PromisesKept:
    """Tell whether each promise is kept, and what goes with a broken one.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Further dimensions: ``month``, ``function``, ``supplier``, ``region``... Periods are those of the due time.
    since, until, as_of, confidence_level
        As in `measures.ask`; the window holds the commitments that fell due in it.
    promises : sequence of str
        Names of promises; none means all.

    Returns
    -------
    PromisesKept
        Rows per promise and group: the counts ``kept``, ``broken``, ``not_yet_due``, ``unknown``, ``released``;
        ``kept_rate`` (fraction of the commitments that fell due and were not released: one that never came is
        broken); ``kept_rate_of_delivered`` (of those that came); ``score_after_kept``, ``score_after_broken``
        (and of these ``score_after_late``, ``score_after_never``), ``score_difference``; ``return_after_kept``,
        ``return_after_broken``, ``return_difference``, ``margin_after_kept``, ``margin_after_broken``,
        ``margin_difference``, ``cost_of_broken`` (money); ``difference_p10``, ``_p50``, ``_p90`` (delivered less
        promised, in days or the promise's unit).

    Raises
    ------
    UnknownName
        If a promise or a dimension is not known.

    Notes
    -----
    Estimand of the rate: the share of kept commitments in the process that these customers were drawn from.
    Wilson's interval at the effective n, clustered by customer. Commitments whose rule gives no answer are
    counted in ``n_missing`` and left out of the rate. Differences are associations.
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    known = workspace.model.promises
    for name in promises:
        if name not in known:
            raise UnknownName(name, kind="promise", known=known)
    asked = [promise for promise in known.values() if not promises or promise.name in promises]
    heading: dict[str, Any] = question.heading("promises", first=("promise",))
    return PromisesKept(**heading, estimates=tuple(_figures_of(question, asked)))


def _figures_of(question: Question, promises: Sequence[Promise]) -> list[Estimate]:
    """Return the figures of several promises, each query asked once for all of them."""
    if not promises:
        return []
    table = commitments_to(question, promises)
    groups = clustered(question, table, _status_values(table), names=("promise",))
    broken = {tuple(group.dimensions.values()): group.values["broken"].n for group in groups}
    declared = {promise.name: promise for promise in promises}
    figures = [
        figure for group in groups for figure in _rates(question, declared[group.dimensions["promise"] or ""], group)
    ]
    figures += score_figures(question, promises, table)
    figures += return_figures(question, table, broken=broken)
    figures += _difference_figures(question, declared, table)
    places = {name: place for place, name in enumerate(declared)}
    return sorted(figures, key=lambda f: (places[f.dimensions["promise"] or ""], sort_key(f.dimensions)))


def _status_values(table: Table) -> dict[str, Expression]:
    nothing = null_of("float64")
    is_kept, is_broken = table["status"] == "kept", table["status"] == "broken"
    rate = when(is_kept, 1.0, when(is_broken, 0.0, nothing))
    values = {"rate": rate, "rate_of_delivered": when(table["arrived"], rate, nothing)}
    for status in STATUSES:
        values[status] = when(table["status"] == status, 1.0, nothing)
    return values


def _rates(question: Question, promise: Promise, group: Group) -> list[Estimate]:
    where = group.dimensions
    counts = [
        count_of(question, where, status, group.values[status].n, customers=group.customers) for status in STATUSES
    ]
    unknown = group.values["unknown"].n
    extra = {"owner": promise.owner, "target": promise.target, "capability": promise.capability}
    rate = mean_of(
        question,
        where,
        "kept_rate",
        group.values["rate"],
        unit="fraction",
        kind="share",
        n_missing=unknown,
        extra=dict(extra),
    )
    of_delivered = mean_of(
        question,
        where,
        "kept_rate_of_delivered",
        group.values["rate_of_delivered"],
        unit="fraction",
        kind="share",
        n_missing=unknown,
    )
    return [rate, of_delivered, *counts]


def _difference_figures(question: Question, promises: Mapping[str, Promise], table: Table) -> list[Estimate]:
    keys = [PREFIX + name for name in ("promise", *question.by)]
    known = table.filter(table["gap"].notnull() & (table["status"] != "released"))
    sums = {
        "n": known.count(),
        "customers": known["customer"].nunique(),
        "grid": known["gap"].quantile(list(QUANTILE_GRID)),
    }
    found = known.group_by(keys).aggregate(**sums)
    figures: list[Estimate] = []
    for row in question.facts.engine.fetch(found).to_pylist():
        if row["n"] and row["n"] >= question.workspace.min_group and row["customers"] >= question.workspace.min_cell:
            where = group_of(question, row, names=("promise",))
            for measure, level in DECILES.items():
                estimate, interval = quantile_interval(
                    row["grid"], level, row["customers"], confidence_level=question.confidence_level
                )
                figures.append(
                    Estimate(
                        dimensions=where,
                        measure=measure,
                        estimate=estimate,
                        lower=interval.lower,
                        upper=interval.upper,
                        n=int(row["n"]),
                        unit=promises[where["promise"] or ""].unit,
                    )
                )
    return figures
