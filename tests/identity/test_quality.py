"""Quality of the links: what is known, what a sample tells, and what the model merely expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import binomtest

from promesa.errors import ValueOutOfRange
from promesa.identity.decisions import decide
from promesa.identity.link_quality import quality
from promesa.identity.sampling import Stratum, allocate, draw_pairs
from promesa.identity.stratified import Figure, Group, one_person_pairs, share_found, weighted_sum
from promesa.stats import wilson_interval
from promesa.store import STATE, add_state, replace_state, session
from tests.identity.pairs import DAY, Pairs, _values, pairs
from tests.store.companies import NOON

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = 0.95


def test_the_interval_of_a_sum_is_newcombe_s() -> None:
    """Outside reference: Newcombe (1998), method 10, 56/70 against 48/80: 0.0524 to 0.3339."""
    ends = [wilson_interval(share, n, confidence_level=LEVEL) for share, n in ((56 / 70, 70), (32 / 80, 80))]
    found = weighted_sum([1, 1], [56 / 70, 32 / 80], ends)
    assert found.estimate - 1 == pytest.approx(0.2)
    assert (found.lower - 1, found.upper - 1) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))


@pytest.mark.parametrize(("same", "n"), [(47, 50), (50, 50), (0, 12), (3, 20)])
def test_one_stratum_of_many_pairs_is_the_exact_interval(same: int, n: int) -> None:
    """Outside reference: SciPy's exact interval of a binomial share."""
    found = one_person_pairs([Group(pairs=10**12, n=n, same=same, expected=0.1)], confidence_level=LEVEL)
    ends = binomtest(same, n).proportion_ci(LEVEL, method="exact")
    assert (found.lower / 10**12, found.upper / 10**12) == (pytest.approx(ends.low), pytest.approx(ends.high))


def test_what_was_not_drawn_may_be_anything() -> None:
    found = one_person_pairs([Group(pairs=10, n=0, same=0, expected=0.7)], confidence_level=LEVEL)
    assert (found.estimate, found.lower, found.upper) == (7, 0, 10)
    none = one_person_pairs([Group(pairs=0, n=5, same=5, expected=0.7)], confidence_level=LEVEL)
    assert (none.estimate, none.lower, none.upper) == (0, 0, 0)


def test_a_share_found_at_its_ends() -> None:
    nothing, some = Figure(estimate=0, lower=0, upper=0), Figure(estimate=10, lower=8, upper=12)
    assert share_found(nothing, nothing) is None
    everything = share_found(some, nothing)
    assert everything
    assert (everything.estimate, everything.lower, everything.upper) == (1, 1, 1)
    missed = share_found(nothing, some)
    assert missed
    assert (missed.estimate, missed.upper) == (0, 0)
    wide = share_found(Figure(estimate=5, lower=0, upper=10), some)
    assert wide
    assert wide.lower == 0 < wide.estimate < wide.upper < 1


def test_every_stratum_is_drawn_from() -> None:
    groups = [
        Stratum(name="sure", linked=True, pairs=100_000, expected=0.9999),
        Stratum(name="doubtful", linked=False, pairs=10_000, expected=0.5),
        Stratum(name="few", linked=False, pairs=2, expected=0.9),
    ]
    wanted = allocate(groups, 200)
    assert wanted["few"] == 2
    assert wanted["sure"] + wanted["doubtful"] == pytest.approx(200, abs=2)
    assert wanted["doubtful"] / wanted["sure"] == pytest.approx(0.5, abs=0.05)
    assert allocate([], 10) == {}


@pytest.fixture
def shop(tmp_path: Path) -> Pairs:
    return pairs(tmp_path)


def rows_of(shop: Pairs, measure: str, **options: object) -> dict[tuple[object, ...], object]:
    found = [row for row in quality(shop.ws, **options).rows() if row["measure"] == measure]  # type: ignore[arg-type]
    return {(row["table"], row["size"], row["rule"]): row["estimate"] for row in found}


def test_counts_of_records_persons_and_links(shop: Pairs) -> None:
    shop.records({"a": {"document": "A1"}, "b": {"document": "A1"}, "c": {"document": "XYZ"}, "d": {"document": "A2"}})
    shop.persons(["abc"])
    shop.link(
        [
            {"low": "a", "high": "b", "kind": "exact", "rule": "document", "state": "linked", "probability": None},
            {"low": "b", "high": "c", "state": "linked", "reason": None, "probability": 0.995},
            {"low": "d", "high": "e", "reason": "documents", "state": "held"},
        ]
    )
    object.__setattr__(shop.ws, "min_cell", 0)
    assert rows_of(shop, "records") == {(None, None, None): 6}
    assert rows_of(shop, "all_persons") == {(None, None, None): 4}
    assert rows_of(shop, "persons") == {(None, "1", None): 3, (None, "3", None): 1}
    assert rows_of(shop, "links") == {(None, None, "document"): 1, (None, None, "model"): 1}
    assert rows_of(shop, "waiting") == {(None, None, "documents"): 1}
    assert rows_of(shop, "contradictions") == {(None, None, None): 1}
    assert rows_of(shop, "without_customer") == {("moments", None, None): 0, ("orders", None, None): 0}
    object.__setattr__(shop.ws, "min_cell", 2)
    assert rows_of(shop, "contradictions") == {(None, None, None): None}


