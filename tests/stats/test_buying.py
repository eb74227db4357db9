"""Buying and spending: published figures, an independent maximiser, known truths, and the edges."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime, minimize
from scipy.special import gammaln, hyp2f1

from promesa.errors import TooFewObservations, ValueOutOfRange
from promesa.stats import (
    expected_purchases,
    expected_spend,
    fit_buying,
    fit_spending,
    probability_active,
    purchases,
    purchases_of_pairs,
    summarise,
)
from promesa.stats.buying_likelihoods import likelihood, likelihood_rows
from promesa.stats.buying_processes import ALIKE, THINNED
from promesa.stats.spending import spending_likelihood

FORMS = ("bg_nbd", "mbg_nbd")


def table(folder, name):
    with (folder / name).open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return np.array(rows[1:], dtype=float)


def plain_log_likelihood(theta, x, t_x, end):
    """Return BG/NBD's log-likelihood as equation 6 of Fader, Hardie and Lee (2005) has it."""
    r, alpha, a, b = np.exp(theta)
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    first += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stay = (alpha + end) ** -(r + x)
    gone = np.where(x > 0, a / np.maximum(b + x - 1, 1e-12) * (alpha + t_x) ** -(r + x), 0)
    return float(np.sum(first + np.log(stay + gone)))


@pytest.mark.realdata
def test_cdnow_to_the_digits_of_the_literature(real_data) -> None:
    rows = table(real_data("cdnow"), "cdnow_customers_summary.csv")
    found = fit_buying(summarise(rows[:, 1], rows[:, 2], rows[:, 3]))
    assert (round(found.r, 4), round(found.alpha, 4), round(found.a, 4), round(found.b, 4)) == (
        0.2426, 4.4135, 0.7929, 2.4258
    )  # fmt: skip
    assert round(found.log_likelihood, 2) == -9582.43


@pytest.mark.realdata
def test_cdnow_drawn_again_equals_an_independent_maximiser(real_data) -> None:
    rows = table(real_data("cdnow"), "cdnow_customers_summary.csv")
    random = np.random.default_rng(5)
    for _ in range(5):
        x, t_x, end = rows[random.integers(len(rows), size=len(rows)), 1:4].T
        found = fit_buying(summarise(x, t_x, end))
        start = np.log([found.r, found.alpha, found.a, found.b]) + 0.2
        other = minimize(
            lambda theta, x=x, t_x=t_x, end=end: -plain_log_likelihood(theta, x, t_x, end),
            start,
            method="Nelder-Mead",
            options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4000, "maxfev": 4000},
        )
        assert found.log_likelihood == pytest.approx(-other.fun, rel=1e-9)
        np.testing.assert_allclose([found.r, found.alpha], np.exp(other.x[:2]), rtol=1e-3)


@pytest.mark.realdata
def test_cdnow_spend_to_the_digits_of_the_literature(real_data) -> None:
    rows = table(real_data("cdnow"), "cdnow_customers_summary_with_transactions.csv")
    x, mean = rows[:, 1], rows[:, 4]
    found = fit_spending(x[x > 0], mean[x > 0])
    assert (found.n, round(found.p, 2), round(found.q, 2), round(found.gamma, 2)) == (946, 6.25, 3.74, 15.45)


@pytest.mark.parametrize("form", FORMS)
def test_gradient(form) -> None:
    random = np.random.default_rng(1)
    x = random.poisson(2, 200).astype(float)
    end = random.uniform(10, 40, 200)
    t_x = np.where(x > 0, end * random.random(200), 0)
    sums = summarise(x, t_x, end)
    theta = np.log([0.4, 5.0, 0.8, 2.2])
    numeric = approx_fprime(theta, lambda t: likelihood(t, sums, form=form)[0], 1e-6)
    np.testing.assert_allclose(likelihood(theta, sums, form=form)[1], numeric, rtol=1e-4, atol=1e-3)
    value, slope = likelihood_rows(theta, sums, form=form)
    assert value @ sums.customers == pytest.approx(likelihood(theta, sums, form=form)[0], rel=1e-12)
    np.testing.assert_allclose(slope @ sums.customers, likelihood(theta, sums, form=form)[1], rtol=1e-9)


