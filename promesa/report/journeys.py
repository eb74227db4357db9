"""Journeys: the map as it is lived, the ways taken, and the tables of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, by_measure, number, only
from promesa.report.figures import figure_of, percent
from promesa.report.lived import lived_map
from promesa.report.sankey import REST, ways_of, ways_picture
from promesa.report.tables import Cell, Exhibit, Table, cell_of, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Content, Row
    from promesa.report.figures import Figure
    from promesa.report.promises import Promise

HEADLINES = ("all_journeys", "moments_per_journey", "duration_median", "one_moment", "meets_again", "back_to_function")
WAITS = ("wait_median", "wait_p90", "open_wait_median")
MOST = 12
"""Passages and ways of a table; all of them are in the snapshot."""


def is_there(content: Content) -> bool:
    """Tell whether any journey was lived."""
    return any(row.get("estimate") is not None for row in only(content.rows("journeys"), "reach"))


def shown(content: Content, promises: Sequence[Promise]) -> dict[str, object]:
    """Return what the section shows."""
    return {
        "journeys_said": [said for said in (content.summary("journeys"), content.summary("transitions")) if said],
        "journeys_headlines": _headlines(content),
        "lived_maps": lived_map(content, promises),
        "journeys_table": _touchpoint_table(content),
        "passages_table": passages_table(content),
        "ways": _ways(content),
        "ways_share": percent(sum(share for _, share in ways_of(content)), content),
    }


def _headlines(content: Content) -> list[tuple[str, Figure]]:
    whole = [row for row in content.rows("journeys") if not any(row.get(k) for k in ("touchpoint", "stage", "variant"))]
    rows = by_measure(whole)
    return [
        (content.measure(name), figure_of(words.in_fitting_unit(rows[name]), content))
        for name in HEADLINES
        if name in rows and rows[name].get("estimate") is not None
    ]


def _touchpoint_table(content: Content) -> Table | None:
    """Return one row a touchpoint: journeys that meet it, more than once, begin there and end there."""
    rows = [row for row in content.rows("journeys") if row.get("touchpoint")]
    met = {name: by_measure(found) for name, found in by(rows, "touchpoint").items()}
    starts = {row["to"]: row for row in only(content.rows("transitions"), "starts")}
    ends = {row["from"]: row for row in only(content.rows("transitions"), "ends")}
    if not met:
        return None
    order = sorted(met, key=lambda name: -(number(met[name].get("reach", {}).get("estimate")) or 0.0))
    measures = ("reach", "met_again", "starts", "ends")
    body: list[list[Cell | str]] = []
    for name in order:
        found = {**met[name], "starts": starts.get(name), "ends": ends.get(name)}
        body.append([content.label("touchpoint", name), *(_cell(found.get(m), content) for m in measures)])
    heads = [(content.say("column.touchpoint"), False), *((content.measure(m), True) for m in measures)]
    return table(content.say("journeys.table"), heads, body)


def _cell(row: Row | None, content: Content) -> Cell:
    return cell_of(figure_of(row, content)) if row else Cell(text="–")


def passages_table(content: Content) -> Table | None:
    """Return the passages that most journeys hold, with how long they wait."""
    rows = [row for row in content.rows("transitions") if row.get("from") and row.get("to")]
    pairs = [by_measure(found) for found in by(rows, lambda row: (row["from"], row["to"])).values()]
    held = [p for p in pairs if p.get("share_of_journeys", {}).get("estimate") is not None]
    if not held:
        return None
    held.sort(key=lambda pair: -(number(pair["share_of_journeys"].get("estimate")) or 0.0))
    waits = [wait for wait in WAITS if any(wait in pair for pair in held)]
    body = [
        [
            *(content.label("touchpoint", pair["share_of_journeys"][end]) for end in ("from", "to")),
            _cell(pair["share_of_journeys"], content),
            *(_cell(_wait(pair, wait), content) for wait in waits),
        ]
        for pair in held[:MOST]
    ]
    heads = [(content.say(f"journeys.{end}"), False) for end in ("from", "to")]
    heads += [(content.measure(measure), True) for measure in ("share_of_journeys", *waits)]
    return table(content.say("journeys.passages"), heads, body)


def _wait(pair: Mapping[str, Row], measure: str) -> Row | None:
    row = pair.get(measure)
    return row and words.in_fitting_unit(row, open_hours=measure.startswith("open"))


def _ways(content: Content) -> Exhibit | None:
    picture = ways_picture(content)
    if picture is None:
        return None
    rows = {str(row["variant"]): row for row in only(content.rows("journeys"), "variant_share")}
    told = [row for row in rows.values() if row.get("estimate") is not None]
    body = [
        [_spelled([*steps], content), _cell(row, content)]
        for (steps, _), row in zip(ways_of(content), told, strict=True)
    ][:MOST]
    heads = [(content.say("journeys.way"), False), (content.measure("variant_share"), True)]
    return Exhibit(svg=picture, table=table(content.say("journeys.ways_table"), heads, body))


def _spelled(steps: Sequence[str], content: Content) -> str:
    named = (
        content.say("journeys.more_steps") if step == REST else content.label("touchpoint", step) for step in steps
    )
    return " → ".join(named)
