"""Tables of how the map changes, how far it is kept to, and what its paths lead to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.journey_tables import by_group, by_size
from promesa.cli.outcome_tables import block, groups, measured
from promesa.cli.terms import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

MOST = 20
DEVIATED = ("deviation", "touchpoint", "next")
DIFFERENCES = ("score_difference", "return_difference")


def changes(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return touchpoints in both periods, what changed of channels and passages, new levels, and what is unknown."""
    yield _touchpoints(rows, terms)
    shifted = [row for row in _changed(rows) if row["kind"] in {"channel", "passage"}]
    lines = [[_thing(row, terms), *_shares(row, rows, terms)] for row in shifted]
    heads = [short(terms.say("column.channel_or_passage")), *_share_heads(rows, terms)]
    yield block("", heads, lines, right=_right(rows), most=MOST)
    levels = measured(rows, "level_change")
    lines = [_level(row, rows, terms) for row in sorted(levels, key=lambda row: row["p_value"])]
    heads = terms.heads("level_of", "level_before", "level_after", "difference", "from_week")
    yield block("", heads, lines, right={1, 2, 3}, most=MOST)
    unknown = measured(rows, "unknown_customers")
    lines = [[str(row["name"]), terms.count(row), *_days(row, terms)] for row in unknown]
    yield block("", terms.heads("not_in_map", "customers", "first_day", "last_day"), lines, right={1})
    snippets = [line for row in unknown if row["estimate"] is not None for line in (*row["proposal"].split("\n"), "")]
    yield block("", [terms.say("column.to_paste")], [[line] for line in snippets], right=set(), most=None)


def _touchpoints(rows: Rows, terms: Terms) -> Block:
    every = [row for row in measured(rows, "share_change") if row["kind"] == "touchpoint"]
    every.sort(key=lambda row: (row["change"] == "none", -abs(row["estimate"] or 0.0)))
    lines = [[terms.name(row["name"]), *_shares(row, rows, terms)] for row in every]
    heads = [*terms.heads("touchpoint"), *_share_heads(rows, terms)]
    return block("", heads, lines, right=_right(rows), most=None)


def _share_heads(rows: Rows, terms: Terms) -> list[str]:
    year = ["year_before"] if _has_year(rows) else []
    return terms.heads("share_before", "share_recent", "difference", *year, "what_changed")


def _right(rows: Rows) -> set[int]:
    return {1, 2, 3, 4} if _has_year(rows) else {1, 2, 3}


def _changed(rows: Rows) -> list[Row]:
    found = [row for row in measured(rows, "share_change") if row["change"] != "none"]
    return sorted(found, key=lambda row: -abs(row["estimate"] or 0.0))


def _shares(row: Row, rows: Rows, terms: Terms) -> list[str]:
    before, recent = (_beside(row, rows, f"share_{end}") for end in ("before", "recent"))
    days = {name: _day(row[f"{name}_day"], terms) for name in ("first", "last")}
    said = terms.say(f"changed.{row['change']}", **days)
    year = _beside(row, rows, "share_change_year")
    beside = [terms.figure(year, change=True) if year else ""] if _has_year(rows) else []
    return [terms.point(before), terms.point(recent), terms.figure(row, change=True), *beside, said]


def _has_year(rows: Rows) -> bool:
    return any(row["measure"] == "share_change_year" for row in rows)


def _beside(row: Row, rows: Rows, measure: str) -> Row | None:
    where = [row[key] for key in ("kind", "name", "other")]
    return next((one for one in measured(rows, measure) if [one[k] for k in ("kind", "name", "other")] == where), None)


def _thing(row: Row, terms: Terms) -> str:
    name, other = (terms.plain_name(row[key]) for key in ("name", "other"))
    return f"{name}\n\u2192 {other}" if row["kind"] == "passage" else f"{name},\n{other}"


def _level(row: Row, rows: Rows, terms: Terms) -> list[str]:
    before, after = (_beside(row, rows, f"level_{end}") for end in ("before", "after"))
    name = "" if row["name"] is None else terms.plain_name(row["name"])
    of_concept = row["kind"] == "score"
    what = terms.plain_name(row["other"]) if of_concept else words.say(f"journeys.series.{row['kind']}", terms.locale)
    ends = f"{_day(row['day_earliest'], terms)} \u2026 {_day(row['day_latest'], terms)}"
    said = terms.say("changed.drift") if row["change"] == "drift" else f"{_day(row['day'], terms)}\n({ends})"
    return [
        "\n".join(part for part in (what, name) if part),
        terms.point(before),
        terms.point(after),
        terms.figure(row, change=True),
        said,
    ]


def _days(row: Row, terms: Terms) -> list[str]:
    return [_day(row["first_day"], terms), _day(row["last_day"], terms)]


def _day(iso: object, terms: Terms) -> str:
    return words.day(date.fromisoformat(str(iso)), terms.locale) if iso else words.NOT_STATED


def conformance(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the share of journeys that go as declared, and each deviation with what goes with it."""
    for title, part in by_group(rows, ("deviation", "touchpoint", "next", "p_value", "p_adjusted"), terms):
        whole = measured(part, "conforming")
        lines = [[terms.say("column.conforming"), terms.figure(row), terms.count(row)] for row in whole]
        yield block(title, terms.heads("measure", "figure", "n"), lines, right={1, 2}, most=None)
        lines = [
            [
                terms.one_of("cli.deviation", row["deviation"]),
                held_name(row, terms),
                terms.figure(row),
                *(terms.figure(_difference(row, part, measure), change=True) for measure in DIFFERENCES),
            ]
            for row in by_size(measured(part, "deviating"))
        ]
        heads = terms.heads("deviation", "touchpoint", "of_journeys", "score_with", "return_with")
        yield block("", heads, lines, right={2, 3, 4}, most=MOST)


def _difference(row: Row, rows: Rows, measure: str) -> Row | None:
    return next((one for one in measured(rows, measure) if all(one[key] == row[key] for key in DEVIATED)), None)


def endings(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table an ending: what goes with it beyond chance, the largest difference first."""
    for ending, part in groups(rows, "ending").items():
        found = [row for row in measured(part, "rate_difference") if row["found"]]
        found.sort(key=lambda row: -abs(row["estimate"] or 0.0))
        lines = [
            [
                held_name(row, terms),
                *(terms.point(_with(row, part, f"rate_{side}")) for side in ("with", "without")),
                terms.figure(row, change=True),
                terms.count(_with(row, part, "rate_with") or row),
            ]
            for row in found
        ]
        title = f"{terms.say(f'ending.{ending}')} ({terms.evidence(found[0])})" if found else ""
        heads = terms.heads("met_or_passed", "with_it", "without_it", "difference", "n_with")
        yield block(title, heads, lines, right={1, 2, 3, 4}, most=MOST)


def _with(row: Row, rows: Rows, measure: str) -> Row | None:
    where = (row["touchpoint"], row["next"])
    return next((one for one in measured(rows, measure) if (one["touchpoint"], one["next"]) == where), None)


def held_name(row: Row, terms: Terms) -> str:
    """Return a touchpoint, or a passage from one to the next."""
    name = terms.plain_name(row["touchpoint"])
    return name if row["next"] is None else f"{name}\n\u2192 {terms.plain_name(row['next'])}"
