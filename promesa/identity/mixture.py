"""Expectation maximisation over patterns of agreement: one person, one home, strangers. Numbers only, no table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from promesa.identity.levels import Comparison

ROUNDS, STILL = 200, 1e-6  # iterations at most; change of any share at which it has settled
PRIOR_PERSON, PRIOR_HOME = 40.0, 400.0  # pairs that the shipped shares of one person, of one home, count for
PRIOR_STRANGERS, PRIOR_STRANGERS_SHARE = 50_000.0, 0.01  # the same of strangers: pairs, or a share of all if more
LEAST = 1e-9  # no level is impossible
# Pairs of one home that are expected before any is seen, and at least for each pair of one person: records without
# families prove little.
HOMES, LEAST_HOME = 20.0, 0.01
DIGITS = 6  # significant digits of a share that are kept


@dataclass(frozen=True, slots=True)
class Patterns:
    """How often each combination of levels was seen.

    Attributes
    ----------
    levels : array of int, shape (patterns, comparisons)
        -1 unknown, 0 differs, higher is more alike.
    counts : array of float, shape (patterns,)
    """

    levels: NDArray[np.int8]
    counts: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shares:
    """Share of each level (index is the level, 0 differs), by comparison."""

    same_person: tuple[NDArray[np.float64], ...]
    strangers: tuple[NDArray[np.float64], ...]
    relatives: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """What the patterns tell.

    Attributes
    ----------
    shares : Shares
        Rounded to what is kept.
    prior : float
        Share of all pairs that are of one person.
    relatives_per_match : float
        Pairs of one home for each pair of one person.
    matches : float
        Pairs of one person among the candidates looked at.
    senseless : tuple of int
        Comparisons that agree no more within one person than between strangers.
    """

    shares: Shares
    prior: float
    relatives_per_match: float
    matches: float
    senseless: tuple[int, ...]


def separate(
    comparisons: Sequence[Comparison],
    *,
    candidates: Patterns,
    strangers: Patterns,
    every_pair: float,
    seen: float,
) -> Mixture:
    """Separate the kinds of pairs.

    Parameters
    ----------
    comparisons : sequence of Comparison
        In the order of the patterns' columns; their shares are the prior.
    candidates : Patterns
        Pairs that share a key: a mixture.
    strangers : Patterns
        Random pairs that share none.
    every_pair : float
        Pairs that there are in all.
    seen : float
        Share of all candidates that `candidates` holds, a fraction.
    """
    first, pairs = _shipped(comparisons), float(candidates.counts.sum())
    kinds = np.array([0.2, 0.2, 0.6]) * max(pairs, 1.0)
    prior_strangers = max(PRIOR_STRANGERS, PRIOR_STRANGERS_SHARE * every_pair)
    beyond = max(every_pair - pairs / seen, 0.0)
    beside = strangers.counts * (beyond / max(float(strangers.counts.sum()), 1.0))
    own = [comparison.own for comparison in comparisons]
    everyone = Patterns(np.concatenate([candidates.levels, strangers.levels]), np.empty(0))

    def among_strangers(apart: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        weights = np.concatenate([apart / seen, beside])
        return _shares(everyone, weights, first.strangers, weight=prior_strangers)

    # Nearly all pairs are of strangers: a value that most records share is then theirs from the start, and is not
    # taken for what makes one person.
    shares = replace(first, strangers=among_strangers(candidates.counts))
    for _ in range(ROUNDS):
        person, home, apart = _expected(candidates, shares, kinds, every_pair=every_pair * seen)
        kinds = np.array([person.sum(), max(home.sum() + HOMES, LEAST_HOME * person.sum()), apart.sum()])
        after = Shares(
            same_person=_shares(candidates, person, first.same_person, weight=PRIOR_PERSON),
            strangers=among_strangers(apart),
            relatives=_shares(candidates, home, first.relatives, weight=PRIOR_HOME, fixed=own),
        )
        settled = _change(shares, after) < STILL
        shares = after
        if settled:
            break
    return _rounded(shares, kinds, every_pair=every_pair * seen)


def _shipped(comparisons: Sequence[Comparison]) -> Shares:
    def of(kind: str) -> tuple[NDArray[np.float64], ...]:
        levels = [np.array([getattr(level, kind) for level in c.levels[::-1]], dtype=float) for c in comparisons]
        return tuple(shares / shares.sum() for shares in levels)

    return Shares(of("same_person"), of("strangers"), of("relatives"))


def _expected(
    candidates: Patterns, shares: Shares, kinds: NDArray[np.float64], *, every_pair: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how many pairs of each pattern are of one person, of one home, of strangers."""
    size = len(candidates.counts)
    likely = np.empty((3, size))
    # Strangers' shares are those among all pairs, so their number is that of all pairs and not of the candidates.
    likely[:, :] = np.log(np.maximum([kinds[0], kinds[1], every_pair], LEAST))[:, None]
    for number in range(candidates.levels.shape[1]):
        level = candidates.levels[:, number]
        known = level >= 0
        for kind, share in enumerate((shares.same_person, shares.relatives, shares.strangers)):
            likely[kind, known] += np.log(share[number])[level[known]]
    likely = np.exp(likely - likely.max(axis=0))
    likely *= candidates.counts / likely.sum(axis=0)
    return likely[0], likely[1], likely[2]


def _shares(
    patterns: Patterns,
    weights: NDArray[np.float64],
    prior: tuple[NDArray[np.float64], ...],
    *,
    weight: float,
    fixed: Sequence[bool] = (),
) -> tuple[NDArray[np.float64], ...]:
    found: list[NDArray[np.float64]] = []
    for number, shares in enumerate(prior):
        if fixed and fixed[number]:
            found.append(shares)
            continue
        level = patterns.levels[:, number]
        known = level >= 0
        counts = np.bincount(level[known], weights=weights[known], minlength=len(shares)) + weight * shares
        found.append(np.maximum(counts / counts.sum(), LEAST))
    return tuple(found)


def _change(before: Shares, after: Shares) -> float:
    pairs = zip(before.same_person + before.relatives, after.same_person + after.relatives, strict=True)
    return max((float(np.abs(one - two).max()) for one, two in pairs), default=0.0)


def _rounded(shares: Shares, kinds: NDArray[np.float64], *, every_pair: float) -> Mixture:
    def tidy(all_shares: tuple[NDArray[np.float64], ...]) -> tuple[NDArray[np.float64], ...]:
        return tuple(np.array([float(f"{share:.{DIGITS}g}") for share in shares]) for shares in all_shares)

    kept = Shares(tidy(shares.same_person), tidy(shares.strangers), tidy(shares.relatives))
    pairs = zip(kept.same_person, kept.strangers, strict=True)
    senseless = tuple(
        number for number, (person, apart) in enumerate(pairs) if person[-1] <= apart[-1] or person[0] >= apart[0]
    )
    matches = max(float(kinds[0]), 1.0)
    return Mixture(
        shares=kept,
        prior=float(f"{min(matches / max(every_pair, 2.0), 0.5):.{DIGITS}g}"),
        relatives_per_match=float(f"{max(kinds[1] / matches, LEAST_HOME):.{DIGITS}g}"),
        matches=float(kinds[0]),
        senseless=senseless,
    )
