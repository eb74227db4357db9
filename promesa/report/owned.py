"""What belongs to the functions that one reader answers for, and nothing that is of the whole company."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import is_withheld, number
from promesa.report.effects import told_once
from promesa.report.figures import figure_of
from promesa.report.naming import feature_name, outcome_name
from promesa.report.promises import promises_of
from promesa.report.tables import Cell, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from promesa.report.content import Content, Row
    from promesa.report.promises import Promise
    from promesa.report.tables import Table

_KEPT = ("promises", "promises_by_month", "differences", "touchpoints", "touchpoints_by_channel", "cases", "priorities")


_ARROWS = {"effects": "effect", "drivers": "change", "system": "total_effect"}
"""Answers of what moves what, and the figure that is the arrow."""
_OF_OTHERS = frozenset({"adjusted_for", "confounders", "confounder", "told_with"})
_UNSAID: dict[str, object] = {"summary": {}, "chart": {}}


def owned(content: Content, functions: Collection[str]) -> Content:
    """Return the content of some functions: their promises, their touchpoints, what is at stake there.

    A document that is not about one promise or one touchpoint is left out, and so is every sentence that an answer
    says of all of them.
    """
    promises = {name for name, said in content.promises.items() if said.get("owner") in functions}
    touchpoints = {name for name, said in content.touchpoints.items() if said.get("function") in functions}
    own = content.only_promises(promises).only_touchpoints(touchpoints)
    documents = {key: {**own.document(key), **_UNSAID} for key in _KEPT if own.document(key)}
    documents |= {
        key: {**content.document(key), **_UNSAID, "system": {}, "rows": rows}
        for key, measure in _ARROWS.items()
        if (rows := _arrow_rows(content, key, measure, functions))
    }
    if "cases" in documents:
        documents["cases"]["rows"] = cases_of(content, functions)
    if "priorities" in documents:
        named = {"touchpoint": touchpoints, "function": set(functions)}
        rows = [row for row in own.rows("priorities") if row.get("name") in named.get(str(row.get("level")), ())]
        documents["priorities"]["rows"] = rows
    return replace(own, documents=documents)


def cases_of(content: Content, functions: Collection[str]) -> list[Row]:
    """Return the cases that functions answer for, touchpoint by touchpoint; a touchpoint may be of another."""
    return [row for row in content.rows("cases") if row.get("touchpoint") and row.get("function") in functions]


def _arrow_rows(content: Content, key: str, measure: str, functions: Collection[str]) -> list[Row]:
    """Return what goes out from something of these functions, without what else was held still: that is of others."""
    own = (row for row in content.rows(key) if row.get("measure") == measure and row.get("function") in functions)
    return [{name: value for name, value in row.items() if name not in _OF_OTHERS} for row in own]


def arrows_table(content: Content) -> Table | None:
    """Return the part of the chain that begins at something of these functions: what it does to which outcome."""
    effects = [row for row in content.rows("effects") if row.get("segment") is None]
    rows = [(row, row.get("of")) for row in told_once(effects)]
    known = {(str(name), row.get("outcome")) for row, name in rows}
    rows += [
        (row, row.get("feature"))
        for row in content.rows("drivers")
        if (str(row.get("feature")), row.get("outcome")) not in known
    ]
    body = [_arrow(row, name, content) for row, name in rows if number(row.get("estimate")) is not None]
    heads = [(content.say(f"column.{key}"), key in {"change", "n"}) for key in ("act", "on", "change", "n", "evidence")]
    return table(content.say("own_arrows.caption"), heads, body) if body else None


def _arrow(row: Row, name: object, content: Content) -> list[Cell | str]:
    figure = figure_of(row, content, as_change=True)
    said = feature_name({**row, "feature": name}, content)
    if row.get("kind") == "promise":
        said = content.say("own_arrows.broken", promise=said)
    return [
        said,
        outcome_name(row.get("outcome"), content),
        cell_of(figure),
        figure.n,
        content.say(f"evidence.{figure.evidence}.word"),
    ]


def open_table(content: Content, *, smallest: int) -> Table | None:
    """Return what is open now of each promise: not yet due, and past its due time with nothing come.

    Parameters
    ----------
    smallest : int
        Counts below it, but for none, are not told.
    """
    promises = [one for one in promises_of(content) if one.rows]
    if not promises:
        return None
    heads = [("promise", False), ("not_yet_due", True), ("overdue", True)]
    rows: list[list[Cell | str]] = [
        [
            Cell(text=one.statement, names=("promise", one.name)),
            cell_of(figure_of(one.rows.get("not_yet_due"), content)),
            _overdue(one, content, smallest),
        ]
        for one in promises
    ]
    return table(content.say("open.caption"), [(content.say(f"open.{key}"), right) for key, right in heads], rows)


def _overdue(promise: Promise, content: Content, smallest: int) -> str:
    """Return how many were judged broken because nothing came: those judged less those judged that came."""
    judged, arrived = (_n(promise.rows, measure) for measure in ("kept_rate", "kept_rate_of_delivered"))
    if judged is None or arrived is None:
        return content.say("none")
    count = round(judged - arrived)
    if 0 < count < smallest:
        return content.say("open.few", smallest=smallest)
    return words.number(count, content.locale)


def _n(rows: Mapping[str, Row], measure: str) -> float | None:
    row = rows.get(measure)
    return None if row is None or is_withheld(row) else number(row.get("n"))
