"""Buying with a rhythm: the published likelihood, an independent count of stages, a planted rhythm, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import betaln, gammaln
from scipy.stats import beta as beta_distribution
from scipy.stats import nbinom

from promesa.errors import ValueOutOfRange
from promesa.stats import Purchases, expected_purchases, fit_buying, fit_rhythm, probability_active, summarise
from promesa.stats.buying_likelihoods import likelihood, likelihood_rows
from promesa.stats.buying_processes import BuyingProcess
from promesa.stats.expected_purchases import KNOTS

TRUTH = {"r": 0.9, "alpha": 6.0, "a": 0.8, "b": 3.0}


def shoppers(n: int, *, rhythm: int, seed: int, weeks: float = 52.0, later: float = 26.0):
    """Return repeats, last, seen, the log of each customer's gaps, and purchases in the time after."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(n):
        rate = random.gamma(TRUTH["r"]) / TRUTH["alpha"]
        stop = random.beta(TRUTH["a"], TRUTH["b"])
        seen = random.uniform(weeks / 2, weeks)
        x, last, gaps, ahead, now = 0, 0.0, 0.0, 0, 0.0
        while random.random() >= stop:
            gap = random.gamma(rhythm) / max(rate, 1e-12)
            now += gap
            if now > seen + later:
                break
            if now > seen:
                ahead += 1
            else:
                x, last, gaps = x + 1, now, gaps + np.log(gap)
        rows.append((x, last, seen, gaps, ahead))
    return np.array(rows).T


def plain_log_likelihood(theta, x, t_x, end, gaps, k):
    """Return the log-likelihood of MBG/CNBD-k, written out from Reutterer, Platzer and Schröder (2021)."""
    r, alpha, a, b = np.exp(theta)
    total = 0.0
    for n, last, seen, gap in zip(x, t_x, end, gaps, strict=True):
        shape = r + k * n
        first = gammaln(shape) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n + 1) - betaln(a, b)
        first += (k - 1) * gap - n * gammaln(k)
        active = (
            sum(
                np.exp(gammaln(shape + j) - gammaln(shape) - gammaln(j + 1)) * (seen - last) ** j / (alpha + seen) ** j
                for j in range(k)
            )
            * (alpha + seen) ** -shape
        )
        total += first + np.log(active + a / (b + n) * (alpha + last) ** -shape)
    return total


def by_counting_stages(process, x, last, seen, time):
    """Return what is expected of one customer, summing over p on a fine grid and over every number of stages."""
    k, shape = process.rhythm, process.r + process.rhythm * x
    u = (seen - last) / (process.alpha + seen)
    weights = np.array([np.exp(gammaln(shape + j) - gammaln(shape) - gammaln(j + 1)) * u**j for j in range(k)])
    odds = process.a / (process.b + x) / weights.sum() * ((process.alpha + seen) / (process.alpha + last)) ** shape
    q = (np.arange(4000) + 0.5) / 4000
    p = beta_distribution.ppf(q, process.a, process.b + x + 1)
    found = 0.0
    for j, weight in enumerate(weights / weights.sum()):
        n = np.arange(3000)
        chance = nbinom.pmf(n, shape + j, (process.alpha + seen) / (process.alpha + seen + time))
        m = (n + j) // k
        per_bought = np.array([np.mean((1 - (1 - p) ** one) / p) for one in range(m.max() + 1)])
        found += weight * chance @ per_bought[m]
    return found / (1 + odds)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_likelihood_is_the_published_one_and_its_slope_is_true(k: int) -> None:
    x, last, seen, gaps, _ = shoppers(60, rhythm=k, seed=k)
    theta = np.log([0.7, 5.0, 0.9, 2.5])
    rows = Purchases(repeats=x, last=last, seen=seen, customers=np.ones(60))
    constant = (k - 1) * gaps.sum() - x.sum() * gammaln(k)
    value, slope = likelihood(theta, rows, form="mbg_nbd", rhythm=k)
    assert value + constant == pytest.approx(plain_log_likelihood(theta, x, last, seen, gaps, k), rel=1e-11)
    by_steps = approx_fprime(theta, lambda at: likelihood(at, rows, form="mbg_nbd", rhythm=k)[0], 1e-6)
    np.testing.assert_allclose(slope, by_steps, rtol=2e-4, atol=2e-4)
    each, slopes = likelihood_rows(theta, rows, form="mbg_nbd", rhythm=k)
    assert each.sum() == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(slopes.sum(axis=1), slope, rtol=1e-9)


