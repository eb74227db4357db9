"""Of which tier a customer was at an instant: read from what the reviews have said."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from promesa.engine import case, null_of, when
from promesa.errors import NothingTiered

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.engine import Table
    from promesa.measures.slices import Question
    from promesa.store import Facts
    from promesa.workspace import Tiers

COLUMN = "by_tier"


def tiers_of(question: Question) -> Tiers:
    """Return the declared tiers.

    Raises
    ------
    NothingTiered
        If the model declares none.
    """
    tiers = question.workspace.model.tiers
    if tiers is None:
        raise no_tiers()
    return tiers


def no_tiers() -> NothingTiered:
    """Return the error of a model without tiers."""
    return NothingTiered(
        what="The model declares no tiers of customers.",
        got="no [tiers] in model.toml",
        expected="[tiers.NAME] twice or more, the highest first",
        fix="declare the tiers, then run `promesa tier`",
    )


def declaration_of(tiers: Tiers) -> str:
    """Return a fingerprint of what decides who is of which tier; labels are not part of it."""
    bands = [(band.name, band.enter, band.keep, sorted(band.flags.items())) for band in tiers.bands.values()]
    text = repr((tiers.by, tiers.horizon_days, tiers.measured, bands))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reviews_of(facts: Facts) -> list[tuple[datetime, str]]:
    """Return (instant, fingerprint of the declaration) of the reviews up to `as_of`, the last one first."""
    if facts.is_empty("tier_reviews"):
        return []
    rows = facts.state("tier_reviews")
    found = facts.engine.fetch(rows.filter(rows["at"] <= facts.as_of).select("at", "settings")).to_pylist()
    return sorted(((row["at"], row["settings"]) for row in found), reverse=True)


def check_reviewed(question: Question) -> None:
    """Refuse to say who is of which tier where no review has said it of these tiers.

    Raises
    ------
    NothingTiered
        If no tiers are declared, no review lies before `as_of`, or the last one was of other tiers.
    """
    declared = declaration_of(tiers_of(question))
    reviews = reviews_of(question.facts)
    if not reviews:
        raise NothingTiered(
            what="No customer has been given a tier yet.",
            got=f"no review up to {question.facts.as_of:%Y-%m-%d %H:%M}",
            expected="at least one review of the tiers",
            fix="run `promesa tier`",
        )
    if reviews[0][1] != declared:
        raise NothingTiered(
            what="The tiers of model.toml have changed since customers were given theirs.",
            got=f"a review of {reviews[0][0]:%Y-%m-%d} under other tiers",
            expected="a review of the tiers as they are now",
            fix="run `promesa tier`",
        )


def members(question: Question, at: datetime | None = None) -> Table:
    """Return (customer, tier, reason) of the persons of whom a review has said something, each once.

    Everybody else is of the lowest tier. Of two records joined since the review the higher tier counts.

    Parameters
    ----------
    at : datetime or None
        Instant looked at, naive UTC; None is `as_of`.
    """
    facts, names = question.facts, tiers_of(question).names
    instant = at or facts.as_of
    rows = facts.state("tiers")
    rows = rows.filter(rows["since"] <= instant, rows["until"] > instant).select("customer", "tier", "reason")
    rows = facts.of_persons(rows)
    rank = case(*((rows["tier"] == name, place) for place, name in enumerate(names)), otherwise=len(names) - 1)
    rows = rows.mutate(rank=rank)
    first = rows.group_by("customer").mutate(top=rows["rank"].min())
    first = first.filter(first["rank"] == first["top"])
    each = first.group_by("customer", "rank").aggregate(reason=first["reason"].max())
    tier = case(*((each["rank"] == place, name) for place, name in enumerate(names)), otherwise=names[-1])
    held = each.select("customer", "reason", tier=tier)
    return facts.engine.hold(f"tiers {facts.version} {facts.as_of} {instant} {names}", held)


def with_tier(question: Question, table: Table) -> Table:
    """Return `table` with the tier of each row's customer as ``by_tier``; null where there is no customer."""
    check_reviewed(question)
    known = members(question).select(member="customer", of_tier="tier")
    lowest = tiers_of(question).lowest
    joined = table.left_join(known, table["customer"] == known["member"])
    tier = when(joined["customer"].isnull(), null_of("string"), joined["of_tier"].coalesce(lowest))
    return joined.mutate(**{COLUMN: tier}).drop("member", "of_tier")
