"""What do good and bad outcomes go with most? Shapley shares of every element, promise and touchpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.drivers import telling
from promesa.drivers.asking import NO_FEATURES, nothing_of, too_little
from promesa.drivers.columns import columns_of, columns_of_missed
from promesa.drivers.rows import FeatureRows, explained_rows
from promesa.drivers.shapes import shapes_of
from promesa.drivers.shares import play
from promesa.drivers.stating import stated_importance
from promesa.errors import InputError
from promesa.experience import lived, outcomes_asked, unit_of
from promesa.measures import ask
from promesa.results import Result
from promesa.stats import clustered_regression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.drivers.columns import Columns
    from promesa.experience import Lived
    from promesa.measures import Question
    from promesa.results import Estimate
    from promesa.store import Facts
    from promesa.workspace import Outcome, Workspace

MOST_DRAWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers(Result):
    """What outcomes go with, feature by feature; see `importance`."""

    def summary(self, locale: str = "en") -> str:
        """Say for each outcome what is told of it, what goes with it most, and which essentials look small."""
        said = [telling.importance(self, outcome, locale) for outcome in telling.outcomes_of(self)]
        return " ".join(said) or words.say("drivers.no_outcome", locale)

    def chart(self, locale: str = "en", *, outcome: str | None = None) -> dict[str, object] | None:
        """Draw the shares of one outcome, largest first; without a name, of the first that has any.

        None where what was lived goes with no more of the outcome than chance would give.
        """
        rows = [row for row in telling.rows_of_first(self, "share", outcome) if row["estimate"] is not None]
        if not rows or telling.is_chance(self, str(rows[0]["outcome"])):
            return None
        return charts.shares(
            [{**row, "name": telling.feature_name(self, row, locale)} for row in rows[:MOST_DRAWN]],
            label="name",
            group="stage",
            group_names={stage: words.say(f"stage.{stage}", locale) for stage in ("before", "during", "after")},
            title=words.say("drivers.importance.chart", locale, outcome=self.label(str(rows[0]["outcome"]), locale)),
            unit="fraction",
            locale=locale,
        )


def importance(
    workspace: Workspace,
    *,
    outcome: str | None = None,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Drivers:
    """Divide what is told of each outcome among elements, promises and touchpoints.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    outcome : str, optional
        Name of one of the model's outcomes; without it, all of them.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Drivers
        Rows per outcome: ``explained`` (R2 of the features beyond the confounders), ``explained_by_confounders``,
        ``unexplained``. Rows per outcome and feature, largest share first: ``share`` (of the outcome's variance),
        ``importance_share`` (of what is explained), ``change`` (of the outcome per unit of the feature, for a
        promise broken against kept, for a touchpoint met against not). A feature that is not looked at has a
        ``share`` without an estimate and the reason in ``note``: ``constant``, ``no-data``, ``withheld-...``,
        ``follows-from-confounders``, ``indistinguishable`` (it stands under ``told_with``), or why it cannot
        have led to the outcome. An outcome with too little has one row with the reason.

    Raises
    ------
    UnknownName
        If there is no outcome of that name.

    See Also
    --------
    promesa.drivers.asymmetry : what failing costs and excelling brings; an essential that is done well has a
        small share here.

    Notes
    -----
    Estimand: the Shapley (LMG) shares of the R2 of a linear regression, averaged over all orders in which features
    can enter it, after the confounders. It is association. A feature that was not lived counts as an average one;
    that its touchpoint was met is a feature of its own. Intervals come from samples of customers.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    figures: list[Estimate] = []
    for one in outcomes_asked(question, outcome):
        figures += figures_of(question, one)
    heading: dict[str, Any] = question.heading("drivers", first=("outcome", "feature"))
    return Drivers(**heading, estimates=tuple(figures))


def figures_of(question: Question, outcome: Outcome) -> list[Estimate]:
    """Return the rows of one outcome."""
    table = lived(question, outcome)
    reason = too_little(question, table)
    if reason:
        return [nothing_of(table, "explained", unit="fraction", reason=reason, feature=None)]
    columns = columns_of(question, table)
    rows = FeatureRows(
        lived=table, columns=columns, unit=unit_of(question, outcome), stated=stated_importance(question)
    )
    if not columns.players:
        none = nothing_of(table, "explained", unit="fraction", reason=NO_FEATURES, feature=None)
        return [none, *rows.without_figures()]
    try:
        played = play(
            columns.values,
            [columns.of_player(player) for player in columns.players],
            held=columns.held,
            customers=table.customers,
            settings=question.workspace.model.studies.drivers,
            confidence_level=question.confidence_level,
        )
    except InputError:
        few = nothing_of(table, "explained", unit="fraction", reason="too-few", feature=None)
        return [few, *rows.without_figures()]
    changes = changes_of(table, columns, confidence_level=question.confidence_level)
    shapes = shapes_of(question, table, columns, confidence_level=question.confidence_level, bootstraps=0)
    order = np.argsort([-share.estimate for share in played.shares], kind="stable")
    figures = explained_rows(table, played, feature=None)
    for place in order.tolist():
        figures += rows.of_player(place, played, change=changes[columns.players[place][0]], shapes=shapes)
    return [*figures, *rows.without_figures()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Change of the outcome per unit of a feature, all others held; NaN where the regression cannot hold it."""

    estimate: float
    lower: float
    upper: float

    def direction(self, sign: int) -> str | None:
        """Return what more of the feature goes with: ``better``, ``worse`` or, where it may be either, ``unclear``."""
        if np.isnan(self.estimate):
            return None
        if not (self.lower > 0 or self.upper < 0):
            return "unclear"
        return "better" if self.estimate * sign > 0 else "worse"


def changes_of(lived: Lived, columns: Columns, *, confidence_level: float) -> dict[int, Change]:
    """Return the coefficient of each feature that stands for a player, from one joint clustered regression.

    That of an element of a touchpoint that stands under a broken promise is of a second one, which holds the column of
    the touchpoint too (see `columns_of_missed`).
    """
    missed, beside = columns_of_missed(lived, columns)
    leads = {player[0] for player in columns.players}
    found = _coefficients(lived, columns, columns.of_leads(), confidence_level=confidence_level)
    changes = {k: found[columns.of_feature[k][0]] for k in leads}
    if again := leads & missed:
        used = [*columns.of_leads(), *beside]
        found = _coefficients(lived, columns, used, confidence_level=confidence_level)
        changes |= {k: found[columns.of_feature[k][0]] for k in again}
    return changes


def _coefficients(lived: Lived, columns: Columns, used: list[int], *, confidence_level: float) -> dict[int, Change]:
    """Return the coefficient of each column of a joint regression."""
    found = clustered_regression(
        columns.values[:, -1], columns.values[:, used], units=lived.customers, confidence_level=confidence_level
    )
    ends: Sequence[NDArray[np.float64]] = (found.coefficients, found.lower, found.upper)
    return {
        column: Change(estimate=float(ends[0][at]), lower=float(ends[1][at]), upper=float(ends[2][at]))
        for at, column in enumerate(used)
    }
