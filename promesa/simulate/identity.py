"""Who the customers are: names, birth dates, homes, phones and mailboxes, and with whom they share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate.names import FAMILY, GIVEN, MEN, SECOND, SECOND_MEN, WOMEN, ordered_draw

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Ints

COMPOUND_SHARE = 0.45
IN_PAIRS, IN_THREES = 0.10, 0.05  # shares of the persons who live in a household of two or three customers
SIBLINGS, PARENTS = 0.4, 0.4  # shares of the households; the rest are couples
JUNIOR_SHARE, TWIN_SHARE, MAILBOX_SHARE, NAMESAKE_SHARE = 0.04, 0.02, 0.2, 0.002
BORN_FROM, BORN_TO = -10_957, 13_514  # 1940-01-01 and 2006-12-31, as days since 1970
NO_NAME = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One row a person of the block; arrays of shape (n,).

    Attributes
    ----------
    given, second_given : Ints
        Positions in `names.GIVEN` and `names.SECOND`; `second_given` is -1 where there is none.
    family, second_family : Ints
        Positions in `names.FAMILY`.
    born : Ints
        Days since 1970.
    household : Ints
        Position in the block of the first person of the household, whose address and phone all its members use;
        one's own where one lives alone.
    mailbox : Ints
        Position of the person whose e-mail this one uses: one's own, or the first's of the household.
    relation : Ints
        What the household is: -1 one person, 0 siblings, 1 a parent with children, 2 a couple.
    building, flat : Ints
        What the address needs beside `People.street`, `crossing` and `house`: 0..149 and 0..39.
    """

    given: Ints
    second_given: Ints
    family: Ints
    second_family: Ints
    born: Ints
    household: Ints
    mailbox: Ints
    relation: Ints
    building: Ints
    flat: Ints


def draw_identity(region: Ints, rng: np.random.Generator) -> Identity:
    """Draw who the persons of a block are.

    Parameters
    ----------
    region : Ints, shape (n,)
        Region of each person: households and namesakes live in one.
    rng : numpy.random.Generator
        Of its own, so that nothing else of the company depends on names.
    """
    size = len(region)
    household = _households(region, rng)
    relation = np.where(_sizes(household) > 1, _relations(household, rng), -1)
    names = _names(size, rng)
    born = rng.integers(BORN_FROM, BORN_TO, size)
    _share_names(names, born, first=household, relation=relation, rng=rng)
    _make_namesakes(names, region, alone=relation < 0, rng=rng)
    shares_mailbox = (relation >= 0) & (rng.random(size) < MAILBOX_SHARE)
    return Identity(
        **names,
        born=born,
        mailbox=np.where(shares_mailbox, household, np.arange(size)),
        household=household,
        relation=relation,
        building=rng.integers(0, 150, size)[household],
        flat=rng.integers(0, 40, size)[household],
    )


def _households(region: Ints, rng: np.random.Generator) -> Ints:
    """Return the first person of each one's household: some pairs and threes within a region, the rest alone."""
    household = np.arange(len(region))
    for here in range(int(region.max(initial=0)) + 1):
        people = rng.permutation(np.flatnonzero(region == here))
        pairs = int(IN_PAIRS * len(people)) // 2 * 2
        threes = int(IN_THREES * len(people)) // 3 * 3
        for start, end, step in ((0, pairs, 2), (pairs, pairs + threes, 3)):
            together = people[start:end].reshape(-1, step)
            household[together] = together.min(axis=1, keepdims=True)
    return household


def _sizes(household: Ints) -> Ints:
    return np.bincount(household, minlength=len(household))[household]


def _relations(household: Ints, rng: np.random.Generator) -> Ints:
    kind = np.searchsorted([SIBLINGS, SIBLINGS + PARENTS], rng.random(len(household)), side="right")
    return kind[household]


def _names(size: int, rng: np.random.Generator) -> dict[str, Ints]:
    woman = rng.random(size) < 0.52
    given = np.where(
        woman,
        ordered_draw(rng, size, among=len(WOMEN), flattening=6),
        len(WOMEN) + ordered_draw(rng, size, among=len(MEN), flattening=6),
    )
    second = ordered_draw(rng, size, among=len(SECOND_MEN), flattening=3) + np.where(woman, 0, len(SECOND_MEN))
    same = np.array(GIVEN)[given] == np.array(SECOND)[second]
    compound = (rng.random(size) < COMPOUND_SHARE) & ~same
    return {
        "given": given,
        "second_given": np.where(compound, second, NO_NAME),
        "family": ordered_draw(rng, size, among=len(FAMILY), flattening=8),
        "second_family": ordered_draw(rng, size, among=len(FAMILY), flattening=8),
    }


def _share_names(names: dict[str, Ints], born: Ints, *, first: Ints, relation: Ints, rng: np.random.Generator) -> None:
    """Give the members of a household the names and ages that their relation brings."""
    size = len(born)
    follows = first != np.arange(size)
    siblings, child = follows & (relation == 0), follows & (relation == 1)
    junior = child & (rng.random(size) < JUNIOR_SHARE)
    twin = siblings & (rng.random(size) < TWIN_SHARE)
    years_apart, generation = rng.integers(-3_650, 3_650, size), rng.integers(8_000, 13_900, size)
    names["family"][siblings | child] = names["family"][first][siblings | child]
    names["second_family"][siblings] = names["second_family"][first][siblings]
    for part in ("given", "second_given"):
        names[part][junior] = names[part][first][junior]
    parent = (relation == 1) & ~follows
    born[parent] = rng.integers(BORN_FROM, 0, int(parent.sum()))
    born[child] = np.clip((born[first] + generation)[child], None, BORN_TO)
    born[siblings] = np.clip((born[first] + np.where(twin, 0, years_apart))[siblings], BORN_FROM, BORN_TO)
    # Siblings have names of their own: the next one on the list where chance gave both the same.
    alike = siblings & (names["given"] == names["given"][first])
    names["given"][alike] = (names["given"][alike] + 1) % len(GIVEN)


def _make_namesakes(names: dict[str, Ints], region: Ints, *, alone: Flags, rng: np.random.Generator) -> None:
    """Give a few strangers of one region the very same full name."""
    size = len(region)
    wanted = round(NAMESAKE_SHARE * size / 2) or int(size >= 100)
    for _ in range(wanted):
        one = int(rng.integers(0, size))
        others = np.flatnonzero((region == region[one]) & alone)
        if alone[one] and len(others) > 1:
            other = int(rng.choice(others))
            for part in names.values():
                part[other] = part[one]


def count_of(identity: Identity) -> dict[str, int]:
    """Return how many persons share what with another of the company, within the block."""
    size = len(identity.given)
    siblings = identity.relation == 0
    births = np.stack([identity.household, identity.born])[:, siblings]
    _, twins = np.unique(births, axis=1, return_counts=True)
    full = np.stack([identity.given, identity.second_given, identity.family, identity.second_family])
    _, place, alike = np.unique(full, axis=1, return_inverse=True, return_counts=True)
    return {
        "in_households": int((identity.relation >= 0).sum()),
        "sharing_an_email": int((np.bincount(identity.mailbox, minlength=size)[identity.mailbox] > 1).sum()),
        "twins": int(twins[twins > 1].sum()),
        "sharing_a_full_name": int((alike[place.reshape(-1)] > 1).sum()),
    }
