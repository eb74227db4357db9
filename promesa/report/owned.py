"""What belongs to the functions that one reader answers for, and nothing that is of the whole company."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import is_withheld, number
from promesa.report.figures import figure_of
from promesa.report.promises import promises_of
from promesa.report.tables import Cell, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from promesa.report.content import Content, Row
    from promesa.report.promises import Promise
    from promesa.report.tables import Table

_KEPT = ("promises", "promises_by_month", "differences", "touchpoints", "touchpoints_by_channel", "cases", "priorities")


def owned(content: Content, functions: Collection[str]) -> Content:
    """Return the content of some functions: their promises, their touchpoints, what is at stake there.

    A document that is not about one promise or one touchpoint is left out, and so is every sentence that an answer
    says of all of them.
    """
    promises = {name for name, said in content.promises.items() if said.get("owner") in functions}
    touchpoints = {name for name, said in content.touchpoints.items() if said.get("function") in functions}
    own = content.only_promises(promises).only_touchpoints(touchpoints)
    documents = {key: {**own.document(key), "summary": {}} for key in _KEPT if own.document(key)}
    if "priorities" in documents:
        named = {"touchpoint": touchpoints, "function": set(functions)}
        rows = [row for row in own.rows("priorities") if row.get("name") in named.get(str(row.get("level")), ())]
        documents["priorities"]["rows"] = rows
    return replace(own, documents=documents)


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
