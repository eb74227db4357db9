"""The customer view: everything a company knows of one person, in the order in which it was lived."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from promesa.customers.consent import ConsentEvent, May, consent_events, standings
from promesa.customers.documents import as_document
from promesa.customers.events import KINDS, Event, events_of, newest_rows
from promesa.customers.finding import one_person
from promesa.customers.links import Link, Record, links_of, records_of
from promesa.customers.person import AFTER_ALL, WITH_CUSTOMER, Person, PersonFacts, instant_of, person_at
from promesa.customers.profile import Field, profile_of
from promesa.customers.totals import Totals, totals_of
from promesa.engine import connect, local_time_of
from promesa.store import inspect_store, open_store, wanted_instant

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import date

    from promesa.store import Inspection
    from promesa.workspace import Workspace

NEWEST = 500
_LIVED = ("moments", "opinions", "orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something the company did towards the person: a message, an offer."""

    at: datetime
    local: datetime
    source: str
    id: str
    record: int
    action: str
    kind: str
    context: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """Events that belong together, oldest first.

    Attributes
    ----------
    name : str or None
        As the facts name it; None for the events of no journey.
    revenue, cost_of_goods, cost_to_serve : float or None
        Sums over the events shown; None where no event gives any.
    """

    name: str | None
    events: tuple[Event, ...]
    revenue: float | None
    cost_of_goods: float | None
    cost_to_serve: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerView:
    """One person as the company knows them at one instant.

    Attributes
    ----------
    person : int
        Number of the person: the smallest of their records.
    as_of : datetime
        Naive UTC; what is later is not in it.
    paused : bool
        Their data is kept and not used.
    profile : tuple of Field
        Each value with its origin and what contradicts it.
    records, links : tuple
        The records behind the person and why they are thought to be one.
    journeys : tuple of Journey
        In the order of their first event; events of no journey last.
    sent : tuple of Deed
        Oldest first.
    consents : tuple of May
        How each purpose stands at `as_of`.
    consent_history : tuple of ConsentEvent
        Every yes and no, oldest first.
    totals : Totals
        Over everything, also what is not shown.
    older_events, older_deeds : int
        How many are not shown.
    """

    person: int
    company: str
    currency: str
    time_zone: str
    as_of: datetime
    store_version: str
    paused: bool
    profile: tuple[Field, ...]
    records: tuple[Record, ...]
    links: tuple[Link, ...]
    journeys: tuple[Journey, ...]
    sent: tuple[Deed, ...]
    consents: tuple[May, ...]
    consent_history: tuple[ConsentEvent, ...]
    totals: Totals
    older_events: int
    older_deeds: int

    def to_document(self) -> dict[str, Any]:
        """Return everything as one JSON-ready document with keys that stay."""
        return {field.name: as_document(getattr(self, field.name)) for field in fields(self)}


def view(
    ws: Workspace,
    who: str | int,
    *,
    as_of: date | datetime | str | None = None,
    newest: int | None = NEWEST,
    kinds: Sequence[str] = KINDS,
) -> CustomerView:
    """Show one person: who they are, what they lived, what they said, brought in, cost, allowed and were sent.

    Parameters
    ----------
    ws : Workspace
        From `promesa.open`.
    who : str or int
        As in `find`.
    as_of : date, datetime, str or None
        As in `open_facts`, but None means the last instant in the facts or, where it is later, the last thing known
        of the person: a no said today is shown today, also where the company's figures stand at an earlier day.
    newest : int or None
        How many events are shown at most; None shows all.
    kinds : sequence of str
        Which kinds of events are shown, as in `Event`.

    Raises
    ------
    InputError
        If nobody is found, or several persons are.
    """
    with inspect_store(ws) as look:
        wanted = None if as_of is None else wanted_instant(ws, as_of)
        found = one_person(look, who, instant=wanted or instant_of(ws, None))
        instant = wanted or _last_known(look, found)
        person = person_at(look, found.number, instant)
        with facts_of_person(look, person, as_of=instant) as facts:
            events, older = events_of(facts, limit=newest, kinds=kinds)
            sent, unsent = _deeds_of(facts, limit=newest)
            consents = consent_events(facts, person)
            paused = is_paused(look, person)
            return CustomerView(
                person=person.number,
                company=ws.company,
                currency=ws.currency,
                time_zone=ws.time_zone,
                as_of=instant,
                store_version=facts.version,
                paused=paused,
                profile=profile_of(look, person, as_of=instant),
                records=records_of(look, person),
                links=links_of(look, person, as_of=instant),
                journeys=_journeys(events),
                sent=sent,
                consents=tuple(standings(ws, consents, person.number, as_of=instant, paused=paused)),
                consent_history=consents,
                totals=totals_of(facts),
                older_events=older,
                older_deeds=unsent,
            )


