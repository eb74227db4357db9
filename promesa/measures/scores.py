"""What customers say over time and by group: every concept and the response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.errors import InputError
from promesa.measures.opinions import scores
from promesa.measures.slices import OF_TOUCHPOINT, PERIODS, ask, dimensions_of
from promesa.results import Result
from promesa.store import columns_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures.slices import Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

OF_MOMENTS = ("branch", "employee", "product")
"""What coherence compares moments by, with the answers that are about them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions(Result):
    """Scores of each concept and the response; see `opinions`."""

    def summary(self, locale: str = "en") -> str:
        """Say each concept's figure with its interval and n, when it is not split further."""
        if split := self.said_of_groups(locale):
            return split
        said = [
            words.say(
                "measures.opinions.summary",
                locale,
                concept=self.label(e.measure, locale),
                estimate=words.amount(e.estimate, e.unit, locale),
                lower=words.amount(e.lower, e.unit, locale),
                upper=words.amount(e.upper, e.unit, locale),
                n=words.number(e.n, locale),
            )
            for e in self.estimates
            if "concept" in e.extra and e.estimate is not None and not self.dimensions
        ]
        return " ".join(said) or words.say("measures.opinions.empty", locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the first concept over time, when the answer is split by one period."""
        rows = [row for row in self.rows() if row.get("concept") and row["estimate"] is not None]
        if not rows or self.dimensions not in {("month",), ("quarter",), ("year",)}:
            return None
        concept = rows[0]["concept"]
        mine = [row for row in rows if row["concept"] == concept]
        return charts.trend(
            mine,
            period=self.dimensions[0],
            series=None,
            title=self.label(str(concept), locale),
            unit=str(mine[0]["unit"]),
            locale=locale,
        )


def opinions(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Opinions:
    """Sum up what customers say of the company: each concept's score, and how many answer.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by, since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Opinions
        Rows per group: ``asked``, ``answers`` (count), ``response_rate`` (fraction) and one row per concept
        whose ``measure`` is the concept's name: unit ``score`` (mean), ``fraction`` (top box) or ``points`` (NPS).

    Raises
    ------
    InputError
        If `by` names what moments have and opinions do not, such as ``branch``.

    Notes
    -----
    Opinions of customers about the company's own brand; staff and competitors stand apart. The figures are of
    those who answered: read them beside the response rate.
    """
    question = ask(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    _require_carried(question)
    heading: dict[str, Any] = question.heading("opinions")
    return Opinions(**heading, estimates=tuple(scores(question)))


def _require_carried(question: Question) -> None:
    """Stop where a dimension is of moments alone: one group without a name would say that nobody was heard.

    Raises
    ------
    InputError
        If there is such a dimension.
    """
    columns = {column.name for column in columns_of("opinions", question.workspace.model)}
    model = question.workspace.model
    carried = {*columns, *OF_TOUCHPOINT, *PERIODS, "tier", *model.traits}
    for name in question.by:
        if name not in carried:
            known = [one for one in dimensions_of(question.workspace) if one in carried]
            raise InputError(
                what=f"Opinions carry no {name}: it is of the moment that they are about.",
                got=f"--by {name}",
                expected=f"what opinions carry: {', '.join(known)}",
                fix=f"promesa show coherence --by {name} compares the answers by the moments that they are about"
                if name in OF_MOMENTS
                else "leave it out",
            )
