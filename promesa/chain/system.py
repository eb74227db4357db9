"""What moving each thing lived does to each outcome, kept so that what-if needs no data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, drivers, words
from promesa.chain.fits import REPLICATES, SMALL_CELL, fits
from promesa.chain.pairs import confirmed_pairs
from promesa.measures import ask, lived_moments
from promesa.results import Estimate, Result
from promesa.stats import sampled_interval
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from promesa.chain.fits import Fit, Floats
    from promesa.experience import Feature
    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

MOST_NUMBERS = 240_000  # effects kept over all samples: about 2.5 MB
FEWEST_KEPT = 40
DIGITS = 6
YEAR = timedelta(days=365)
_PERIODS = {"month": "M", "quarter": "Q", "year": "Y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class System(Result):
    """The total effect of each thing lived on each outcome; see `system`.

    Attributes
    ----------
    system : dict
        What `what_if` reads; the document carries it under the same key.
    """

    system: dict[str, Any] = field(default_factory=dict, repr=False)

    def summary(self, locale: str = "en") -> str:
        """Say for each outcome what acts on it most surely."""
        said: list[str] = []
        for outcome in dict.fromkeys(e.dimensions["outcome"] for e in self.estimates):
            rows = [e for e in self.estimates if e.dimensions["outcome"] == outcome and e.lower is not None]
            rows = [e for e in rows if e.extra["kind"] != "met"]
            if not rows:
                continue
            surest = max(rows, key=_sureness)
            said.append(
                words.say(
                    f"chain.whatif.strongest.{surest.extra['kind']}",
                    locale,
                    outcome=self.label(outcome, locale),
                    feature=self.label(surest.dimensions["feature"], locale),
                    effect=effect_text(surest.estimate, surest.unit, locale),
                    lower=effect_text(surest.lower, surest.unit, locale),
                    upper=effect_text(surest.upper, surest.unit, locale),
                    n=words.number(surest.n, locale),
                )
            )
        if not said:
            return words.say("chain.whatif.no_system", locale)
        return " ".join([*said, assumption(self.system["confounders"], self.labels, locale)])

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what a broken promise does to the first outcome that has an effect."""
        rows = [row for row in self.rows() if row["kind"] == "promise" and row["estimate"] is not None]
        outcome = next((row["outcome"] for row in rows), None)
        if outcome is None:
            return None
        rows = sorted((row for row in rows if row["outcome"] == outcome), key=lambda row: float(row["estimate"] or 0))
        return charts.intervals(
            rows,
            label="feature",
            title=words.say("chain.whatif.chart_system", locale, outcome=self.label(str(outcome), locale)),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )

    def to_document(self) -> dict[str, object]:
        """Return the document of every result, with what `what_if` needs under ``system``."""
        return {**Result.to_document(self), "system": self.system}


