"""The minimum standard: who gets it, where it is broken, for whom it is worse; and who gets the level of a tier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.measures import ask, sort_key
from promesa.results import Estimate, Result, steady
from promesa.value.standard_groups import group_rows, with_comparisons
from promesa.value.standard_levels import level_rows
from promesa.value.standard_moments import GROUPS_WHERE, asked_of, judged, rates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardAnswer(Result):
    """Who gets the minimum; see `standard`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many standards reach their target, the lowest of them, and for whom it is worse."""
        whole = [e for e in self.estimates if e.measure == "kept_rate" and e.extra["by"] is None]
        known = [e for e in whole if e.estimate is not None and e.lower is not None]
        if not known:
            return words.say("value.standard.empty", locale)
        if len(self.dimensions) > 1:
            return self._split(known, locale)
        aimed = [e for e in known if e.extra["target"] is not None]
        met = sum((e.estimate or 0.0) >= _target(e) for e in aimed)
        least = min(known, key=lambda e: steady((e.estimate or 0.0) - _target(e)))
        said = [
            words.say(
                "value.standard.summary",
                locale,
                met=met,
                aimed=len(aimed),
                standard=self.label(least.dimensions["standard"], locale),
                rate=words.percent(least.estimate, locale),
                lower=words.percent(least.lower, locale),
                upper=words.percent(least.upper, locale),
                n=words.number(least.n, locale),
            ),
            self._worse(locale),
        ]
        return " ".join(said)

    def _split(self, known: list[Estimate], locale: str) -> str:
        least = min(known, key=lambda e: steady((e.estimate or 0.0) - _target(e)))
        return words.say(
            "value.standard.split",
            locale,
            group=", ".join(self.label(least.dimensions[name], locale) for name in self.dimensions[1:]),
            standard=self.label(least.dimensions["standard"], locale),
            rate=words.percent(least.estimate, locale),
            lower=words.percent(least.lower, locale),
            upper=words.percent(least.upper, locale),
            n=words.number(least.n, locale),
        )

    def _worse(self, locale: str) -> str:
        worse = [e for e in self.estimates if e.measure == "kept_difference" and e.extra["worse"]]
        if not worse:
            return words.say("value.standard.nobody_worse", locale)
        first = min(worse, key=lambda e: steady(e.estimate))
        return words.say(
            "value.standard.worse",
            locale,
            count=len(worse),
            group=self.label(str(first.extra["group"]), locale),
            by=group_name(self, str(first.extra["by"]), locale),
            standard=self.label(first.dimensions["standard"], locale),
            points=words.number(100 * abs(first.estimate or 0.0), locale, decimals=1),
            lower=words.number(100 * abs(first.upper or 0.0), locale, decimals=1),
            upper=words.number(100 * abs(first.lower or 0.0), locale, decimals=1),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw how often each tier gets the minimum of each standard."""
        rows = [
            row for row in self.rows() if row["measure"] == "kept_rate" and (row["by"] == "tier" or row["by"] is None)
        ]
        if not rows or len(self.dimensions) > 1:
            return None
        everybody = words.say("value.standard.everybody", locale)
        cells = [
            {
                **row,
                "who": self.label(str(row["group"]), locale) if row["by"] else everybody,
                "what": self.label(str(row["standard"]), locale),
            }
            for row in rows
        ]
        return charts.matrix(
            cells,
            row="what",
            column="who",
            target="target",
            title=words.say("value.standard.chart", locale),
            unit="fraction",
            locale=locale,
            remark=words.say("value.standard.remark", locale),
        )


def _target(figure: Estimate) -> float:
    target = figure.extra["target"]
    return float(target) if isinstance(target, (int, float)) else 1.0


def group_name(result: Result, by: str, locale: str) -> str:
    """Return what people call what groups are told apart by."""
    key = f"report.dimension.{by}"
    return words.say_or(key, locale, otherwise=result.label(by, locale))


def standard(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> StandardAnswer:
    """Estimate who gets the minimum standard, and who gets the level of a tier.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        Dimensions; the answer then holds the rate of each group alone, without comparisons or levels.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    StandardAnswer
        Rows per ``standard``, with ``by`` and ``group`` of whom, both null for everybody. ``kept_rate`` (fraction,
        interval) of all, per tier, trait, age band, touchpoint, channel and supplier, beside ``target``;
        ``kept_difference`` (fraction, interval) of a group of customers less all others of the same ``by``, with
        ``p_value`` adjusted for all comparisons of the answer and ``worse``. Of tiers with a ``level``:
        ``level_rate`` (fraction, interval) of the moments of the tier that got the level, ``not_given`` (count) that
        did not; ``beyond_rate`` (fraction, interval) of the moments of lower tiers that got it, ``beyond`` (count) and
        ``beyond_cost`` (money) of these.

    Notes
    -----
    Estimand: the share of moments that get the minimum, in the process that these customers were drawn from; an open
    moment past its due time did not get it. Wilson's interval at the effective n, clustered by customer. Differences
    are Newcombe's, of customers who are in one group only; they are described, not explained: who calls at rush hour
    waits longer, whoever they are. `worse` holds the false discovery rate over all comparisons of the answer at 1 less
    the confidence level [1]_. A tier, a trait and an age are those of `as_of`, not of the moment.

    References
    ----------
    .. [1] Y. Benjamini, Y. Hochberg (1995). Controlling the false discovery rate. Journal of the Royal Statistical
       Society B 57, 289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    figures = _split_rows(question) if question.by else _all_rows(question)
    heading: dict[str, Any] = question.heading("standard", first=("standard",))
    return StandardAnswer(**heading, estimates=tuple(figures))


def _split_rows(question: Question) -> list[Estimate]:
    figures: list[Estimate] = []
    for one in question.workspace.model.standards.values():
        figures += rates(question, one, judged(question, one), names=question.by, split=True)
    return sorted(figures, key=lambda figure: sort_key(figure.dimensions))


def _all_rows(question: Question) -> list[Estimate]:
    """Return everybody's rates, those of every group, their comparisons, and the levels of the tiers."""
    wide, of_customers = asked_of(question)
    figures: list[Estimate] = []
    for one in question.workspace.model.standards.values():
        table = judged(wide, one, today=True)
        figures += rates(replace(wide, by=()), one, table, names=())
        figures += group_rows(wide, one, table, of_customers=of_customers, where=GROUPS_WHERE)
        if "tier" in wide.by:
            figures += level_rows(question, one)
    return with_comparisons(question, figures)
