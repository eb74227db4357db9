"""Learn, without labels, how often each field agrees within one person, between strangers, and within one home.

Pairs that share a key are a mixture of the three; random pairs are strangers. Both are counted by their pattern of
levels, and an expectation maximisation over the patterns separates the kinds. What the package ships as shares is the
prior: with few records it stays, with many it no longer matters. Nothing is drawn: samples are cut by the customers'
numbers, which are hashes, so that the same records give the same model in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.engine import name
from promesa.identity.blocking import pairs as find_pairs
from promesa.identity.comparisons import comparisons_of
from promesa.identity.frequencies import common_values, shares_of
from promesa.identity.kept_model import LinkModel
from promesa.identity.keys import select_parts
from promesa.identity.levels import untrained
from promesa.identity.mixture import LEAST, Mixture, Patterns, separate
from promesa.identity.scoring import gamma_column, prepare, vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from promesa.engine import Embedded
    from promesa.identity.levels import Comparison
    from promesa.workspace import Model

FEW = 30  # pairs of one person below which a model is mostly the one that ships
RANDOM_PAIRS = 300_000
ALL_PAIRS_UP_TO = 1_000  # records: with fewer than these every pair is a random pair
PRIME, SPREAD, STRIDE = 2_147_483_647, 1_103_515_245, 7_919


def train(
    engine: Embedded,
    records: str,
    *,
    model: Model,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> LinkModel:
    """Learn a model from the records themselves.

    Parameters
    ----------
    engine : Embedded
        Where the records are.
    records : str
        Table of records.
    model : Model
        Of the workspace: its traits and identifiers are compared too.
    seed : int
        Chooses the sample; the same seed and records give the same model, in any order of rows.
    progress : callable or None
        Called with the share of the work that is done.

    Returns
    -------
    LinkModel
        With fewer than some tens of pairs of one person it is nearly the one that ships with the package (a note
        says so).

    Notes
    -----
    Estimand: for each field the distribution of its levels among pairs of one person, of strangers, and of two persons
    of one home. Assumptions: given the kind of a pair the fields are independent; nearly all pairs of one person share
    a key; what tells the members of a home apart (given name, birth date, document, e-mail) is as the package says and
    is not learnt, for without labels the data cannot tell it.
    """
    tell = progress or (lambda _: None)
    comparisons, notes = _useful(engine, records, comparisons_of(model))
    n = int(str(engine.value(f"SELECT count(*) FROM {records}")))
    share = _sample(engine, records, n=n, wanted=model.identity.train_on, seed=seed)
    parts = select_parts(model, records)
    find_pairs(engine, parts, new="identity_sample", into="identity_candidates", model=model)
    tell(0.5)
    candidates = _patterns(engine, records, "identity_candidates", comparisons)
    tell(0.7)
    _random_pairs(engine, records, n=n, seed=seed)
    strangers = _patterns(engine, records, "identity_random", comparisons)
    tell(0.9)
    mixture = separate(
        comparisons, candidates=candidates, strangers=strangers, every_pair=n * (n - 1) / 2, seen=1 - (1 - share) ** 2
    )
    common = common_values(engine, records, comparisons)
    for table in ("sample", "candidates", "random", "held"):
        engine.run(f"DROP TABLE IF EXISTS identity_{table}")
    if mixture.matches < FEW:
        notes.append({"field": "", "reason": "few pairs"})
    return _model_of(comparisons, mixture, common=common, records=n, pairs=int(candidates.counts.sum()), notes=notes)


def _useful(
    engine: Embedded, records: str, comparisons: Sequence[Comparison]
) -> tuple[list[Comparison], list[dict[str, str]]]:
    """Return the comparisons that can tell anything, and why the others cannot."""
    kept: list[Comparison] = []
    notes: list[dict[str, str]] = []
    for comparison in comparisons:
        column = name(comparison.columns[0])
        [(least, greatest)] = engine.run(f"SELECT min({column}), max({column}) FROM {records}")
        if least is None:
            notes.append({"field": comparison.field, "reason": "empty"})
        elif least == greatest:
            notes.append({"field": comparison.field, "reason": "constant"})
        else:
            kept.append(comparison)
    return kept, notes


def _mixed(seed: int) -> str:
    """Return SQL of a number that puts customers into an order of their own for each seed."""
    return f"((customer % {PRIME}) * {(SPREAD + seed * STRIDE) % (PRIME - 1) + 1}) % {PRIME}"


def _sample(engine: Embedded, records: str, *, n: int, wanted: int, seed: int) -> float:
    """Write the customers whose candidates are looked at; return their share."""
    share = min(1.0, wanted / max(n, 1))
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_sample AS "
        f"SELECT customer FROM {records} WHERE {_mixed(seed)} < {share * PRIME!r}"
    )
    taken = int(str(engine.value("SELECT count(*) FROM identity_sample")))
    return taken / n if taken else 1.0


def _random_pairs(engine: Embedded, records: str, *, n: int, seed: int) -> None:
    """Write pairs that are no candidates: every one where there are few, else neighbours in the mixed order."""
    if n <= ALL_PAIRS_UP_TO:
        chosen = f"SELECT one.customer AS low, two.customer AS high FROM {records} AS one, {records} AS two"
    else:
        taken = min(n, RANDOM_PAIRS)
        steps = max(1, RANDOM_PAIRS // taken)
        engine.run(
            "CREATE OR REPLACE TEMP TABLE identity_order AS SELECT customer, place FROM (SELECT customer, "
            f"row_number() OVER (ORDER BY {_mixed(seed)}, customer) AS place FROM {records}) WHERE place <= {taken}"
        )
        chosen = (
            f"SELECT low, two.customer AS high FROM (SELECT customer AS low, (place + step - 1) % {taken} + 1 AS other "
            f"FROM identity_order CROSS JOIN range(1, {steps + 1}) AS steps(step)) "
            "JOIN identity_order AS two ON two.place = other"
        )
    engine.run(
        "CREATE OR REPLACE TEMP TABLE identity_random AS WITH chosen AS ("
        f"SELECT DISTINCT least(low, high) AS low, greatest(low, high) AS high FROM ({chosen}) WHERE low <> high) "
        "SELECT low, high FROM chosen ANTI JOIN identity_candidates USING (low, high)"
    )
    engine.run("DROP TABLE IF EXISTS identity_order")


def _patterns(engine: Embedded, records: str, pairs: str, comparisons: Sequence[Comparison]) -> Patterns:
    import numpy as np

    if not comparisons:
        return Patterns(np.empty((0, 0), dtype=np.int8), np.empty(0))
    settings = [untrained(comparison) for comparison in comparisons]
    gammas = ", ".join(name(gamma_column(comparison)) for comparison in settings)
    prepare(engine, records, pairs, comparisons=settings, common={})
    found = engine.arrow(
        f"SELECT {gammas}, count(*) AS seen FROM ({vectors(pairs, settings, common={})}) GROUP BY ALL ORDER BY ALL"
    )
    engine.run("DROP TABLE identity_sides")
    columns = [column.to_numpy() for column in found.columns]
    levels = np.column_stack(columns[:-1]).astype(np.int8)
    for number, comparison in enumerate(comparisons):
        for value, level in enumerate(comparison.levels[::-1]):
            if level.silent:
                levels[levels[:, number] == value, number] = -1
    return Patterns(levels, columns[-1].astype(float))


def _model_of(
    comparisons: Sequence[Comparison],
    mixture: Mixture,
    *,
    common: dict[str, tuple[float, dict[str, float]]],
    records: int,
    pairs: int,
    notes: list[dict[str, str]],
) -> LinkModel:
    trained: list[dict[str, Any]] = []
    relatives: dict[str, tuple[float, ...]] = {}
    kept_common: dict[str, dict[str, float]] = {}
    for number, comparison in enumerate(comparisons):
        if number in mixture.senseless:
            notes.append({"field": comparison.field, "reason": "no sense"})
            continue
        shares = mixture.shares
        settings = untrained(comparison)
        person, apart = shares.same_person[number][::-1], shares.strangers[number][::-1]
        home = [float(share) for share in shares.relatives[number][::-1]]
        for place, level in enumerate(settings["comparison_levels"][1:]):
            level |= {"m_probability": float(person[place]), "u_probability": float(apart[place])}
            if comparison.levels[place].silent:
                level["u_probability"] = home[place] = level["m_probability"]
            if column := level.get("tf_adjustment_column"):
                _weigh_common(level, common.get(column), kept=kept_common)
        trained.append(settings)
        relatives[comparison.field] = tuple(home)
    return LinkModel(
        settings={
            "link_type": "dedupe_only",
            "unique_id_column_name": "customer",
            "probability_two_random_records_match": mixture.prior,
            "comparisons": trained,
            "blocking_rules_to_generate_predictions": [],
        },
        relatives=relatives,
        relatives_per_match=mixture.relatives_per_match,
        common=kept_common,
        records=records,
        pairs=pairs,
        notes=tuple(notes),
    )


def _weigh_common(
    level: dict[str, Any], factors: tuple[float, dict[str, float]] | None, *, kept: dict[str, dict[str, float]]
) -> None:
    """Give a level the share of strangers who agree on a rare value, and keep that of each frequent one."""
    column = level["tf_adjustment_column"]
    if factors is None:
        for key in ("tf_adjustment_column", "disable_tf_exact_match_detection"):
            del level[key]
        return
    rarer, listed = factors
    kept[column] = shares_of(listed, level["u_probability"])
    level["u_probability"] = max(level["u_probability"] * rarer, LEAST)
