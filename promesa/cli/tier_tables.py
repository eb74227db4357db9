"""Tables of who is of which tier, and of who gets the minimum standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import block, groups, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

OF_TIER = (
    "customers",
    "customer_share",
    "expected_profit",
    "margin",
    "margin_share",
    "kept_members",
    "flagged_members",
)


def tiers(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the tiers with what each is worth, then who went from where to where."""
    lines: list[list[str]] = []
    for tier, part in groups(rows, "tier").items():
        of = {row["measure"]: row for row in part}
        if tier is not None:
            lines.append([terms.plain_name(tier), *(terms.figure(of.get(measure)) for measure in OF_TIER)])
    columns = terms.heads("tier", *OF_TIER)
    yield block("", columns, lines, right=set(range(1, len(columns))), most=None)
    moves = [
        [terms.plain_name(row["tier"]), terms.plain_name(row["to"]), terms.figure(row)]
        for row in measured(rows, "moved")
    ]
    yield block(terms.say("tiers.moves"), terms.heads("tier_before", "tier_now", "customers"), moves, right={2})


def standard(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the minimum by tier, the groups that get it less often, where it is broken most, and the levels."""
    whole = [row for row in rows if row["by"] is None]
    tiers = [row for row in measured(rows, "kept_rate") if row["by"] == "tier" and row["group"] is not None]
    names = list(dict.fromkeys(row["group"] for row in tiers))
    cells = {(row["standard"], row["group"]): row for row in tiers}
    lines = [
        [
            terms.name(row["standard"]),
            terms.share(row["target"]),
            terms.figure(row),
            *(terms.figure(cells.get((row["standard"], name))) for name in names),
            terms.count(row),
        ]
        for row in whole
    ]
    columns = [*terms.heads("standard", "target", "everybody"), *(terms.plain_name(name) for name in names)]
    columns += terms.heads("n")
    yield block("", columns, lines, right=set(range(1, len(columns))), most=None)
    yield from _groups(rows, terms)
    yield _levels(rows, terms)


def _groups(rows: Rows, terms: Terms) -> Iterator[Block]:
    worse = [row for row in measured(rows, "kept_difference") if row["worse"]]
    worse.sort(key=lambda row: row["estimate"])
    lines = [
        [terms.name(row["standard"]), _by(row, terms), terms.plain_name(row["group"]), terms.figure(row, change=True)]
        for row in worse
    ]
    columns = terms.heads("standard", "by", "group", "less_than_others")
    compared = len(measured(rows, "kept_difference"))
    yield block(terms.say("standard.worse", compared=compared), columns, lines, right={3})
    where = [row for row in measured(rows, "kept_rate") if row["by"] in {"touchpoint", "channel", "supplier"}]
    where = [row for row in where if row["estimate"] is not None]
    where.sort(key=lambda row: row["estimate"] - (row["target"] or 1.0))
    broken = [
        [
            terms.name(row["standard"]),
            _by(row, terms),
            terms.plain_name(row["group"]),
            terms.figure(row),
            terms.count(row),
        ]
        for row in where
        if row["upper"] is not None and row["upper"] < (row["target"] or 1.0)
    ]
    columns = terms.heads("standard", "by", "group", "kept", "n")
    yield block(terms.say("standard.where"), columns, broken, right={3, 4})


def _by(row: Row, terms: Terms) -> str:
    key = f"report.dimension.{row['by']}"
    return words.say_or(key, terms.locale, otherwise=terms.plain_name(row["by"]))


def _levels(rows: Rows, terms: Terms) -> Block:
    found = {
        (row["standard"], row["group"], row["measure"]): row
        for row in rows
        if row["measure"] in {"level_rate", "not_given", "beyond_rate", "beyond", "beyond_cost"}
    }
    lines = [
        [
            terms.name(standard),
            terms.plain_name(tier),
            terms.figure(row),
            terms.figure(found.get((standard, tier, "not_given"))),
            terms.figure(found.get((standard, tier, "beyond_rate"))),
            terms.figure(found.get((standard, tier, "beyond"))),
            terms.point(found.get((standard, tier, "beyond_cost"))),
        ]
        for (standard, tier, measure), row in found.items()
        if measure == "level_rate"
    ]
    columns = terms.heads("standard", "tier", "level_rate", "not_given", "beyond_rate", "beyond", "beyond_cost")
    return block(terms.say("standard.levels"), columns, lines, right={2, 3, 4, 5, 6}, most=None)
