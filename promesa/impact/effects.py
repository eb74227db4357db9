"""What breaking a promise, or one unit more of an element, does to what comes of a journey: adjusted, and doubted."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from promesa.stats import AdjustmentSettings, adjusted_effects, benjamini_hochberg, too_rare

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.experience import Lived
    from promesa.impact.designs import Design
    from promesa.measures import Question
    from promesa.results import Estimate
    from promesa.stats import AdjustedEffect, Benchmark, EffectEstimate
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
        """Say each effect on its first outcome beside what association shows, and what would undo it."""
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
        the journey, which it cannot have moved; one row an effect, beside the outcome known of the most journeys),
        ``robustness`` and ``robustness_of_interval`` (fractions: how much of what is left of outcome and of cause an
        unseen confounder would have to tell to bring the estimate, or its interval, to 0), ``as_strong_as`` (the
        effect if one as strong as the strongest seen were unseen; extras ``confounder``, ``removes_effect``),
        ``overlap`` (share of journeys that have hardly anyone to be compared with), ``imbalance`` (largest
        standardised difference after weighting; extras ``before``, ``confounder``), and ``effect_in_segment`` where
        the effect is asked by a trait. Extras of ``effect``: ``of``, ``kind``, ``estimand``, ``adjusted_for``,
        ``n_acted``, ``n_lived`` (journeys that lived it, looked at or not), ``sampled`` (whether customers were
        drawn), ``p_value``, and ``p_adjusted`` for all effects and outcomes of this answer (Benjamini-Hochberg).

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
    call too. Above 20,000 journeys that lived it, a sample by customer is looked at and said. What an effect is told
    by is adjusted for as well.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    wanted = [one.name for one in outcomes_asked(question, outcome)]
    figures: list[Estimate] = []
    for asked in asked_effects(question):
        names = [name for name in (asked.outcomes or workspace.model.studies.outcomes) if name in wanted]
        figures += _figures_of(question, asked, [workspace.model.studies.outcomes[name] for name in names])
    heading: dict[str, Any] = question.heading("effects", first=("effect", "outcome", "segment"))
    return Effects(**heading, estimates=tuple(_with_adjusted_p_values(figures)))


def _with_adjusted_p_values(figures: Sequence[Estimate]) -> list[Estimate]:
    """Return the figures with the p-value of each effect adjusted for how many effects and outcomes are looked at."""
    known = [figure for figure in figures if "p_value" in figure.extra]
    p_values = iter(benjamini_hochberg([float(str(figure.extra["p_value"])) for figure in known]).tolist())
    return [
        replace(figure, extra={**figure.extra, "p_adjusted": float(next(p_values))})
        if "p_value" in figure.extra
        else figure
        for figure in figures
    ]


def _figures_of(question: Question, asked: EffectQuestion, outcomes: Sequence[Outcome]) -> list[Estimate]:
    """Return the rows of one effect; outcomes known in the same journeys share the model of what acts."""
    order, told = in_order(question.workspace.model), _with_segments(question, asked)
    found: list[tuple[list[Lived], Design | None, str | None]] = []
    for tables in _by_journeys([lived(told, outcome) for outcome in outcomes]):
        place = acting(tables[0], asked)
        one = None if place is None else design(tables[0], asked, place, order=order)
        found.append(
            (tables, one, _refusal(tables[0], asked) if one is None else _too_little(question, tables[0], one))
        )
    most = max((one.rows.size for _, one, reason in found if one is not None and reason is None), default=0)
    figures: list[Estimate] = []
    doubted = False
    for tables, one, reason in found:
        if one is None or reason is not None:
            n = int(one.rows.size) if one is not None and not str(reason).endswith("cell") else 0
            figures += [nothing_of(question, asked, table, reason=reason or "left-out", n=n) for table in tables]
            continue
        doubt = not doubted and one.rows.size == most
        doubted = doubted or doubt
        figures += _estimated(question, asked, tables, one, doubt=doubt)
    return figures


def _by_journeys(tables: list[Lived]) -> list[list[Lived]]:
    """Return the tables in groups of the same journeys, in which the same was lived before the outcome was known."""
    groups: list[list[Lived]] = []
    for table in tables:
        for group in groups:
            if _same_journeys(group[0], table):
                group.append(table)
                break
        else:
            groups.append([table])
    return groups


def _same_journeys(first: Lived, second: Lived) -> bool:
    if first.n != second.n or first.features != second.features:
        return False
    return bool((first.units == second.units).all()) and np.array_equal(first.values, second.values, equal_nan=True)


def _with_segments(question: Question, asked: EffectQuestion) -> Question:
    """Return the question with what the effect is told by among the confounders, so that its values are read."""
    studies = question.workspace.model.studies
    declared = studies.drivers.confounders
    if not asked.by or not declared or asked.by in declared:
        return question
    drivers = replace(studies.drivers, confounders=(*declared, asked.by))
    model = replace(question.workspace.model, studies=replace(studies, drivers=drivers))
    workspace = replace(question.workspace, model=model)
    return replace(question, facts=replace(question.facts, workspace=workspace))


def _refusal(table: Lived, asked: EffectQuestion) -> str | None:
    """Return why what acts cannot have led to the outcome, where the table of experience refused it."""
    kind, name = ("promise", asked.promise) if asked.promise else ("element", asked.element)
    for refusal in table.refused:
        if (refusal.feature.kind, refusal.feature.name) == (kind, name):
            return refusal.reason
    return None


def _too_little(question: Question, table: Lived, found: Design) -> str | None:
    """Return why nothing can be compared: too few journeys, or too few on one side, or all on one."""
    customers, acted = table.customers[found.rows], found.acted
    if not acted.size:
        return "no-data"
    reason = withheld(question, int(acted.size), np.unique(customers).size)
    if reason is None and acted.min() == acted.max():
        return "never-varied"
    if reason or not np.isin(acted, (0.0, 1.0)).all():
        return reason
    sides = [acted == side for side in (0.0, 1.0)]
    return "too-few" if any(withheld(question, int(s.sum()), np.unique(customers[s]).size) for s in sides) else None


def _estimated(
    question: Question, asked: EffectQuestion, tables: Sequence[Lived], found: Design, *, doubt: bool
) -> list[Estimate]:
    """Return the rows of one effect on outcomes known in the same journeys; the placebo where `doubt` asks for it."""
    rows = found.rows
    varies = [np.ptp(table.came[rows]) > 0 for table in tables]
    same = [table for table, vary in zip(tables, varies, strict=True) if not vary]
    figures = [nothing_of(question, asked, table, reason="all-equal", n=int(rows.size)) for table in same]
    tables = [table for table, vary in zip(tables, varies, strict=True) if vary]
    rare = [_too_rare(table, found) for table in tables]
    few = [table for table, hardly in zip(tables, rare, strict=True) if hardly]
    figures += [nothing_of(question, asked, table, reason="too-few", n=int(rows.size)) for table in few]
    tables = [table for table, hardly in zip(tables, rare, strict=True) if not hardly]
    if not tables:
        return figures
    first = tables[0]
    came = np.column_stack([table.came[rows] for table in tables])
    as_strong = [strongest(found, column) for column in came.T]
    measured = list(dict.fromkeys(name for name in as_strong if name))
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
            benchmarks=[found.columns_of([name]) for name in measured],
        )
    except InputError as error:
        # What is the same in every row was left out before, so what is left decides what acts.
        reason = "too-few" if error.code == "too-few-observations" else "no-comparison"
        return figures + [nothing_of(question, asked, table, reason=reason, n=int(rows.size)) for table in tables]
    placebo = _placebo(first, found, settings) if doubt else None
    for table, one, name in zip(tables, adjusted, as_strong, strict=True):
        strong: tuple[str, Benchmark] | None = None
        if name is not None:
            strong = name, one.benchmarks[measured.index(name)]
        figures += EffectRows(
            question=question,
            asked=asked,
            table=table,
            design=found,
            adjusted=one,
            placebo=placebo if table is first else None,
            as_strong=strong,
            levels=levels,
        ).all()
    return figures


def _too_rare(table: Lived, found: Design) -> bool:
    """Tell whether the outcome hardly ever differs: an effect on it would look surer than it is."""
    came, acted = table.came[found.rows], found.acted
    return too_rare(came, acted if np.isin(acted, (0.0, 1.0)).all() else np.zeros(acted.size))


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