def system(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    synergies: Result | None = None,
    facts: Facts | None = None,
) -> System:
    """Estimate what moving each thing lived would do to each outcome, along every path.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.
    synergies : Result, optional
        The answer of `drivers.synergy` to the same question; worked out where it is not given.

    Returns
    -------
    System
        Rows per outcome and feature: ``total_effect`` in the outcome's unit, of one more of an element, of a
        promise broken rather than kept, or of a touchpoint met rather than not. Extras: ``kind``, ``touchpoint``,
        ``function``, ``mean``, ``met`` (share of journeys in which it was lived), ``feature_unit``. A feature
        or outcome without an estimate has a ``note``. `system` holds what `what_if` needs.

    Notes
    -----
    Estimand and estimator are those of `stats.linear_system`: touchpoints act in the order of the model; an effect
    is adjusted for the confounders and for all that was lived at earlier touchpoints, and holds if nothing else
    stands behind both. It includes what follows: a late delivery that leads to a call acts through the call too.
    Intervals come from 200 samples of customers drawn again. The document keeps as many of these samples as fit
    into about 2.5 MB, and at least 40.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    found = fits(question)
    outcomes = workspace.model.studies.outcomes
    estimates = [row for name, one in found.items() for row in _rows(question, outcomes[name], one)]
    if synergies is None:
        synergies = drivers.synergy(
            workspace, since=since, until=until, confidence_level=confidence_level, facts=question.facts
        )
    heading: dict[str, Any] = question.heading("system", first=("outcome", "feature"))
    return System(**heading, estimates=tuple(estimates), system=_kept(question, found, synergies))


def unit_of(workspace: Workspace, outcome: Outcome) -> str:
    """Return the unit of an outcome: a score, a fraction or money."""
    if outcome.kind == "score":
        return "score"
    return workspace.currency if outcome.kind in ("revenue", "margin") else "fraction"


def effect_text(value: float | None, unit: str, locale: str) -> str:
    """Return a change as a person writes it, with as many decimals as tell."""
    if value is None or unit != "score":
        return words.NOT_STATED if value is None else words.change(value, unit, locale)
    decimals = 2 if abs(value) >= 0.1 or value == 0 else min(4, 1 - int(np.floor(np.log10(abs(value)))))
    return words.number(value, locale, decimals=decimals, sign=True)


def assumption(confounders: list[str], labels: Mapping[str, Mapping[str, str]], locale: str) -> str:
    """Say what an adjusted effect rests on."""
    language = words.language_of(locale)
    names = [
        words.say(f"chain.whatif.confounder.{name}", locale)
        if words.knows(f"chain.whatif.confounder.{name}")
        else labels.get(name, {}).get(language, name)
        for name in confounders
    ]
    if not names:
        return words.say("chain.whatif.assumption_bare", locale)
    return words.say("chain.whatif.assumption", locale, confounders=", ".join(names))


def journeys_a_year(question: Question) -> int:
    """Return the journeys (or periods of customers) that began in the last 365 days."""
    moments = lived_moments(question)
    unit = question.workspace.model.studies.drivers.unit
    if unit == "journey":
        moments = moments.filter(moments["journey"].notnull())
        key = moments["journey"]
    else:
        moments = moments.filter(moments["customer"].notnull())
        period = question.facts.local(moments["at"]).truncate(_PERIODS[unit]).date()
        key = moments["customer"].cast("string").concat("-", period.cast("string"))
    began = moments.group_by(unit_key=key).aggregate(began=moments["at"].min())
    recent = began.filter((began["began"] > question.facts.as_of - YEAR) & (began["began"] <= question.facts.as_of))
    return int(question.facts.engine.fetch(recent.aggregate(n=recent.count())).to_pylist()[0]["n"])


def _sureness(row: Estimate) -> float:
    width = (row.upper or 0.0) - (row.lower or 0.0)
    return abs(row.estimate or 0.0) / width if width else 0.0


def _rows(question: Question, outcome: Outcome, one: Fit) -> list[Estimate]:
    unit = unit_of(question.workspace, outcome)
    rows: list[Estimate] = []
    for k, feature in enumerate(one.features):
        if not one.known[k]:
            continue
        interval = sampled_interval(
            float(one.total[0, k]), one.total[1:, k], units=one.buckets, confidence_level=question.confidence_level
        )
        rows.append(
            Estimate(
                dimensions={"outcome": outcome.name, "feature": feature.name},
                measure="total_effect",
                estimate=float(one.total[0, k]),
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
                n=one.n,
                n_missing=one.n_unknown,
                unit=unit,
                evidence="adjusted",
                extra={**_about(feature), "mean": one.seen[k].mean, "met": one.seen[k].met},
            )
        )
    for feature, note in one.left_out:
        rows.append(
            Estimate(
                dimensions={"outcome": outcome.name, "feature": feature.name},
                measure="total_effect",
                estimate=None,
                n=0 if note == SMALL_CELL else one.n,
                unit=unit,
                evidence="adjusted",
                note=note,
                extra={**_about(feature), "mean": None, "met": None},
            )
        )
    return rows


def _about(feature: Feature) -> dict[str, Any]:
    return {
        "kind": feature.kind,
        "touchpoint": feature.touchpoints[0],
        "function": feature.function,
        "feature_unit": feature.unit,
    }


def _kept(question: Question, found: Mapping[str, Fit], synergies: Result) -> dict[str, Any]:
    """Return what `what_if` needs, as one JSON-ready tree."""
    pairs = sum(int(_needed(one).sum()) for one in found.values())
    samples = REPLICATES if not pairs else min(REPLICATES, max(FEWEST_KEPT, MOST_NUMBERS // pairs))
    workspace = question.workspace
    outcomes = workspace.model.studies.outcomes
    confounders = dict.fromkeys(name for one in found.values() for name in one.confounders)
    return {
        "currency": workspace.currency,
        "unit": workspace.model.studies.drivers.unit,
        "journeys_per_year": journeys_a_year(question),
        "confounders": list(confounders),
        "samples": samples,
        "labels": _labels(question, found, confounders),
        "outcomes": [
            kept_outcome(outcomes[name], one, unit=unit_of(workspace, outcomes[name]), samples=samples)
            for name, one in found.items()
        ],
        "synergies": confirmed_pairs(question, synergies),
    }


def _labels(question: Question, found: Mapping[str, Fit], confounders: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what people call the names in the kept system, by language."""
    names = {feature.name for one in found.values() for feature in (*one.features, *(f for f, _ in one.left_out))}
    names |= {*found, *confounders}
    return {name: label for name, label in labels_of(question.workspace).items() if name in names}


