"""What customers began and nobody has finished: how much waits where, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by as grouped
from promesa.report.content import by_measure, number, only
from promesa.report.figures import figure_of
from promesa.report.tables import Cell, Exhibit, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from promesa.report.content import Content, Row
    from promesa.report.tables import Table

SHOWN = (
    "open_now",
    "overdue",
    "overdue_share",
    "below_minimum",
    "open_time_median",
    "open_hours_median",
    "open_time_longest",
    "opened_recently",
    "closed_recently",
)


def is_there(content: Content) -> bool:
    """Tell whether anything was begun of late, or waits."""
    return bool(content.rows("cases"))


def shown(content: Content) -> dict[str, object]:
    """Return everything that the section shows."""
    return {"cases_table": cases_table(content), "cases_exhibits": cases_exhibits(content)}


def cases_table(content: Content) -> Table | None:
    """Return one row a touchpoint, below that of all of them."""
    rows = [row for row in content.rows("cases") if row.get("touchpoint") or not row.get("function")]
    if not rows:
        return None
    measures = [measure for measure in SHOWN if any(True for _ in only(rows, measure))]
    body: list[list[Cell | str]] = []
    for name, part in grouped(rows, "touchpoint").items():
        of = by_measure(part)
        figures = [_cell(of.get(measure), measure, content) for measure in measures]
        if name is None:
            body.append([content.say("all"), "", *figures])
            continue
        names = ("touchpoint", str(name)) if name in content.touchpoints else None  # of another function: no page
        place = Cell(text=content.label("touchpoint", name), names=names)
        body.append([place, content.label("function", part[0].get("function")), *figures])
    heads = [(content.say(f"column.{key}"), False) for key in ("touchpoint", "function")]
    heads += [(content.measure(measure), True) for measure in measures]
    return table(content.say("cases.caption"), heads, body)


def cases_exhibits(content: Content) -> list[Exhibit]:
    """Return the picture of how many are past their limit at each touchpoint."""
    rows = [row for row in only(content.rows("cases"), "overdue") if row.get("touchpoint")]
    if len(rows) < 2 or not any(number(row.get("estimate")) for row in rows):
        return []
    rows.sort(key=lambda row: -(number(row.get("estimate")) or 0.0))
    title = words.say("actions.cases.chart", content.locale)
    names = content.names("touchpoint", (row.get("touchpoint") for row in rows))
    spec = charts.bars(rows, label="touchpoint", title=title, unit="count", locale=content.locale, names=names)
    heads = {"touchpoint": content.say("column.touchpoint")}
    behind = figures_table(
        title, rows, heads=heads, name=lambda _, value: content.label("touchpoint", value), content=content
    )
    return [Exhibit(svg=drawn(spec, content, name="cases"), table=behind)]


def _cell(row: Row | None, measure: str, content: Content) -> Cell | str:
    if row is None:
        return words.NOT_STATED
    fitting = words.in_fitting_unit(row, open_hours=measure == "open_hours_median")
    return cell_of(figure_of(fitting, content))
