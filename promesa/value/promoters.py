"""What promoters, passives and detractors do afterwards: return, spend, leave, cost, refer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.errors import InputError, ValueOutOfRange
from promesa.measures import NO_DATA, ask, clustered, count_of, mean_of, withheld
from promesa.results import Estimate, Result
from promesa.stats import (
    Interval,
    clustered_regression,
    difference_interval,
    difference_of_shares_interval,
    pooled_if_constant,
    ratio_variance,
)
from promesa.value.following import AFTER, AFTER_DAYS, GROUPS, MOST, answered, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.stats import ClusterSums
    from promesa.store import Facts
    from promesa.workspace import Concept, Workspace

NOBODY_ASKED = "no-recommendation-asked"
NO_COST = "no-cost-given"
ADJUSTED_FOR = ("earlier_spend", "tenure", "channel")
COMPARED = ("promoter", "detractor")  # each against the passives
_EMPTY: dict[str, Any] = {"concept": None, "against": None, "within_days": None, "adjusted_for": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoters(Result):
    """What those who recommend, and those who warn others off, do afterwards; see `promoters`."""

    def summary(self, locale: str = "en") -> str:
        """Say what a promoter and a detractor leave beside a passive, and what is left of it among the alike."""
        if self.dimensions != ("group",):
            return words.say("value.promoters.split", locale, n=words.number(len(self._known()), locale))
        said = [self._difference(group, locale) for group in COMPARED]
        known = [sentence for sentence in said if sentence]
        return " ".join([*known, words.say("value.promoters.caution", locale)]) if known else self._empty(locale)

    def _known(self) -> list[Estimate]:
        return [e for e in self.estimates if e.measure == "margin_after" and e.estimate is not None]

    def _empty(self, locale: str) -> str:
        asked = any(e.note == NOBODY_ASKED for e in self.estimates)
        return words.say(f"value.promoters.{'nobody' if asked else 'empty'}", locale)

    def _difference(self, group: str, locale: str) -> str:
        plain = self.find("margin_after_difference", group=group)
        if plain is None or plain.estimate is None:
            return ""
        fair = self.find("margin_after_adjusted_difference", group=group)
        less = plain.estimate < 0
        said = words.say(
            f"value.promoters.{group}_{'less' if less else 'more'}",
            locale,
            difference=words.amount(abs(plain.estimate), plain.unit, locale),
            lower=words.amount(plain.lower, plain.unit, locale),
            upper=words.amount(plain.upper, plain.unit, locale),
            n=words.number(plain.n, locale),
        )
        if fair is None or fair.estimate is None:
            return said
        values = {key: words.amount(getattr(fair, key), fair.unit, locale) for key in ("estimate", "lower", "upper")}
        return f"{said} {words.say('value.promoters.fair', locale, **values)}"

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the margin of the year after of each group."""
        if self.dimensions != ("group",) or not self._known():
            return None
        rows = [row for row in self.rows() if row["measure"] == "margin_after"]
        return charts.intervals(
            rows,
            label="group",
            title=words.say("value.promoters.chart", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={group: words.say(f"value.group.{group}", locale) for group in GROUPS},
        )


def promoters(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Promoters:
    """Compare what promoters, passives and detractors do after they answered.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`. Its first concept of kind ``nps`` is taken, else the concept of its first outcome of kind
        ``promoter``.
    by : str or sequence of str
        Traits, periods or the channel of the answer.
    since, until, as_of, confidence_level
        As in `measures.ask`; the window holds the answers.

    Returns
    -------
    Promoters
        Rows per ``group``: ``customers`` (count); ``return_rate`` (fraction, an order within ``return_within_days``
        after the answer); of the 365 days after it ``spend_after``, ``margin_after`` (less cost to serve),
        ``cost_to_serve_after`` (money a customer), ``moments_after``, ``referrals_after`` (count a customer; only with
        ``referral_action``). Of promoters and detractors each as ``..._difference`` against the passives, and without
        a split as ``..._adjusted_difference`` (``return_rate``, ``spend_after``, ``margin_after``). ``n_missing``
        counts customers whose days are not over yet.

    Raises
    ------
    ValueOutOfRange
        If `by` names what an answer does not have.

    Notes
    -----
    Estimand: means over the customers who answer, by what they said first in the window, and differences of them. Who
    answers, and who recommends, was different before: customers who buy more also recommend more. A difference says
    nothing of what would happen if a detractor were made a promoter; its evidence is ``associated``, adjusted or not.

    The adjusted difference is the coefficient of a regression on the logarithm of what was spent in the 365 days
    before, on years since the first order and on the channel of the answer. At most 50,000 customers, drawn by their
    surrogate (a hash), stand in it; its n says how many. Intervals are Welch's, Newcombe's for shares.

    References
    ----------
    .. [1] T. L. Keiningham, B. Cooil, T. W. Andreassen, L. Aksoy (2007). A longitudinal examination of net promoter
       and firm revenue growth. Journal of Marketing 71(3), 39-51. doi:10.1509/jmkg.71.3.039
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    refused = {"touchpoint", "stage", "function", "supplier", "product", "brand", "employee", "outcome", "survey"}
    if wrong := sorted((refused | {"concept", "audience"}) & set(question.by)):
        raise ValueOutOfRange(
            what="Promoters cannot be split that way.",
            got=f"by {', '.join(wrong)}",
            expected="a trait, a period or the channel of the answer",
            fix="take a dimension that a customer who answered has",
        )
    heading: dict[str, Any] = question.heading("promoters", first=("group",))
    concept = _concept(workspace)
    return Promoters(**heading, estimates=tuple(_nothing() if concept is None else _figures(question, concept)))


def _nothing() -> list[Estimate]:
    return [
        Estimate(
            dimensions={"group": None}, measure="customers", estimate=None, n=0, unit="count", note=NOBODY_ASKED,
            extra=dict(_EMPTY),
        )
    ]  # fmt: skip


def _concept(workspace: Workspace) -> Concept | None:
    model = workspace.model
    asked = next((concept for concept in model.concepts.values() if concept.kind == "nps"), None)
    declared = next((one for one in model.studies.outcomes.values() if one.kind == "promoter"), None)
    return asked or (model.concepts.get(str(declared.concept)) if declared else None)


def _figures(question: Question, concept: Concept) -> list[Estimate]:
    facts = question.facts
    name = f"answered {facts.version} {facts.as_of} {question.since} {question.until} {question.by} {concept.name}"
    table = facts.engine.hold(name, answered(question, concept))
    values = {name: table[name] for name in ("returned", *AFTER)}
    found = clustered(question, table, values, names=("group",))
    groups = {tuple(group.dimensions.values()): group for group in found}
    measures = _measures(question, found)
    figures: list[Estimate] = []
    for key in sorted(groups, key=lambda k: (*((v is None, v or "") for v in k[1:]), GROUPS.index(str(k[0])))):
        figures += _group_rows(question, groups[key], groups.get(("passive", *key[1:])), concept, measures)
    return figures if question.by else [*figures, *_adjusted(question, table, concept, groups)]


def _measures(question: Question, groups: Sequence[Group]) -> dict[str, tuple[str, str, str]]:
    """Return measure -> (value, unit, kind) of what the company's data can tell."""
    money = question.workspace.currency
    known = {
        "return_rate": ("returned", "fraction", "share"),
        "spend_after": ("spend", money, "mean"),
        "margin_after": ("margin", money, "mean"),
        "cost_to_serve_after": ("cost_to_serve", money, "mean"),
        "moments_after": ("moments", "count", "mean"),
        "referrals_after": ("referrals", "count", "mean"),
    }
    if not any(group.values["cost_to_serve"].ss for group in groups):
        del known["cost_to_serve_after"]
    if question.workspace.model.referral_action is None:
        del known["referrals_after"]
    return known


def _group_rows(
    question: Question,
    group: Group,
    passive: Group | None,
    concept: Concept,
    measures: dict[str, tuple[str, str, str]],
) -> list[Estimate]:
    where, n = group.dimensions, group.customers
    figures = [count_of(question, where, "customers", n, customers=n, **{**_EMPTY, "concept": concept.name})]
    for measure, (value, unit, kind) in measures.items():
        own = _figure(question, group, measure, value, unit=unit, kind=kind, concept=concept)
        figures.append(own)
        if where["group"] in COMPARED and passive is not None:
            other = _figure(question, passive, measure, value, unit=unit, kind=kind, concept=concept)
            figures.append(_difference(question, (own, other), (group.values[value], passive.values[value])))
    return figures


def _figure(
    question: Question, group: Group, measure: str, value: str, *, unit: str, kind: str, concept: Concept
) -> Estimate:
    days = question.workspace.model.return_within_days if measure == "return_rate" else AFTER_DAYS
    sums = group.values[value]
    extra = {**_EMPTY, "concept": concept.name, "within_days": days}
    return mean_of(
        question, group.dimensions, measure, sums, unit=unit, kind=kind, n_missing=group.rows - sums.n, extra=extra
    )


def _difference(
    question: Question, figures: tuple[Estimate, Estimate], sums: tuple[ClusterSums, ClusterSums]
) -> Estimate:
    first, second = figures
    base = replace(
        first,
        measure=f"{first.measure}_difference",
        estimate=None,
        lower=None,
        upper=None,
        n=first.n + second.n,
        n_missing=first.n_missing + second.n_missing,
        evidence="associated",
        note=first.note or second.note,
        extra={**first.extra, "against": "passive"},
    )
    if first.estimate is None or second.estimate is None:
        return replace(base, note=base.note or NO_DATA)
    interval = _interval(question, figures, sums)
    return replace(
        base,
        estimate=first.estimate - second.estimate,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        note=None if interval else base.note,
    )


def _interval(
    question: Question, figures: tuple[Estimate, Estimate], sums: tuple[ClusterSums, ClusterSums]
) -> Interval | None:
    ends = [Interval(f.lower, f.upper) for f in figures if f.lower is not None and f.upper is not None]
    means = (figures[0].estimate or 0.0, figures[1].estimate or 0.0)
    if figures[0].unit == "fraction" and len(ends) == len(figures):
        return difference_of_shares_interval(means, (ends[0], ends[1]))
    sizes = (sums[0].clusters, sums[1].clusters)
    variances = pooled_if_constant((ratio_variance(sums[0]), ratio_variance(sums[1])), sizes)
    return difference_interval(means[0] - means[1], variances, sizes, confidence_level=question.confidence_level)


def _adjusted(
    question: Question, table: Table, concept: Concept, groups: dict[tuple[str | None, ...], Group]
) -> list[Estimate]:
    """Return the differences that are left beside earlier spend, tenure and channel."""
    compared = [g for g in COMPARED if (g,) in groups and _enough(question, groups[g,])]
    if ("passive",) not in groups or not _enough(question, groups["passive",]) or not compared:
        return []
    values, said, channels = rows_of(question, table)
    behind = [np.log1p(np.maximum(values["before"], 0.0)), values["tenure"] / 365.25]
    behind += [(channels == name).astype(float) for name in sorted({c for c in channels if c is not None})]
    inside = np.isin(said, ("passive", *compared))
    design = np.column_stack([*((said == group).astype(float) for group in compared), *behind])[inside]
    figures: list[Estimate] = []
    units = {"return_rate": "fraction"}
    for measure, value in (("return_rate", "returned"), ("spend_after", "spend"), ("margin_after", "margin")):
        try:
            fit = clustered_regression(values[value][inside], design, confidence_level=question.confidence_level)
        except InputError:  # nobody's days are over, or all did the same
            continue
        for k, group in enumerate(compared):
            if np.isfinite(fit.coefficients[k]):
                figures.append(
                    Estimate(
                        dimensions={"group": group},
                        measure=f"{measure}_adjusted_difference",
                        estimate=float(fit.coefficients[k]),
                        lower=float(fit.lower[k]),
                        upper=float(fit.upper[k]),
                        n=fit.n,
                        n_missing=fit.n_missing,
                        unit=units.get(measure, question.workspace.currency),
                        evidence="associated",
                        note="sampled-customers" if sum(g.customers for g in groups.values()) > MOST else None,
                        extra={
                            "concept": concept.name,
                            "against": "passive",
                            "within_days": AFTER_DAYS
                            if measure != "return_rate"
                            else question.workspace.model.return_within_days,
                            "adjusted_for": ", ".join(ADJUSTED_FOR),
                        },
                    )
                )
    return figures


def _enough(question: Question, group: Group) -> bool:
    return withheld(question, group.customers, group.customers) is None
