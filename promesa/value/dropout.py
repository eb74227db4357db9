"""Who stops after the first purchase: what was lived at it, held against how often customers buy and when they stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.errors import TooFewObservations
from promesa.measures import NO_DATA, ask, withheld
from promesa.results import Estimate, Result, steady
from promesa.stats import benjamini_hochberg, compare_buying
from promesa.value.first_purchases import Contrast, contrasts
from promesa.value.purchases import buying

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import BuyingCompared, Compared
    from promesa.store import Facts
    from promesa.workspace import Workspace

TOO_FEW = "too-few-to-tell"
UNDER_CONTRACT = "under-contract"
SURE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropout(Result):
    """Who stops, by what was lived at the first purchase; see `dropout`."""

    def summary(self, locale: str = "en") -> str:
        """Say which thing lived at the first purchase goes most with stopping."""
        found = [e for e in self.estimates if e.measure == "stop_difference" and e.estimate is not None]
        sure = [e for e in found if isinstance(e.extra["q"], float) and e.extra["q"] < SURE]
        if not found:
            by_contract = any(e.note == UNDER_CONTRACT for e in self.estimates)
            return words.say(f"value.dropout.{'contract' if by_contract else 'empty'}", locale)
        if not sure:
            return words.say("value.dropout.none", locale, n=len(found))
        worst = max(sure, key=lambda e: steady(abs(e.estimate or 0.0)))
        ends = {
            name: next(e for e in self.estimates if e.measure == name and e.extra["term"] == worst.extra["term"]
                       and e.extra["level"] == worst.extra["level"])
            for name in ("stop_with", "stop_without")
        }  # fmt: skip
        return words.say(
            "value.dropout.summary",
            locale,
            what=_named(self, worst, locale),
            with_it=words.percent(ends["stop_with"].estimate, locale),
            without=words.percent(ends["stop_without"].estimate, locale),
            lower=words.number(100 * (worst.lower or 0.0), locale, decimals=1, sign=True),
            upper=words.number(100 * (worst.upper or 0.0), locale, decimals=1, sign=True),
            n=words.number(worst.n, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw how many times as often customers buy with each thing lived."""
        rows = [
            {**e.row(), "name": _named(self, e, locale)}
            for e in self.estimates
            if e.measure == "rate_ratio" and e.estimate is not None
        ]
        if not rows:
            return None
        return charts.ratios(rows, label="name", title=words.say("value.dropout.chart", locale), locale=locale)


def _named(found: Result, figure: Estimate, locale: str) -> str:
    term, level = figure.extra["term"], figure.extra["level"]
    return words.say(
        f"value.first.{figure.extra['kind']}", locale, name=found.label(str(term), locale),
        level=found.label(str(level), locale),
    )  # fmt: skip


def dropout(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Dropout:
    """Tell whether customers stop sooner, or buy more seldom, after what they lived at their first purchase.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until : date, datetime, str or None
        Customers whose first purchase lies before `since` are left out; `until` is the end of the observation.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Dropout
        Rows per ``term`` (a promise of the first purchase broken against kept, any of them, a good against a bad
        answer about it, a channel against the most frequent one): ``stop_with`` and ``stop_without``, the mean
        probability to stop after a purchase (fraction); ``stop_difference`` (fraction); ``rate_ratio``, how many
        times as often those with it buy while they are customers (times). Where customers leave a contract
        (``leaves_at`` in model.toml), one row without a figure, ``note`` ``under-contract``: `retention` answers.

    Notes
    -----
    Estimand and estimator are those of `stats.compare_buying`: one MBG/NBD process, of which rate and stopping may
    differ. It can tell slower from sooner gone, which a share of returns cannot.

    Only what belongs to the first purchase is looked at: a promise broken at a later one can only have been broken
    for customers who came back, and would look as if it kept them. Customers of whom it is not known (no promise
    was made, nobody answered) are in neither group. Answers come from those who answer: read them with that in mind.
    Associations; ``q`` is the p-value controlled for the number of comparisons.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = question.heading("dropout")
    if question.workspace.model.leaving.leaves_at:
        # Who is under contract pays on the day it says; the pace of purchases tells nothing of who stops.
        return Dropout(**heading, estimates=(_under_contract(),))
    return Dropout(**heading, estimates=tuple(_figures(question)))


def _figures(question: Question) -> list[Estimate]:
    bought = buying(question)
    found: list[tuple[Contrast, BuyingCompared | None, str | None]] = []
    for contrast in contrasts(bought):
        sizes = contrast.with_it.n, contrast.without.n
        reason = next((r for n in sizes if (r := withheld(question, n, n) if n else NO_DATA)), None)
        compared = None
        if reason is None:
            try:
                compared = compare_buying(
                    contrast.with_it, contrast.without, confidence_level=question.confidence_level
                )
            except TooFewObservations:
                reason = TOO_FEW
        found.append((contrast, compared, reason))
    told = [compared for _, compared, _ in found if compared is not None]
    p = [value for one in told for value in (one.stop_difference.p, one.rate_ratio.p)]
    q = iter(benjamini_hochberg(p).tolist() if told else [])
    rows: list[Estimate] = []
    for contrast, compared, reason in found:
        rows += (
            _none(contrast, reason)
            if compared is None
            else _rows(contrast, compared, {"stop_difference": next(q), "rate_ratio": next(q)})
        )
    return rows


def _under_contract() -> Estimate:
    nothing: dict[str, Value] = dict.fromkeys(("term", "kind", "level", "against", "n_with", "q"))
    return Estimate(
        dimensions={}, measure="stop_difference", estimate=None, n=0, unit="fraction", evidence="associated",
        note=UNDER_CONTRACT, extra=nothing,
    )  # fmt: skip


def _extra(contrast: Contrast, **known: Value) -> dict[str, Value]:
    return {
        "term": contrast.name, "kind": contrast.kind, "level": contrast.level, "against": contrast.against,
        "n_with": None, "q": None, **known,
    }  # fmt: skip


def _none(contrast: Contrast, reason: str | None) -> list[Estimate]:
    n = 0 if reason == "withheld-small-cell" else contrast.with_it.n + contrast.without.n
    return [
        Estimate(
            dimensions={}, measure="stop_difference", estimate=None, n=n, unit="fraction", evidence="associated",
            note=reason, extra=_extra(contrast),
        )
    ]  # fmt: skip


def _rows(contrast: Contrast, found: BuyingCompared, q: dict[str, float]) -> list[Estimate]:
    n = found.n_with + found.n_without
    figures: tuple[tuple[str, Compared, int, str], ...] = (
        ("stop_with", found.stop_with, found.n_with, "fraction"),
        ("stop_without", found.stop_without, found.n_without, "fraction"),
        ("stop_difference", found.stop_difference, n, "fraction"),
        ("rate_ratio", found.rate_ratio, n, "times"),
    )
    rows = [
        Estimate(
            dimensions={}, measure=measure, estimate=one.estimate, lower=one.lower, upper=one.upper, n=size, unit=unit,
            extra=_extra(contrast, n_with=found.n_with),
        )
        for measure, one, size, unit in figures
    ]  # fmt: skip
    return [
        replace(row, evidence="associated", extra={**row.extra, "q": q[row.measure]}) if row.measure in q else row
        for row in rows
    ]
