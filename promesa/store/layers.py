"""Tables whose rows say again what earlier rows said, so that a change adds rows instead of writing all of them again.

Of the rows with one key the highest `turn` counts, and one that says nothing takes the key back. Rows of turn 0 were
all written at once; those of later turns are few, since a table with many of them is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import name

if TYPE_CHECKING:
    from promesa.engine import Table

TURN = "turn"
# Of each table: the columns that name what a row is about, and the one that is null in a row that takes it back.
LAYERED: dict[str, tuple[tuple[str, ...], str]] = {"tiers": (("customer", "since"), "tier")}


def counting_sql(table: str, rows: str, columns: list[str]) -> str:
    """Return the SELECT of `columns` of the rows that count, of a SELECT of all rows."""
    key, says = LAYERED[table]
    keys, same = (", ".join(name(one) for one in key), " AND ".join(f"e.{name(one)} = l.{name(one)}" for one in key))
    listed = ", ".join(f"e.{name(one)}" for one in columns)
    later = f"(SELECT {keys}, max({TURN}) AS {TURN} FROM ({rows}) WHERE {TURN} > 0 GROUP BY ALL) l"
    return (
        f"SELECT {listed} FROM ({rows}) e ANTI JOIN {later} ON {same} WHERE coalesce(e.{TURN}, 0) = 0 UNION ALL "
        f"SELECT {listed} FROM ({rows}) e JOIN {later} ON {same} AND e.{TURN} = l.{TURN} "
        f"WHERE e.{TURN} > 0 AND e.{name(says)} IS NOT NULL"
    )


def counting(table: str, rows: Table) -> Table:
    """Return the same of a table of the engine, without `turn`."""
    from promesa.engine import stack  # with Ibis, which a kept answer is shown without

    key, says = LAYERED[table]
    columns = [column for column in rows.columns if column != TURN]
    added = rows.filter(rows[TURN] > 0)
    newest = added.group_by(**{f"its_{one}": added[one] for one in key}).aggregate(its_turn=added[TURN].max())
    same = [(one, f"its_{one}") for one in key]
    first = rows.filter(rows[TURN].coalesce(0) == 0).anti_join(newest, same)
    later = added.inner_join(newest, [*same, (TURN, "its_turn")])
    return stack([first.select(*columns), later.filter(later[says].notnull()).select(*columns)])
