"""Worlds with a known effect, for the tests of adjusted effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit


@dataclass(frozen=True)
class World:
    outcome: np.ndarray
    treatment: np.ndarray
    confounders: np.ndarray
    units: np.ndarray
    on_treated: float
    on_all: float


def broken_promises(
    seed: int, *, n: int = 2_000, per_unit: int = 2, width: int = 6, intercept: float = -2.0, slope: float = 0.8
) -> World:
    """Return rows of customers whose promises break more often where they are less satisfied anyway.

    The effect differs by the first confounder, which also moves the treatment: on the treated it is not that on all.
    """
    random = np.random.default_rng(seed)
    units = np.repeat(np.arange(n // per_unit), per_unit)
    x = random.normal(size=(n, width))
    x[:, width // 2 :] = x[:, width // 2 :] > 0.5
    person = random.normal(size=n // per_unit)[units]
    broken = random.random(n) < expit(intercept + slope * x[:, 0] + 0.5 * np.abs(x[:, 1]) + x[:, -1])
    effect = -1.0 - 0.5 * x[:, 0]
    outcome = effect * broken - 0.8 * x[:, 0] + 0.5 * x[:, 1] ** 2 - x[:, -1] + 0.7 * person + random.normal(size=n)
    return World(outcome, broken.astype(float), x, units, float(effect[broken].mean()), -1.0)


def days_late(seed: int, *, n: int = 2_000, per_unit: int = 2) -> World:
    """Return rows with an amount that moves the outcome by -0.3 per unit."""
    random = np.random.default_rng(seed)
    units = np.repeat(np.arange(n // per_unit), per_unit)
    x = random.normal(size=(n, 5))
    person = random.normal(size=n // per_unit)[units]
    days = np.maximum(0, 1 + x[:, 0] + np.abs(x[:, 1]) + random.normal(size=n)) + random.exponential(size=n)
    outcome = -0.3 * days - x[:, 0] + 0.5 * x[:, 1] ** 2 + x[:, 2] * x[:, 3] + 0.5 * person + random.normal(size=n)
    return World(outcome, days, x, units, -0.3, -0.3)
