"""Coherence: whether a touchpoint is the same wherever it is met, and a promise the same wherever it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.errors import ValueOutOfRange
from promesa.journeys.assembling import steps_of
from promesa.journeys.comparing import comparisons, fetched
from promesa.journeys.observing import SCORE, WAIT, observed
from promesa.journeys.saying import said, said_apart
from promesa.journeys.stating import stated_figures
from promesa.measures import PERIODS, ask
from promesa.results import Estimate, Result, steady
from promesa.stats import benjamini_hochberg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.journeys.comparing import Comparison
    from promesa.results import Value
    from promesa.store import Facts
    from promesa.workspace import Workspace

OWN = ("touchpoint", "promise", "by", "group")
UNITS = ("channel", "branch", "supplier", "quarter")
MAY_BE_UNITS = ("channel", "branch", "supplier", "employee", "product", "brand", *PERIODS)
_EMPTY: dict[str, Value] = {"measured": None, "against": None, "p_value": None, "p_adjusted": None, "found": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence(Result):
    """How much the same touchpoint differs between channels, branches, suppliers and periods; see `coherence`."""

    def summary(self, locale: str = "en") -> str:
        """Name the widest difference that was found, and the promise that is stated most differently."""
        compared = [e for e in self.estimates if e.measure == "widest_difference"]
        if not compared:
            return words.say("journeys.coherence.empty", locale)
        found = [e for e in compared if e.extra["found"]]
        told = [
            words.say("journeys.coherence.summary", locale, found=len(found), compared=len(compared), n=len(compared))
        ]
        if found:
            most = min(found, key=lambda e: steady(float(str(e.extra["p_value"]))))
            told.append(self._widest(most, locale))
        stated = [e for e in self.estimates if e.measure == "stated_less" and e.lower is not None and e.lower > 0.5]
        if stated:
            told.append(self._stated(max(stated, key=lambda e: steady(e.lower)), locale))
        return " ".join(told)

    def _widest(self, e: Estimate, locale: str) -> str:
        where = e.dimensions
        return words.say(
            f"journeys.coherence.widest_{e.extra['measured']}" if e.extra["measured"] in {SCORE, WAIT}
            else "journeys.coherence.widest_kept",
            locale,
            touchpoint=self.label(where["touchpoint"], locale),
            promise=self.label(where["promise"], locale),
            high=self.label(where["group"], locale),
            low=self.label(str(e.extra["against"]), locale),
            n=words.number(e.n, locale),
            **said_apart(e, locale),
        )  # fmt: skip

    def _stated(self, e: Estimate, locale: str) -> str:
        return words.say(
            "journeys.coherence.stated",
            locale,
            promise=self.label(e.dimensions["promise"], locale),
            channel=self.label(e.dimensions["group"], locale),
            n=words.number(e.n, locale),
            **said(e, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the differences between the units of the touchpoint that differs most surely."""
        found = [e for e in self.estimates if e.measure == "widest_difference" and e.extra["found"]]
        if not found:
            return None
        most = min(found, key=lambda e: steady(float(str(e.extra["p_value"]))))
        same = ("touchpoint", "promise", "by")
        rows = [
            e.row()
            for e in self.estimates
            if e.measure == "difference"
            and e.extra["measured"] == most.extra["measured"]
            and all(e.dimensions[name] == most.dimensions[name] for name in same)
        ]
        of = self.label(most.dimensions["promise"] or most.dimensions["touchpoint"], locale)
        shown = words.in_points(rows)
        return charts.intervals(
            shown,
            label="group",
            title=words.say(f"journeys.coherence.chart_{_kind_of(most)}", locale, of=of),
            unit=str(shown[0]["unit"]) if shown else most.unit,
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def _kind_of(e: Estimate) -> str:
    return str(e.extra["measured"]) if e.extra["measured"] in {SCORE, WAIT} else "kept"


def coherence(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Coherence:
    """Compare the same touchpoint, and the same promise, between channels, branches, suppliers and periods.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : str or sequence of str
        What is compared: ``channel, branch, supplier, employee, product, brand`` or a period. The first three and
        ``quarter`` when left out.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Coherence
        Rows per ``touchpoint``, ``promise`` (of a kept rate) and ``by``, for what is ``measured`` (``score``, 0 to
        10; ``wait``, hours since the moment before; ``kept``, a fraction): ``between_share`` (fraction of the variance
        that lies between units; from three on), ``widest_difference`` (``group`` less ``against``, the pair most surely
        apart). Per ``group``: ``difference`` from the mean of all, shrunk, and ``difference_observed``. Per
        ``promise`` and channel of sale: ``stated_median`` (days or the promise's unit), ``stated_less`` and
        ``stated_more`` (fraction that was promised less or more than the median over all channels).

    Raises
    ------
    ValueOutOfRange
        If `by` names what moments are not served by.

    Notes
    -----
    Estimand: differences between units among customers of the same traits in the same month (``associated``: what is
    not in the traits is not held still). Of a score, among those who answered. Least squares on units, traits and
    months, with a covariance clustered by customer; what lies between units is told by `stats.between_units`. Units
    smaller than `min_group` are left out and counted, and so are units that who uses them fixes: a carrier that
    serves one region alone cannot be told from that region.

    All comparisons are held to one false discovery rate (Benjamini and Hochberg, 5 %): ``found`` is true where units
    differ. Waits above the 99th percentile of their touchpoint count as it. At most 200,000 measurements, of customers
    drawn by their surrogate (a hash), stand behind the comparisons.

    References
    ----------
    .. [1] W. Viechtbauer (2007). Confidence intervals for the amount of heterogeneity in meta-analysis.
       Statistics in Medicine 26, 37-52. doi:10.1002/sim.2514
    .. [2] M. J. Daniels (1999). A prior for the variance in hierarchical models. Canadian Journal of Statistics
       27(3), 567-578. doi:10.2307/3316112
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    if refused := [name for name in question.by if name not in MAY_BE_UNITS]:
        raise ValueOutOfRange(
            what="Coherence is not compared between these.",
            got=f"by {', '.join(refused)}",
            expected=f"of {', '.join(MAY_BE_UNITS)}",
            fix="name what serves a moment; traits of customers are what is held still",
        )
    units = question.by or UNITS
    facts = question.facts
    question = ask(workspace, since=since, until=until, confidence_level=confidence_level, facts=facts)
    traits = tuple(workspace.model.traits)
    columns = tuple(dict.fromkeys(("touchpoint", *units, *traits, "month")))
    seen = fetched(question, observed(steps_of(question), columns), columns=columns)
    found = list(comparisons(question, seen, units=units, beside=(*traits, "month")))
    heading: dict[str, Any] = question.heading("coherence", first=OWN)
    figures = [*_figures(found, workspace), *(stated_figures(question, columns=columns) if "channel" in units else ())]
    return Coherence(**heading, estimates=tuple(figures))


def _figures(found: Sequence[Comparison], workspace: Workspace) -> Iterator[Estimate]:
    raw = [comparison.found.p_value for comparison in found]
    adjusted = benjamini_hochberg(raw)
    order = sorted(range(len(found)), key=lambda k: (found[k].touchpoint, found[k].between, found[k].what))
    places = list(workspace.model.touchpoints)
    order.sort(key=lambda k: places.index(found[k].touchpoint) if found[k].touchpoint in places else len(places))
    for k in order:
        yield from _of_comparison(found[k], float(adjusted[k]))


def _of_comparison(one: Comparison, p_adjusted: float) -> Iterator[Estimate]:
    is_promise = one.what not in {SCORE, WAIT}
    unit = "fraction" if is_promise else {SCORE: "score", WAIT: "hours"}[one.what]
    where = {"touchpoint": one.touchpoint, "promise": one.what if is_promise else None, "by": one.between}
    extra = {
        **_EMPTY,
        "measured": "kept" if is_promise else one.what,
        "p_value": one.found.p_value,
        "p_adjusted": p_adjusted,
        "found": p_adjusted < 0.05,
    }
    base: dict[str, Any] = {
        "n_missing": one.n_missing,
        "evidence": "associated",
        "note": "sampled-customers" if one.share < 1 else None,
    }
    total = sum(one.n)
    share = one.found.share_of(one.within)
    if share is not None:
        yield Estimate(
            dimensions={**where, "group": None}, measure="between_share", estimate=share[0], lower=share[1].lower,
            upper=share[1].upper, n=total, unit="fraction", extra=dict(extra), **base,
        )  # fmt: skip
    pair = one.found.widest
    yield Estimate(
        dimensions={**where, "group": one.units[pair.high]}, measure="widest_difference", estimate=pair.difference,
        lower=pair.lower, upper=pair.upper, n=one.n[pair.high] + one.n[pair.low], unit=unit,
        extra={**extra, "against": one.units[pair.low]}, **base,
    )  # fmt: skip
    found = one.found
    shown = (
        ("difference", found.shrunk, found.shrunk_lower, found.shrunk_upper),
        ("difference_observed", found.differences, found.lower, found.upper),
    )
    for k in np.argsort(-found.shrunk, kind="stable"):
        for measure, middle, lower, upper in shown:
            yield Estimate(
                dimensions={**where, "group": one.units[k]}, measure=measure, estimate=float(middle[k]),
                lower=float(lower[k]), upper=float(upper[k]), n=one.n[k], unit=unit, extra=dict(extra), **base,
            )  # fmt: skip
