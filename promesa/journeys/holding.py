"""What holds something against what does not, or one kind of values against another: sums by customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import lit, stack, when
from promesa.stats import ClusterSums, OverlapSums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Table
    from promesa.measures import Question

UNIT = "unit_"
Key = tuple[str | None, ...]
_SUMS = ("n", "s", "nn", "ns", "ss", "an", "as", "bn", "bs", "c", "own")


def held_against_rest(question: Question, held: Table, base: Table, *, names: Sequence[str]) -> dict[Key, OverlapSums]:
    """Return, for each thing held, the sums of the units that hold it and of all others.

    Parameters
    ----------
    held : Table
        ``unit_`` and the columns `names`, each unit (a journey, or a step of one) once for each thing.
    base : Table
        ``unit_``, ``customer`` and ``value`` (a number, not null): the units that count.
    """
    engine = question.facts.engine
    every = base.group_by("customer").aggregate(n_=base.count().cast("float64"), s_=base["value"].sum())
    n, s = every["n_"], every["s_"]
    whole = engine.fetch(
        every.aggregate(n=n.sum(), s=s.sum(), nn=(n * n).sum(), ns=(n * s).sum(), ss=(s * s).sum(), c=every.count())
    ).to_pylist()[0]
    if not whole["c"]:
        return {}
    of = base.select("customer", "value", held_in=base[UNIT])
    rows = held.inner_join(of, held[UNIT] == of["held_in"])
    each = rows.group_by([*names, "customer"]).aggregate(a_=rows.count().cast("float64"), b_=rows["value"].sum())
    of_all = every.rename(owner_="customer")
    both = each.inner_join(of_all, each["customer"] == of_all["owner_"])
    a, b, n, s = both["a_"], both["b_"], both["n_"], both["s_"]
    products = {"nn": a * a, "ns": a * b, "ss": b * b, "an": a * n, "as": a * s, "bn": b * n, "bs": b * s}
    found = both.group_by(list(names)).aggregate(
        n=a.sum(),
        s=b.sum(),
        c=both.count(),
        own=(a == n).cast("int64").sum(),
        **{name: product.sum() for name, product in products.items()},
    )
    total = {name: float(value) for name, value in whole.items()}
    return {
        tuple(row[name] for name in names): _overlap({name: float(row[name]) for name in _SUMS}, total)
        for row in engine.fetch(found.order_by(list(names))).to_pylist()
    }


def _overlap(held: dict[str, float], all_: dict[str, float]) -> OverlapSums:
    """Return both sides: what customers have in all, less what they have among those held, is the rest."""
    first = ClusterSums(
        n=int(held["n"]), clusters=int(held["c"]), total=held["s"], nn=held["nn"], ns=held["ns"], ss=held["ss"]
    )
    second = ClusterSums(
        n=int(all_["n"] - held["n"]),
        clusters=int(all_["c"] - held["own"]),
        total=all_["s"] - held["s"],
        nn=all_["nn"] - 2 * held["an"] + held["nn"],
        ns=all_["ns"] - held["bn"] - held["as"] + held["ns"],
        ss=all_["ss"] - 2 * held["bs"] + held["ss"],
    )
    return OverlapSums(
        first=first,
        second=second,
        nn=held["an"] - held["nn"],
        ns=held["as"] - held["ns"],
        sn=held["bn"] - held["ns"],
        ss=held["bs"] - held["ss"],
    )


def two_kinds_held(
    question: Question, held: Table, first: Table, second: Table, *, names: Sequence[str]
) -> dict[Key, OverlapSums]:
    """Return, for each thing held, the sums of two kinds of values of the units that hold it.

    Parameters
    ----------
    held : Table
        As in `held_against_rest`.
    first, second : Table
        ``unit_``, ``customer`` and ``value`` of each kind; a unit may have either, both or none.
    """
    kinds = (first.mutate(kind_=lit(1, "int64")), second.mutate(kind_=lit(2, "int64")))
    both = stack([one.select("customer", "value", "kind_", said_in=one[UNIT]) for one in kinds])
    rows = held.inner_join(both, held[UNIT] == both["said_in"])
    numbers = {
        f"{name}{kind}_": when(rows["kind_"] == kind, value, 0.0).sum()
        for kind in (1, 2)
        for name, value in (("n", 1.0), ("s", rows["value"]))
    }
    each = rows.group_by([*names, "customer"]).aggregate(**numbers)
    a, s, b, t = (each[name] for name in ("n1_", "s1_", "n2_", "s2_"))
    products = {
        "n1": a, "s1": s, "nn1": a * a, "ns1": a * s, "ss1": s * s, "c1": when(a > 0, 1.0, 0.0),
        "n2": b, "s2": t, "nn2": b * b, "ns2": b * t, "ss2": t * t, "c2": when(b > 0, 1.0, 0.0),
        "nn": a * b, "ns": a * t, "sn": s * b, "ss": s * t,
    }  # fmt: skip
    found = each.group_by(list(names)).aggregate(**{name: product.sum() for name, product in products.items()})
    fetched = question.facts.engine.fetch(found.order_by(list(names))).to_pylist()
    return {tuple(row[name] for name in names): _of_two(row) for row in fetched}


def _of_two(row: dict[str, float]) -> OverlapSums:
    sides = [
        ClusterSums(
            n=int(row[f"n{k}"]), clusters=int(row[f"c{k}"]), total=row[f"s{k}"], nn=row[f"nn{k}"], ns=row[f"ns{k}"],
            ss=row[f"ss{k}"],
        )
        for k in (1, 2)
    ]  # fmt: skip
    return OverlapSums(first=sides[0], second=sides[1], **{name: row[name] for name in ("nn", "ns", "sn", "ss")})
