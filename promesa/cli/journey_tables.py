"""Tables of journeys: the passages between touchpoints, the ways taken, what turns back."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import block, measured
from promesa.cli.terms import NAME_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

MOST, WIDEST = 20, 70
WHOLES = (
    "all_journeys", "open_journeys", "variants", "moments_per_journey", "one_moment",
    "duration_mean", "duration_median", "duration_p90",
    "meets_again", "back_to_channel", "back_to_function",
)  # fmt: skip


def transitions(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return where journeys begin, the passages by how many journeys hold them, and where journeys end."""
    for part in by_group(rows, ("from", "to"), terms):
        title = part[0]
        passages = {(row["from"], row["to"]): row for row in measured(part[1], "passages")}
        medians = {(row["from"], row["to"]): row for row in measured(part[1], "wait_median")}
        ninths = {(row["from"], row["to"]): row for row in measured(part[1], "wait_p90")}
        opened = {(row["from"], row["to"]): row for row in measured(part[1], "open_wait_median")}
        shares = by_size(measured(part[1], "share_of_journeys"))
        lines = [
            [
                terms.name(row["from"]),
                terms.name(row["to"]),
                terms.point(passages.get((row["from"], row["to"]))),
                terms.figure(row),
                terms.figure(in_fitting_unit(medians.get((row["from"], row["to"])))),
                terms.point(in_fitting_unit(ninths.get((row["from"], row["to"])))),
                *(
                    [terms.figure(in_fitting_unit(opened.get((row["from"], row["to"])), open_hours=True))]
                    if opened
                    else []
                ),
            ]
            for row in shares
        ]
        heads = terms.heads("from", "to_next", "passages", "of_journeys", "half_wait", "tenth_waits")
        heads += terms.heads("half_open") if opened else []
        yield block(title, heads, lines, right={2, 3, 4, 5, 6}, most=MOST)
        for measure, column in (("starts", "to"), ("ends", "from")):
            edges = by_size(measured(part[1], measure))
            heads = [terms.say(f"column.{measure}"), *terms.heads("of_journeys")]
            yield block("", heads, [[terms.name(row[column]), terms.figure(row)] for row in edges], right={1})


def journeys(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return journeys as wholes, each touchpoint's reach and return, and the ways taken."""
    for title, part in by_group(rows, ("touchpoint", "stage", "variant"), terms):
        plain = {row["measure"]: row for row in part if not (row["touchpoint"] or row["stage"] or row["variant"])}
        lines = [[measure_of(name, terms), terms.figure(plain[name])] for name in WHOLES if name in plain]
        yield block(title, [terms.say("column.measure"), terms.say("column.figure")], lines, right={1}, most=None)
        again = {row["touchpoint"]: row for row in measured(part, "met_again")}
        reach = [row for row in measured(part, "reach") if row["touchpoint"]]
        lines = [
            [terms.name(row["touchpoint"]), terms.figure(row), terms.figure(again.get(row["touchpoint"]))]
            for row in by_size(reach)
        ]
        yield block("", terms.heads("touchpoint", "reach", "met_again"), lines, right={1, 2}, most=MOST)
        goes_on = measured(part, "goes_on")
        lines = [[terms.one_of("cli.stage", row["stage"]), terms.figure(row)] for row in goes_on]
        yield block("", [terms.say("column.of_those_begun"), *terms.heads("reach_it")], lines, right={1})
        ways = by_size(measured(part, "variant_share"))
        lines = [[spelled(str(row["variant"]), terms), terms.figure(row)] for row in ways]
        yield block("", [terms.say("column.way"), *terms.heads("of_journeys")], lines, right={1})


def in_fitting_unit(row: Row | None, *, open_hours: bool = False) -> Row | None:
    """Return a wait in the unit that a person would say, if there is one."""
    return row and words.in_fitting_unit(row, open_hours=open_hours)


def by_group(rows: Rows, own: tuple[str, ...], terms: Terms) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows of each group asked for, with what people call it."""
    fixed = ("measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note")
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        names = tuple(key for key in row if key not in (*own, *fixed))
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    for group, part in groups.items():
        yield ", ".join(terms.plain_name(value) for value in group), part


def by_size(rows: Rows) -> list[Row]:
    """Return rows with the largest figure first, those without one left out."""
    return sorted((row for row in rows if row["estimate"] is not None), key=lambda row: -float(row["estimate"]))


def spelled(way: str, terms: Terms) -> str:
    """Return a way in the names that people use, over as many lines as it needs."""
    steps: list[str] = []
    for step in way.split(" > "):
        name, _, times = step.partition(" x")
        steps.append(f"{terms.plain_name(name)} \u00d7{times}" if times else terms.plain_name(name))
    return "\n".join(wrap(" \u2192 ".join(steps), WIDEST))


def measure_of(name: str, terms: Terms) -> str:
    """Return what a measure is called."""
    return "\n".join(wrap(words.say(f"report.measure.{name}", terms.locale), 2 * NAME_LETTERS))
