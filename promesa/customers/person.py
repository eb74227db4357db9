"""One person: the records that links join, and the facts that stand under any of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.store import TABLES, Facts, wanted_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from promesa.engine import Table
    from promesa.store import Inspection
    from promesa.workspace import Workspace

AFTER_ALL = datetime(9999, 12, 30)  # noqa: DTZ001 (naive UTC; the last instant at which links can be looked at)
WITH_CUSTOMER = tuple(table for table in TABLES if table != "spend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The customers whom the links in force at one instant join.

    Attributes
    ----------
    number : int
        The smallest surrogate of them.
    customers : tuple of int
        Their surrogates, smallest first.
    """

    number: int
    customers: tuple[int, ...]

    @property
    def listed(self) -> str:
        """Return the surrogates as an SQL list."""
        return listed(self.customers)


@dataclass(frozen=True, kw_only=True)
class PersonFacts(Facts):
    """The facts of one person alone, also while their data is paused: who looks is entitled to.

    Attributes
    ----------
    person : Person
        Every row of theirs carries the person's number as its customer.
    """

    person: Person

    def all_rows(self, table: str) -> Table:
        """Return every live row of the person, read once from the files."""
        from promesa.engine import lit

        def mine() -> Table:
            rows = self.recorded_rows(table)
            rows = rows.filter(rows["customer"].isin(self.person.customers))
            # Which record a row came by is kept beside the person it is counted for.
            return rows.mutate(record=rows["customer"], customer=lit(self.person.number, "int64"))

        return self.engine.hold(f"{table} of the person", mine)


def listed(customers: Iterable[int]) -> str:
    """Return surrogates as an SQL list; one that holds for nobody if there are none."""
    return f"({', '.join(str(int(customer)) for customer in customers) or 'NULL'})"


def instant_of(ws: Workspace, as_of: date | datetime | str | None) -> datetime:
    """Return the instant at which links are looked at: after all of them, unless an `as_of` is given."""
    return AFTER_ALL if as_of is None else wanted_instant(ws, as_of) or AFTER_ALL


def links_in_force(look: Inspection, instant: datetime) -> str:
    """Return a SELECT of (customer, person) for customers who share a person with another at one instant."""
    stamp = literal(instant)
    return f"SELECT customer, person FROM ({look.rows('persons')}) WHERE since <= {stamp} AND until > {stamp}"


def persons_of(look: Inspection, customers: Iterable[int], instant: datetime) -> list[int]:
    """Return the persons whom customers are at one instant, each once, smallest number first."""
    return sorted(set(person_of_each(look, customers, instant).values()))


def person_of_each(look: Inspection, customers: Iterable[int], instant: datetime) -> dict[int, int]:
    """Return the person whom each customer is at one instant."""
    wanted = sorted({int(customer) for customer in customers})
    if look.is_empty("persons"):
        return {customer: customer for customer in wanted}
    rows = look.engine.run(f"SELECT * FROM ({links_in_force(look, instant)}) WHERE customer IN {listed(wanted)}")
    joined = {int(str(customer)): int(str(person)) for customer, person in rows}
    return {customer: joined.get(customer, customer) for customer in wanted}


def person_at(look: Inspection, number: int, instant: datetime) -> Person:
    """Return the person whom a customer is at one instant, with every record joined then."""
    (person,) = persons_of(look, [number], instant)
    rows = look.engine.run(f"SELECT customer FROM ({links_in_force(look, instant)}) WHERE person = {person}")
    customers = {number, person, *(int(str(customer)) for (customer,) in rows)}
    return Person(number=person, customers=tuple(sorted(customers)))
