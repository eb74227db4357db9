"""From links and decisions to persons: the guards judge, and the tables `links` and `persons` say the outcome.

Only what can change is looked at: the customers that were touched, everyone whom strong links connect with them, and
everyone who shared a person with them. The outcome of one such group depends on nothing outside of it, so it is the
same as if all were judged again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.identity.counts import count_links_changed, count_persons_changed
from promesa.identity.exact import CONTRADICTED, ONE_FIELD, joining
from promesa.identity.judging import EDGES, NODES, PERSONS, STATES, judge_pairs
from promesa.identity.report import tell_step
from promesa.store import STATE, add_state, change_state, replace_state, state_rows, timestamp

if TYPE_CHECKING:
    from promesa.engine import Embedded
    from promesa.identity.counts import Counts
    from promesa.store import Run

THROUGH_OTHERS = "others"  # the reason of a pair that is one person by other links than its own
# Temporary tables of the session; "~" keeps them apart from the tables of other steps.
_ROWS, _SCOPE, _NEW, _OLD, _SAID = '"~rows"', '"~scope"', '"~new"', '"~old"', '"~said"'
_KNOWN = '"~known"'  # of every link of the store: `low`, `high`, `joins` (strong enough), `anew` (is found anew)
_LINK = tuple(column for column, _ in STATE["links"])
_CONTENT = ("probability", "agreed", "at")
# Many rows are kept in several files: a few new records change few of them, and files without a changed row are not
# written again. Most changed links are doubtful ones, which stand apart.
_MANY, _PARTS = 200_000, 16
_LASTING = "coalesce(state = 'linked' AND reason IS NULL, false)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What a link run has found anew.

    Attributes
    ----------
    customers : str
        Table with a column `customer`: every link of these is found anew.
    links : str
        Table of those links: `low`, `high`, `kind`, `rule`, `probability`, `agreed`, `reason`, `at`.
    pairs : str or None
        Table of `low`, `high`, `rule`, pairs of other customers: their links by that identifier, or by the model
        where `rule` is null, are found anew too.
    """

    customers: str
    links: str
    pairs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What settling changed.

    Attributes
    ----------
    links, persons : int
        Rows written to the two tables.
    overruled : int
        Pairs that a person called the same and that another decision keeps apart.
    change : Counts or None
        By how much the numbers of links and persons changed; None where everyone was looked at.
    """

    links: int
    persons: int
    overruled: int
    change: Counts | None = None


def settle_links(
    run: Run,
    *,
    records: str,
    link_from: float,
    fresh: Fresh | None = None,
    touched: str | None = None,
    whole: bool = False,
) -> Settled:
    """Judge links and decisions, and write what changed of the links' states and of the persons.

    Parameters
    ----------
    records : str
        Table or view of records: `customer`, `document`, `birth_date`.
    link_from : float
        Probability from which two records are one person.
    fresh : Fresh or None
        Links found anew, which take the place of those of the same customers.
    touched : str or None
        SELECT of a column `customer`: who else is to be looked at again.
    whole : bool, default False
        Look at everyone again.
    """
    _gather_said(run)
    _gather_known(run, link_from=link_from, fresh=fresh)
    _gather_scope(run, link_from=link_from, fresh=fresh, touched=touched, whole=whole)
    _gather_rows(run, fresh=fresh)
    _gather_edges(run, link_from=link_from)
    overruled = judge_pairs(run, records, link_from=link_from)
    links, change = _write_links(run, whole=whole)
    tell_step(run, "links")
    persons, others = _write_persons(run, whole=whole)
    tell_step(run, "persons")
    for table in (_KNOWN, _ROWS, _SCOPE, EDGES, STATES, _NEW, _OLD, PERSONS, NODES, _SAID):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")
    total = change + others if change and others else None
    return Settled(links=links, persons=persons, overruled=overruled, change=total)


def _gather_said(run: Run) -> None:
    """Keep the decision that counts for each pair."""
    from promesa.identity.decided import standing

    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_SAID} AS "
        f'SELECT low, high, verdict, "at", recorded_at FROM ({standing(state_rows(run, "decisions"))})'
    )


def _joins(link_from: float) -> str:
    """Return the condition that a row of links is strong enough to join."""
    return (
        f"(coalesce(reason NOT IN ({literal(CONTRADICTED)}, {literal(ONE_FIELD)}), true) "
        f"AND (kind = 'exact' OR probability >= {link_from!r}))"
    )


def _anew(fresh: Fresh | None) -> str:
    """Return the condition that a row of links is found anew: what is not among the fresh ones is no more."""
    if fresh is None:
        return "false"
    customers = f"SELECT customer FROM {fresh.customers}"
    anew = f"low IN ({customers}) OR high IN ({customers})"
    if fresh.pairs:
        # A model's fingerprint is the rule of its links; of pairs it is left out.
        rule = "CASE WHEN kind = 'exact' THEN rule ELSE '' END"
        anew += f" OR (low, high, {rule}) IN (SELECT (low, high, coalesce(rule, '')) FROM {fresh.pairs})"
    return f"({anew})"


def _gather_known(run: Run, *, link_from: float, fresh: Fresh | None) -> None:
    """Write of every link of the store what tells who is to be looked at, in one pass over them."""
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_KNOWN} AS SELECT low, high, {_joins(link_from)} AS joins, "
        f"{_anew(fresh)} AS anew FROM ({state_rows(run, 'links')})"
    )


def _gather_scope(run: Run, *, link_from: float, fresh: Fresh | None, touched: str | None, whole: bool) -> None:
    """Write the customers that are looked at: those touched, and all whom links or persons connect with them."""
    engine = run.engine
    strong = f"SELECT low, high FROM {_KNOWN} WHERE joins AND NOT anew"
    if fresh:
        strong += f" UNION ALL SELECT low, high FROM {fresh.links} WHERE {_joins(link_from)}"
    strong += f" UNION ALL SELECT low, high FROM {_SAID} WHERE verdict = 'same'"
    if whole:
        everyone = f"SELECT low AS customer FROM ({strong}) UNION SELECT high FROM ({strong})"
        everyone += f" UNION SELECT customer FROM ({state_rows(run, 'persons')})"
        # Whose links are found anew is looked at, whether any was found or not.
        everyone += f" UNION SELECT low FROM {_KNOWN} WHERE anew UNION SELECT high FROM {_KNOWN} WHERE anew"
        engine.run(f"CREATE OR REPLACE TEMP TABLE {_SCOPE} AS {everyone}")
        return
    engine.run(f"CREATE OR REPLACE TEMP TABLE {_SCOPE} AS {_first_touched(run, fresh=fresh, touched=touched)}")
    engine.run(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS FROM {_SCOPE}")
    while engine.value(f"SELECT count(*) FROM {_NEW}"):
        beyond = (
            f"SELECT high AS customer FROM ({strong}) WHERE low IN (FROM {_NEW}) "
            f"UNION SELECT low FROM ({strong}) WHERE high IN (FROM {_NEW})"
        )
        engine.run(f"CREATE OR REPLACE TEMP TABLE {_OLD} AS FROM ({beyond}) WHERE customer NOT IN (FROM {_SCOPE})")
        engine.run(f"INSERT INTO {_SCOPE} FROM {_OLD}")
        engine.run(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS FROM {_OLD}")


def _first_touched(run: Run, *, fresh: Fresh | None, touched: str | None) -> str:
    parts = [touched] if touched else []
    if fresh:
        parts += [
            f"SELECT customer FROM {fresh.customers}",
            f"SELECT low AS customer FROM {fresh.links}",
            f"SELECT high FROM {fresh.links}",
            f"SELECT low FROM {_KNOWN} WHERE anew",
            f"SELECT high FROM {_KNOWN} WHERE anew",
        ]
    some = " UNION ".join(f"({part})" for part in parts) or "SELECT CAST(NULL AS BIGINT) AS customer WHERE false"
    # Whoever shares a person with these: a run that was killed may have written links and not yet persons.
    persons = f"({state_rows(run, 'persons')})"
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {PERSONS} AS {some}")
    mates = f"SELECT person FROM {persons} WHERE customer IN (FROM {PERSONS}) UNION FROM {PERSONS}"
    return f"FROM {PERSONS} UNION SELECT customer FROM {persons} WHERE person IN ({mates})"


def _gather_rows(run: Run, *, fresh: Fresh | None) -> None:
    """Write the links within the scope as they will be, but for state and reason; those known keep their date."""
    touching = f"low IN (FROM {_SCOPE}) OR high IN (FROM {_SCOPE})"
    engine = run.engine
    engine.run(f"CREATE OR REPLACE TEMP TABLE {_OLD} AS SELECT * FROM ({state_rows(run, 'links')}) WHERE {touching}")
    if not fresh:
        engine.run(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS FROM {_OLD}")
        return
    equal = " AND ".join(f'old."{column}" IS NOT DISTINCT FROM new."{column}"' for column in _CONTENT)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS "
        "SELECT new.low, new.high, new.kind, new.rule, new.probability, new.agreed, NULL::VARCHAR AS state, "
        'new.reason, new."at", coalesce(old.recorded_at, '
        f"{timestamp(run)}) AS recorded_at, "
        f"'promesa' AS decided_by FROM {fresh.links} new LEFT JOIN {_OLD} old "
        f"ON old.low = new.low AND old.high = new.high AND old.kind = new.kind AND old.rule = new.rule AND {equal} "
        f"UNION ALL SELECT {', '.join(_quoted(_LINK))} FROM {_OLD} "
        f"WHERE NOT {_anew(fresh)}"
    )


def _gather_edges(run: Run, *, link_from: float) -> None:
    """Write one row a pair that is strong enough to join, or that somebody decided, with all that speaks for it."""
    alone = [identifier.name for identifier in joining(run.ws.model) if identifier.joins == "alone"]
    rules = ", ".join(literal(rule) for rule in alone) or "NULL"
    joins = _joins(link_from)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {EDGES} AS "
        "SELECT low, high, coalesce(alone, false) AS alone, coalesce(probability, 0) AS probability, "
        'least(pairs."at", CASE WHEN verdict = \'same\' THEN said."at" END) AS at, '
        "verdict, epoch_us(CASE WHEN verdict = 'same' THEN recorded_at END) AS same, "
        "coalesce(joins, false) AS joins FROM ("
        f"SELECT low, high, bool_or(kind = 'exact' AND rule IN ({rules}) AND {joins}) AS alone, "
        f"max(probability) FILTER (WHERE kind = 'model') AS probability, bool_or({joins}) AS joins, "
        f'min("at") AS at FROM {_ROWS} GROUP BY low, high) pairs FULL JOIN (FROM {_SAID} '
        f"WHERE low IN (FROM {_SCOPE}) AND high IN (FROM {_SCOPE})) said USING (low, high) "
        "WHERE joins OR verdict IS NOT NULL"
    )


def _write_links(run: Run, *, whole: bool) -> tuple[int, Counts | None]:
    """Give every link of the scope its state and reason; write those that changed, and return how many and how."""
    columns = ", ".join(_quoted(_LINK))
    told = (
        "CASE WHEN s.low IS NULL THEN CASE WHEN a.person = b.person THEN 'linked' ELSE 'review' END "
        "WHEN s.held IS NULL THEN 'linked' ELSE 'held' END"
    )
    why = (
        f"CASE WHEN r.reason IN ({literal(CONTRADICTED)}, {literal(ONE_FIELD)}) THEN r.reason WHEN s.low IS NULL THEN "
        f"CASE WHEN a.person = b.person THEN {literal(THROUGH_OTHERS)} ELSE 'probability' END ELSE s.held END"
    )
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_NEW} AS SELECT {columns} FROM ("
        f"SELECT r.* REPLACE ({told} AS state, {why} AS reason) FROM {_ROWS} r LEFT JOIN {STATES} s USING (low, high) "
        f"LEFT JOIN {NODES} a ON a.customer = r.low LEFT JOIN {NODES} b ON b.customer = r.high)"
    )
    change = None if whole else count_links_changed(run.engine, _OLD, _NEW)
    return _write_difference(run, "links", key=("low", "high", "kind", "rule"), whole=whole), change


def _write_persons(run: Run, *, whole: bool) -> tuple[int, Counts | None]:
    persons = state_rows(run, "persons")
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_OLD} AS SELECT * FROM ({persons}) WHERE customer IN (FROM {_SCOPE})"
    )
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {_NEW} AS SELECT customer, person, since, until FROM {PERSONS}")
    # A person's customers are all within the scope, or none of them is.
    change = None if whole else count_persons_changed(run.engine, _OLD, _NEW)
    return _write_difference(run, "persons", key=("customer", "since"), whole=whole), change


def _write_difference(run: Run, table: str, *, key: tuple[str, ...], whole: bool) -> int:
    """Bring a table from the rows `~old` to the rows `~new`; nothing is written where the two are the same."""
    engine = run.engine
    columns = ", ".join(_quoted(tuple(column for column, _ in STATE[table])))
    old, new = f"SELECT {columns} FROM {_OLD}", f"SELECT {columns} FROM {_NEW}"
    order = f"ORDER BY {', '.join(_quoted(key))}"
    if whole:
        if same_rows(engine, _OLD, _NEW, columns):
            return 0
        count = int(str(engine.value(f"SELECT count(*) FROM {_NEW}")))
        replace_state(run, table, f"{new} {order}", parts=_parts(table, count))
        return count
    engine.run(f'CREATE OR REPLACE TEMP TABLE "~gone" AS {old} EXCEPT ALL {new}')
    engine.run(f'CREATE OR REPLACE TEMP TABLE "~come" AS {new} EXCEPT ALL {old}')
    gone, come = (int(str(engine.value(f'SELECT count(*) FROM "~{name}"'))) for name in ("gone", "come"))
    arriving = f'SELECT {columns} FROM "~come" {order}'
    if gone:
        mine = f"({', '.join(_quoted(key))})"
        change_state(run, table, gone=f'{mine} IN (SELECT {mine} FROM "~gone")', select=arriving)
    elif come:
        add_state(run, table, arriving)
    for name in ("gone", "come"):
        engine.run(f'DROP TABLE "~{name}"')
    return gone + come


def _parts(table: str, count: int) -> list[str]:
    """Return the conditions that divide the rows of a table over files."""
    if count < _MANY:
        return ["true"]
    if table == "persons":
        return [f"abs(customer % {_PARTS}) = {part}" for part in range(_PARTS)]
    return [f"NOT {_LASTING}", *(f"{_LASTING} AND abs(low % {_PARTS}) = {part}" for part in range(_PARTS))]


def are_known(run: Run, links: str) -> bool:
    """Tell whether a table of links found anew holds what the store holds, but for what the guards made of them."""
    lasting = f"CASE WHEN reason IN ({literal(CONTRADICTED)}, {literal(ONE_FIELD)}) THEN reason END AS lasting"
    content = 'low, high, kind, rule, probability, agreed, "at", lasting'
    told = [f"(SELECT *, {lasting} FROM {rows})" for rows in (links, f"({state_rows(run, 'links')})")]
    return same_rows(run.engine, told[0], told[1], content)


def count_overruled(run: Run) -> int:
    """Return how many pairs that somebody called the same are two persons now."""
    from promesa.identity.decided import standing

    joined = f"SELECT customer, person FROM ({state_rows(run, 'persons')}) WHERE until = TIMESTAMP '9999-12-31'"
    said = f"SELECT low, high FROM ({standing(state_rows(run, 'decisions'))}) WHERE verdict = 'same'"
    return int(
        str(
            run.engine.value(
                f"SELECT count(*) FROM ({said}) LEFT JOIN ({joined}) one ON one.customer = low "
                f"LEFT JOIN ({joined}) two ON two.customer = high "
                "WHERE coalesce(one.person, low) <> coalesce(two.person, high)"
            )
        )
    )


def same_rows(engine: Embedded, one: str, two: str, columns: str) -> bool:
    """Tell whether two tables hold the same rows, each as often, by one pass over each."""
    sums = [
        f"SELECT count(*), coalesce(bit_xor(h), 0), coalesce(sum(h), 0) FROM (SELECT hash({columns}) AS h FROM {table})"
        for table in (one, two)
    ]
    return engine.run(sums[0]) == engine.run(sums[1])


def _quoted(columns: tuple[str, ...]) -> list[str]:
    return [f'"{column}"' for column in columns]