def test_many_summaries_are_climbed_from_a_few_and_reach_the_same_maximum() -> None:
    random = np.random.default_rng(4)
    size = 60_000
    rate, stop = random.gamma(0.6, 0.2, size), random.beta(0.8, 2.5, size)
    end = random.uniform(20, 60, size)
    x = np.minimum(random.poisson(rate * end), random.geometric(stop) - 1).astype(float)
    sums = summarise(x, np.where(x > 0, end * random.random(size), 0.0), end)
    assert sums.repeats.size > 4 * THINNED
    found = fit_buying(sums)
    slope = likelihood(np.log([found.r, found.alpha, found.a, found.b]), sums, form="bg_nbd")[1]
    assert np.abs(slope).max() < 1e-6 * sums.n  # a sum over 60,000 customers: its last digits depend on the threads


def test_gradient_of_spend() -> None:
    random = np.random.default_rng(2)
    x, mean = random.integers(1, 9, 100).astype(float), random.gamma(3, 10, 100)
    theta = np.log([4.0, 3.0, 12.0])
    numeric = approx_fprime(theta, lambda t: spending_likelihood(t, x, mean)[0], 1e-6)
    np.testing.assert_allclose(spending_likelihood(theta, x, mean)[1], numeric, rtol=1e-4, atol=1e-3)


def drawn(size, *, form, seed, end=52.0, r=0.8, alpha=6.0, a=0.9, b=2.5):
    """Return summaries of customers who buy and stop as the process says, and what each bought in `ahead` after."""
    random = np.random.default_rng(seed)
    rate, stop = random.gamma(r, 1 / alpha, size), random.beta(a, b, size)
    x, t_x, later = np.zeros(size), np.zeros(size), np.zeros(size)
    for k in range(size):
        now, active = 0.0, form == "bg_nbd" or random.random() > stop[k]
        while active:
            now += random.exponential(1 / rate[k])
            if now > 2 * end:
                break
            if now <= end:
                x[k], t_x[k] = x[k] + 1, now
            else:
                later[k] += 1
            active = random.random() > stop[k]
    return summarise(x, t_x, np.full(size, end)), (x, t_x, later)


@pytest.mark.parametrize("form", FORMS)
def test_a_known_truth_is_recovered_and_what_comes_is_foreseen(form) -> None:
    sums, (x, t_x, later) = drawn(6000, form=form, seed=11)
    found = fit_buying(sums, form=form)
    error = np.sqrt(np.diag(found.covariance))
    truth = np.log([0.8, 6.0, 0.9, 2.5])
    assert (np.abs(np.log([found.r, found.alpha, found.a, found.b]) - truth) < 3.5 * error).all()
    rows = summarise(x, t_x, np.full(x.size, 52.0))
    expected = float(expected_purchases(found, rows, horizon=52.0) @ rows.customers)
    assert expected == pytest.approx(later.sum(), rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_intervals_hold_the_truth(form) -> None:
    truth, held = np.log([0.8, 6.0, 0.9, 2.5]), []
    for seed in range(200):
        found = fit_buying(drawn(1500, form=form, seed=seed)[0], form=form)
        error = np.sqrt(np.diag(found.covariance))
        held.append(np.abs(np.log([found.r, found.alpha, found.a, found.b]) - truth) < 1.96 * error)
    assert (np.mean(held, axis=0) > 0.9).all()  # of 200, 95 % has a standard error of 1.5 points


def test_expected_purchases_equal_the_closed_form() -> None:
    found = fit_buying(drawn(3000, form="bg_nbd", seed=3)[0])
    sums = summarise([0, 1, 4, 9], [0, 20, 40, 51], [52, 52, 52, 52])
    r, alpha, a, b = found.r, found.alpha, found.a, found.b
    x, end, t = sums.repeats, sums.seen, 26.0
    closed = (
        (a + b + x - 1)
        / (a - 1)
        * (
            1
            - ((alpha + end) / (alpha + end + t)) ** (r + x)
            * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + end + t))
        )
    )
    closed *= probability_active(found, sums)
    np.testing.assert_allclose(expected_purchases(found, sums, horizon=t), closed, rtol=1e-9)


