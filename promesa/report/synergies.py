"""Pairs that do more, or less, together than the sum of each: in words, as a matrix, in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import number
from promesa.report.figures import figure_of, size
from promesa.report.naming import any_name, feature_name, outcome_name
from promesa.report.tables import Cell, Exhibit, Table, drawn, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row

MOST_DRAWN, MOST_NAMED, MOST_LISTED = 8, 3, 40


def synergies_of(outcome: str, content: Content) -> tuple[tuple[str, ...], tuple[Exhibit, ...]]:
    """Return the pairs of an outcome in words, and the matrix of them where one is confirmed."""
    rows = [row for row in content.rows("synergy") if row.get("outcome") == outcome]
    if not rows or rows[0].get("first") is None:
        return (), ()
    confirmed = [row for row in rows if row.get("status") == "confirmed" and number(row.get("estimate")) is not None]
    values = {
        "outcome": outcome_name(outcome, content),
        "journeys": _journeys(rows[0], content),
        "tested": words.number(number(rows[0].get("tested")), content.locale),
    }
    key = "none" if not confirmed else "one" if len(confirmed) == 1 else "many"
    count = {"count": len(confirmed)} if confirmed else {}
    said = [words.say(f"drivers.synergy.{key}", content.locale, **values, **count)]
    said += [_pair(row, content) for row in confirmed[:MOST_NAMED]]
    figures = [row for row in rows if number(row.get("estimate")) is not None]
    return tuple(said), (_exhibit(outcome, figures, content),) if confirmed else ()


def _journeys(row: Row, content: Content) -> str:
    n = words.number(number(row.get("n_journeys")), content.locale)
    return words.say("drivers.journeys", content.locale, n=n)


def _pair(row: Row, content: Content) -> str:
    estimate, unit = number(row.get("estimate")) or 0.0, str(row.get("unit"))
    ends = sorted(abs(number(row.get(key)) or 0.0) for key in ("lower", "upper"))
    return words.say(
        "drivers.synergy.less" if estimate < 0 else "drivers.synergy.more",
        content.locale,
        first=_side(row, "first", content),
        second=_side(row, "second", content),
        size=size(estimate, unit, content),
        lower=size(ends[0], unit, content),
        upper=size(ends[1], unit, content),
        n=words.number(number(row.get("n")), content.locale),
    )


def _side(row: Row, side: str, content: Content) -> str:
    key = f"drivers.moved.{row.get(f'{side}_kind')}_{row.get(f'{side}_moves')}"
    name = feature_name(row, content, key=side, kind=f"{side}_kind")
    level = words.number(number(row.get(f"{side}_moved")), content.locale, decimals=1)
    return words.say(key, content.locale, name=name, level=level) if words.knows(key, content.locale) else name


def _exhibit(outcome: str, rows: Sequence[Row], content: Content) -> Exhibit:
    title = words.say("drivers.synergy.chart", content.locale, outcome=outcome_name(outcome, content))
    kept = _most_joined(rows)
    cells = [
        {
            **row,
            "first": feature_name(row, content, key="first", kind="first_kind"),
            "second": feature_name(row, content, key="second", kind="second_kind"),
            "mark": row.get("status") == "confirmed",
        }
        for row in rows
        if row.get("first") in kept and row.get("second") in kept
    ]
    spec = charts.pairs(
        cells,
        first="first",
        second="second",
        mark="mark",
        title=title,
        remark=words.say("drivers.synergy.marks", content.locale),
        unit=str(rows[0].get("unit")),
        locale=content.locale,
    )
    return Exhibit(svg=drawn(spec, content, name=f"synergy {outcome}"), table=_table(title, rows, content))


def _most_joined(rows: Sequence[Row]) -> set[object]:
    """Return the features of the pairs of which most is known: confirmed ones come first."""
    kept: dict[object, None] = {}
    for row in rows:
        both = [name for name in (row.get("first"), row.get("second")) if name not in kept]
        if len(kept) + len(both) <= MOST_DRAWN:
            kept.update(dict.fromkeys(both))
    return set(kept)


def _table(title: str, rows: Sequence[Row], content: Content) -> Table:
    heads = [(content.say(f"column.{key}"), key in {"beyond_sum", "n"}) for key in ("pair", "found", "beyond_sum", "n")]
    body: list[list[Cell | str]] = []
    for row in rows[:MOST_LISTED]:
        figure = figure_of(row, content, as_change=True)
        names = [feature_name(row, content, key=key, kind=f"{key}_kind") for key in ("first", "second")]
        status = f"report.status.{row.get('status')}"
        found = words.say_or(status, content.locale, otherwise=any_name(None, content))
        body.append([" + ".join(names), found, Cell(text=figure.text, small=figure.interval), figure.n])
    more = content.say("drivers.shown_of", shown=len(body), total=len(rows))
    return table(title if len(body) == len(rows) else f"{title}. {more}", heads, body)
