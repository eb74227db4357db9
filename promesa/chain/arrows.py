"""The arrows of the value chain: how much one link moves the next, on the company's own customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.chain.fits import BUCKETS, NO_DATA, REPLICATES, SMALL_CELL, SMALL_GROUP, cannot_fit, design, fits
from promesa.chain.system import assumption, effect_text, unit_of
from promesa.experience import lived
from promesa.measures import ask
from promesa.results import Estimate, Result
from promesa.stats import (
    bucketed_products,
    controlled_effects,
    linear_system,
    moments,
    resampled_moments,
    sampled_interval,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.chain.fits import Fit
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Evidence
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

    Floats = NDArray[np.float64]

NO_PROMISE, NO_SATISFACTION, NO_ORDERS = "no-promise-declared", "no-satisfaction-asked", "no-orders-loaded"
ENDS = {"return": "retention", "revenue": "income", "margin": "profit"}
THROUGH = "effect_through_satisfaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrows(Result):
    """The effects of links on later links; see `arrows`.

    Attributes
    ----------
    confounders : tuple of str
        What adjusted effects are adjusted for.
    """

    confounders: tuple[str, ...]

    def summary(self, locale: str = "en") -> str:
        """Say each arrow that could be estimated, and what the adjusted ones rest on."""
        said = [
            words.say(
                f"chain.arrows.{row.measure}.{row.dimensions['from']}",
                locale,
                to=words.say(f"chain.link.{row.dimensions['to']}", locale),
                effect=effect_text(row.estimate, row.unit, locale),
                lower=effect_text(row.lower, row.unit, locale),
                upper=effect_text(row.upper, row.unit, locale),
                n=words.number(row.n, locale),
            )
            for row in self.estimates
            if row.estimate is not None
        ]
        if not said:
            return words.say("chain.arrows.empty", locale)
        if any(row.evidence == "adjusted" and row.estimate is not None for row in self.estimates):
            said.append(assumption(list(self.confounders), self.labels, locale))
        return " ".join(said)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the arrows that end at retention."""
        rows = [row.row() for row in self.estimates if row.dimensions["to"] == "retention" and row.estimate is not None]
        if not rows:
            return None
        rows = [{**row, "arrow": f"{row['measure']}.{row['from']}"} for row in rows]
        return charts.intervals(
            rows,
            label="arrow",
            title=words.say("chain.arrows.chart", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={str(row["arrow"]): words.say(f"chain.arrows.name.{row['arrow']}", locale) for row in rows},
        )


def arrows(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Arrows:
    """Estimate how much one link of the value chain moves the links after it.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Arrows
        Rows with dimensions ``from`` and ``to`` (links of the chain), measure ``effect``:

        * ``experience`` to ``satisfaction``, ``retention``, ``income``, ``profit``: of the broken promises of a
          journey that has one, against all kept (``adjusted``);
        * ``satisfaction`` to the last three: of one more point of score, with what was lived held fixed
          (``adjusted``);
        * ``retention`` to ``income`` and ``profit``: those who came back against those who did not (``described``).

        Measure ``effect_through_satisfaction``: the part of the effect of experience that goes through
        satisfaction. Extras: ``outcome``, ``confounders``, ``share_sampled``. What cannot be estimated has a
        ``note``.

    Notes
    -----
    Estimand of ``experience``: the mean of an outcome as it is, less its mean had every promise of every journey been
    kept, by journey with a broken one: what broken promises did to those who lived them. It is a g-computation over
    the recursive linear system of `system`, with the promises as often broken as they were.

    The effect of satisfaction is adjusted for the confounders and for everything lived before the answer, as a broken
    promise acts on both. It speaks of those who answered, and a score is an unsteady measure of satisfaction:
    noise in it makes the effect look smaller. The part through satisfaction is the product of both effects among
    those who answered. Intervals come from samples of customers drawn again; all links of an arrow are fitted anew in
    each.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    found = fits(question)
    outcomes = workspace.model.studies.outcomes
    score = satisfaction_outcome(workspace)
    after = {kind: next((o for o in outcomes.values() if o.kind == kind), None) for kind in ENDS}
    rows = [_of_experience(question, found, score, "satisfaction", NO_SATISFACTION)]
    rows += [_of_experience(question, found, after[kind], link, NO_ORDERS) for kind, link in ENDS.items()]
    for kind, link in ENDS.items():
        rows += _of_satisfaction(question, score, after[kind], link)
    rows += [_of_return(question, after["return"], after[kind], ENDS[kind]) for kind in ("revenue", "margin")]
    rows = [row for row in rows if not (row.dimensions["to"] == "income" and after["revenue"] is None)]
    confounders = dict.fromkeys(name for one in found.values() for name in one.confounders)
    heading: dict[str, Any] = question.heading("arrows", first=("from", "to"))
    return Arrows(**heading, estimates=tuple(rows), confounders=tuple(confounders))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What an arrow was estimated on.

    Attributes
    ----------
    outcome : Outcome
        At its end.
    n, n_missing, buckets : int
        Journeys, journeys that could not be used, and buckets of customers drawn again.
    confounders : tuple of str
        What is adjusted for.
    share : float
        Share of customers drawn.
    """

    outcome: Outcome
    n: int
    n_missing: int
    buckets: int
    confounders: tuple[str, ...]
    share: float


def satisfaction_outcome(workspace: Workspace) -> Outcome | None:
    """Return the first outcome that is the score of a concept of satisfaction."""
    concepts = workspace.model.concepts
    scores = [outcome for outcome in workspace.model.studies.outcomes.values() if outcome.kind == "score"]
    return next((o for o in scores if concepts[str(o.concept)].link == "satisfaction"), None)


def _none(source: str, to: str, note: str, *, measure: str = "effect", evidence: Evidence = "adjusted") -> Estimate:
    where: dict[str, str | None] = {"from": source, "to": to}
    return Estimate(dimensions=where, measure=measure, estimate=None, n=0, unit="count", evidence=evidence, note=note)


def _row(
    question: Question,
    ends: tuple[str, str],
    samples: Floats,
    basis: Basis,
    *,
    measure: str = "effect",
    evidence: Evidence = "adjusted",
) -> Estimate:
    estimate = float(samples[0])
    interval = sampled_interval(estimate, samples[1:], units=basis.buckets, confidence_level=question.confidence_level)
    return Estimate(
        dimensions={"from": ends[0], "to": ends[1]},
        measure=measure,
        estimate=estimate if np.isfinite(estimate) else None,
        lower=interval.lower if interval else None,
        upper=interval.upper if interval else None,
        n=basis.n,
        n_missing=basis.n_missing,
        unit=unit_of(question.workspace, basis.outcome),
        evidence=evidence,
        note=None if np.isfinite(estimate) else NO_DATA,
        extra={
            "outcome": basis.outcome.name,
            "confounders": ", ".join(basis.confounders),
            "share_sampled": basis.share,
        },
    )


def _of_experience(
    question: Question, found: dict[str, Fit], outcome: Outcome | None, to: str, missing: str
) -> Estimate:
    if not question.workspace.model.promises:
        return _none("experience", to, NO_PROMISE)
    if outcome is None:
        return _none("experience", to, missing)
    one = found[outcome.name]
    if one.note is not None:
        orders = question.facts.is_empty("orders") and outcome.kind in ENDS
        return _none(
            "experience", to, missing if orders or (one.note == NO_DATA and to == "satisfaction") else one.note
        )
    table = lived(question, outcome)
    shares = _broken_shares(table)
    places = [k for k, f in enumerate(one.features) if f.kind == "promise" and one.known[k]]
    hidden = _too_few(question, table)
    if hidden or not places:
        return _none("experience", to, hidden or NO_DATA)
    effects = controlled_effects(one.total[:, places], one.onward[:, places][:, :, places], groups=one.groups[places])
    broken = np.array([shares[one.features[k].name] for k in places]) / _any_broken(table).mean()
    basis = Basis(
        outcome=outcome,
        n=one.n,
        n_missing=one.n_unknown,
        buckets=one.buckets,
        confounders=one.confounders,
        share=one.share,
    )
    return _row(question, ("experience", to), effects @ broken, basis)


def _broken_shares(table: Lived) -> dict[str, float]:
    """Return, for each promise, the share of all journeys in which it was broken."""
    return {
        feature.name: float((table.values[:, k] == 1).mean())
        for k, feature in enumerate(table.features)
        if feature.kind == "promise"
    }


def _any_broken(table: Lived) -> NDArray[np.bool_]:
    promises = [k for k, feature in enumerate(table.features) if feature.kind == "promise"]
    return (table.values[:, promises] == 1).any(axis=1)


def _too_few(question: Question, table: Lived) -> str | None:
    """Return why journeys with a broken promise are too few for a figure, or None."""
    broken = _any_broken(table)
    if np.unique(table.customers[broken]).size < question.workspace.min_cell:
        return SMALL_CELL if broken.any() else NO_DATA
    return SMALL_GROUP if broken.sum() < question.workspace.min_group else None


def _of_satisfaction(question: Question, score: Outcome | None, outcome: Outcome | None, to: str) -> list[Estimate]:
    """Return the effect of a point of score on what followed, and what of experience goes through it."""
    if score is None or outcome is None or question.facts.is_empty("orders"):
        return [_none("satisfaction", to, NO_SATISFACTION if score is None else NO_ORDERS)]
    said, came = lived(question, score), lived(question, outcome)
    table, followed = _joined(said, came)
    workspace = question.workspace
    customers = int(np.unique(table.customers).size)
    columns = design(table, least=workspace.min_group)
    causes = columns.of_columns.size + 1
    note = cannot_fit(table, causes, min_group=workspace.min_group, min_cell=workspace.min_cell, customers=customers)
    note = note or cannot_fit(
        replace(table, came=followed),
        causes,
        min_group=workspace.min_group,
        min_cell=workspace.min_cell,
        customers=customers,
    )
    if note is not None:
        return [_none("satisfaction", to, note)]
    rows = np.column_stack([table.behind, columns.columns, table.came, followed])
    sums = bucketed_products(rows, units=table.customers, buckets=BUCKETS, seed=workspace.model.studies.drivers.seed)
    several = resampled_moments(sums, replicates=REPLICATES, seed=workspace.model.studies.drivers.seed)
    covariance = np.concatenate([moments(sums).covariance, several.covariance])
    last = int(columns.of_columns[-1]) + 1 if columns.of_columns.size else 0
    system = linear_system(covariance, behind=table.behind.shape[1], groups=[*columns.of_columns.tolist(), last])
    of_score = system.total[:, -1, 0]
    basis = Basis(
        outcome=outcome,
        n=table.n,
        n_missing=max(0, said.n_units - table.n),
        buckets=sums.units,
        confounders=tuple(dict.fromkeys(confounder.name for confounder in table.confounders)),
        share=min(said.share, came.share),
    )
    found = [_row(question, ("satisfaction", to), of_score, basis)]
    own = [k for k, feature in enumerate(columns.features) if feature.kind == "promise"]
    places = columns.places[own]
    places = places[np.isfinite(system.onward[0, places, -1])]
    if places.size and _too_few(question, table) is None:
        on_score = controlled_effects(
            system.onward[:, places, -1], system.onward[:, places][:, :, places], groups=columns.of_columns[places]
        )
        names = [
            feature.name for feature, place in zip(columns.features, columns.places, strict=True) if place in places
        ]
        broken = np.array([_broken_shares(table)[name] for name in names]) / _any_broken(table).mean()
        found.append(_row(question, ("experience", to), (on_score @ broken) * of_score, basis, measure=THROUGH))
    return found


def _joined(said: Lived, came: Lived) -> tuple[Lived, Floats]:
    """Return the rows of one table that another has as well, with the outcome of that one."""
    _, own, other = np.intersect1d(said.units, came.units, return_indices=True)
    table = replace(
        said,
        came=said.came[own],
        units=said.units[own],
        customers=said.customers[own],
        values=said.values[own],
        behind=said.behind[own],
        groups={},
        served={},
    )
    return table, came.came[other]


def _of_return(question: Question, returned: Outcome | None, gain: Outcome | None, to: str) -> Estimate:
    """Return what those who came back brought more than those who did not."""
    if returned is None or gain is None or question.facts.is_empty("orders"):
        return _none("retention", to, NO_ORDERS, evidence="described")
    table, followed = _joined(lived(question, returned), lived(question, gain))
    workspace = question.workspace
    fewest = min(int(table.came.sum()), int(table.n - table.came.sum()))
    if fewest < workspace.min_group or np.unique(table.customers).size < workspace.min_cell:
        return _none("retention", to, SMALL_GROUP if table.n else NO_DATA, evidence="described")
    seed = workspace.model.studies.drivers.seed
    sums = bucketed_products(np.column_stack([table.came, followed]), units=table.customers, buckets=BUCKETS, seed=seed)
    several = resampled_moments(sums, replicates=REPLICATES, seed=seed).covariance
    system = linear_system(np.concatenate([moments(sums).covariance, several]), behind=0, groups=[0])
    basis = Basis(outcome=gain, n=table.n, n_missing=0, buckets=sums.units, confounders=(), share=table.share)
    return _row(question, ("retention", to), system.total[:, 0, 0], basis, evidence="described")
