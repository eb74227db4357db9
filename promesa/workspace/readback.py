"""Reads the parts of a workspace back: rows with fixed keys, and the same as lines in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.words import NOT_STATED, number, percent, say, say_or
from promesa.workspace.calendars import WEEKDAYS
from promesa.workspace.fields import show
from promesa.workspace.labels import Label
from promesa.workspace.presence import found_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promesa.results import Value
    from promesa.workspace.calendars import Hours
    from promesa.workspace.model import Source, Workspace

STAGES = ("before", "during", "after")
Row = dict[str, "Value"]
Part = tuple[list[Row], list[str]]


def read_company(ws: Workspace, locale: str) -> Part:
    """Return the settings of the company and its analyses."""
    row: Row = {
        "company": ws.company,
        "brand": ws.brand,
        "locale": ws.locale,
        "time_zone": ws.time_zone,
        "branch_time_zones": len(ws.branch_time_zones),
        "currency": ws.currency,
        "engine": "duckdb" if ws.engine == "duckdb" else ws.engine.partition("://")[0],
        "as_of": ws.as_of.isoformat() if ws.as_of else None,
        "confidence_level": ws.confidence_level,
        "min_group": ws.min_group,
        "min_cell": ws.min_cell,
    }
    shown = {
        **{key: value for key, value in row.items() if key != "locale"},
        "as_of": row["as_of"] or say("workspace.line.last_fact", locale),
        "level": percent(ws.confidence_level, locale, decimals=0),
    }
    zones = ", ".join(f"{branch}: {zone}" for branch, zone in ws.branch_time_zones.items())
    keys = ("company", "place", *(("branch_zones",) if zones else ()), "analysis")
    return [row], [say(f"workspace.line.{key}", locale, **shown, zones=zones) for key in keys]


def read_sources(ws: Workspace, locale: str) -> Part:
    """Return the sources and the files they find."""
    rows = [_source_row(source, ws) for source in ws.sources.values()]
    return rows, [_source_line(row, locale) for row in rows]


def _source_row(source: Source, ws: Workspace) -> Row:
    files = found_files(source, root=ws.root)
    return {
        "source": source.name,
        "kind": "events" if source.intake else "database" if source.url else "files",
        "written": source.intake or _without_password(source.written),
        "files": None if source.path is None else len(files),
        "bytes": None if source.path is None else sum(file.stat().st_size for file in files),
        "loads": ", ".join(load.name for load in ws.loads if source.name in load.reads) or None,
    }


def _source_line(row: Row, locale: str) -> str:
    if row["kind"] in ("database", "events"):
        return say(f"workspace.line.{row['kind']}", locale, **row)
    bytes_ = float(row["bytes"] or 0)
    size = f"{number(bytes_ / 1e6, locale, decimals=1)} MB" if bytes_ >= 1e6 else f"{number(bytes_ / 1e3, locale)} kB"
    key = "file" if row["files"] == 1 else "files"
    return say(f"workspace.line.{key}", locale, size=size, **row)


def _without_password(url: str | None) -> str | None:
    return show(url).strip("'") if url and "://" in url else url


def read_loads(ws: Workspace, locale: str) -> Part:
    """Return the load files: table and sources."""
    rows: list[Row] = [
        {"load": load.name, "table": load.table, "source": load.source, "reads": ", ".join(load.reads)}
        for load in ws.loads
    ]
    return rows, [say("workspace.line.load", locale, **{**row, "reads": row["reads"] or NOT_STATED}) for row in rows]


def read_touchpoints(ws: Workspace, locale: str) -> Part:
    """Return the touchpoints by stage, with the functions that answer for them."""
    rows: list[Row] = []
    lines: list[str] = []
    for stage in STAGES:
        inside = [touchpoint for touchpoint in ws.model.touchpoints.values() if touchpoint.stage == stage]
        if inside:
            lines.append(say(f"stage.{stage}", locale))
        for touchpoint in inside:
            function = ws.model.functions[touchpoint.function]
            row: Row = {
                "touchpoint": touchpoint.name,
                "label": touchpoint.label.in_locale(locale),
                "stage": stage,
                "function": touchpoint.function,
                "owner": function.owner,
                "supplier": touchpoint.supplier,
                "cost": None if touchpoint.cost is None else float(touchpoint.cost),
                "calendar": touchpoint.calendar,
            }
            rows.append(row)
            answers = function.label.in_locale(locale) + (f", {function.owner}" if function.owner else "")
            said = "  " + say("workspace.line.touchpoint", locale, answers=answers, **row)
            lines.append(
                " | ".join([said, *([say("workspace.line.open", locale, **row)] if touchpoint.calendar else [])])
            )
    return rows, lines


def read_calendars(ws: Workspace, locale: str) -> Part:
    """Return when touchpoints are open, days with the same hours together."""
    rows: list[Row] = []
    lines: list[str] = []
    for calendar in ws.model.calendars.values():
        hours = {day: _hours(spans) for day, spans in zip(WEEKDAYS, calendar.hours, strict=True)}
        row: Row = {
            "calendar": calendar.name,
            "label": calendar.label.in_locale(locale),
            **{day: spans or None for day, spans in hours.items()},
            "holidays": len(calendar.holidays),
            "time_zone": calendar.time_zone or ws.time_zone,
        }
        rows.append(row)
        days = {spans: [d for d in WEEKDAYS if hours[d] == spans] for spans in dict.fromkeys(hours.values()) if spans}
        told = [
            f"{', '.join(say(f'workspace.weekday.{day}', locale) for day in same)} {spans}"
            for spans, same in days.items()
        ]
        shown = {**row, "hours": "; ".join(told), "holidays": number(len(calendar.holidays), locale)}
        lines.append(say("workspace.line.calendar", locale, **shown))
    return rows, lines


def _hours(spans: Hours) -> str:
    return ", ".join("-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in span) for span in spans)


def read_elements(ws: Workspace, locale: str) -> Part:
    """Return the elements with unit and direction."""
    rows: list[Row] = []
    lines: list[str] = []
    for element in ws.model.elements.values():
        row: Row = {
            "element": element.name,
            "label": element.label.in_locale(locale),
            "touchpoints": ", ".join(element.touchpoints),
            "unit": element.unit,
            "better": element.better,
        }
        rows.append(row)
        unit = say_or(f"unit.{element.unit}", locale, otherwise=element.unit)
        direction = say(f"workspace.better.{element.better}", locale)
        lines.append(say("workspace.line.element", locale, **{**row, "unit": unit, "direction": direction}))
    return rows, lines


def read_promises(ws: Workspace, locale: str) -> Part:
    """Return the promises, read back as sentences."""
    rows: list[Row] = []
    lines: list[str] = []
    for promise in ws.model.promises.values():
        row: Row = {
            "promise": promise.name,
            "statement": promise.statement.in_locale(locale),
            "owner": promise.owner,
            "touchpoints": ", ".join(promise.touchpoints),
            "kept": promise.kept,
            "due": promise.due,
            "released": promise.released,
            "target": promise.target,
            "capability": promise.capability,
            "concept": promise.concept,
        }
        rows.append(row)
        lines.append(_promise_line(row, ws.model.functions[promise.owner].label.in_locale(locale), locale))
    return rows, lines


def _promise_line(row: Row, owner: str, locale: str) -> str:
    shares = {key: _share(row[key], locale) for key in ("target", "capability")}
    parts = ["promise", "kept", "due", *(key for key in ("released", "target", "capability") if row[key] is not None)]
    return " | ".join(say(f"workspace.promise.{part}", locale, **{**row, **shares, "owner": owner}) for part in parts)


def _share(value: Value, locale: str) -> str:
    share = float(value or 0)
    return percent(share, locale, decimals=0 if (share * 100).is_integer() else 1)


def read_concepts(ws: Workspace, locale: str) -> Part:
    """Return the concepts of opinions."""
    rows: list[Row] = []
    lines: list[str] = []
    for concept in ws.model.concepts.values():
        row: Row = {
            "concept": concept.name,
            "label": concept.label.in_locale(locale),
            "kind": concept.kind,
            "scale_min": concept.scale[0],
            "scale_max": concept.scale[1],
            "top_from": concept.top_from,
            "link": concept.link,
        }
        rows.append(row)
        summed = say(f"workspace.kind.{concept.kind}", locale, top=f"{concept.top_from or 0:g}")
        scale = f"{concept.scale[0]:g}–{concept.scale[1]:g}"
        link = say(f"workspace.link.{concept.link}", locale)
        lines.append(say("workspace.line.concept", locale, summed=summed, scale=scale, measures=link, **row))
    return rows, lines


def read_labelled(things: Iterable[object], locale: str) -> Part:
    """Return names with their labels."""
    rows: list[Row] = []
    for thing in things:
        name, label = getattr(thing, "name", ""), getattr(thing, "label", None)
        rows.append({"name": name, "label": label.in_locale(locale) if isinstance(label, Label) else name})
    return rows, [f"{row['name']}: {row['label']}" for row in rows]


def read_identifiers(ws: Workspace, locale: str) -> Part:
    """Return the identifiers with their rules, where profiles are loaded."""
    if not any(load.table == "profiles" for load in ws.loads):
        return [], []
    rows: list[Row] = []
    lines: list[str] = []
    for identifier in ws.model.identifiers.values():
        label = identifier.label.in_locale(locale)
        rule = say(f"workspace.joins.{identifier.joins}", locale)
        rows.append(
            {
                "name": identifier.name,
                "label": label,
                "kind": identifier.kind,
                "joins": identifier.joins,
                "most": identifier.most,
                "system": identifier.system,
            }
        )
        lines.append(
            say(
                "workspace.line.identifier",
                locale,
                identifier=identifier.name,
                label=label,
                rule=rule,
                most=number(identifier.most, locale),
            )
        )
    return rows, lines


def read_leaving(ws: Workspace, locale: str) -> Part:
    """Return when somebody is no longer a customer."""
    leaving = ws.model.leaving
    row: Row = {"leaves_at": ", ".join(leaving.leaves_at) or None, "lapsed_after_days": leaving.lapsed_after_days}
    if leaving.leaves_at:
        labels = ", ".join(ws.model.touchpoints[name].label.in_locale(locale) for name in leaving.leaves_at)
        return [row], [say("workspace.line.leaves", locale, touchpoints=labels)]
    if leaving.lapsed_after_days is not None:
        return [row], [say("workspace.line.lapses", locale, days=number(leaving.lapsed_after_days, locale))]
    return [row], [say("workspace.line.lapses_found", locale)]


def read_retention(ws: Workspace, locale: str) -> Part:
    """Return how long each class of data is kept, where a limit is set."""
    rows: list[Row] = [{"name": name, "days": days} for name, days in ws.retention.items()]
    lines = [
        say("workspace.line.retention", locale, name=name, days=number(days, locale))
        for name, days in ws.retention.items()
    ]
    return rows, lines
