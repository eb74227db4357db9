"""How many links and persons there are: all counted once, then by what each run takes away and adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.store import state_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.engine import Embedded
    from promesa.store import Run

Numbers = dict[str, int]
_SIGN = "counted"  # the column that says whether a row is added (1) or taken away (-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Numbers of pairs and persons; what there is none of is left out. Of a change, some may be negative.

    Attributes
    ----------
    states : mapping of str to int
        Pairs by state and reason, with a space between; none behind the state where there is no reason.
    exact : mapping of str to int
        Pairs that are one person, by the identifier they share.
    persons : mapping of str to int
        Persons with two records or more, by number of records.
    """

    states: Mapping[str, int]
    exact: Mapping[str, int]
    persons: Mapping[str, int]

    @classmethod
    def none(cls) -> Counts:
        """Return the counts of nothing."""
        return cls(states={}, exact={}, persons={})

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            states=_sum(self.states, other.states),
            exact=_sum(self.exact, other.exact),
            persons=_sum(self.persons, other.persons),
        )

    @property
    def by_state(self) -> dict[tuple[str, str], int]:
        """Return the pairs by state and reason, in the order of the alphabet."""
        told = sorted((tuple(key.split(" ", 1)), count) for key, count in self.states.items())
        return {(state, reason): count for (state, reason), count in told}

    @property
    def by_size(self) -> dict[int, int]:
        """Return the persons by number of records, the smallest first."""
        return dict(sorted((int(size), count) for size, count in self.persons.items()))


def count_all(run: Run) -> Counts:
    """Count the links and persons of the store."""
    links, persons = (f"SELECT *, 1 AS {_SIGN} FROM ({state_rows(run, table)})" for table in ("links", "persons"))
    states, exact = _count_links(run.engine, links)
    return Counts(states=states, exact=exact, persons=_count_persons(run.engine, persons))


def count_links_changed(engine: Embedded, old: str, new: str) -> Counts:
    """Count by how much pairs change where rows of links, all those of their pairs, give way to others."""
    states, exact = _count_links(engine, _both(old, new))
    return Counts(states=states, exact=exact, persons={})


def count_persons_changed(engine: Embedded, old: str, new: str) -> Counts:
    """Count by how much persons change where rows of persons, all those of each, give way to others."""
    return Counts(states={}, exact={}, persons=_count_persons(engine, _both(old, new)))


def _both(old: str, new: str) -> str:
    return f"SELECT *, -1 AS {_SIGN} FROM {old} UNION ALL BY NAME SELECT *, 1 AS {_SIGN} FROM {new}"


def _count_links(engine: Embedded, rows: str) -> tuple[Numbers, Numbers]:
    """Return how many pairs are in which state, and by which identifiers they are one person."""
    states = engine.run(
        f"SELECT state || ' ' || reason, sum({_SIGN}) FROM ("
        f"SELECT min(state) AS state, coalesce(min(reason), '') AS reason, {_SIGN} FROM ({rows}) "
        f"GROUP BY low, high, {_SIGN}) GROUP BY ALL HAVING sum({_SIGN}) <> 0 ORDER BY ALL"
    )
    exact = engine.run(
        f"SELECT rule, sum({_SIGN}) FROM ({rows}) WHERE kind = 'exact' AND state = 'linked' "
        f"GROUP BY ALL HAVING sum({_SIGN}) <> 0 ORDER BY ALL"
    )
    return _numbers(states), _numbers(exact)


def _count_persons(engine: Embedded, rows: str) -> Numbers:
    return _numbers(
        engine.run(
            f"SELECT records, sum({_SIGN}) FROM (SELECT person, count(*) AS records, {_SIGN} FROM ({rows}) "
            f"WHERE until = TIMESTAMP '9999-12-31' GROUP BY person, {_SIGN}) "
            f"GROUP BY records HAVING sum({_SIGN}) <> 0 ORDER BY records"
        )
    )


def _numbers(rows: list[tuple[object, ...]]) -> Numbers:
    return {str(of): int(str(count)) for of, count in rows}


def _sum(one: Mapping[str, int], two: Mapping[str, int]) -> Numbers:
    added = {of: one.get(of, 0) + two.get(of, 0) for of in {**one, **two}}
    return {of: added[of] for of in sorted(added) if added[of]}
