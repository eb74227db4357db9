"""Data quality: what was loaded, what waits in the quarantine, who answered, what is withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by, by_measure, is_withheld, number, only, spaced
from promesa.report.figures import figure_of
from promesa.report.splits import dimension_name, within
from promesa.report.tables import Cell, Exhibit, Table, cell_of, drawn, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promesa.report.content import Content, Row

LOADED = ("read", "accepted", "unchanged", "repeated", "corrected", "quarantined")
RESPONSE = ("asked", "answers", "response_rate")
REACH = "rows"
REACHES = ("rows", "first", "last")


def loads_table(content: Content) -> Table | None:
    """Return what each load read, accepted, left, corrected and put aside."""
    groups = by(
        (row for row in content.rows("quality") if row.get("measure") in LOADED),
        lambda row: (row.get("table"), row.get("load")),
    )
    if not groups:
        return None
    heads = [
        (content.say("column.table"), False),
        (content.say("column.load"), False),
        *((content.measure(key), True) for key in LOADED),
    ]
    rows = [
        [content.label("table", place), str(load or words.NOT_STATED), *_load_cells(part, content)]
        for (place, load), part in groups.items()
    ]
    return table(content.say("quality.loads_caption"), heads, rows)


def _load_cells(rows: list[Row], content: Content) -> list[Cell | str]:
    whole = by_measure(row for row in rows if not row.get("rule"))
    cells: list[Cell | str] = [cell_of(figure_of(whole.get(key), content)) for key in LOADED]
    if "quarantined" not in whole:
        cells[-1] = words.number(_sum(row for row in rows if row.get("rule")), content.locale)
    return cells


def _sum(rows: Iterable[Row]) -> float:
    return sum(number(row.get("estimate")) or 0.0 for row in rows)


def quarantine(content: Content) -> Exhibit | None:
    """Return the rows in quarantine by rule, or None when there are none."""
    groups = by((row for row in only(content.rows("quality"), "quarantined") if row.get("rule")), "rule")
    sums = sorted(((_sum(rows), rule_name(str(rule), content)) for rule, rows in groups.items()), reverse=True)
    sums = [(count, rule) for count, rule in sums if count]
    if not sums:
        return None
    title = content.say("quality.quarantine_title")
    rows = [{"rule": rule, "estimate": count} for count, rule in sums]
    spec = charts.bars(rows, label="rule", title=title, unit="count", locale=content.locale)
    heads = [(content.say("column.rule"), False), (content.say("column.count"), True)]
    behind = table(title, heads, [[rule, words.number(count, content.locale)] for count, rule in sums])
    return Exhibit(svg=drawn(spec, content, name="quarantine"), table=behind)


def reach_table(content: Content) -> Table | None:
    """Return how many rows each fact table holds, and the days they lie between."""
    rows = list(only(content.rows("quality"), REACH))
    if not rows:
        return None
    heads = [(content.say("column.table"), False), *((content.say(f"column.{key}"), True) for key in REACHES)]
    body: list[list[Cell | str]] = [
        [
            content.label("table", row.get("table")),
            cell_of(figure_of(row, content)),
            *(content.day(str(row[end])) if row.get(end) else content.say("none") for end in ("first", "last")),
        ]
        for row in rows
    ]
    return table(content.say("quality.reach_caption"), heads, body)


def identity_table(content: Content) -> Table | None:
    """Return how records became persons and how far the links can be trusted."""
    rows = content.rows("identity")
    if not rows:
        return None
    heads = [
        (content.say(f"column.{key}"), key in {"figure", "n"}) for key in ("measure", "about", "figure", "n", "note")
    ]
    body = [
        [content.measure(str(row.get("measure"))), _place(row, content), *_figure_cells(row, content)] for row in rows
    ]
    return table(content.say("quality.identity_caption"), heads, body)


def _place(row: Row, content: Content) -> str:
    """Return which persons, facts or links a figure of identity is about."""
    if row.get("size"):
        return content.say("quality.of_records", size=row["size"])
    if row.get("rule"):
        key = f"report.link.{row['rule']}"
        rule = str(row["rule"])
        return words.say_or(key, content.locale, otherwise=content.label("identifier", rule))
    return content.label("table", row["table"]) if row.get("table") else content.say("none")


def rule_name(rule: str, content: Content) -> str:
    """Return a rule in words."""
    return rule_words(rule, content.locale)


def rule_words(rule: str, locale: str) -> str:
    """Return a rule in words: ``missing-customer`` is the rule ``missing`` of the column ``customer``."""
    if words.knows(f"report.rule.{rule}", locale):
        return words.say(f"report.rule.{rule}", locale, name="").rstrip(": ")
    kind, _, name = rule.partition("-")
    key = f"report.rule.{kind}"
    return words.say(key, locale, name=spaced(name)) if words.knows(key, locale) else spaced(rule)


def other_table(content: Content) -> Table | None:
    """Return who answered, and every figure of quality that has no table of its own."""
    rows = [row for row in content.rows("opinions") if row.get("measure") in RESPONSE]
    rows += [row for row in content.rows("quality") if row.get("measure") not in {*LOADED, REACH}]
    if not rows:
        return None
    heads = [
        (content.say(f"column.{key}"), key in {"figure", "n"}) for key in ("measure", "about", "figure", "n", "note")
    ]
    body = [
        [content.measure(str(row.get("measure"))), _about(row, content), *_figure_cells(row, content)] for row in rows
    ]
    return table(content.say("quality.other_caption"), heads, body)


def _about(row: Row, content: Content) -> str:
    kinds = ("concept", "touchpoint", "table", "load", "analysis", "source")
    said = [content.label(kind, row[kind]) for kind in kinds if row.get(kind)]
    return ", ".join(said) or content.say("none")


def _figure_cells(row: Row, content: Content) -> list[Cell | str]:
    figure = figure_of(row, content)
    stated = row.get("value")
    if figure.state == "missing" and stated:
        return [str(stated), content.say("none"), content.say("none")]
    note = figure.reason or (figure_note(row, content) if row.get("note") else "")
    return [cell_of(figure), figure.n or content.say("none"), note or content.say("none")]


def figure_note(row: Row, content: Content) -> str:
    """Return the remark that stands beside a figure."""
    key = f"report.note.{row.get('note')}"
    return words.say_or(key, content.locale, otherwise=str(row.get("note")))


def withheld(content: Content) -> list[tuple[str, str]]:
    """Return how many figures of each document are withheld because their group is small."""
    counted = [(key, sum(is_withheld(row) for row in content.rows(key))) for key in content.documents]
    return [(document_name(key, content), words.number(many, content.locale)) for key, many in counted if many]


def document_name(key: str, content: Content) -> str:
    """Return how a document is called: what it is about and what it is split by."""
    subject, _, split = key.partition("_by_")
    known = f"report.subject.{subject}"
    name = words.say_or(known, content.locale, otherwise=subject)
    return content.say("document_by", subject=name, split=_dimension(split, content)) if split else name


def _dimension(name: str, content: Content) -> str:
    return within(dimension_name(name, content))
