"""Two kinds of customers: the truth is found, the fit is the plain one where they are alike, and the edges."""

from __future__ import annotations

import numpy as np
import pytest

from promesa.errors import TooFewObservations
from promesa.stats import Purchases, compare_buying, fit_buying, summarise

DAYS = 365.0


def bought(size: int, *, random: np.random.Generator, rate: float, stop: float) -> Purchases:
    """Return customers who buy at a mean rate a day and stop with a mean probability after each purchase."""
    rates = random.gamma(0.8, rate / 0.8, size)
    stops = random.beta(4 * stop, 4 * (1 - stop), size)
    rows = []
    for own, leaving in zip(rates, stops, strict=True):
        seen = DAYS - random.integers(90)
        now, times = 0.0, []
        while random.random() > leaving:
            now += random.exponential(1 / own)
            if now > seen:
                break
            times.append(now)
        rows.append((len(times), times[-1] if times else 0.0, seen))
    return summarise(*zip(*rows, strict=True))


def covered(seeds: range, size: int) -> dict[str, float]:
    held: dict[str, list[bool]] = {"rate": [], "difference": [], "stop": []}
    for seed in seeds:
        random = np.random.default_rng(seed)
        without = bought(size, random=random, rate=0.03, stop=0.2)
        found = compare_buying(bought(size // 2, random=random, rate=0.024, stop=0.35), without)
        held["rate"].append(found.rate_ratio.lower < 0.8 < found.rate_ratio.upper)
        held["difference"].append(found.stop_difference.lower < 0.15 < found.stop_difference.upper)
        held["stop"].append(found.stop_with.lower < 0.35 < found.stop_with.upper)
    return {name: float(np.mean(each)) for name, each in held.items()}


def test_a_planted_difference_is_found_in_a_few() -> None:
    shares = covered(range(10), 800)
    assert min(shares.values()) >= 0.7, shares  # 10 draws of 95 %: less than 7 comes up once in 900 times
    random = np.random.default_rng(1)
    large = compare_buying(
        bought(4000, random=random, rate=0.024, stop=0.35), bought(4000, random=random, rate=0.03, stop=0.2)
    )
    assert large.stop_difference.lower > 0.05
    assert large.stop_difference.p < 0.01
    assert large.rate_ratio.upper < 1


@pytest.mark.slow
def test_intervals_hold_the_planted_difference() -> None:
    shares = covered(range(100, 400), 800)
    assert min(shares.values()) > 0.91, shares  # 300 draws of 95 %: less than 273 comes up once in 600 times


def test_alike_kinds_are_the_plain_fit() -> None:
    random = np.random.default_rng(2)
    one = bought(600, random=random, rate=0.03, stop=0.25)
    found = compare_buying(one, one)
    assert found.rate_ratio.estimate == pytest.approx(1.0, abs=1e-3)
    assert found.stop_difference.estimate == pytest.approx(0.0, abs=1e-3)
    plain = fit_buying(one, form="mbg_nbd")
    assert found.stop_with.estimate == pytest.approx(plain.a / (plain.a + plain.b), abs=1e-3)
    assert found.log_likelihood == pytest.approx(2 * plain.log_likelihood, rel=1e-6)


def test_too_few_of_one_kind_are_refused() -> None:
    random = np.random.default_rng(3)
    with pytest.raises(TooFewObservations):
        compare_buying(summarise([0, 1], [0, 5], [9, 9]), bought(200, random=random, rate=0.03, stop=0.2))
