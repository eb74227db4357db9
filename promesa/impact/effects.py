"""What breaking a promise, or one unit more of an element, does to what comes of a journey: adjusted, and doubted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from promesa import charts, words
from promesa.errors import InputError
from promesa.experience import in_order, lived, outcomes_asked
from promesa.impact import telling
from promesa.impact.designs import PLACEBO, SAME_AS_PLACEBO, acting, asked_effects, design, strongest
from promesa.impact.rows import EffectRows, nothing_of
from promesa.measures import ask, withheld
from promesa.results import Result
from promesa.stats import AdjustmentSettings, adjusted_effects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.experience import Lived
    from promesa.impact.designs import Design
    from promesa.measures import Question
    from promesa.results import Estimate
    from promesa.stats import AdjustedEffect, EffectEstimate
    from promesa.store import Facts
    from promesa.workspace import EffectQuestion, Outcome, Workspace

LEAST_SEGMENT = 50  # rows of each arm
# A penalised regression on an expanded basis (hinges, squares, products): boosted trees found the same effects here in
# five times the time.
LEARNERS: tuple[Literal["linear", "boosting"], ...] = ("linear",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects(Result):
    """What each effect asked for is, and what speaks against it; see `effects`."""

    def summary(self, locale: str = "en") -> str:
        """Say each effect on each outcome beside what association shows, and what would undo it."""
        return telling.effects(self, locale)

    def chart(self, locale: str = "en", *, outcome: str | None = None) -> dict[str, object] | None:
        """Draw the effects on one outcome; without a name, on the first that has any."""
        rows = [row for row in self.rows() if row["measure"] == "effect" and row["estimate"] is not None]
        name = outcome or next((str(row["outcome"]) for row in rows), None)
        rows = [row for row in rows if row["outcome"] == name]
        if not rows:
            return None
        return charts.intervals(
            rows,
            label="effect",
            title=words.say("impact.effects.chart", locale, outcome=self.label(name, locale)),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={key: self.label(key, locale) for key in self.labels},
        )


def effects(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Effects:
    """Estimate what broken promises and elements do to each outcome, adjusted for what stands behind both.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`. Its model says which effects are asked (``[effects.NAME]``); without any, what breaking
        each promise does.
    outcome : str, optional
        Name of one of the model's outcomes; without it, those that each effect is asked on.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Effects
        Rows per effect and outcome, in the outcome's unit: ``effect`` (of a broken promise, on the journeys that saw
        it broken; of an element, of one unit more), ``effect_on_all`` (had every journey seen it broken, against
        none), ``unadjusted`` (the plain difference or slope: associated), ``placebo`` (on the orders placed before
        the journey, which it cannot have moved; once an effect, on the most journeys), ``robustness`` and
        ``robustness_of_interval`` (fractions: how much of what is left of outcome and of cause an unseen confounder
        would have to tell to bring the estimate, or its
        interval, to 0), ``as_strong_as`` (the effect if one as strong as the strongest seen were unseen; extras
        ``confounder``, ``removes_effect``), ``overlap`` (share of journeys that have hardly anyone to be compared
        with), ``imbalance`` (largest standardised difference after weighting; extras ``before``, ``confounder``), and
        ``effect_in_segment`` where the effect is asked by a trait. Extras of ``effect``: ``of``, ``kind``,
        ``estimand``, ``adjusted_for``, ``n_acted``, ``p_value``, ``n_lived``, ``sampled``.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    See Also
    --------
    promesa.drivers.importance : what goes with an outcome, without the claim that it causes it.
    promesa.stats.adjusted_effects : the estimator, its assumptions and its references.

    Notes
    -----
    Evidence is ``adjusted``: an effect if the named confounders, and what was lived before, are all that moves both.
    What was lived after is not adjusted for: a late delivery that makes a customer call has its effect through the
    call too. Above 20,000 journeys that lived it, a sample by customer is looked at and said.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    wanted = [one.name for one in outcomes_asked(question, outcome)]
    figures: list[Estimate] = []
    for asked in asked_effects(question):
        names = [name for name in (asked.outcomes or workspace.model.studies.outcomes) if name in wanted]
        figures += _figures_of(question, asked, [workspace.model.studies.outcomes[name] for name in names])
    heading: dict[str, Any] = question.heading("effects", first=("effect", "outcome", "segment"))
    return Effects(**heading, estimates=tuple(figures))


def _figures_of(question: Question, asked: EffectQuestion, outcomes: Sequence[Outcome]) -> list[Estimate]:
    """Return the rows of one effect; outcomes known in the same journeys share the model of what acts."""
    figures: list[Estimate] = []
    groups = _by_journeys([lived(question, outcome) for outcome in outcomes])
    largest = max((group[0].n for group in groups), default=0)
    for tables in groups:
        place = acting(tables[0], asked)
        refusals = [_refusal(table, asked) for table in tables]
        if place is None or any(refusals):
            figures += [
                nothing_of(question, asked, table, reason=reason or "left-out", n=0)
                for table, reason in zip(tables, refusals, strict=True)
            ]
            continue
        found = design(tables[0], asked, place, order=in_order(question.workspace.model))
        reason = _too_little(question, tables[0], found)
        if reason:
            n = 0 if reason.endswith("cell") else int(found.rows.size)
            figures += [nothing_of(question, asked, table, reason=reason, n=n) for table in tables]
            continue
        figures += _estimated(question, asked, tables, found, doubt=tables[0].n == largest)
    return figures


def _by_journeys(tables: list[Lived]) -> list[list[Lived]]:
    """Return the tables in groups with the same rows and the same features."""
    groups: list[list[Lived]] = []
    for table in tables:
        for group in groups:
            first = group[0]
            if first.n == table.n and first.features == table.features and (first.units == table.units).all():
                group.append(table)
                break
        else:
            groups.append([table])
    return groups


def _refusal(table: Lived, asked: EffectQuestion) -> str | None:
    """Return why what acts cannot have led to the outcome, where the table of experience refused it."""
    kind, name = ("promise", asked.promise) if asked.promise else ("element", asked.element)
    for refusal in table.refused:
        if (refusal.feature.kind, refusal.feature.name) == (kind, name):
            return refusal.reason
    return None


def _too_little(question: Question, table: Lived, found: Design) -> str | None:
    customers = np.unique(table.customers[found.rows]).size
    if not found.rows.size:
        return "no-data"
    return withheld(question, int(found.rows.size), customers)


def _estimated(
    question: Question, asked: EffectQuestion, tables: Sequence[Lived], found: Design, *, doubt: bool
) -> list[Estimate]:
    """Return the rows of one effect on outcomes known in the same journeys; the placebo where `doubt` asks for it."""
    first, rows = tables[0], found.rows
    came = np.column_stack([table.came[rows] for table in tables])
    as_strong = strongest(found, came[:, 0])
    codes, levels = first.groups.get(str(asked.by), (None, []))
    settings = AdjustmentSettings(
        seed=question.workspace.model.studies.drivers.seed,
        confidence_level=question.confidence_level,
        min_segment=max(LEAST_SEGMENT, question.workspace.min_group),
        learners=LEARNERS,
    )
    try:
        adjusted = adjusted_effects(
            came,
            found.acted,
            confounders=found.behind,
            settings=settings,
            units=first.customers[rows],
            segments=None if codes is None else codes[rows],
            benchmarks=[found.columns_of([as_strong])] if as_strong else (),
        )
    except InputError as error:
        reason = _reason_of(error, found)
        return [nothing_of(question, asked, table, reason=reason, n=int(rows.size)) for table in tables]
    placebo = _placebo(first, found, settings) if doubt else None
    made = [
        EffectRows(
            question=question,
            asked=asked,
            table=table,
            design=found,
            adjusted=one,
            placebo=placebo,
            as_strong=as_strong,
            levels=levels,
        )
        for table, one in zip(tables, adjusted, strict=True)
    ]
    return [row for one in made for row in one.all()]


def _reason_of(error: InputError, found: Design) -> str:
    """Return the code of why no effect can be estimated."""
    if error.code == "too-few-observations":
        return "too-few"
    if found.acted.min() == found.acted.max():
        return "never-varied"
    return "no-comparison" if "decide" in error.what else "all-equal"


def _placebo(table: Lived, found: Design, settings: AdjustmentSettings) -> EffectEstimate | None:
    """Return the effect on the orders before the journey, adjusted for all but what says the same."""
    columns = [k for k, one in enumerate(table.confounders) if one.name == PLACEBO and one.level is None]
    behind = [k for k, name in enumerate(found.names) if name not in SAME_AS_PLACEBO]
    if not columns or not behind:
        return None
    before = np.expm1(table.behind[found.rows, columns[0]])  # the table holds it on a logarithmic scale
    try:
        done: Sequence[AdjustedEffect] = adjusted_effects(
            before,
            found.acted,
            confounders=found.behind[:, behind],
            settings=settings,
            units=table.customers[found.rows],
        )
    except InputError:
        return None
    return done[0].effect
