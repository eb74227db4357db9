"""What do two elements go with together, beyond the sum of each? Found on some customers, told of others."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.drivers import telling
from promesa.drivers.asking import NO_FEATURES, TOO_FEW, nothing_of, too_little
from promesa.drivers.columns import columns_of
from promesa.drivers.shapes import elements_of, held_fixed, levels_of
from promesa.errors import InputError
from promesa.experience import lived, outcomes_asked, sign_of, unit_of
from promesa.measures import ask, withheld
from promesa.results import Estimate, Result
from promesa.stats import Interval, benjamini_hochberg
from promesa.stats import synergy as search

if TYPE_CHECKING:
    from datetime import date, datetime

    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.stats import HalfFigures, PairSynergy
    from promesa.stats import Synergies as Found
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

FALSE_DISCOVERY = 0.05
MOST_DRAWN = 8
ORDER = ("confirmed", "proposed", "not_found", "too_few")


@dataclass(frozen=True, slots=True, kw_only=True)
class Synergies(Result):
    """Pairs of elements that do more, or less, together than the sum of each; see `synergy`."""

    def summary(self, locale: str = "en") -> str:
        """Say the confirmed pairs of each outcome in words, or that there is none."""
        said = [telling.synergy(self, outcome, locale) for outcome in telling.outcomes_of(self)]
        return " ".join(said) or words.say("drivers.no_outcome", locale)

    def chart(self, locale: str = "en", *, outcome: str | None = None) -> dict[str, object] | None:
        """Draw the pairs of one outcome as a matrix, the confirmed ones marked."""
        rows = [row for row in telling.rows_of_first(self, "joint_extra", outcome) if row["estimate"] is not None]
        if not rows:
            return None
        kept = telling.most_joined(rows, most=MOST_DRAWN)
        cells = [
            {
                **row,
                "first": telling.feature_name(self, row, locale, key="first", kind="first_kind"),
                "second": telling.feature_name(self, row, locale, key="second", kind="second_kind"),
                "mark": row["status"] == "confirmed",
            }
            for row in rows
            if row["first"] in kept and row["second"] in kept
        ]
        return charts.pairs(
            cells,
            first="first",
            second="second",
            mark="mark",
            title=words.say("drivers.synergy.chart", locale, outcome=self.label(str(rows[0]["outcome"]), locale)),
            remark=words.say("drivers.synergy.marks", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
        )


def synergy(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Synergies:
    """Find the pairs of elements and promises that do more, or less, together than the sum of each.

    Parameters
    ----------
    workspace, outcome, since, until, as_of, confidence_level
        As in `importance`.

    Returns
    -------
    Synergies
        Rows per outcome and pair, confirmed ones first: ``joint_extra``, the change of the outcome beyond the sum
        of the two single changes, from the customers that had no part in finding the pair; with it ``status``
        (``confirmed``, ``proposed``, ``not_found``, ``too_few``), ``sense``, the levels between which both move,
        ``sum_of_parts`` and ``whole`` with their intervals, ``discovery_extra``, and the adjusted p-values.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    Notes
    -----
    See `promesa.stats.synergy`. An element and a promise of the same touchpoint are not a pair: one is a measure of
    the other, and what is curved in it would pass for synergy. The false discovery rate is held over the pairs
    that remain, so that a pair is proposed only if it passes among these too. All of it is association.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    figures: list[Estimate] = []
    for one in outcomes_asked(question, outcome):
        figures += _figures_of(question, one)
    heading: dict[str, Any] = question.heading("synergy", first=("outcome", "first", "second"))
    return Synergies(**heading, estimates=tuple(figures))


def _figures_of(question: Question, outcome: Outcome) -> list[Estimate]:
    table, unit = lived(question, outcome), unit_of(question, outcome)
    reason = too_little(question, table)
    if reason:
        return [nothing_of(table, "joint_extra", unit=unit, reason=reason, first=None, second=None)]
    columns = columns_of(question, table)
    taken, _ = elements_of(table, columns, directed=False)
    if len(taken) < 2:
        return [nothing_of(table, "joint_extra", unit=unit, reason=NO_FEATURES, first=None, second=None)]
    try:
        found = search(
            sign_of(outcome) * table.came,
            levels_of(table, columns, taken),
            better=[table.features[k].better for k in taken],
            units=table.customers,
            confounders=held_fixed(table, columns),
            false_discovery=FALSE_DISCOVERY,
            confidence_level=question.confidence_level,
            seed=question.workspace.model.studies.drivers.seed,
        )
    except InputError:
        return [nothing_of(table, "joint_extra", unit=unit, reason=TOO_FEW, first=None, second=None)]
    pairs = [pair for pair in found.pairs if _is_pair(table, taken[pair.first], taken[pair.second])]
    adjusted = benjamini_hochberg([pair.discovery.p_value if pair.discovery else np.nan for pair in pairs])
    rows = PairRows(question=question, lived=table, taken=taken, found=found, tested=len(pairs), unit=unit)
    figures = [rows.of_pair(pair, adjusted=float(p)) for pair, p in zip(pairs, adjusted, strict=True)]
    return sorted(figures, key=_standing)