def kept_outcome(outcome: Outcome, one: Fit, *, unit: str, samples: int) -> dict[str, Any]:
    """Return what `what_if` needs of one outcome, with as many samples."""
    needed = _needed(one)
    hidden = one.note == SMALL_CELL
    features = [_kept_feature(one, k, needed[k], samples) for k in np.flatnonzero(one.known).tolist()]
    return {
        "name": outcome.name,
        "kind": outcome.kind,
        "better": outcome.better,
        "unit": unit,
        "note": one.note,
        "mean": None if one.note else significant(one.came),
        "n": 0 if hidden else one.n,
        "customers": 0 if hidden else one.customers,
        "buckets": one.buckets,
        "share_sampled": one.share,
        "features": features,
        "left_out": [{"name": f.name, "kind": f.kind, "note": note} for f, note in one.left_out],
        "refused": [{"name": r.feature.name, "kind": r.feature.kind, "note": r.reason} for r in one.refused],
    }


def _needed(one: Fit) -> Any:
    """Tell which effects of one feature on another are kept: of the same group or a later one."""
    known = one.known
    later = one.groups[:, None] <= one.groups[None, :]
    return later & known[:, None] & known[None, :] & ~np.eye(known.size, dtype=bool)


def _kept_feature(one: Fit, k: int, needed: Any, samples: int) -> dict[str, Any]:
    feature, seen = one.features[k], one.seen[k]
    months = seen.months or (None, None)
    return {
        "name": feature.name,
        "kind": feature.kind,
        "touchpoints": list(feature.touchpoints),
        "function": feature.function,
        "unit": feature.unit,
        "better": feature.better,
        "yes_no": seen.yes_no,
        "mean": significant(seen.mean),
        "met": significant(seen.met),
        "lowest": 0.0 if seen.yes_no else significant(seen.low),
        "highest": 1.0 if seen.yes_no else significant(seen.high),
        "lowest_month": significant(months[0]),
        "highest_month": significant(months[1]),
        "group": int(one.groups[k]),
        "place": k,
        "total": _numbers(one.total[: samples + 1, k]),
        "onward": {str(other): _numbers(one.onward[: samples + 1, k, other]) for other in np.flatnonzero(needed)},
    }


def significant(value: float | None) -> float | None:
    """Return a number with `DIGITS` digits that count; None where there is none."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.{DIGITS}g}")


def _numbers(values: Floats) -> list[float | None]:
    return [significant(value) for value in values.tolist()]
