"""The table of open cases, by who answers for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.journey_tables import by_group, in_fitting_unit
from promesa.cli.outcome_tables import block, groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

FIGURES = ("open_now", "overdue", "overdue_share", "below_minimum")
TIMES = ("open_time_median", "open_hours_median", "open_time_longest")
FLOW = ("opened_recently", "closed_recently")


def cases(rows: Sequence[Row], terms: Terms) -> Iterator[Block]:
    """Return what waits: of everybody, then of each touchpoint, first where most is past its limit."""
    for title, part in by_group(rows, ("function", "touchpoint"), terms):
        known = {row["measure"] for row in part}
        shown = [measure for measure in (*FIGURES, *TIMES, *FLOW) if measure in known]
        lines: list[tuple[float, list[str]]] = []
        for function, own in groups(part, "function").items():
            for touchpoint, figures in groups(own, "touchpoint").items():
                if function is not None and touchpoint is None:
                    continue  # a function's own figures are in --csv; its touchpoints say the same
                of = {row["measure"]: row for row in figures}
                name = terms.say("cases.all") if touchpoint is None else terms.name(touchpoint)
                who = "" if function is None else terms.who(function)
                told = [_figure(of.get(measure), measure, terms) for measure in shown]
                lines.append((_place(of, touchpoint), [name, who, *told]))
        lines.sort(key=lambda line: line[0])
        heads = terms.heads("touchpoint", "function", *shown)
        yield block(title, heads, [line for _, line in lines], right=set(range(2, len(heads))), most=None)


def _place(of: Mapping[str, Row], touchpoint: object) -> float:
    """Return what a line is sorted by: everybody first, what is withheld last."""
    if touchpoint is None:
        return float("-inf")
    late = of["overdue"]["estimate"] if "overdue" in of else None
    return 1.0 if late is None else -float(late)


def _figure(row: Row | None, measure: str, terms: Terms) -> str:
    if row is not None and row["estimate"] is None and str(row["note"]).startswith("withheld"):
        return words.say("report.withheld_short", terms.locale)
    if measure not in TIMES:
        return terms.figure(row)
    return terms.figure(in_fitting_unit(row, open_hours=measure == "open_hours_median"))
