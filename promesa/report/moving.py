"""What would come of moving things: the answers of what-if as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, by_measure, number
from promesa.report.figures import figure_of
from promesa.report.naming import any_name, outcome_name
from promesa.report.tables import Cell, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

PER_YEAR = ("money_per_year", "customers_kept", "complaints_per_year")
TOGETHER = "together"


def moving_table(rows: Sequence[Row], content: Content) -> Table:
    """Return one row an outcome and change: what it changes, and what that is in a year."""
    groups = {key: by_measure(own) for key, own in by(rows, lambda row: (row["outcome"], row["feature"])).items()}
    several = len({feature for _, feature in groups}) > 2
    body: list[list[Cell | str]] = []
    for (outcome, feature), found in groups.items():
        if feature == TOGETHER and not several:
            continue
        any_row = next(iter(found.values()))
        change = figure_of(found.get("change", any_row), content, as_change=True)
        year = next((found[key] for key in PER_YEAR if key in found), None)
        body.append(
            [
                outcome_name(outcome, content),
                _moved(feature, content),
                Cell(text=change.text, small=change.interval or change.reason, state=change.state),
                _in_a_year(year, content) if year else "",
                words.number(_n(any_row), content.locale),
            ]
        )
    heads = [
        (content.say(f"moving.{key}"), key in {"change", "year"}) for key in ("outcome", "moved", "change", "year")
    ]
    return table(content.say("moving.caption"), [*heads, (content.say("column.n"), True)], body)


def _in_a_year(row: Row, content: Content) -> Cell:
    """Return what a change is in a year: money as it is, customers and times whole and named."""
    if row.get("unit") != "count" or number(row.get("estimate")) is None:
        return cell_of(figure_of(row, content, as_change=True))
    whole, lower, upper = (_whole(number(row.get(key)), content) for key in ("estimate", "lower", "upper"))
    span = content.say("interval", lower=lower, upper=upper) if lower and upper else ""
    return Cell(text=content.say(f"moving.counted.{row['measure']}", count=whole), small=span)


def _whole(value: float | None, content: Content) -> str:
    if value is None:
        return ""
    return words.number(round(value), content.locale, sign=True).replace("-", "\N{MINUS SIGN}")


def _n(row: Row) -> float:
    found = row.get("n")
    return float(found) if isinstance(found, int | float) else 0.0


def _moved(feature: object, content: Content) -> str:
    return words.say("chain.whatif.together", content.locale) if feature == TOGETHER else any_name(feature, content)
