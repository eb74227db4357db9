"""What every chart shares: rows read once, title, description, fonts and lines."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.charts.colours import light
from promesa.charts.scales import finite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 340
NUMBER_LENGTH = 5
LABEL_CHARACTERS = 21
TITLE_CHARACTERS = 46
SUBTITLE_CHARACTERS = 56
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One row as a chart needs it."""

    label: str
    series: str
    estimate: float | None
    lower: float | None
    upper: float | None
    target: float | None
    text: str
    missing: str
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a chart says beside its marks."""

    title: str
    caption: str
    readings: Sequence[Reading]
    unit: str
    locale: str
    remark: str = ""


def readings(
    rows: Sequence[Mapping[str, object]],
    *,
    label: str,
    unit: str,
    locale: str,
    names: Mapping[str, str] | None = None,
    target: str | None = None,
    series: str | None = None,
) -> tuple[Reading, ...]:
    """Return the rows with their figures in words; a missing figure carries its reason."""
    found: list[Reading] = []
    for row in rows:
        estimate = finite(row.get("estimate"))
        known = estimate is not None
        one = Reading(
            label=_named(row.get(label), names, locale),
            series=_named(row.get(series), None, locale) if series else "",
            estimate=estimate,
            lower=finite(row.get("lower")) if known else None,
            upper=finite(row.get("upper")) if known else None,
            target=finite(row.get(target)) if target else None,
            text=words.amount(estimate, unit, locale) if known else "",
            missing="" if known else _reason(row.get("note"), locale),
        )
        found.append(one)
    return tuple(found)


def _named(value: object, names: Mapping[str, str] | None, locale: str) -> str:
    if value is None:
        return words.say("charts.not_stated", locale)
    return (names or {}).get(str(value), str(value))


def _reason(note: object, locale: str) -> str:
    key = "charts.withheld" if str(note or "").startswith("withheld") else "charts.no_figure"
    return words.say(key, locale)


def wrapped(text: str, characters: int, *, lines: int) -> list[str]:
    """Return `text` in at most `lines` lines of about `characters`, the rest cut with an ellipsis."""
    parts = wrap(" ".join(_shortened(word, characters) for word in text.split()), characters) or [""]
    if len(parts) <= lines:
        return parts
    return [*parts[: lines - 1], parts[lines - 1][: characters - 1].rstrip() + "…"]


def _shortened(word: str, characters: int) -> str:
    """Return a word that fits on a line: of a key as long as a hash, its beginning and its end."""
    return word if len(word) <= characters else f"{word[: characters // 2]}…{word[-4:]}"


def frame(
    drawn: Drawn, *, body: Mapping[str, object], series_names: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Return the whole chart: the body with data, title, description and looks."""
    subtitle = " · ".join(part for part in (drawn.caption, drawn.remark) if part)
    return {
        "$schema": SCHEMA,
        "title": _title(drawn.title, subtitle),
        "description": describe(drawn),
        "data": {"values": [_datum(number, one, series_names) for number, one in enumerate(drawn.readings)]},
        "width": WIDTH,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **body,
        "usermeta": {"title": drawn.title},
        "background": light("paper"),
        "config": looks(),
    }


def _datum(number: int, one: Reading, series_names: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "row": f"{number:0{NUMBER_LENGTH}d}" + "\n".join(wrapped(one.label, LABEL_CHARACTERS, lines=2)),
        "label": one.label,
        "series": (series_names or {}).get(one.series, one.series),
        "estimate": one.estimate,
        "lower": one.lower,
        "upper": one.upper,
        "target": one.target,
        "end": max((value for value in (one.estimate, one.upper) if value is not None), default=None),
        "text": one.text,
        "missing": one.missing,
        "alone": one.alone,
    }


def _title(title: str, subtitle: str) -> dict[str, object]:
    words_of: dict[str, object] = {"text": wrapped(title, TITLE_CHARACTERS, lines=3)}
    return {**words_of, "subtitle": wrapped(subtitle, SUBTITLE_CHARACTERS, lines=2)} if subtitle else words_of


def describe(drawn: Drawn) -> str:
    """Return what a reader who cannot see the chart wants first: how many figures, highest, lowest, last."""
    known = [one for one in drawn.readings if one.estimate is not None]
    if not known:
        return words.say("charts.describe.plain", drawn.locale, title=drawn.title)
    ordered = sorted(known, key=lambda one: one.estimate or 0.0)
    return words.say(
        "charts.describe.range",
        drawn.locale,
        title=drawn.title,
        count=len(known),
        low=_said(ordered[0]),
        low_figure=ordered[0].text,
        high=_said(ordered[-1]),
        high_figure=ordered[-1].text,
        missing=len(drawn.readings) - len(known),
    )


def _said(one: Reading) -> str:
    return f"{one.series}, {one.label}" if one.series else one.label


def nothing_to_draw(*, title: str, locale: str) -> dict[str, object]:
    """Return a chart that says that there is no figure to draw."""
    message = words.say("charts.empty", locale)
    return {
        "$schema": SCHEMA,
        "title": _title(title, ""),
        "description": f"{title}. {message}",
        "data": {"values": [{}]},
        "width": WIDTH,
        "height": 60,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "mark": {"type": "text", "fontStyle": "italic", "color": light("muted"), "text": message},
        "usermeta": {"title": title},
        "background": light("paper"),
        "config": looks(),
    }


def looks() -> dict[str, object]:
    """Return fonts, lines and margins, the same in every chart."""
    return {
        "font": FONT,
        "padding": 6,
        "view": {"stroke": None},
        "text": {"fontSize": 12, "font": FONT},
        "title": {
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 14,
            "fontWeight": 600,
            "color": light("ink"),
            "subtitleColor": light("muted"),
            "subtitleFontSize": 12,
            "offset": 10,
            "lineHeight": 18,
        },
        "axis": {
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelColor": light("muted"),
            "titleColor": light("muted"),
            "gridColor": light("grid"),
            "domainColor": light("axis"),
            "tickColor": light("axis"),
            "tickSize": 4,
            "labelPadding": 5,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
        },
        "legend": {"labelFontSize": 12, "labelColor": light("ink"), "rowPadding": 4},
    }
