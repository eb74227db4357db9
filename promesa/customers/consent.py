"""Consent: what a customer said yes and no to, and whether a use is allowed at one instant.

The rules, for one person and one purpose at `as_of`:

* The latest yes or no of any of the person's records counts; of a yes and a no at one instant, the no.
* A yes holds until its `until`, and is over from that instant on. A no has no end.
* A purpose that needs a yes is refused where none was ever given; one that needs none (`needs = false`) is
  allowed to everyone known until they say no.
* Nothing is allowed while the person's data is paused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from promesa.customers.person import AFTER_ALL, WITH_CUSTOMER, Person
from promesa.engine import lit, stack, when
from promesa.errors import UnknownName
from promesa.store import Facts, open_facts, resolve_instant
from promesa.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promesa.engine import Table
    from promesa.workspace import ConsentPurpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvent:
    """One yes or no of a person.

    Attributes
    ----------
    at : datetime
        Naive UTC; it holds from then on.
    until : datetime or None
        Naive UTC; a yes is over from then on. None means that it has no end.
    record : int
        Customer it was said by.
    """

    purpose: str
    granted: bool
    at: datetime
    until: datetime | None
    notice: str | None
    channel: str | None
    source: str
    id: str
    record: int


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """Whether a use of a person's data is allowed, and why.

    Attributes
    ----------
    reason : str
        ``given``, ``not-needed``; ``never-given``, ``refused`` (a no with no yes before), ``withdrawn``, ``ended``,
        ``paused``, ``unknown`` (nobody the store knows).
    event : ConsentEvent or None
        The yes or no that decides.
    until : datetime or None
        Naive UTC; when an allowed use ends.
    """

    person: int
    purpose: str
    as_of: datetime
    allowed: bool
    reason: str
    event: ConsentEvent | None = None
    until: datetime | None = None


def may(where: Workspace | Facts, person: int, purpose: str, *, as_of: date | datetime | str) -> May:
    """Tell whether a person's data may be used for a purpose.

    Parameters
    ----------
    where : Workspace or Facts
        The company's folder, or its facts at hand.
    person : int
        Number of the person or of any of their records.
    purpose : str
        A purpose of `[consents]` in model.toml; any, if none is declared.
    as_of : date, datetime or str
        As in `open_facts`: the instant of the use.

    Raises
    ------
    UnknownName
        If purposes are declared and this is none of them.
    """
    facts = _at(where, as_of)
    declared = purpose_of(facts.workspace, purpose)
    found = person_of(facts, person)
    events = consent_events(facts, found, purpose=purpose)
    paused = _paused(facts, found)
    known = bool(events) or declared is None or declared.needs or _known(facts, found)
    return judged(
        events, found.number, purpose=purpose, declared=declared, as_of=facts.as_of, paused=paused, known=known
    )


def allowed(facts: Facts, purpose: str) -> Table:
    """Return every person whose data may be used for a purpose, by the rules of `may`, at the facts' `as_of`.

    Returns
    -------
    Table
        One column ``person``, each once.
    """
    declared = purpose_of(facts.workspace, purpose)
    said = facts.table("consents")  # by person, those paused left out
    said = said.filter(said["purpose"] == purpose)
    said = said.group_by("customer").mutate(latest_at=said["at"].max())
    last = said.filter(said["at"] == said["latest_at"])
    ends = last["until"].coalesce(lit(AFTER_ALL, "timestamp(6)"))
    stands = last.group_by("customer").aggregate(
        noes=when(last["granted"], 0, 1).sum(), ends=when(last["granted"], ends, None).min()
    )
    yes = stands.filter((stands["noes"] == 0) & (stands["ends"] > facts.as_of))
    if declared is None or declared.needs:
        return yes.select(person=yes["customer"])
    everyone = stack([_persons_in(facts, table) for table in WITH_CUSTOMER if not facts.is_empty(table)]).distinct()
    no = stands.filter(stands["noes"] > 0)
    return everyone.filter(everyone["person"].notin(no["customer"]))


def _persons_in(facts: Facts, table: str) -> Table:
    rows = facts.table(table)
    return rows.filter(rows["customer"].notnull()).select(person=rows["customer"]).distinct()


def _at(where: Workspace | Facts, as_of: date | datetime | str) -> Facts:
    if isinstance(where, Workspace):
        return open_facts(where, as_of=as_of)
    instant = resolve_instant(as_of, where.workspace.time_zone)
    return replace(where, as_of=instant or where.as_of)


def purpose_of(ws: Workspace, purpose: str) -> ConsentPurpose | None:
    """Return a declared purpose; None where the company declares none at all.

    Raises
    ------
    UnknownName
        If others are declared and this is not.
    """
    declared = ws.model.consents
    if declared and purpose not in declared:
        raise UnknownName(purpose, kind="purpose of consent", known=declared)
    return declared.get(purpose)


def person_of(facts: Facts, number: int) -> Person:
    """Return the person whom a customer is at the facts' `as_of`."""
    if facts.is_empty("persons"):
        return Person(number=number, customers=(number,))
    joined = facts.persons()
    mine = facts.engine.fetch(joined.filter(joined["customer"] == number)).to_pylist()
    person = int(mine[0]["person"]) if mine else number
    rows = facts.engine.fetch(joined.filter(joined["person"] == person)).to_pylist()
    return Person(number=person, customers=tuple(sorted({number, person, *(int(row["customer"]) for row in rows)})))


