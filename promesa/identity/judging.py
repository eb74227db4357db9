"""Between the tables and the guards: pairs go out as arrays of numbers, states and persons come back as tables.

No text leaves the engine: customers become places in the order of their surrogates, documents and birth dates become
numbers. Only where two documents meet in one group are they compared, in the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.identity.exact import born_apart, documents_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from promesa.identity.contradictions import Contradictions, Once
    from promesa.identity.edges import Edges
    from promesa.identity.guards import Judged
    from promesa.store import Run

    Columns = dict[str, NDArray[Any]]

# Temporary tables of the session; "~" keeps them apart from those of other steps.
# Pairs that could join: `low`, `high`, `alone`, `probability`, `at`, `verdict`, `same` (its instant), `joins`.
EDGES = '"~edges"'
NODES = '"~nodes"'  # `customer`, `node`; after the judgement also `person`, a node
STATES = '"~states"'  # `low`, `high`, `held`: why the pair does not join, or null
PERSONS = '"~persons"'  # `customer`, `person`, `since`, `until`
_NOT_SAID = -(2**63)
_MANY = 500  # documents or birth dates of one group: where there are more, any two that differ contradict each other


def judge_pairs(run: Run, records: str, *, link_from: float) -> int:
    """Let the guards judge the pairs of `EDGES`, and write `STATES` and `PERSONS`.

    Parameters
    ----------
    records : str
        Table or view with `customer`, `document` and `birth_date`.
    link_from : float
        Probability from which two records are one person, also where their documents differ.

    Returns
    -------
    int
        Pairs that a person called the same and that another decision keeps apart.
    """
    from promesa.identity.guards import REASONS, judge
    from promesa.identity.persons import intervals

    pairs, nodes = _pairs(run)
    refused, joins = pairs["refused"] > 0, (pairs["joins"] > 0) & (pairs["refused"] == 0)
    edges = _edges(pairs, joins)
    apart = (pairs["low"][refused], pairs["high"][refused])
    against = _contradictions(run, records, nodes, edges, refused=apart, link_from=link_from)
    judged = judge(nodes, edges, against, largest=run.ws.model.identity.largest)
    reason = refused.astype("int8") * REASONS.index("refused")
    reason[joins] = judged.reason
    _write_states(run, {"low": pairs["low"], "high": pairs["high"], "reason": reason}, judged)
    taken = judged.reason == 0
    over_time = intervals(nodes, edges.low[taken], edges.high[taken], since=pairs["at"][joins][taken])
    _from_arrays(run, "promesa_intervals", {key: getattr(over_time, key) for key in over_time.__slots__})
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {PERSONS} AS SELECT c.customer, p.customer AS person, "
        "make_timestamp(since) AS since, make_timestamp(until) AS until FROM promesa_intervals i "
        f"JOIN {NODES} c ON c.node = i.node JOIN {NODES} p ON p.node = i.person"
    )
    run.engine.unregister("promesa_intervals")
    return int((edges.decided & (judged.reason == REASONS.index("refused"))).sum())


def _pairs(run: Run) -> tuple[Columns, int]:
    """Give every customer a number; return the pairs as arrays, and how many customers there are."""
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {NODES} AS SELECT customer, row_number() OVER (ORDER BY customer) - 1 AS node "
        f"FROM (SELECT low AS customer FROM {EDGES} UNION SELECT high FROM {EDGES})"
    )
    found = run.engine.arrow(
        "SELECT a.node AS low, b.node AS high, CAST(alone AS TINYINT) AS alone, probability, "
        f"coalesce(same, {_NOT_SAID}) AS same, coalesce(epoch_us(e.at), 0) AS at, "
        "CAST(coalesce(verdict IN ('different', 'never'), false) AS TINYINT) AS refused, "
        "CAST(joins OR coalesce(verdict = 'same', false) AS TINYINT) AS joins "
        f"FROM {EDGES} e JOIN {NODES} a ON a.customer = e.low JOIN {NODES} b ON b.customer = e.high "
    )
    nodes = int(str(run.engine.value(f"SELECT count(*) FROM {NODES}")))
    return {key: found[key].to_numpy() for key in found.column_names}, nodes


def _edges(pairs: Columns, joins: NDArray[Any]) -> Edges:
    from promesa.identity.edges import Edges

    chosen = {key: values[joins] for key, values in pairs.items()}
    return Edges(
        low=chosen["low"],
        high=chosen["high"],
        same=chosen["same"],
        alone=chosen["alone"] > 0,
        probability=chosen["probability"],
    )


def _contradictions(
    run: Run,
    records: str,
    nodes: int,
    edges: Edges,
    *,
    refused: tuple[NDArray[Any], NDArray[Any]],
    link_from: float,
) -> Contradictions:
    import numpy as np

    from promesa.identity.contradictions import Contradictions

    run.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~values" AS SELECT node, document, birth_date, '
        "CASE WHEN document IS NULL THEN -1 ELSE dense_rank() OVER (ORDER BY document) END AS number, "
        "CASE WHEN birth_date IS NULL THEN -1 ELSE epoch_us(birth_date) // 86400000000 + 1000000 END AS born "
        f"FROM {NODES} JOIN {records} r USING (customer)"
    )
    held = run.engine.arrow('SELECT node, number, born FROM "~values"')
    document, born = np.full(nodes, -1, dtype=np.int64), np.full(nodes, -1, dtype=np.int64)
    places = held["node"].to_numpy()
    document[places], born[places] = held["number"].to_numpy(), held["born"].to_numpy()
    against = Contradictions(
        refused=refused,
        document=_once(run, edges, document, column="document", number="number", apart=documents_apart),
        birth_date=_once(run, edges, born, column="birth_date", number="born", apart=born_apart),
        link_from=link_from,
    )
    run.engine.run('DROP TABLE "~values"')
    return against


def _once(
    run: Run, edges: Edges, value: NDArray[Any], *, column: str, number: str, apart: Callable[[str, str], str]
) -> Once:
    """Return what a person has once, with the pairs of values that meet in one group and differ by no more than a slip.

    Parameters
    ----------
    column, number : str
        Columns of `~values`: the value, and the number that stands for it.
    apart : callable
        Returns the SQL condition that two columns differ by more than a slip.
    """
    from promesa.identity.contradictions import Once
    from promesa.identity.guards import suspicious

    node, together = suspicious(len(value), edges, value)
    _from_arrays(run, "promesa_suspicious", {"node": node, "together": together})
    run.engine.run(
        f'CREATE OR REPLACE TEMP TABLE "~suspicious" AS SELECT DISTINCT together, {number} AS number, '
        f'{column} AS held FROM promesa_suspicious JOIN "~values" USING (node)'
    )
    few = f'SELECT together FROM "~suspicious" GROUP BY together HAVING count(*) <= {_MANY}'
    slips = run.engine.run(
        'SELECT DISTINCT a.number, b.number FROM "~suspicious" a JOIN "~suspicious" b '
        f"ON a.together = b.together AND a.number <> b.number AND NOT {apart('a.held', 'b.held')} "
        f"WHERE a.together IN ({few})"
    )
    run.engine.unregister("promesa_suspicious")
    run.engine.run('DROP TABLE "~suspicious"')
    return Once(value=value, slips=frozenset((int(str(one)), int(str(two))) for one, two in slips))


def _write_states(run: Run, pairs: Columns, judged: Judged) -> None:
    """Write what the guards made of each pair, and the person of each customer."""
    import numpy as np

    from promesa.identity.guards import REASONS

    _from_arrays(run, "promesa_pairs", pairs)
    _from_arrays(run, "promesa_nodes", {"node": np.arange(len(judged.person)), "person": judged.person})
    words = " ".join(f"WHEN {number} THEN {literal(word)}" for number, word in enumerate(REASONS) if word)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {STATES} AS SELECT a.customer AS low, b.customer AS high, "
        f"CASE reason {words} END AS held FROM promesa_pairs p "
        f"JOIN {NODES} a ON a.node = p.low JOIN {NODES} b ON b.node = p.high"
    )
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {NODES} AS SELECT n.customer, n.node, p.person "
        f"FROM {NODES} n JOIN promesa_nodes p USING (node)"
    )
    run.engine.unregister("promesa_pairs")
    run.engine.unregister("promesa_nodes")


def _from_arrays(run: Run, table: str, columns: Columns) -> None:
    import pyarrow as pa

    run.engine.register(table, pa.table(columns))