@contextmanager
def facts_of_person(look: Inspection, person: Person, *, as_of: datetime) -> Generator[PersonFacts]:
    """Open the facts of one person on an engine of their own: what it holds is personal and goes with it."""
    ws = look.ws
    engine = connect(
        "duckdb",
        memory_limit=ws.memory_limit,
        threads=ws.threads,
        spill=ws.root / ".promesa" / "spill",
    )
    try:
        yield PersonFacts(
            workspace=ws,
            engine=engine,
            version=open_store(ws).version,
            files={table: look.files(table) for table in (*WITH_CUSTOMER, "persons", "pauses")},
            as_of=as_of,
            person=person,
        )
    finally:
        engine.close()


def is_paused(look: Inspection, person: Person) -> bool:
    """Tell whether the data of a person is kept and not used: one of their records is enough."""
    rows = f"SELECT 1 FROM ({look.rows('pauses')}) WHERE until IS NULL AND customer IN {person.listed} LIMIT 1"
    return bool(look.engine.run(rows))


def _last_known(look: Inspection, person: Person) -> datetime:
    """Return the last instant in the facts or, where it is later, the last thing known of a person."""
    last = [f'SELECT max("at") AS last FROM ({look.rows(table)})' for table in _LIVED]
    mine = person.listed
    last += [f'SELECT max("at") FROM ({look.rows(t)}) WHERE customer IN {mine}' for t in WITH_CUSTOMER]
    last.append(f'SELECT max("at") FROM ({look.rows("links")}) WHERE low IN {mine} OR high IN {mine}')
    found = look.engine.value(f"SELECT max(last) FROM ({' UNION ALL '.join(last)})")
    return found if isinstance(found, datetime) else AFTER_ALL


def _deeds_of(facts: PersonFacts, *, limit: int | None) -> tuple[tuple[Deed, ...], int]:
    rows, count = newest_rows(facts, "deeds", limit)
    zone = facts.workspace.time_zone
    columns = ("at", "source", "id", "record", "action", "kind", "context")
    deeds = [Deed(local=local_time_of(row["at"], zone), **{c: row[c] for c in columns}) for row in reversed(rows)]
    return tuple(deeds), count - len(deeds)


def _journeys(events: tuple[Event, ...]) -> tuple[Journey, ...]:
    grouped: dict[str | None, list[Event]] = {}
    for event in events:
        grouped.setdefault(event.journey, []).append(event)
    ordered = sorted(grouped.items(), key=lambda entry: entry[0] is None)  # stable: else by the first event
    return tuple(
        Journey(
            name=name,
            events=tuple(of_it),
            revenue=_sum(event.revenue for event in of_it),
            cost_of_goods=_sum(event.cost_of_goods for event in of_it),
            cost_to_serve=_sum(event.cost_to_serve for event in of_it),
        )
        for name, of_it in ordered
    )


def _sum(amounts: Any) -> float | None:
    given = [amount for amount in amounts if amount is not None]
    return sum(given) if given else None
