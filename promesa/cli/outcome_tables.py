"""Tables of what outcomes go with: drivers, roles, penalty and reward, pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.terms import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

MOST = 12
"""Rows of a table that a person still reads; all of them are in ``--csv`` and ``--json``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One table of an answer.

    Attributes
    ----------
    right : set of int
        Columns set to the right.
    left_out : int
        Rows that are not shown.
    """

    title: str
    columns: list[str]
    rows: list[list[str]]
    right: set[int]
    left_out: int = 0


def drivers(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: what was lived, who answers for it, its share, its change, its class."""
    for outcome, part in groups(rows, "outcome").items():
        changes = {row["feature"]: row for row in measured(part, "change")}
        shares = [row for row in measured(part, "share") if row["estimate"] is not None]
        lines = [
            [
                terms.feature(row),
                terms.one_of("cli.stage", row.get("stage")),
                terms.who(row.get("function")),
                terms.figure(row),
                terms.figure(changes.get(row["feature"]), change=True),
                _class(row, terms),
            ]
            for row in shares
        ]
        n = next((row for row in part if row["measure"] == "explained"), part[0])
        columns = terms.heads("feature", "stage", "function", "share", "per_unit", "class")
        yield block(titled(outcome, n, terms), columns, lines, right={3, 4})


def _class(row: Row, terms: Terms) -> str:
    return short(terms.one_of("drivers.class", "must_be" if row.get("essential") else row.get("class")))


def roles(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: its shares by function, by stage, by channel, by supplier."""
    for outcome, part in groups(rows, "outcome").items():
        shares = [row for row in measured(part, "share") if row["estimate"] is not None]
        lines = [
            [
                terms.say(f"column.{row['by']}"),
                _group(row, terms),
                str(row.get("owner") or ""),
                terms.figure(row),
                terms.share(row.get("probability_first")),
            ]
            for row in shares
        ]
        columns = terms.heads("by", "group", "owner", "share", "first")
        yield block(titled(outcome, part[0], terms), columns, lines, right={3, 4}, most=None)


def _group(row: Row, terms: Terms) -> str:
    kind, name = row["by"], row["group"]
    if name is None:
        return terms.one_of("drivers.rest", kind)
    if name == "other":
        return words.say("drivers.other", terms.locale)
    return terms.one_of("stage", name) if kind == "stage" else terms.name(name)


def asymmetry(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: class, what failing and what excelling goes with; the largest first."""
    for outcome, part in groups(rows, "outcome").items():
        rewards = {row["feature"]: row for row in measured(part, "reward")}
        pairs = [
            (row, rewards.get(row["feature"]))
            for row in measured(part, "penalty")
            if row["feature"] is not None and row.get("class") is not None
        ]
        pairs.sort(key=lambda pair: -max(abs(side["estimate"] or 0.0) for side in pair if side))
        lines = [
            [
                terms.feature(row),
                terms.one_of("drivers.class", row["class"]),
                _side(row, terms),
                _side(reward, terms),
                words.number(row["n_met"], terms.locale),
            ]
            for row, reward in pairs
        ]
        columns = terms.heads("feature", "class", "penalty", "reward", "lived")
        yield block(titled(outcome, part[0], terms), columns, lines, right={2, 3, 4})


def _side(row: Row | None, terms: Terms) -> str:
    return words.NOT_STATED if row is None or row["estimate"] is None else terms.figure(row, change=True)


def synergy(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an outcome: the pairs that were confirmed, then those that were suspected."""
    for outcome, part in groups(rows, "outcome").items():
        found = [row for row in part if row.get("status") in {"confirmed", "proposed"}]
        found.sort(key=lambda row: row["status"] != "confirmed")
        lines = [
            [
                terms.feature(row, "first", "first_kind"),
                terms.feature(row, "second", "second_kind"),
                terms.one_of("report.status", row["status"]),
                terms.figure(row, change=True),
                terms.count(row),
            ]
            for row in found
        ]
        columns = terms.heads("first", "second", "found", "joint_extra", "n")
        yield block(terms.plain_name(outcome), columns, lines, right={3, 4}, of=len(part))


def titled(outcome: object, row: Row, terms: Terms) -> str:
    """Return the title of a table: the outcome and how many journeys stand behind it."""
    journeys = words.say("drivers.journeys", terms.locale, n=terms.count(row))
    return f"{terms.plain_name(outcome)} \u00b7 {journeys}"


def block(
    title: str, columns: list[str], lines: list[list[str]], *, right: set[int], most: int | None = MOST, of: int = 0
) -> Block:
    """Return a table of the first rows; `of` says of how many, where more were looked at than are listed."""
    shown = lines[:most]
    total = max(len(lines), of)
    return Block(title=title, columns=columns, rows=shown, right=right, left_out=total - len(shown))


def measured(rows: Rows, measure: str) -> list[Row]:
    """Return the rows of one measure."""
    return [row for row in rows if row["measure"] == measure]


def groups(rows: Rows, key: str) -> dict[object, list[Row]]:
    """Return rows by the value of a key, in the order in which they come."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found
