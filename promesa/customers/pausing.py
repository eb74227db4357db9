"""Pause one person: everything is kept, nothing is used, until they are resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.customers.finding import one_person
from promesa.customers.person import AFTER_ALL
from promesa.engine import literal, name
from promesa.store import add_state, change_state, inspect_store, session, state_rows, timestamp
from promesa.words import say

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.customers.person import Person
    from promesa.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Whether a person's data may be used.

    Attributes
    ----------
    person : int
        Number of the person.
    paused : bool
        Kept and not used.
    changed : bool
        False if it was so already.
    """

    person: int
    paused: bool
    changed: bool

    def summary(self, locale: str = "en") -> str:
        """Return the outcome in words."""
        state = "paused" if self.paused else "resumed"
        return say(f"customers.rights.{state if self.changed else f'{state}_already'}", locale, person=self.person)

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "person": self.person,
            "paused": self.paused,
            "changed": self.changed,
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def pause(ws: Workspace, who: str | int, *, by: str, recorded_at: datetime) -> Pause:
    """Keep a person's data and use it no more: no figure counts it, and nothing is allowed with it.

    Records that are linked to the person later are paused with them.

    Parameters
    ----------
    who : str or int
        As `find` takes it; it must mean one person.
    by : str
        Who asked.
    recorded_at : datetime
        Instant from which it holds; naive is UTC.

    Raises
    ------
    InputError
        If `who` means nobody, or several persons.
    StoreBusy
        If a load is running.
    """
    person = _person(ws, who)
    with session(ws, recorded_at=recorded_at) as run:
        open_rows = f"SELECT customer FROM ({state_rows(run, 'pauses')}) WHERE until IS NULL"
        now = timestamp(run)
        added = add_state(
            run,
            "pauses",
            f"SELECT customer, {now} AS at, CAST(NULL AS TIMESTAMP) AS until, {literal(by)} AS by, "
            f"{now} AS recorded_at FROM (SELECT unnest([{', '.join(map(str, person.customers))}]) AS customer) "
            f"WHERE customer NOT IN ({open_rows})",
        )
    return Pause(person=person.number, paused=True, changed=bool(added))


def resume(ws: Workspace, who: str | int, *, by: str, recorded_at: datetime) -> Pause:
    """Let a paused person's data be used again, all of it.

    Parameters
    ----------
    who, by, recorded_at
        As in `pause`.

    Raises
    ------
    InputError
        If `who` means nobody, or several persons.
    StoreBusy
        If a load is running.
    """
    person = _person(ws, who)
    with session(ws, recorded_at=recorded_at) as run:
        held = f"customer IN {person.listed} AND until IS NULL"
        both = f"concat_ws(' / ', {name('by')}, {literal(by)})"
        changed = change_state(
            run,
            "pauses",
            gone=held,
            select=f"SELECT * REPLACE ({timestamp(run)} AS until, {both} AS {name('by')}) "
            f"FROM ({state_rows(run, 'pauses')}) WHERE {held}",
        )
    return Pause(person=person.number, paused=False, changed=bool(changed))


def _person(ws: Workspace, who: str | int) -> Person:
    with inspect_store(ws) as look:
        return one_person(look, who, instant=AFTER_ALL)
