"""Who matters how much, and the minimum that everybody gets: tiers, standards, groups worse off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by as grouped
from promesa.report.content import by_measure, number, only
from promesa.report.figures import figure_of
from promesa.report.splits import dimension_name
from promesa.report.tables import Cell, Exhibit, cell_of, drawn, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.report.content import Content, Row
    from promesa.report.tables import Table

OF_TIER = (
    "customers",
    "customer_share",
    "expected_profit",
    "margin",
    "margin_share",
    "kept_members",
    "flagged_members",
)
OF_LEVEL = ("level_rate", "not_given", "beyond_rate", "beyond", "beyond_cost")
WHERE = ("touchpoint", "channel", "supplier")
MOST_BROKEN = 20
SHORT_OF = "\u25bc"


def is_there(content: Content) -> bool:
    """Tell whether the company has tiers or standards that anything is known of."""
    return bool(content.rows("tiers") or content.rows("standard"))


def tier_exhibits(content: Content) -> list[Exhibit]:
    """Return what a customer of each tier is expected to leave, with everything known of the tiers behind it."""
    rows = content.rows("tiers")
    shown = [row for row in only(rows, "expected_profit") if number(row.get("estimate")) is not None]
    if len(shown) < 2:
        return []
    title = words.say("value.tiers.chart", content.locale, days=shown[0].get("horizon_days"))
    spec = charts.intervals(
        shown,
        label="tier",
        title=title,
        unit=str(shown[0].get("unit")),
        locale=content.locale,
        names=content.names("tier", (row.get("tier") for row in shown)),
    )
    return [Exhibit(svg=drawn(spec, content, name="tiers"), table=_tier_table(title, rows, content))]


def tier_table(content: Content) -> Table | None:
    """Return the tiers, one a line."""
    rows = content.rows("tiers")
    return _tier_table(content.say("tiers.caption"), rows, content) if rows else None


def _tier_table(caption: str, rows: Sequence[Row], content: Content) -> Table:
    heads = [(content.say("column.tier"), False), *((content.measure(measure), True) for measure in OF_TIER)]
    body: list[list[Cell | str]] = []
    for tier, part in grouped(rows, "tier").items():
        if tier is not None:
            of = by_measure(part)
            figures = [cell_of(figure_of(of.get(measure), content)) for measure in OF_TIER]
            body.append([content.label("tier", tier), *figures])
    return table(caption, heads, body)


def moves_table(content: Content) -> Table | None:
    """Return who went from which tier to which at the last review."""
    moves = list(only(content.rows("tiers"), "moved"))
    if not moves:
        return None
    heads = [(content.say(f"column.{key}"), key == "customers") for key in ("tier_before", "tier_now", "customers")]
    body = [
        [content.label("tier", row.get("tier")), content.label("tier", row.get("to")), cell_of(figure_of(row, content))]
        for row in moves
    ]
    return table(content.say("tiers.moves"), heads, body)


def standard_exhibits(content: Content) -> list[Exhibit]:
    """Return the picture of standards by tier, with its table."""
    rows = [row for row in only(content.rows("standard"), "kept_rate") if row.get("by") in {None, "tier"}]
    if not any(number(row.get("estimate")) is not None for row in rows):
        return []
    everybody = words.say("value.standard.everybody", content.locale)
    cells = [
        {
            **row,
            "what": content.label("standard", row.get("standard")),
            "who": content.label("tier", row.get("group")) if row.get("by") else everybody,
        }
        for row in rows
    ]
    spec = charts.matrix(
        cells,
        row="what",
        column="who",
        target="target",
        title=words.say("value.standard.chart", content.locale),
        unit="fraction",
        locale=content.locale,
        remark=words.say("value.standard.remark", content.locale),
    )
    return [Exhibit(svg=drawn(spec, content, name="standards"), table=_matrix_table(cells, content))]


def _matrix_table(cells: Sequence[Row], content: Content) -> Table:
    who = list(dict.fromkeys(str(cell["who"]) for cell in cells))
    heads = [(content.say(f"column.{key}"), key == "target") for key in ("standard", "target")]
    body: list[list[Cell | str]] = []
    for what, part in grouped(cells, "what").items():
        of = {str(cell["who"]): cell for cell in part}
        aim = figure_of({"estimate": part[0].get("target"), "unit": "fraction"}, content).text
        body.append([str(what), aim, *(_marked(of.get(name), content) for name in who)])
    return table(content.say("standard.caption"), [*heads, *((name, True) for name in who)], body)


def _marked(row: Row | None, content: Content) -> Cell:
    """Return a rate, marked where it is below its target beyond doubt, with its interval and n."""
    figure = figure_of(row, content)
    upper, target = number((row or {}).get("upper")), number((row or {}).get("target"))
    short = upper is not None and target is not None and upper < target
    small = " · ".join(part for part in (figure.interval, content.say("n", n=figure.n) if figure.n else "") if part)
    return Cell(
        text=f"{SHORT_OF} {figure.text}" if short else figure.text,
        small=small or figure.reason,
        state=figure.state,
        title=content.say("standard.below") if short else figure.reason,
    )


def worse_table(content: Content) -> Table | None:
    """Return the groups of customers that get the minimum less often than all others, the largest gap first."""
    rows = [row for row in only(content.rows("standard"), "kept_difference") if row.get("worse")]
    if not rows:
        return None
    rates = {_key(row): row for row in only(content.rows("standard"), "kept_rate")}
    heads = [(content.say(f"column.{key}"), False) for key in ("standard", "by", "group")]
    heads += [(content.say(f"column.{key}"), True) for key in ("got_minimum", "less_than_others", "n")]
    rows.sort(key=lambda row: number(row.get("estimate")) or 0.0)
    body = [
        [
            *_named(row, content),
            cell_of(figure_of(rates.get(_key(row)), content)),
            cell_of(figure_of(row, content, as_change=True)),
            figure_of(row, content).n,
        ]
        for row in rows
    ]
    return table(content.say("standard.worse_caption"), heads, body)


def compared(content: Content) -> int:
    """Return how many groups were compared with all others."""
    return sum(1 for _ in only(content.rows("standard"), "kept_difference"))


def broken_table(content: Content) -> Table | None:
    """Return where a standard misses its target beyond doubt: touchpoints, channels, suppliers; the furthest first."""
    rows = [row for row in only(content.rows("standard"), "kept_rate") if row.get("by") in WHERE]
    rows = [row for row in rows if _gap(row) > 0]
    if not rows:
        return None
    rows.sort(key=lambda row: -_gap(row))
    heads = [(content.say(f"column.{key}"), False) for key in ("standard", "by", "group")]
    heads += [(content.say(f"column.{key}"), True) for key in ("got_minimum", "n")]
    body = [
        [*_named(row, content), _marked(row, content), figure_of(row, content).n or content.say("none")]
        for row in rows[:MOST_BROKEN]
    ]
    return table(content.say("standard.broken_caption"), heads, body)


def levels_table(content: Content) -> Table | None:
    """Return the levels of tiers: entitled and not given, given and not entitled."""
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in content.rows("standard"):
        if row.get("measure") in OF_LEVEL:
            found.setdefault((str(row.get("standard")), str(row.get("group"))), {})[str(row["measure"])] = row
    lines = {key: of for key, of in found.items() if "level_rate" in of}
    if not lines:
        return None
    heads = [(content.say(f"column.{key}"), False) for key in ("standard", "tier")]
    heads += [(content.measure(measure), True) for measure in OF_LEVEL]
    body = [
        [
            content.label("standard", standard),
            content.label("tier", tier),
            *(cell_of(figure_of(of.get(measure), content)) for measure in OF_LEVEL),
        ]
        for (standard, tier), of in lines.items()
    ]
    return table(content.say("standard.levels_caption"), heads, body)


def _key(row: Row) -> tuple[object, object, object]:
    return row.get("standard"), row.get("by"), row.get("group")


def _named(row: Row, content: Content) -> list[Cell | str]:
    by = str(row.get("by"))
    key = f"report.dimension.{by}"
    name = words.say_or(key, content.locale, otherwise=dimension_name(by, content))
    return [content.label("standard", row.get("standard")), name, content.label(by, row.get("group"))]


def _gap(row: Row) -> float:
    upper, target = number(row.get("upper")), number(row.get("target"))
    return 0.0 if upper is None or target is None else target - upper
