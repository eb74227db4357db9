"""How moments are put together to journeys, and what is declared of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneySettings:
    """How moments are put together to journeys (viajes).

    Attributes
    ----------
    gap_days : int
        How far a moment that names no journey may lie from the one it joins.
    across_channels : bool
        Whether it may join one of another channel.
    closes_at : tuple of str
        Touchpoints that end a journey.
    open_days : int
        A journey that none of them has ended is open until nothing has happened for so long.
    remembered : str or None
        The concept that is asked about a journey as a whole, later; None: the first of link memory, satisfaction or
        loyalty.
    asked_again : str or None
        The element that says of a moment that the customer had to say again what was said before.
    expected : tuple of str
        Touchpoints that a journey should meet, in this order; empty where only the order of stages is declared.
    optional : tuple of str or None
        Touchpoints that a journey may meet beside them; None where it is not declared, so that none is unexpected.
    passages : mapping of str to tuple of str
        Which touchpoints may come right after one; after one that is not named, all.
    contacts : tuple of str
        Touchpoints at which customers ask for help; empty: those of outcomes of kind complaint.
    solved_by : str or None
        The element that says of a contact that it solved the need.
    compare_days : int
        Length of the two periods whose maps are held against each other.
    """

    gap_days: int = 30
    across_channels: bool = True
    closes_at: tuple[str, ...] = ()
    open_days: int = 30
    remembered: str | None = None
    asked_again: str | None = None
    expected: tuple[str, ...] = ()
    optional: tuple[str, ...] | None = None
    passages: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    contacts: tuple[str, ...] = ()
    solved_by: str | None = None
    compare_days: int = 91
