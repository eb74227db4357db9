"""What goes on paper: the whole report, Home, one promise, one touchpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from promesa import report, words
from promesa.paper.blocks import Paper, side_by_side
from promesa.paper.markup import parse
from promesa.paper.outline import set_levels
from promesa.paper.setting import set_pdf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promesa.report import Content

OPENING = frozenset({"promises", "touchpoints", "journeys", "trend", "value", "effects", "drivers", "quality"})
"""Sections of the whole report that begin a page."""
EVIDENCE = ("described", "associated", "adjusted", "experiment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One document before it is set.

    Attributes
    ----------
    kind, heading : str
        What sort of document it is; what its first page is headed with.
    parts : sequence of (str, bool)
        HTML of the report, and whether it begins a page.
    narrowed : sequence of (str, str)
        What the reader narrowed it to: name and value, beside the company's facts.
    """

    content: Content
    kind: str
    heading: str
    parts: Sequence[tuple[str, bool]]
    headlines: Sequence[str] = ()
    narrowed: Sequence[tuple[str, str]] = field(default_factory=tuple)
    contents: bool = False


def write_report(snapshot: Mapping[str, object], target: Path, *, locale: str) -> Path:
    """Write a snapshot as one PDF file; `snapshot` and `locale` as `promesa.report.write_report` takes them.

    Raises
    ------
    ValueOutOfRange
        If the snapshot holds no documents.
    StoreNotWritable
        If the file cannot be written.
    """
    return report.write_file(report_pdf(report.read(snapshot, locale=locale)), target)


def report_pdf(content: Content) -> bytes:
    """Return the whole report as PDF: every section, and the tables behind its drawings as an annex."""
    return set_pdf(data_of(report_sheet(content)), made_at=_made_at(content))


def home_pdf(content: Content) -> bytes:
    """Return Home as PDF: the chain, what moved, three things to do, the costliest promises."""
    return set_pdf(data_of(home_sheet(content)), made_at=_made_at(content))


def detail_pdf(kind: str, name: str, content: Content, *, narrowed: Sequence[tuple[str, str]] = ()) -> bytes:
    """Return what is known of one promise or one touchpoint (`kind`) as PDF."""
    return set_pdf(data_of(detail_sheet(kind, name, content, narrowed=narrowed)), made_at=_made_at(content))


def own_pdf(content: Content, *, promises: Sequence[str], touchpoints: Sequence[str]) -> bytes:
    """Return what belongs to the owner of a function as PDF: each promise and touchpoint of theirs."""
    sheet = own_sheet(content, promises=promises, touchpoints=touchpoints)
    return set_pdf(data_of(sheet), made_at=_made_at(content))


def report_sheet(content: Content) -> Sheet:
    """Return the whole report before it is set."""
    names = report.sections_of(content)
    return Sheet(
        content=content,
        kind=content.say("kind"),
        heading=content.company,
        parts=[(report.section_html(name, content), name in OPENING) for name in names],
        headlines=report.headlines_of(content),
        contents=True,
    )


def home_sheet(content: Content) -> Sheet:
    """Return Home before it is set: what to do first, the chain on a page of its own."""
    begin, moved = (words.say(f"web.home.{name}", content.locale) for name in ("begin", "moved"))
    lead = words.say("web.home.moved_lead", content.locale, days=content.trend_days)
    todo = Markup("<h2>{}</h2>{}").format(begin, report.section_html("begin", content))
    changed = Markup("<h2>{}</h2><p class='lead'>{}</p>{}").format(moved, lead, report.section_html("moved", content))
    costliest, chain = (report.section_html(name, content) for name in ("costliest", "chain"))
    return Sheet(
        content=content,
        kind=_say(content, "home"),
        heading=content.company,
        parts=[(todo, False), (changed, False), (costliest, False), (chain, True)],
        headlines=report.headlines_of(content),
    )


def own_sheet(content: Content, *, promises: Sequence[str], touchpoints: Sequence[str]) -> Sheet:
    """Return what belongs to an owner before it is set: one promise or touchpoint after the other."""
    things = [*(("promise", name) for name in promises), *(("touchpoint", name) for name in touchpoints)]
    parts = [
        Markup("<h2>{}</h2>{}").format(content.label(kind, name), report.detail_html(kind, name, content))
        for kind, name in things
    ]
    return Sheet(
        content=content,
        kind=_say(content, "own"),
        heading=content.company,
        parts=[*((part, False) for part in parts), (_evidence(content), False)],
        contents=len(parts) > 1,
    )


def detail_sheet(kind: str, name: str, content: Content, *, narrowed: Sequence[tuple[str, str]] = ()) -> Sheet:
    """Return one promise or touchpoint before it is set; what its evidence words mean stands at the end."""
    return Sheet(
        content=content,
        kind=_say(content, kind),
        heading=content.label(kind, name),
        parts=[(report.detail_html(kind, name, content), False), (_evidence(content), False)],
        narrowed=narrowed,
    )


def _evidence(content: Content) -> Markup:
    told = Markup("").join(
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(
            content.say(f"evidence.{code}.word"), content.say(f"evidence.{code}.means")
        )
        for code in EVIDENCE
    )
    return Markup("<h2>{}</h2><dl class='legend'>{}</dl>").format(content.say("evidence.title"), told)


def data_of(sheet: Sheet) -> dict[str, Any]:
    """Return everything that the typesetter is given, as plain values."""
    content, paper = sheet.content, Paper(heading=sheet.heading)
    sections: list[dict[str, Any]] = [
        {"opens": opens, "blocks": paper.blocks(parse(html).inside)} for html, opens in sheet.parts
    ]
    set_levels([block for section in sections for block in section["blocks"]])
    language, _, region = content.locale.partition("_")
    title = sheet.kind if sheet.heading == content.company else sheet.heading
    return {
        "language": words.language_of(content.locale) if len(language) != 2 else language,
        "region": region if len(region) == 2 else None,
        "company": content.company or "–",
        "title": f"{content.company}: {title}",
        "running": title,
        "kind": sheet.kind,
        "heading": sheet.heading or "–",
        "description": _say(content, "description", day=content.day(content.as_of_day)),
        "facts": _facts(sheet),
        "headlines": list(sheet.headlines),
        "contents": sheet.contents,
        "sections": sections,
        "annex": side_by_side(paper.annex),
        "footer": _say(content, "footer", day=content.day(content.as_of_day), version=content.store_version or "–"),
        "words": {
            "see": _say(content, "see", n="%n", page="%p"),
            "table": _say(content, "table", n="%n"),
            **{key: _say(content, key) for key in ("annex", "annex_lead")},
            "contents": content.say("contents"),
        },
    }


def _facts(sheet: Sheet) -> list[tuple[str, str]]:
    content = sheet.content
    facts = [
        (content.say("as_of"), content.day(content.as_of_day)),
        *sheet.narrowed,
        (content.say("time_zone"), content.time_zone),
        (content.say("currency"), content.currency),
    ]
    named = [(_say(content, "company"), content.company)] if sheet.heading != content.company else []
    return [fact for fact in (*named, *facts) if fact[1]]


def _made_at(content: Content) -> datetime:
    """Return the instant of the figures: the same snapshot gives the same file, byte for byte."""
    try:
        return datetime.fromisoformat(content.as_of).replace(tzinfo=None)
    except ValueError:
        return datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as every time here


def _say(content: Content, key: str, **values: object) -> str:
    return words.say(f"paper.{key}", content.locale, **values)