def consent_events(facts: Facts, person: Person, *, purpose: str | None = None) -> tuple[ConsentEvent, ...]:
    """Return what a person said yes and no to up to the facts' `as_of`, oldest first."""
    if facts.is_empty("consents"):
        return ()
    rows = facts.recorded_rows("consents")
    rows = rows.filter(rows["customer"].isin(person.customers) & (rows["at"] <= facts.as_of))
    if purpose is not None:
        rows = rows.filter(rows["purpose"] == purpose)
    columns = ("purpose", "granted", "at", "until", "notice", "channel", "source", "id")
    found = facts.engine.fetch(rows.select(*columns, record=rows["customer"])).to_pylist()
    events = [ConsentEvent(**row) for row in found]
    return tuple(sorted(events, key=lambda event: (event.at, event.purpose, event.source, event.id)))


def _paused(facts: Facts, person: Person) -> bool:
    if facts.is_empty("pauses"):
        return False
    rows = facts.state("pauses")
    rows = rows.filter(rows["until"].isnull() & rows["customer"].isin(person.customers))
    return bool(facts.engine.fetch(rows.count()).as_py())


def _known(facts: Facts, person: Person) -> bool:
    for table in WITH_CUSTOMER:
        if facts.is_empty(table):
            continue
        rows = facts.recorded_rows(table)
        rows = rows.filter(rows["customer"].isin(person.customers) & (rows["at"] <= facts.as_of)).limit(1)
        if facts.engine.fetch(rows.count()).as_py():
            return True
    return False


def judged(
    events: Sequence[ConsentEvent],
    person: int,
    *,
    purpose: str,
    declared: ConsentPurpose | None,
    as_of: datetime,
    paused: bool,
    known: bool = True,
) -> May:
    """Return what the yeses and noes of a person to one purpose, none later than `as_of`, allow."""
    needs = declared is None or declared.needs
    base = May(person=person, purpose=purpose, as_of=as_of, allowed=False, reason="never-given")
    event = _decisive(events)
    if paused:
        return replace(base, reason="paused", event=event)
    if event is not None and not event.granted:
        before = any(earlier.granted and earlier.at < event.at for earlier in events)
        return replace(base, reason="withdrawn" if before else "refused", event=event)
    if event is not None and (event.until is None or event.until > as_of):
        return replace(base, allowed=True, reason="given", event=event, until=event.until)
    if not needs and known:
        return replace(base, allowed=True, reason="not-needed", event=event)
    if event is not None:
        return replace(base, reason="ended", event=event)
    return base if needs else replace(base, reason="unknown")


def _decisive(events: Iterable[ConsentEvent]) -> ConsentEvent | None:
    """Return the latest event; at one instant a no, then the yes that ends first."""
    ordered = sorted(events, key=lambda e: (e.at, not e.granted, _reversed(e.until), e.source, e.id))
    return ordered[-1] if ordered else None


def _reversed(until: datetime | None) -> float:
    return -(until or AFTER_ALL).replace(tzinfo=UTC).timestamp()


def standings(
    ws: Workspace, events: Sequence[ConsentEvent], person: int, *, as_of: datetime, paused: bool
) -> list[May]:
    """Return how every purpose declared, or ever said yes or no to, stands for a person who is known."""
    purposes = [*ws.model.consents, *sorted({event.purpose for event in events} - set(ws.model.consents))]
    return [
        judged(
            [event for event in events if event.purpose == purpose],
            person,
            purpose=purpose,
            declared=ws.model.consents.get(purpose),
            as_of=as_of,
            paused=paused,
        )
        for purpose in purposes
    ]
