"""The company's words for who matters how much: tiers of customers, and the minimum standard beneath them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.labels import Label

TierValue = Literal["expected_profit", "margin"]
KEEP_AMOUNT = 0.8  # of the amount from which a tier is entered, where the file says nothing else
KEEP_SHARE = 1.25  # of the share that a tier holds, likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A value band of customers with a service level (nivel).

    Attributes
    ----------
    enter : float or None
        Amount from which a customer is of the tier, or the share of customers that it and those above hold; None for
        the lowest tier, which holds everybody else.
    keep : float or None
        Amount down to which, or share up to which, a member stays.
    flags : mapping of str to tuple of str
        Values of traits whose customers are of this tier at least, whatever they bring.
    """

    name: str
    label: Label
    enter: float | None = None
    keep: float | None = None
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The tiers of a company, from the highest to the lowest.

    Attributes
    ----------
    by : {"expected_profit", "margin"}
        What a customer is worth: what the lifetime process expects within `horizon_days`, or the margin of the last
        365 days.
    measured : {"amount", "share"}
        Whether tiers begin at amounts, or hold shares of the customers.
    bands : mapping of str to Tier
        In the order of the file.
    """

    by: TierValue
    horizon_days: int
    measured: Literal["amount", "share"]
    bands: Mapping[str, Tier]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names, the highest first."""
        return tuple(self.bands)

    @property
    def lowest(self) -> str:
        """Return the name of the tier of everybody else."""
        return self.names[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What every customer gets at a touchpoint, of whatever tier (estándar mínimo).

    Attributes
    ----------
    kept : str
        SQL condition over the columns of a moment: true where the minimum was given, null unknown.
    due : str
        SQL timestamp: when it is known at the latest.
    released : str or None
        SQL condition under which nothing is owed any more; None: none.
    target : float or None
        Share of moments that must get it, a fraction.
    levels : mapping of str to str
        By tier, the stricter condition that its customers are entitled to.
    """

    name: str
    label: Label
    touchpoints: tuple[str, ...]
    kept: str
    due: str
    released: str | None = None
    target: float | None = None
    levels: Mapping[str, str] = field(default_factory=dict)

    def level_of(self, tier: str, tiers: Tiers) -> str | None:
        """Return the tier whose level customers of `tier` are entitled to: its own, or the next below; None: none."""
        below = tiers.names[tiers.names.index(tier) :]
        return next((name for name in below if name in self.levels), None)
