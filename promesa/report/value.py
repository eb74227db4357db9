"""Value: what came in, what it cost, what stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by_measure, number
from promesa.report.figures import figure_of
from promesa.report.tables import cell_of, table

if TYPE_CHECKING:
    from promesa.report.content import Content
    from promesa.report.figures import Figure
    from promesa.report.tables import Cell, Table

HEADLINES = ("revenue", "cost_of_goods", "cost_to_serve", "margin", "margin_per_customer", "orders")


def headlines(content: Content) -> list[tuple[str, Figure]]:
    """Return the figures that the section opens with."""
    rows = by_measure(content.rows("value"))
    shown = [(content.measure(key), figure_of(rows[key], content)) for key in HEADLINES if key in rows]
    back = by_measure(content.rows("returning")).get("return_rate")
    return [*shown, (content.measure("return_rate"), figure_of(back, content))] if back and shown else shown


def value_table(content: Content) -> Table | None:
    """Return every figure of value."""
    rows = content.rows("value")
    if not rows:
        return None
    none = content.say("none")
    heads = [
        (content.say(f"column.{key}"), key not in {"measure", "note"})
        for key in ("measure", "figure", "n", "missing", "note")
    ]
    body: list[list[Cell | str]] = []
    for row in rows:
        figure = figure_of(row, content)
        body.append(
            [
                content.measure(str(row.get("measure"))),
                cell_of(figure),
                figure.n or none,
                words.number(number(row.get("n_missing")), content.locale),
                figure.reason or none,
            ]
        )
    return table(content.say("value.caption"), heads, body)