def test_expected_purchases_equal_the_integral_for_the_other_form() -> None:
    found = fit_buying(drawn(3000, form="mbg_nbd", seed=4)[0], form="mbg_nbd")
    sums = summarise([3], [30.0], [52.0])
    shape, rate, b = found.r + 3, found.alpha + 52.0, found.b + 4
    weight = lambda p: p ** (found.a - 1) * (1 - p) ** (b - 1)  # noqa: E731
    mean = lambda p: (1 - (1 + p * 26 / rate) ** -shape) / p  # noqa: E731
    total = quad(weight, 0, 1)[0]
    exact = quad(lambda p: weight(p) * mean(p), 0, 1)[0] / total * probability_active(found, sums)[0]
    assert expected_purchases(found, sums, horizon=26.0)[0] == pytest.approx(exact, rel=1e-8)


def test_what_is_expected_grows_with_the_horizon_and_starts_at_nothing() -> None:
    found = fit_buying(drawn(2000, form="bg_nbd", seed=8)[0])
    sums = summarise([0, 2, 5], [0, 10, 50], [52, 52, 52])
    path = expected_purchases(found, sums, horizon=[0.0, 1.0, 10.0, 100.0])
    assert path.shape == (3, 4)
    assert (path[:, 0] == 0).all()
    assert (np.diff(path, axis=1) > 0).all()


def test_a_customer_with_a_hundred_thousand_purchases_does_not_overflow() -> None:
    found = fit_buying(drawn(2000, form="bg_nbd", seed=8)[0])
    ahead = expected_purchases(found, summarise([100_000], [51.9], [52.0]), horizon=1.0)
    assert 0 < ahead[0] < 2500


def test_spend_is_drawn_towards_everybodys() -> None:
    random = np.random.default_rng(6)
    level = 1 / random.gamma(4.0, 1 / 60.0, 4000)
    x = random.integers(1, 10, 4000).astype(float)
    mean = random.gamma(5.0 * x, level / x)
    found = fit_spending(x, mean)
    error = np.sqrt(np.diag(found.covariance))
    assert (np.abs(np.log([found.p, found.q]) - np.log([5.0, 4.0])) < 3.5 * error[:2]).all()
    crowd = found.p * found.gamma / (found.q - 1)
    once, often = expected_spend(found, [1, 50], [3 * crowd, 3 * crowd])
    assert crowd < once < often < 3 * crowd
    assert expected_spend(found, [0], [np.nan])[0] == pytest.approx(crowd)


@pytest.mark.parametrize("form", FORMS)
def test_what_pairs_share_and_the_last_purchase_make_what_is_expected(form: str) -> None:
    sums, _ = drawn(2000, form=form, seed=11)
    found = fit_buying(sums, form=form)
    ahead, level, shape = purchases_of_pairs(found, sums.repeats, sums.seen, horizon=26.0)
    active = 1 / (1 + np.exp(level - shape * np.log(found.alpha + sums.last)))
    np.testing.assert_allclose(active, probability_active(found, sums), rtol=1e-10)
    np.testing.assert_allclose(active * ahead, expected_purchases(found, sums, horizon=26.0), rtol=1e-10)