def _standing(row: Estimate) -> tuple[int, float, float]:
    """Return a key that sorts pairs: by status, confirmed ones by size, others by how surely they were found."""
    status, p = str(row.extra["status"]), row.extra["discovery_p"]
    return (
        ORDER.index(status),
        float(p) if isinstance(p, float) and status != "confirmed" else 1.0,
        -abs(row.estimate or 0.0),
    )


def _is_pair(lived: Lived, first: int, second: int) -> bool:
    """Tell whether two features may do something together: not an element and a promise of one touchpoint."""
    one, other = lived.features[first], lived.features[second]
    return one.kind == other.kind or not set(one.touchpoints) & set(other.touchpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRows:
    """Makes the rows of the pairs of one outcome, which is in `unit`; `taken` are the features searched."""

    question: Question
    lived: Lived
    taken: list[int]
    found: Found
    tested: int
    unit: str

    def of_pair(self, pair: PairSynergy, *, adjusted: float) -> Estimate:
        """Return the row of one pair; `adjusted` is its p-value in the discovery half, among the pairs kept."""
        first, second = (self.lived.features[self.taken[k]] for k in (pair.first, pair.second))
        status = pair.status
        if status in {"confirmed", "proposed"} and not adjusted <= self.found.false_discovery:
            status = "not_found"
        held, note = pair.holdout, pair.note or None
        if held is not None:
            note = withheld(self.question, held.n, held.n_units)
            held = None if note else held
        sign = sign_of(self.lived.outcome)
        return Estimate(
            dimensions={"outcome": self.lived.outcome.name, "first": first.name, "second": second.name},
            measure="joint_extra",
            estimate=sign * held.extra if held else None,
            lower=min(sign * held.interval.lower, sign * held.interval.upper) if held else None,
            upper=max(sign * held.interval.lower, sign * held.interval.upper) if held else None,
            n=held.n if held else 0,
            n_missing=self.lived.n_unknown,
            unit=self.unit,
            evidence="associated",
            note=note,
            extra={
                "status": status,
                "sense": pair.sense,
                **self._sides(pair),
                **self._parts(pair if held else None, sign),
                **self._halves(pair if held else None, adjusted, sign),
                "tested": self.tested,
                "n_journeys": self.lived.n,
                "n_known": self.lived.n_units,
                "share_sampled": self.lived.share,
            },
        )

    def _sides(self, pair: PairSynergy) -> dict[str, Value]:
        sides: dict[str, Value] = {}
        for place, side in enumerate(("first", "second")):
            feature = self.lived.features[self.taken[(pair.first, pair.second)[place]]]
            usual, moved = pair.usual[place], pair.moved[place]
            known = isfinite(usual) and isfinite(moved)
            turned = "neither" if not feature.better or not known else None
            worse = (moved - usual) * feature.better < 0
            sides |= {
                f"{side}_kind": feature.kind,
                f"{side}_touchpoint": feature.touchpoints[0],
                f"{side}_unit": feature.unit,
                f"{side}_usual": usual if known else None,
                f"{side}_moved": moved if known else None,
                f"{side}_moves": turned or ("worse" if worse else "better"),
            }
        return sides

    def _parts(self, pair: PairSynergy | None, sign: int) -> dict[str, Value]:
        parts: dict[str, Value] = {}
        for name, ends in (("sum_of_parts", "sum_interval"), ("whole", "whole_interval")):
            estimate = getattr(pair, name) if pair else np.nan
            interval: Interval = getattr(pair, ends) if pair else Interval(np.nan, np.nan)
            low, high = sorted((sign * interval.lower, sign * interval.upper))
            known = isfinite(estimate)
            parts |= {
                name: sign * estimate if known else None,
                f"{name}_lower": low if known else None,
                f"{name}_upper": high if known else None,
            }
        return parts

    def _halves(self, pair: PairSynergy | None, adjusted: float, sign: int) -> dict[str, Value]:
        discovery: HalfFigures | None = pair.discovery if pair else None
        held: HalfFigures | None = pair.holdout if pair else None
        return {
            "discovery_extra": sign * discovery.extra if discovery else None,
            "discovery_n": discovery.n if discovery else None,
            "discovery_p": adjusted if discovery and isfinite(adjusted) else None,
            "holdout_p": held.adjusted_p if held and isfinite(held.adjusted_p) else None,
        }
