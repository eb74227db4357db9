"""Evaluation against labels: equal to brute force over all pairs, with clear words for a file that will not do."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.engine import Embedded
from promesa.errors import ColumnMissing, InputError, SourceUnreadable
from promesa.identity.cluster_scores import scored
from promesa.identity.evaluation import _contributions, evaluate
from tests.identity.pairs import Pairs, pairs

if TYPE_CHECKING:
    from pathlib import Path


def figures(truth: list[int], person: list[int]) -> dict[str, float | None]:
    with Embedded() as engine:
        rows = ", ".join(f"({n}, {t}, {p})" for n, (t, p) in enumerate(zip(truth, person, strict=True)))
        engine.run(f'CREATE TEMP TABLE "~judged" AS SELECT * FROM (VALUES {rows}) t(customer, truth, person)')
        found = scored(_contributions(engine), confidence_level=0.95, seed=1)
    return {measure: values[0] for measure, values in found.items()}


def by_hand(truth: list[int], person: list[int]) -> dict[str, float | None]:
    both = true = made = 0
    for i, j in combinations(range(len(truth)), 2):
        both += truth[i] == truth[j] and person[i] == person[j]
        true += truth[i] == truth[j]
        made += person[i] == person[j]
    mine = [{j for j in range(len(truth)) if truth[j] == truth[i]} for i in range(len(truth))]
    found = [{j for j in range(len(truth)) if person[j] == person[i]} for i in range(len(truth))]
    precision = np.mean([len(m & f) / len(f) for m, f in zip(mine, found, strict=True)])
    recall = np.mean([len(m & f) / len(m) for m, f in zip(mine, found, strict=True)])
    exact = {truth[i] for i in range(len(truth)) if mine[i] == found[i]}
    return {
        "pair_precision": both / made if made else None,
        "pair_recall": both / true if true else None,
        "pair_f1": 2 * both / (true + made) if true + made else None,
        "record_precision": float(precision),
        "record_recall": float(recall),
        "record_f1": float(2 * precision * recall / (precision + recall)),
        "exact_persons": len(exact) / len(set(truth)),
    }


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14))
def test_every_figure_is_that_of_brute_force(records: list[tuple[int, int]]) -> None:
    truth, person = [t for t, _ in records], [p for _, p in records]
    found, expected = figures(truth, person), by_hand(truth, person)
    assert found.keys() == expected.keys()
    for measure, value in expected.items():
        assert found[measure] == (None if value is None else pytest.approx(value, abs=1e-8)), measure


@pytest.mark.parametrize(("person", "precision"), [([1] * 5 + [2] * 7, 0.762), ([1] * 5 + [2] * 2 + [1] * 5, 0.583)])
def test_the_published_example_of_b_cubed(person: list[int], precision: float) -> None:
    """Outside reference: the two responses of Bagga and Baldwin (1998), 76 % and 58 % precise, recall 100 %."""
    found = figures([1] * 5 + [2] * 2 + [3] * 5, person)
    assert found["record_precision"] == pytest.approx(precision, abs=0.001)
    assert found["record_recall"] == 1


@pytest.fixture
def shop(tmp_path: Path) -> Pairs:
    made = pairs(tmp_path)
    made.persons(["ab", "cd"])
    return made


def write(shop: Pairs, rows: list[str], header: str = "sistema,clave,persona") -> Path:
    file = shop.ws.root / "truth.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def test_a_labelled_file(shop: Pairs) -> None:
    found = evaluate(shop.ws, write(shop, ["shop,a,1", "shop,b,1", "shop,c,2", "shop,d,3", "shop,zz,3", "web,a,4"]))
    rows = {row["measure"]: row for row in found.rows()}
    assert rows["pair_precision"]["estimate"] == 0.5
    assert rows["pair_recall"]["estimate"] == 1
    assert rows["exact_persons"]["estimate"] == pytest.approx(1 / 3)
    assert (rows["records"]["estimate"], rows["missing"]["estimate"], rows["true_persons"]["n"]) == (4, 2, 3)
    assert 0 < rows["pair_recall"]["lower"] < 1 == rows["pair_recall"]["upper"]
    for locale in ("es", "en"):
        assert "50" in found.summary(locale)
    assert evaluate(shop.ws, write(shop, ["shop,a,1"], "System;KEY;Person".replace(";", ","))).find("pair_recall").note  # type: ignore[union-attr]


def test_parquet_and_whole_numbers(shop: Pairs) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = shop.ws.root / "truth.parquet"
    pq.write_table(pa.table({"system": ["shop", "shop"], "key": ["a", "b"], "person": [7, 7]}), file)
    found = evaluate(shop.ws, file).find("pair_recall")
    assert found
    assert found.estimate == 1


@pytest.mark.parametrize(
    ("rows", "header", "error"),
    [
        (["shop,a,1"], "sistema,clave,quien", ColumnMissing),
        ([], "system,key,person", InputError),
        (["shop,a,1", "shop,a,2"], "system,key,person", InputError),
        (["web,x,1"], "system,key,person", InputError),
    ],
)
def test_a_file_that_will_not_do(shop: Pairs, rows: list[str], header: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        evaluate(shop.ws, write(shop, rows, header))
    assert "shop,a" not in str(caught.value)


def test_a_file_that_is_not_there(shop: Pairs) -> None:
    with pytest.raises(SourceUnreadable):
        evaluate(shop.ws, shop.ws.root / "nothing.csv")
    broken = shop.ws.root / "broken.parquet"
    broken.write_bytes(b"no parquet")
    with pytest.raises(SourceUnreadable):
        evaluate(shop.ws, broken)


def test_the_same_seed_gives_the_same_interval_and_the_order_of_rows_does_not_matter() -> None:
    kinds = [[2, 1, 1, 1.5, 2, 2, 1, 40], [3, 1, 3, 1, 3, 5 / 3, 0, 7], [1, 0, 0, 0.5, 0.5, 1, 0, 30]]
    one = scored(kinds, confidence_level=0.9, seed=4)
    assert one == scored(kinds, confidence_level=0.9, seed=4)
    other = scored(kinds[::-1], confidence_level=0.9, seed=4)
    assert {m: v[0] for m, v in one.items()} == pytest.approx({m: v[0] for m, v in other.items()})


@pytest.mark.slow
@pytest.mark.parametrize("missed", [0.02, 0.2])
def test_the_intervals_cover_the_figures_of_the_whole(missed: float) -> None:
    """Recovery: persons drawn from a large company whose figures are known."""
    rng = np.random.default_rng(2)
    size = rng.integers(1, 4, 50_000)
    lost = (rng.random(size.size) < missed) & (size > 1)
    extra = np.where(rng.random(size.size) < missed / 2, 0.5, 0.0)
    kept = size - lost
    right = kept * (kept - 1) / 2
    table = np.column_stack(
        [size, right, size * (size - 1) / 2, right + extra, size - extra / 2, size - lost / 2, ~lost & (extra == 0)]
    ).astype(float)
    sums = table.sum(axis=0)
    actual = {
        "pair_precision": sums[1] / sums[3],
        "pair_recall": sums[1] / sums[2],
        "exact_persons": table[:, 6].mean(),
    }
    covered = dict.fromkeys(actual, 0)
    for seed in range(300):
        chosen = table[rng.integers(0, size.size, 400)]
        kinds, counts = np.unique(chosen, axis=0, return_counts=True)
        found = scored(np.column_stack([kinds, counts]), confidence_level=0.95, seed=seed)
        for measure, value in actual.items():
            covered[measure] += bool(found[measure][1] <= value <= found[measure][2])  # type: ignore[operator]
    assert min(covered.values()) / 300 >= 0.92