def test_the_unit_of_time_does_not_matter() -> None:
    x, last, seen, gaps, _ = shoppers(400, rhythm=3, seed=9)
    weeks = fit_buying(summarise(x, last, seen), form="mbg_nbd", rhythm=3, log_gaps=gaps.sum())
    in_days = gaps.sum() + x.sum() * np.log(7)
    days = fit_buying(summarise(x, last * 7, seen * 7), form="mbg_nbd", rhythm=3, log_gaps=in_days)
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-5)
    assert days.log_likelihood == pytest.approx(weeks.log_likelihood - x.sum() * np.log(7), rel=1e-9)
    theta = np.log([weeks.r, weeks.alpha, weeks.a, weeks.b])
    assert weeks.log_likelihood == pytest.approx(plain_log_likelihood(theta, x, last, seen, gaps, 3), rel=1e-9)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_expectation_equals_a_count_over_every_number_of_stages(k: int) -> None:
    process = BuyingProcess(
        form="mbg_nbd", r=0.8, alpha=9.0, a=0.7, b=2.2, log_likelihood=0.0, covariance=np.eye(4), n=1, rhythm=k
    )
    cases = [(0, 0.0, 30.0), (1, 12.0, 40.0), (4, 38.0, 40.0), (9, 33.0, 52.0)]
    x, last, seen = np.array(cases, dtype=float).T
    rows = Purchases(repeats=x, last=last, seen=seen, customers=np.ones(4))
    found = expected_purchases(process, rows, horizon=26.0)
    np.testing.assert_allclose(found, [by_counting_stages(process, *case, 26.0) for case in cases], rtol=2e-4)


def test_many_times_seen_give_what_each_alone_gives() -> None:
    process = BuyingProcess(
        form="mbg_nbd", r=0.8, alpha=9.0, a=0.05, b=2.2, log_likelihood=0.0, covariance=np.eye(4), n=1, rhythm=3
    )
    seen = np.linspace(5.0, 730.0, 4 * KNOTS)
    for repeats in (0.0, 3.0, 120.0):
        last = np.zeros_like(seen) if repeats == 0 else seen * 0.9
        rows = Purchases(repeats=np.full(seen.size, repeats), last=last, seen=seen, customers=np.ones(seen.size))
        together = expected_purchases(process, rows, horizon=365.0)
        alone = [
            expected_purchases(
                process, Purchases(repeats=rows.repeats[[i]], last=last[[i]], seen=seen[[i]], customers=np.ones(1)),
                horizon=365.0,
            )[0]
            for i in range(0, seen.size, 7)
        ]  # fmt: skip
        np.testing.assert_allclose(together[::7], alone, rtol=1e-7)


def test_a_planted_rhythm_is_found_and_foresees_better() -> None:
    x, last, seen, gaps, ahead = shoppers(6000, rhythm=3, seed=4)
    rows = summarise(x, last, seen)
    found = fit_rhythm(rows, log_gaps=gaps.sum())
    assert found.rhythm == 3
    error = np.sqrt(np.diag(found.covariance))
    truth = np.log([TRUTH["r"], TRUTH["alpha"], TRUTH["a"], TRUTH["b"]])
    assert np.all(np.abs(np.log([found.r, found.alpha, found.a, found.b]) - truth) < 3.5 * error)
    chance = fit_buying(rows, form="mbg_nbd")
    each = Purchases(repeats=x, last=last, seen=seen, customers=np.ones(x.size))
    even, uneven = (expected_purchases(one, each, horizon=26.0) for one in (found, chance))
    assert even.sum() == pytest.approx(ahead.sum(), rel=0.06)
    assert np.mean((even - ahead) ** 2) < np.mean((uneven - ahead) ** 2)
    assert np.all((probability_active(found, each) > 0) & (probability_active(found, each) <= 1))


def test_purchases_by_chance_have_no_rhythm() -> None:
    x, last, seen, gaps, _ = shoppers(3000, rhythm=1, seed=12)
    assert fit_rhythm(summarise(x, last, seen), log_gaps=gaps.sum()).rhythm == 1


@pytest.mark.slow
def test_intervals_of_the_parameters_cover_the_truth() -> None:
    truth = np.log([TRUTH["r"], TRUTH["alpha"], TRUTH["a"], TRUTH["b"]])
    inside, right = np.zeros(4), 0
    for seed in range(200):
        x, last, seen, gaps, _ = shoppers(1500, rhythm=2, seed=1000 + seed)
        found = fit_rhythm(summarise(x, last, seen), log_gaps=gaps.sum())
        right += found.rhythm == 2
        at = fit_buying(summarise(x, last, seen), form="mbg_nbd", rhythm=2)
        inside += np.abs(np.log([at.r, at.alpha, at.a, at.b]) - truth) < 1.96 * np.sqrt(np.diag(at.covariance))
    assert np.all(inside >= 0.90 * 200)
    assert right >= 0.95 * 200


@pytest.mark.parametrize("rhythm", [0, 13])
def test_a_rhythm_out_of_range_is_refused(rhythm: int) -> None:
    with pytest.raises(ValueOutOfRange, match="rhythm"):
        fit_buying(summarise([1] * 40, [1.0] * 40, [2.0] * 40), rhythm=rhythm)
