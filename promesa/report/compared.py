"""One period beside another: the figures of both, promise by promise, touchpoint by touchpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.report.content import by
from promesa.report.figures import figure_of
from promesa.report.promises import statement_of
from promesa.report.tables import Cell, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from promesa.report.content import Content, Row

MEASURES = {"promises": ("kept_rate", "broken"), "touchpoints": ("moments",), "value": ()}
NAMED = {"promises": "promise", "touchpoints": "touchpoint", "value": ""}


def compared_table(analysis: str, now: Content, then: Content) -> Table | None:
    """Return one row a figure that both periods have: before, now, how many observations each.

    Parameters
    ----------
    analysis : {"promises", "touchpoints", "value"}
        What is compared: kept rates; moments and every opinion of a touchpoint; every figure of value.
    """
    key = NAMED[analysis]
    before, after = _figures(analysis, then), _figures(analysis, now)
    name = _names(key, now)
    body = [
        [
            name(place) if key else now.measure(measure),
            *([now.measure(measure)] if key else []),
            *(cell_of(figure_of(found.get((place, measure)), now)) for found in (before, after)),
            " / ".join(figure_of(found.get((place, measure)), now).n or now.say("none") for found in (before, after)),
        ]
        for place, measure in after
        if (place, measure) in before
    ]
    heads = [(now.say(f"compared.{head}"), head in {"before", "now"}) for head in ("measure", "before", "now")]
    first = [(now.say(f"column.{key}"), False)] if key else []
    return table(now.say("compared.caption"), [*first, *heads, (now.say("column.n"), True)], body) if body else None


def _figures(analysis: str, content: Content) -> Mapping[tuple[str, str], Row]:
    key, wanted = NAMED[analysis], MEASURES[analysis]
    found: dict[tuple[str, str], Row] = {}
    for place, rows in by(content.rows(analysis), key or "measure").items():
        for row in rows:
            measure = str(row.get("measure"))
            if not wanted or measure in wanted or content.has_label("concept", measure):
                found.setdefault((str(place) if key else "", measure), row)
    return found


def _names(key: str, content: Content) -> Callable[[str], Cell]:
    def name(place: str) -> Cell:
        said = statement_of(place, content) if key == "promise" else content.label(key, place)
        return Cell(text=said, names=(key, place))

    return name
