"""The pairs of links in groups of like probability, and samples drawn from them by chance.

A stratum is named ``<linked|open> <exact|model> <rule or lowest probability>``: ``linked model 0.99``,
``linked exact email``, ``open model 0.8``. A pair that somebody has decided belongs to none: it is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.errors import ValueOutOfRange
from promesa.identity.decided import Drawn, standing
from promesa.store import inspect_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Embedded
    from promesa.workspace import Workspace

BANDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9999)
LEAST = 3  # of each stratum, so that none is judged by the others
_SMALLEST_SPREAD = 0.1  # a model that is sure of itself may be wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Pairs alike in what joined them, whether they are joined, and how probable they are.

    Attributes
    ----------
    name : str
        As decisions keep it.
    linked : bool
        Whether they stand as one person now.
    pairs : int
        Undecided ones.
    expected : float
        Mean probability of the model, a fraction; of links without one, 1.
    """

    name: str
    linked: bool
    pairs: int
    expected: float


def pair_strata(links: str, decisions: str) -> str:
    """Return a SELECT of (low, high, stratum, linked, probability) of every pair that nobody has decided.

    Parameters
    ----------
    links, decisions : str
        SELECTs over rows of the two tables.
    """
    bands = " ".join(f"WHEN probability >= {edge!r} THEN {literal(f'{edge:g}')}" for edge in reversed(BANDS))
    return (
        "SELECT low, high, linked, probability, (CASE WHEN linked THEN 'linked' ELSE 'open' END) || ' ' || "
        f"(CASE WHEN rule IS NOT NULL THEN 'exact ' || rule ELSE 'model ' || (CASE {bands} ELSE '0' END) END) "
        "AS stratum "
        "FROM (SELECT low, high, bool_or(state = 'linked') AS linked, "
        "min(CASE WHEN kind = 'exact' THEN rule END) AS rule, "
        "max(probability) FILTER (WHERE kind = 'model') AS probability "
        f"FROM ({links}) GROUP BY low, high) ANTI JOIN ({standing(decisions)}) d USING (low, high)"
    )


def strata(engine: Embedded, pairs: str) -> list[Stratum]:
    """Return the strata of the undecided pairs that a SELECT of `pair_strata` gives, by name."""
    rows = engine.run(
        "SELECT stratum, bool_or(linked), count(*), avg(coalesce(probability, 1)) "
        f"FROM ({pairs}) GROUP BY stratum ORDER BY stratum"
    )
    return [
        Stratum(name=str(name), linked=bool(linked), pairs=int(str(pairs)), expected=float(str(expected)))
        for name, linked, pairs, expected in rows
    ]


def allocate(groups: Sequence[Stratum], size: int) -> dict[str, int]:
    """Return how many pairs of each stratum to draw, about `size` in all.

    Notes
    -----
    Neyman's allocation: by pairs times the spread that the model expects, sqrt(p (1 - p)), taken as 0.1 at
    least; never fewer than three of a stratum that has them.
    """
    spreads = {g.name: g.pairs * max(_SMALLEST_SPREAD, sqrt(g.expected * (1 - g.expected))) for g in groups}
    total = sum(spreads.values())
    return {g.name: min(g.pairs, max(LEAST, round(size * spreads[g.name] / total))) if total else 0 for g in groups}


def draw_pairs(ws: Workspace, size: int, *, seed: int | None = None) -> list[tuple[int, int, Drawn]]:
    """Draw undecided pairs by chance from every stratum, linked ones as well as not.

    Parameters
    ----------
    size : int
        About how many; every stratum gives three at least.
    seed : int or None
        Another seed draws other pairs; None takes the company's.

    Returns
    -------
    list of (int, int, Drawn)
        In an order that tells nothing of the stratum. The same links, decisions and seed give the same pairs.

    Raises
    ------
    ValueOutOfRange
        If `size` is below 1.
    """
    if size < 1:
        raise ValueOutOfRange(
            what="A sample needs a size.", got=str(size), expected="at least 1", fix="ask for 200 pairs or so"
        )
    salt = literal(f"{ws.model.identity.seed if seed is None else seed}:")
    with inspect_store(ws) as look:
        pairs = pair_strata(look.rows("links"), look.rows("decisions"))
        groups = strata(look.engine, pairs)
        wanted = allocate(groups, size)
        if not wanted:
            return []
        sizes = {group.name: group.pairs for group in groups}
        takes = ", ".join(f"({literal(name)}, {take})" for name, take in wanted.items())
        # Surrogates are keyed hashes already, so a plain hash of them is as good as a die.
        rows = look.engine.run(
            f"SELECT low, high, stratum FROM (SELECT *, md5({salt} || low || ':' || high) AS lot "
            f"FROM ({pairs})) JOIN (VALUES {takes}) t(stratum, take) USING (stratum) "
            "QUALIFY row_number() OVER (PARTITION BY stratum ORDER BY lot) <= take ORDER BY lot"
        )
    drawn = {name: Drawn(stratum=name, weight=sizes[name] / take) for name, take in wanted.items()}
    return [(int(str(low)), int(str(high)), drawn[str(stratum)]) for low, high, stratum in rows]