def test_without_a_sample_the_model_s_word_is_called_that(shop: Pairs) -> None:
    shop.persons(["abc"])
    shop.link(
        [
            {"low": "a", "high": "b", "kind": "exact", "rule": "document", "state": "linked", "probability": None},
            {"low": "b", "high": "c", "state": "linked", "probability": 0.8},
            {"low": "d", "high": "e", "probability": 0.6},
        ]
    )
    found = quality(shop.ws)
    precision, recall = found.find("precision"), found.find("recall")
    assert precision
    assert recall
    assert (precision.estimate, precision.lower, precision.note) == (pytest.approx(0.9), None, "expected-by-model")
    assert recall.estimate == pytest.approx(1.8 / 2.4)
    for locale, word in (("es", "sin comprobar"), ("en", "unchecked")):
        assert word in found.summary(locale)


def test_nothing_is_linked(shop: Pairs) -> None:
    found = quality(shop.ws)
    precision = found.find("precision")
    assert precision
    assert (precision.estimate, precision.note) == (None, "no-data")
    assert found.to_document()["analysis"] == "identity"
    with pytest.raises(ValueOutOfRange):
        quality(shop.ws, confidence_level=95)


def test_reviewed_pairs_tell_precision_and_recall(tmp_path: Path) -> None:
    """Invented customers: 400 joined pairs of which 380 are right, 100 open ones of which 40 are one person."""
    shop = pairs(tmp_path, keys="ab")
    links = [
        {
            "low": n + 1,
            "high": n + 10_001,
            "kind": "model",
            "probability": 0.995 if n < 400 else 0.7,
            "state": "linked" if n < 400 else "review",
            "at": DAY,
        }
        for n in range(500)
    ]
    right = {n + 1 for n in range(380)} | {n + 1 for n in range(400, 440)}
    with session(shop.ws, recorded_at=shop.now()) as run:
        replace_state(run, "links", _values(STATE["links"], links))
    drawn = draw_pairs(shop.ws, 120)
    decisions = [
        {
            "id": f"{n:06d}-0",
            "low": low,
            "high": high,
            "verdict": "same" if low in right else "different",
            "by": "ana",
            "stratum": how.stratum,
            "weight": how.weight,
            "at": DAY,
            "recorded_at": NOON,
        }
        for n, (low, high, how) in enumerate(drawn)
    ]
    with session(shop.ws, recorded_at=shop.now()) as run:
        add_state(run, "decisions", _values(STATE["decisions"], decisions))
    found = quality(shop.ws)
    precision, recall = found.find("precision"), found.find("recall")
    assert precision
    assert recall
    assert precision.n == len(drawn)
    assert precision.note is None
    assert precision.lower < 0.95 < precision.upper  # type: ignore[operator]
    # Decided pairs are known, and here none of them is joined: only the undecided ones are.
    assert 0 < recall.lower < recall.estimate < recall.upper < 1  # type: ignore[operator]
    assert "120" in found.summary("es") or str(len(drawn)) in found.summary("es")


def test_a_decision_of_the_sample_is_known_and_drawn_no_more(shop: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promesa.identity.decisions._refresh", lambda _run: None)
    shop.link([{"low": "a", "high": "b"}, {"low": "c", "high": "d"}])
    (low, high, how), _ = draw_pairs(shop.ws, 10)
    assert how.weight == 1
    decide(shop.ws, low, high, "same", by="ana", recorded_at=shop.now(), drawn=how)
    assert len(draw_pairs(shop.ws, 10)) == 1
    with pytest.raises(ValueOutOfRange):
        draw_pairs(shop.ws, 0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [60, 300])
@pytest.mark.parametrize("kind", ["good", "poor"])
def test_the_intervals_cover_the_truth(size: int, kind: str) -> None:
    """Recovery: strata with known shares, samples of every stratum by Neyman's allocation, 1,500 seeds."""
    pairs_of = [5000, 20_000, 3000, 800, 400, 2000]
    shares = [0.999, 0.995, 0.98, 0.9, 0.6, 0.15] if kind == "good" else [0.9, 0.7, 0.95, 0.5, 0.5, 0.4]
    linked = [True, True, True, True, False, False]
    rng = np.random.default_rng(7)
    truth = [rng.permutation(np.arange(n) < round(n * share)) for n, share in zip(pairs_of, shares, strict=True)]
    strata = [
        Stratum(name=str(place), linked=joined, pairs=n, expected=0.9)
        for place, (n, joined) in enumerate(zip(pairs_of, linked, strict=True))
    ]
    wanted = allocate(strata, size)
    right = sum(int(t.sum()) for t, joined in zip(truth, linked, strict=True) if joined)
    missed = sum(int(t.sum()) for t in truth) - right
    actual = {"precision": right / sum(pairs_of[:4]), "recall": right / (right + missed)}
    covered = dict.fromkeys(actual, 0)
    runs = 1500
    for _ in range(runs):
        groups: list[Group] = []
        known = [0, 0]
        for place, all_of in enumerate(truth):
            n = wanted[str(place)]
            same = int(rng.choice(all_of, n, replace=False).sum())
            known[0 if linked[place] else 1] += same
            groups.append(Group(pairs=len(all_of) - n, n=n, same=same, expected=0.9))
        found = one_person_pairs(groups[:4], confidence_level=LEVEL)
        open_ones = one_person_pairs(groups[4:], confidence_level=LEVEL)
        found, open_ones = (
            Figure(estimate=f.estimate + k, lower=f.lower + k, upper=f.upper + k)
            for f, k in zip((found, open_ones), known, strict=True)
        )
        whole = sum(pairs_of[:4])
        covered["precision"] += found.lower / whole <= actual["precision"] <= found.upper / whole
        recall = share_found(found, open_ones)
        assert recall
        covered["recall"] += recall.lower <= actual["recall"] <= recall.upper
    assert min(covered.values()) / runs >= 0.93, covered
