"""Tables of what later stages say of earlier ones, and of what it takes to have a need solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.journey_tables import by_group, measure_of
from promesa.cli.outcome_tables import block, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

MOST = 20
WHERE = ("stage", "later", "touchpoint", "channel")
SHOWN = ("contacts_per_need", "one_contact", "solved_at_first", "contacts_until_solved", "reopened")


def feedback(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one table a pair of stages, what differs beyond chance first, and what came of what was expected."""
    of = {(row["measure"], *(row[key] for key in WHERE)): row for row in rows}
    pairs = dict.fromkeys((str(row["stage"]), str(row["later"])) for row in rows if row["later"])
    for stage, later in pairs:
        part = [row for row in rows if (row["stage"], row["later"]) == (stage, later)]
        places = list(dict.fromkeys(tuple(row[key] for key in WHERE) for row in part))
        lines = [
            [
                _place(place, terms),
                *(
                    cell
                    for kind in ("score", "broken")
                    for cell in (
                        terms.figure(of.get((f"later_{kind}", *place))),
                        terms.figure(of.get((f"later_{kind}_difference", *place)), change=True),
                        _found(of.get((f"later_{kind}_difference", *place)), terms),
                    )
                ),
            ]
            for place in sorted(places, key=lambda place: _surest(place, of))
        ]
        lines = _joined(lines)
        title = words.say(f"journeys.feedback.pair_{stage}_{later}", terms.locale)
        heads = terms.heads(
            "came_through", "later_score", "against_rest", "sure", "later_broken", "against_rest", "sure"
        )
        yield block(title, heads, lines, right={1, 2, 4, 5}, most=MOST)
    gaps = sorted(measured(rows, "expectation_gap"), key=lambda row: float(row["estimate"] or 0.0))
    lines = [
        [
            _place(tuple(row[key] for key in WHERE), terms),
            *(terms.figure(of.get((name, *(row[key] for key in WHERE)))) for name in ("expected", "experienced")),
            terms.figure(row, change=True),
        ]
        for row in gaps
    ]
    lines = _joined(lines)
    title = words.say("journeys.feedback.gap_title", terms.locale)
    yield block(
        title, terms.heads("came_through", "expected", "experienced", "difference"), lines, right={1, 2, 3}, most=MOST
    )


def _place(place: Sequence[object], terms: Terms) -> str:
    name = terms.name(place[2])
    return name if place[3] is None else f"{name}\n  {terms.plain_name(place[3])}"


def _joined(lines: Sequence[list[str]]) -> list[list[str]]:
    """Return one line for touchpoints that the same journeys came through: their figures are the same."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *figures in lines:
        names.setdefault(tuple(figures), []).append(name)
    return [["\n".join(same), *figures] for figures, same in names.items()]


def _found(row: Row | None, terms: Terms) -> str:
    return "" if row is None else words.say(f"journeys.found.{'yes' if row['found'] else 'no'}", terms.locale)


def _surest(place: Sequence[object], of: dict[tuple[object, ...], Row]) -> tuple[float, str]:
    found = [of.get((f"later_{kind}_difference", *place)) for kind in ("score", "broken")]
    values = [float(row["p_value"]) for row in found if row is not None and row["p_value"] is not None]
    return min(values, default=1.0), str(place)


def needs(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return all needs, and those of each channel and function of the first contact."""
    for title, part in by_group(rows, ("channel", "function"), terms):
        whole = {row["measure"]: row for row in part if row["channel"] is None and row["function"] is None}
        lines = [[measure_of(name, terms), terms.figure(whole[name])] for name in ("needs", *SHOWN) if name in whole]
        yield block(title, [terms.say("column.measure"), terms.say("column.figure")], lines, right={1}, most=None)
        for key in ("channel", "function"):
            of = {(row["measure"], row[key]): row for row in part if row[key] is not None}
            names = dict.fromkeys(row[key] for row in part if row[key] is not None)
            lines = [
                [
                    terms.name(name),
                    terms.count(of[("needs", name)]),
                    *(terms.figure(of.get((measure, name))) for measure in SHOWN),
                ]
                for name in names
            ]
            heads = terms.heads(
                f"first_{key}", "needs", "per_need", "one_contact", "at_first", "until_solved", "reopened"
            )
            yield block("", heads, lines, right={1, 2, 3, 4, 5, 6}, most=MOST)
