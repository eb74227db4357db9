"""Decisions train the threshold: it reaches the precision asked for, and few decisions change nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from promesa.errors import ValueOutOfRange
from promesa.identity import decide, link
from promesa.identity.calibration import calibrate, log_odds, precision_above
from promesa.identity.threshold import current_threshold, recommended_threshold, train_threshold
from promesa.store import STATE, inspect_store, replace_state, session
from promesa.workspace import IdentitySettings
from tests.identity.pairs import DAY, Pairs, _values, pairs
from tests.store.companies import NOON

if TYPE_CHECKING:
    from pathlib import Path

LEVEL = 0.95
OWN = IdentitySettings().link_from


def expit(x: object) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(x, dtype=float)))


def fill(
    shop: Pairs, chances: list[float], verdicts: list[str], *, kind: str = "model", reason: str | None = None
) -> None:
    """Make links of invented customers with these probabilities, the first of them decided."""
    links = [
        {
            "low": n + 1,
            "high": n + 10**6,
            "kind": kind,
            "rule": "m1",
            "probability": p,
            "state": "review",
            "reason": reason,
            "at": DAY,
        }
        for n, p in enumerate(chances)
    ]
    said = {"by": "ana", "at": DAY, "recorded_at": NOON}
    decisions = [
        {"id": f"{n:06d}-0", "low": n + 1, "high": n + 10**6, "verdict": v, "probability": p} | said
        for n, (v, p) in enumerate(zip(verdicts, chances, strict=False))
    ]
    with session(shop.ws, recorded_at=shop.now()) as run:
        replace_state(run, "links", _values(STATE["links"], links))
        replace_state(run, "decisions", _values(STATE["decisions"], decisions))


def used(shop: Pairs) -> float:
    with inspect_store(shop.ws) as look:
        return current_threshold(shop.ws, look.places)


def train(shop: Pairs, **options: float) -> object:
    with session(shop.ws, recorded_at=shop.now()) as run:
        return train_threshold(run, **options)


@pytest.fixture
def shop(tmp_path: Path) -> Pairs:
    return pairs(tmp_path, keys="ab")


def test_few_decisions_leave_the_company_s_word(shop: Pairs) -> None:
    fill(shop, [0.9] * 29, ["same"] * 29)
    found = recommended_threshold(shop.ws)
    assert (found.basis, found.n, found.same, found.link_from, found.precision) == ("too-few", 29, 29, OWN, None)
    assert train(shop) == found
    assert used(shop) == OWN


def test_no_decision_at_all(shop: Pairs) -> None:
    assert recommended_threshold(shop.ws).n == 0
    with pytest.raises(ValueOutOfRange):
        recommended_threshold(shop.ws, precision=1.0)


def test_a_model_that_is_too_modest_gets_a_lower_threshold_and_back(shop: Pairs) -> None:
    chances = [0.5 + 0.0024 * n for n in range(200)]
    fill(shop, chances, ["same"] * 200)
    found = train(shop)
    assert found.basis == "lowered"  # type: ignore[attr-defined]
    assert used(shop) == found.link_from < OWN  # type: ignore[attr-defined]
    assert found.lower >= 0.99  # type: ignore[attr-defined]
    fill(shop, chances, ["withdrawn"] * 200)
    train(shop)
    assert used(shop) == OWN


def test_a_model_that_is_too_sure_gets_a_higher_one(shop: Pairs) -> None:
    chances = [0.99 + 0.00004 * n for n in range(200)]
    fill(shop, chances, ["same", "different"] * 100)
    found = recommended_threshold(shop.ws)
    assert (found.basis, found.link_from) == ("raised", 0.9999)
    assert found.upper is not None
    assert found.upper < 0.99


def test_decisions_that_show_neither_leave_the_company_s_own(shop: Pairs) -> None:
    fill(shop, [0.6] * 40 + [0.995] * 100, ["same", "different"] * 20)
    found = train(shop)
    assert (found.basis, found.link_from) == ("kept", OWN)  # type: ignore[attr-defined]
    assert found.lower < 0.99 < found.upper  # type: ignore[attr-defined]
    assert used(shop) == OWN


def test_pairs_held_for_another_reason_teach_nothing(shop: Pairs) -> None:
    fill(shop, [0.9] * 60, ["different"] * 60, reason="evidence")
    assert recommended_threshold(shop.ws).n == 0


def test_deciding_trains_and_the_next_link_run_applies_it(shop: Pairs) -> None:
    fill(shop, [0.9] * 400, ["same"] * 400)
    decide(shop.ws, shop.who["a"], shop.who["b"], "different", by="ana", recorded_at=shop.now())
    assert used(shop) < OWN
    link(shop.ws, recorded_at=shop.now())
    state = json.loads((shop.ws.root / ".promesa" / "identity" / "state.json").read_text(encoding="utf-8"))
    assert state["link_from"] == used(shop)


def test_a_load_moves_no_threshold_and_a_decision_does(shop: Pairs) -> None:
    fill(shop, [0.9] * 40, ["same"] * 40)
    first = train(shop)
    fill(shop, [0.9] * 40 + [0.51] * 300, ["same"] * 40)
    assert train(shop) == first
    fill(shop, [0.9] * 40 + [0.51] * 300, ["same"] * 39 + ["never"])
    assert train(shop) != first


def test_pairs_that_an_identifier_joins_teach_nothing(shop: Pairs) -> None:
    fill(shop, [0.9] * 60, ["same"] * 60, kind="exact")
    assert recommended_threshold(shop.ws).n == 0


def test_the_order_of_decisions_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    chance, same = rng.uniform(0.3, 1, 80), rng.random(80) < 0.8
    turn = rng.permutation(80)
    one, other = calibrate(chance, same), calibrate(chance[turn], same[turn])
    assert np.allclose(one.coefficients, other.coefficients)
    assert np.allclose(one.covariance, other.covariance)


def test_verdicts_that_are_all_alike_or_impossible_keep_the_fit_finite() -> None:
    for chance, same in (([1.0] * 50, [True] * 50), ([0.0, 1.0] * 40, [True, False] * 40), ([], [])):
        fitted = calibrate(chance, same)
        assert np.isfinite(fitted.coefficients).all()
        assert np.isfinite(fitted.covariance).all()


def test_the_fit_is_that_of_statsmodels_where_the_priors_weigh_nothing() -> None:
    """Outside reference: maximum likelihood by statsmodels; 60,000 decisions leave the priors no say."""
    from statsmodels.api import Logit, add_constant

    rng = np.random.default_rng(11)
    chance = rng.uniform(0.2, 0.999, 60_000)
    same = rng.random(chance.size) < expit(-0.7 + 0.8 * log_odds(chance))
    reference = Logit(same.astype(float), add_constant(log_odds(chance))).fit(disp=0)
    ours = calibrate(chance, same)
    assert np.allclose(ours.coefficients, reference.params, atol=0.002)
    assert np.allclose(np.sqrt(np.diag(ours.covariance)), reference.bse, rtol=0.01)
    assert np.allclose(ours.weights @ ours.grid, reference.params, atol=0.003)


@pytest.mark.slow
@pytest.mark.parametrize("truth", [(0.0, 1.0), (-1.5, 0.8), (0.8, 1.3), (-3.0, 1.0)])
@pytest.mark.parametrize("n", [60, 400])
def test_the_interval_covers_the_true_precision(truth: tuple[float, float], n: int) -> None:
    """Recovery: pairs with a known chance, decisions drawn at random; the true precision lies in the interval."""
    rng = np.random.default_rng(5)
    odds = rng.uniform(0, 9, 20_000)
    chance = expit(truth[0] + truth[1] * odds)
    above = odds >= log_odds(0.95)
    bins, counts = np.unique(odds[above].round(1), return_counts=True)
    actual = chance[above].mean()
    covered = below = 0
    for _ in range(300):
        drawn = rng.choice(odds.size, n, replace=False)
        same = rng.random(n) < chance[drawn]
        fitted = calibrate(expit(odds[drawn]), same)
        _, lower, upper = precision_above(fitted, bins, counts, confidence_level=LEVEL)
        covered += lower <= actual <= upper
        below += lower <= actual
    assert covered / 300 >= 0.92
    assert below / 300 >= 0.94  # the end that moves the threshold; nominally 0.975