def test_where_all_stop_alike_the_likelihood_is_flat_and_one_point_of_it_is_taken() -> None:
    """A process that holds a + b loses next to nothing against one that a climb leaves where it ends."""
    random = np.random.default_rng(12)
    n, end = 30_000, 104.0
    rate, (x, t_x, now) = random.gamma(1.0, 1 / 8.0, n), np.zeros((3, n))
    active = np.arange(n)
    while active.size:
        now[active] += random.exponential(1 / rate[active])
        active = active[now[active] <= end]
        x[active] += 1
        t_x[active] = now[active]
        active = active[random.random(active.size) > 0.15]
    t_x = np.round(t_x, 1)
    sums = summarise(x, t_x, np.full(n, end))
    found = fit_buying(sums)
    again = fit_buying(summarise(x[::-1], t_x[::-1], np.full(n, end)))
    assert [found.r, found.alpha, found.a, found.b] == [again.r, again.alpha, again.a, again.b]
    assert found.a / (found.a + found.b) == pytest.approx(0.15, abs=0.01)
    assert np.linalg.eigvalsh(found.covariance).min() > -1e-12
    free = minimize(
        lambda theta: -likelihood(theta, sums, form="bg_nbd")[0] / n, np.log([1.0, 8.0, 15.0, 85.0]), method="BFGS"
    )
    assert found.log_likelihood > -free.fun * n - 0.5
    if found.a + found.b > ALIKE / 10:
        assert found.a + found.b == pytest.approx(ALIKE)


def test_equal_summaries_stand_once() -> None:
    sums = summarise([1, 0, 1, 0], [3, 0, 3, 0], [9, 9, 9, 9])
    assert sums.repeats.tolist() == [0, 1]
    assert sums.customers.tolist() == [2, 2]
    assert sums.n == 4


def test_other_units_of_time_change_nothing_but_alpha() -> None:
    sums, (x, t_x, _) = drawn(1500, form="bg_nbd", seed=9)
    days = fit_buying(summarise(x, 7 * t_x, np.full(x.size, 7 * 52.0)))
    weeks = fit_buying(sums)
    np.testing.assert_allclose(
        [days.r, days.alpha / 7, days.a, days.b], [weeks.r, weeks.alpha, weeks.a, weeks.b], rtol=1e-5
    )


def test_what_cannot_be_true_is_refused() -> None:
    for bad in (([1], [5], [3]), ([1.5], [1], [3]), ([-1], [0], [3]), ([0], [2], [3]), ([1], [np.nan], [3])):
        with pytest.raises(ValueOutOfRange):
            summarise(*bad)
    with pytest.raises(ValueOutOfRange):
        fit_spending([1.0] * 40, [*([3.0] * 39), -1.0])


def test_too_little_is_refused() -> None:
    with pytest.raises(TooFewObservations):
        fit_buying(summarise(np.zeros(100), np.zeros(100), np.full(100, 9.0)))  # one purchase each
    with pytest.raises(TooFewObservations):
        fit_buying(summarise([], [], []))
    with pytest.raises(TooFewObservations):
        fit_buying(summarise(np.zeros(100), np.zeros(100), np.zeros(100)))  # all on one day
    with pytest.raises(TooFewObservations):
        fit_spending([2.0] * 40, [10.0] * 40)


@pytest.mark.parametrize("widest", [1, 2**62])
def test_equal_summaries_stand_once_in_their_order(widest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purchases, "WIDEST", widest)  # how they are told apart makes no difference
    random = np.random.default_rng(8)
    seen = random.integers(1, 6, 500) / 7
    repeats = random.integers(0, 4, 500).astype(float)
    last = np.where(repeats > 0, np.minimum(random.integers(0, 5, 500) / 7, seen), 0.0)
    times = random.integers(0, 4, 500).astype(float)
    plain: dict[tuple[float, ...], float] = {}
    for row in zip(repeats, last, seen, times, strict=True):
        plain[row[:3]] = plain.get(row[:3], 0.0) + row[3]
    found = summarise(repeats, last, seen, customers=times)
    rows = list(zip(found.repeats, found.last, found.seen, strict=True))
    assert rows == sorted(plain)
    assert found.customers.tolist() == [plain[row] for row in rows]
    assert summarise(repeats, last, seen).n == 500
    assert summarise([], [], []).n == 0


@pytest.mark.parametrize(
    "wrong",
    [(-1, 0, 5), (1, 6, 5), (0, 1, 5), (0.5, 1, 5), (np.nan, 0, 5), (1, np.nan, 5), (1, 1, np.inf), (np.inf, 1, 5)],
)
def test_summaries_that_cannot_be_true_are_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueOutOfRange, match="1 of 2"):
        summarise(*zip(wrong, (2, 3, 5), strict=True))
