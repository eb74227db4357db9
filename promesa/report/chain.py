"""The value chain as sections of the report want it: one link after the other, its figure or its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.report.content import by, by_measure, listed, number, only
from promesa.report.figures import NO_BREAK, Figure, change, change_span, figure_of, size
from promesa.report.tables import Cell, Table, cell_of, table

if TYPE_CHECKING:
    from promesa.report.content import Content, Row

LINKS = (
    "promise",
    "expectation",
    "experience",
    "emotion",
    "memory",
    "satisfaction",
    "reputation",
    "loyalty",
    "retention",
    "income",
    "profit",
)
ARROWS = ("effect", "effect_through_satisfaction")
FAMILIES = ("say", "say", "live", "feel", "feel", "feel", "stay", "stay", "stay", "earn", "earn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How a link has changed against the period before.

    Attributes
    ----------
    sign : {"up", "down", "level", "none"}
        ``level`` when the interval of the change holds zero, ``none`` when there is nothing to compare with.
    text : str
        The change in words.
    interval : str
        Its ends, empty where there are none.
    """

    sign: str
    text: str
    interval: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain."""

    name: str
    family: str
    label: str
    measure: str
    figure: Figure
    trend: Trend
    owner: str
    gap: str
    scale: str = ""
    """Of the answers that the figure sums up."""
    others: tuple[tuple[str, Figure], ...] = ()
    arriving: tuple[str, ...] = ()
    """What other links do to this one, in words."""


def links_of(content: Content) -> tuple[Link, ...]:
    """Return the eleven links in their order, those without a row as empty ones."""
    groups = by((row for row in content.rows("chain") if row.get("measure") != "effect"), "link")
    return tuple(
        _link(name, family, groups.get(name, []), content) for name, family in zip(LINKS, FAMILIES, strict=True)
    )


def satisfaction_row(content: Content) -> Row | None:
    """Return the row of the satisfaction link: what scores of touchpoints are set against."""
    rows = [row for row in content.rows("chain") if row.get("link") == "satisfaction"]
    return next((row for row in rows if number(row.get("estimate")) is not None), None)


def _link(name: str, family: str, rows: list[Row], content: Content) -> Link:
    main = rows[0] if rows else None
    figure = (
        figure_of(main, content)
        if main
        else Figure(text=content.say("no_figure"), state="missing", reason=content.say("note.no-data"))
    )
    unit = str(main.get("unit") or "") if main else ""
    gap = number(main.get("gap")) if main else None
    owner = main.get("owner") if main else None
    return Link(
        name=name,
        family=family,
        label=words.say(f"chain.link.{name}", content.locale),
        measure=_measured(main, content) if main else "",
        scale=_scale_of(main, content) if main else "",
        figure=figure,
        trend=_trend(main, unit, content) if main and figure.state == "shown" else Trend(sign="none", text=""),
        owner=content.label("function", owner) if owner else "",
        gap=change(gap, unit, content) if gap is not None else "",
        arriving=_arriving(name, content),
        others=tuple((_measured(row, content), figure_of(row, content)) for row in rows[1:]),
    )


def _measured(row: Row, content: Content) -> str:
    concept = row.get("concept")
    if concept:
        return content.label("concept", concept)
    said = words.chain_measure(row, content.locale) or content.measure(str(row.get("measure")))
    return said[:1].upper() + said[1:]


def _scale_of(row: Row, content: Content) -> str:
    """Return the scale of what was asked, without which a mean or a share of answers says nothing."""
    declared = content.concepts.get(str(row.get("concept")), {})
    low, high = (number(end) for end in listed(declared.get("scale")) or (None, None))
    key, top = str(declared.get("kind")), number(declared.get("top_from"))
    if low is None or high is None or key not in {"mean", "top_box"} or (key == "top_box" and top is None):
        return ""
    ends = {name: words.number(value, content.locale) for name, value in (("low", low), ("high", high), ("top", top))}
    return content.say(f"chain.scale.{key}", **ends)


def _trend(row: Row, unit: str, content: Content) -> Trend:
    value = number(row.get("change"))
    if value is None:
        early = number(row.get("recent")) is None and number(row.get("previous")) is not None
        return Trend(sign="none", text=content.say("trend.too_early" if early else "trend.none"))
    lower, upper = number(row.get("change_lower")), number(row.get("change_upper"))
    unclear = value == 0 or (lower is not None and upper is not None and lower <= 0 <= upper)
    sign = "level" if unclear else "up" if value > 0 else "down"
    shown = change(value, unit, content) if unclear else size(value, unit, content)
    said = content.say(f"trend.{sign}", change=shown)
    return Trend(sign=sign, text=said, interval=change_span(lower, upper, unit, content))


def chain_table(links: tuple[Link, ...], content: Content) -> Table:
    """Return the chain as a table, with every further figure of a link on a row of its own."""
    keys = (
        ("link", False),
        ("measure", False),
        ("figure", True),
        ("n", True),
        ("change", True),
        ("gap", True),
        ("owner", False),
        ("evidence", False),
    )
    rows: list[list[Cell | str]] = []
    for link in links:
        reason = Cell(text=link.figure.text, small=link.figure.reason, state=link.figure.state)
        shown = link.figure.state == "shown"
        rows.append(
            [
                link.label,
                Cell(text=link.measure or content.say("none"), small=link.scale),
                cell_of(link.figure) if shown else reason,
                link.figure.n or content.say("none"),
                Cell(text=link.trend.text or content.say("none"), small=link.trend.interval),
                link.gap or content.say("none"),
                link.owner or content.say("none"),
                content.say(f"evidence.{link.figure.evidence}.word") if shown else content.say("none"),
            ]
        )
        none = content.say("none")
        rows += [
            [
                link.label,
                name,
                cell_of(figure),
                figure.n or none,
                none,
                none,
                link.owner or none,
                content.say(f"evidence.{figure.evidence}.word"),
            ]
            for name, figure in link.others
        ]
    return table(content.say("chain.caption"), [(content.say(f"column.{k}"), right) for k, right in keys], rows)


def arrows(content: Content) -> Table | None:
    """Return what one link does to a later one, as far as it could be estimated."""
    rows = [row for row in content.rows("arrows") if row.get("measure") in ARROWS]
    pairs = by(rows, lambda row: (str(row.get("from")), str(row.get("to"))))
    shown = {ends: found for ends, part in pairs.items() if "effect" in (found := by_measure(part))}
    if all(number(found["effect"].get("estimate")) is None for found in shown.values()):
        return None
    heads = [
        (content.say(f"column.{key}"), key in {"change", "through", "n"})
        for key in ("arrow", "act", "change", "through", "n", "evidence")
    ]
    body: list[list[Cell | str]] = []
    for (source, target), found in shown.items():
        figure = figure_of(found["effect"], content, as_change=True)
        through = figure_of(found.get("effect_through_satisfaction"), content, as_change=True)
        body.append(
            [
                content.say("chain.effect", source=_name(source, content), target=_name(target, content)),
                _acts(source, content),
                Cell(text=figure.text, small=figure.interval or figure.reason, state=figure.state),
                Cell(
                    text=through.text,
                    small=" · ".join(
                        part
                        for part in (
                            through.interval,
                            content.say("n", n=through.n).replace(" ", NO_BREAK) if through.n else "",
                        )
                        if part
                    ),
                ),
                figure.n or content.say("none"),
                content.say(f"evidence.{figure.evidence}.word"),
            ]
        )
    return table(content.say("chain.effects"), heads, body)


def _acts(source: str, content: Content) -> str:
    """Return what it is in a link that acts on another."""
    key = f"report.chain.act.{source}"
    return words.say_or(key, content.locale, otherwise=_name(source, content))


def _arriving(name: str, content: Content) -> tuple[str, ...]:
    """Return what other links do to this one, each a line of its box."""
    rows = [row for row in only(content.rows("arrows"), "effect") if row.get("to") == name]
    said: list[str] = []
    for row in rows:
        figure = figure_of(row, content, as_change=True)
        if figure.state == "shown":
            values = {"act": _acts(str(row.get("from")), content), "effect": figure.text}
            word = content.say(f"evidence.{figure.evidence}.word")
            said.append(content.say("chain.arriving", **values, interval=figure.interval, evidence=word))
    return tuple(said)


def _name(link: object, content: Content) -> str:
    return words.say(f"chain.link.{link}", content.locale) if link in LINKS else str(link or "")
