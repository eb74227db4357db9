"""Needs: how many contacts it takes to have one solved, and how many are at the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.journeys.assembling import steps_of
from promesa.journeys.contacts import CHANNEL, FUNCTION, contact_touchpoints, needs_of
from promesa.journeys.saying import said
from promesa.journeys.shares import asked_of_journeys
from promesa.measures import PREFIX, clustered, count_of, mean_of
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from promesa.engine import Table
    from promesa.measures import Group, Question
    from promesa.store import Facts
    from promesa.workspace import Workspace

OWN = (CHANNEL, FUNCTION)
NOT_DECLARED = "no-contacts-declared"
MEASURES = {  # measure: unit and kind of its mean
    "contacts_per_need": ("count", "mean"),
    "one_contact": ("fraction", "share"),
    "solved_at_first": ("fraction", "share"),
    "contacts_until_solved": ("count", "mean"),
    "reopened": ("fraction", "share"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs(Result):
    """What it takes to have a need solved; see `needs`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many contacts a need takes, how many are solved at the first, and through which channel least."""
        if split := self.said_of_groups(locale, *OWN):
            return split
        whole = {e.measure: e for e in self.estimates if not any(e.dimensions.values()) and e.estimate is not None}
        told = [
            words.say(f"journeys.needs.{measure}", locale, n=words.number(one.n, locale), **said(one, locale))
            for measure in ("contacts_per_need", "one_contact", "solved_at_first", "reopened")
            if (one := whole.get(measure)) is not None
        ]
        channels = self._by_channel("solved_at_first") or self._by_channel("one_contact")
        if len(channels) > 1:
            worst = channels[-1]
            name = self.label(worst.dimensions[CHANNEL], locale)
            values = {"channel": name, "n": words.number(worst.n, locale), **said(worst, locale)}
            told.append(words.say(f"journeys.needs.{worst.measure}_least", locale, **values))
        return " ".join(told) or words.say("journeys.needs.empty", locale)

    def _by_channel(self, measure: str) -> list[Estimate]:
        found = [
            e
            for e in self.estimates
            if e.measure == measure and e.dimensions[CHANNEL] is not None and e.estimate is not None
            and not any(value for name, value in e.dimensions.items() if name != CHANNEL)
        ]  # fmt: skip
        return sorted(found, key=lambda e: -(e.estimate or 0.0))

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the share solved at the first contact by the channel of it."""
        channels = self._by_channel("solved_at_first") or self._by_channel("one_contact")
        if not channels:
            return None
        return charts.intervals(
            [e.row() for e in channels],
            label=CHANNEL,
            title=words.say(f"journeys.needs.chart_{channels[0].measure}", locale),
            unit="fraction",
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def needs(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Needs:
    """Count the contacts that it takes to have a need solved.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`. Contacts are the moments at `contacts` of [journeys]; where it names none, at the
        touchpoints of outcomes of kind complaint. `solved_by` names the element that says of a contact whether it
        solved the need (above one half: it did).
    by, since, until, as_of, confidence_level
        As in `transitions`.

    Returns
    -------
    Needs
        Rows per group with the dimensions ``channel`` and ``function``, those of the first contact: for all needs, by
        channel and by function. ``needs`` (count: journeys with a contact that have ended; ``n_missing`` counts those
        that have not), ``contacts_per_need`` (count), ``one_contact`` (fraction: no other contact followed),
        ``solved_at_first`` (fraction: the first contact solved it and no other followed; ``n_missing``: the first
        contact does not say), ``contacts_until_solved`` (count, the solving one included; ``n_missing``: none solved
        it), ``reopened`` (fraction of the needs that a contact solved: another contact followed).

    Raises
    ------
    ValueOutOfRange
        If `by` names what a journey has not once.

    Notes
    -----
    Estimand: means and shares in the population of needs of which these customers' are a sample, clustered by customer.

    A need is what one journey holds: the contacts about one order or ticket, or, where none is named, contacts of a
    customer no further apart than `gap_days`. So two different needs of one customer at one time are taken for one, and
    contacts per need look too many. Needs that have not ended are left out, for more contacts may follow. Who gives
    up, or asks where nothing is recorded, looks like one who was helped: `one_contact` says no more than that nobody
    asked again.
    """
    question = asked_of_journeys(
        workspace, by=by, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts
    )
    heading: dict[str, Any] = question.heading("needs", first=OWN)
    places = contact_touchpoints(workspace)
    if not places:
        where: dict[str, str | None] = dict.fromkeys((*OWN, *question.by))
        none = Estimate(dimensions=where, measure="needs", estimate=None, n=0, unit="count", note=NOT_DECLARED)
        return Needs(**heading, estimates=(none,))
    figures = list(_figures(question, needs_of(steps_of(question), places)))
    return Needs(**heading, estimates=tuple(figures))


def _figures(question: Question, table: Table) -> Iterator[Estimate]:
    for names in ((), (CHANNEL,), (FUNCTION,)):
        kept = table.filter(table[PREFIX + names[0]].notnull()) if names else table
        values = {name: kept[name] for name in ("all_", *MEASURES)}
        for group in clustered(question, kept, values, names=names):
            yield from _of_group(question, group)


def _of_group(question: Question, group: Group) -> Iterator[Estimate]:
    where: dict[str, str | None] = {**dict.fromkeys(OWN), **group.dimensions}
    ended, every = group.values["contacts_per_need"], group.values["all_"]
    count = count_of(question, where, "needs", ended.n, customers=ended.clusters)
    yield count if count.note else replace(count, n_missing=every.n - ended.n)
    if count.note:
        return
    for measure, (unit, kind) in MEASURES.items():
        sums = group.values[measure]
        yield mean_of(question, where, measure, sums, unit=unit, kind=kind, n_missing=ended.n - sums.n)
