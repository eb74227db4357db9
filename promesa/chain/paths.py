"""Index surveys: constructs measured by several questions, and what goes with what among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.chain.path_figures import figures_of, goal_of
from promesa.errors import UnknownName
from promesa.measures import ask
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from promesa.store import Facts
    from promesa.workspace import IndexSurvey, Label, Workspace

DIMENSIONS = ("index", "construct", "target", "item")
MOST_SAID = 2
"""Constructs that the summary names as going most with the goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths(Result):
    """Path models of index surveys; see `paths`.

    Attributes
    ----------
    goals : tuple of (str, str)
        For each index survey, the construct that the summary speaks of.
    """

    goals: tuple[tuple[str, str], ...] = ()

    def summary(self, locale: str = "en") -> str:
        """Say where each index stands and what goes with it most, or why there is no figure."""
        said = [self._summary_of(index, goal, locale) for index, goal in self.goals]
        return " ".join(said) or words.say("chain.paths.none_declared", locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the total effects on the goal of the first index that has them."""
        for index, goal in self.goals:
            effects = self.effects_on(index, goal)
            if effects:
                return charts.intervals(
                    [effect.row() for effect in effects],
                    label="construct",
                    title=words.say("chain.paths.chart", locale, goal=self.label(goal, locale)),
                    unit="score",
                    locale=locale,
                    names={name: self.label(name, locale) for name in self.labels},
                )
        return None

    def effects_on(self, index: str, target: str) -> list[Estimate]:
        """Return the total effects on one construct, the largest first."""
        found = [
            e
            for e in self.estimates
            if e.measure == "total_effect"
            and e.estimate is not None
            and (e.dimensions["index"], e.dimensions["target"]) == (index, target)
        ]
        return sorted(found, key=lambda e: -abs(e.estimate or 0.0))

    def _summary_of(self, index: str, goal: str, locale: str) -> str:
        figure = self.find("index_score", index=index, construct=goal)
        if figure is None or figure.estimate is None:
            return self._reason_of(index, figure, locale)
        answers = words.number(figure.n, locale)
        sheets = figure.extra["sheets"]
        if isinstance(sheets, int) and sheets > figure.n:
            answers = words.say("chain.paths.drawn", locale, n=answers, of=words.number(sheets, locale))
        ends = [figure.lower, figure.upper]
        # Two ends that read alike would hide the interval.
        decimals = 1 if words.number(ends[0], locale) == words.number(ends[1], locale) else 0
        score, lower, upper = (words.number(v, locale, decimals=decimals) for v in (figure.estimate, *ends))
        goes = {"goal": self.label(goal, locale), "score": score, "lower": lower, "upper": upper, "n": answers}
        stands = words.say("chain.paths.stands", locale, **goes)
        drivers = [self._driver(e, locale) for e in self.effects_on(index, goal)[:MOST_SAID]]
        if not drivers:
            return stands
        then = words.say("chain.paths.then", locale)
        return f"{stands} {words.say('chain.paths.drivers', locale, drivers=then.join(drivers))}"

    def _driver(self, effect: Estimate, locale: str) -> str:
        return words.say(
            "chain.paths.driver",
            locale,
            construct=self.label(effect.dimensions["construct"], locale),
            effect=words.number(effect.estimate, locale, decimals=2),
            lower=words.number(effect.lower, locale, decimals=2),
            upper=words.number(effect.upper, locale, decimals=2),
        )

    def _reason_of(self, index: str, figure: Estimate | None, locale: str) -> str:
        noted = figure or next(e for e in self.estimates if e.dimensions["index"] == index and e.note)
        return words.say(
            "chain.paths.why",
            locale,
            subject=self.label(noted.dimensions["construct"] or index, locale),
            reason=words.say(f"chain.paths.reason.{noted.note}", locale),
        )


def paths(
    workspace: Workspace,
    *,
    index: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Paths:
    """Tell where the constructs of an index survey stand and what goes with what among them.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    index : str or None
        One of ``[indices.NAME]`` of model.toml; None means all.
    since, until, as_of, confidence_level
        As in `measures.ask`; the window holds the answers.

    Returns
    -------
    Paths
        Rows per index survey, with `construct`, `target`, `item` where they apply: ``index_score`` (0 to 100; extras
        ``importance`` with its ends: total effect on the construct to which all leads, named in ``importance_for``;
        ``sheets``: answered ones, drawn or not), ``r_squared``, ``path`` and ``total_effect`` (standard deviations
        of `target` per one of `construct`), ``weight`` and ``loading`` of items (extra ``mean``, 0 to 100),
        ``cross_loading`` of items with the other constructs, ``alpha``, ``rho_a``, ``composite_reliability`` and
        ``ave`` of constructs with several items of mode A, ``htmt`` of two such constructs (extra
        ``one_sided_upper``). What cannot be estimated is a row with a ``note``.

    Raises
    ------
    UnknownName
        If there is no such index survey.

    Notes
    -----
    Estimand and estimator are those of `stats.path_model` on answer sheets: what one customer was asked on one day
    about one journey. Scores are turned to 0 to 100, 100 the better end. Samples of whole customers are drawn for the
    intervals, with ``bootstraps`` and ``seed`` of ``[drivers]``. Effects are ``associated``: which construct acts on
    which is assumed by whoever drew the arrows, and a survey of one moment cannot prove it. The answers are of
    those who answered.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    known = workspace.model.studies.indices
    if index is not None and index not in known:
        raise UnknownName(index, kind="index survey", known=known)
    chosen = [one for name, one in known.items() if index in (None, name)]
    heading: dict[str, Any] = question.heading("paths", first=DIMENSIONS)
    heading["labels"] = {**heading["labels"], **_own_labels(chosen)}
    return Paths(
        **heading,
        estimates=tuple(figure for one in chosen for figure in figures_of(question, one)),
        goals=tuple((one.name, goal_of(question, one)) for one in chosen),
    )


def _own_labels(indices: Iterable[IndexSurvey]) -> dict[str, dict[str, str]]:
    """Return the labels of indices and constructs, which go before those of anything else of the same name."""
    labels: dict[str, Label] = {}
    for one in indices:
        labels |= {one.name: one.label, **{name: construct.label for name, construct in one.constructs.items()}}
    return {name: {"es": label.es, "en": label.en} for name, label in labels.items()}
