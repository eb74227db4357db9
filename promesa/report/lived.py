"""The map as it is lived, drawn: touchpoints by stage, how many meet them, what was lived, where they go next."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from promesa.report.content import number, only
from promesa.report.figures import NO_BREAK, figure_of, percent
from promesa.report.maps import touchpoint_chips
from promesa.report.touchpoints import STAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.report.content import Content, Row
    from promesa.report.maps import Chip
    from promesa.report.promises import Promise

DRAWN = 14
"""Passages drawn between touchpoints: those that most journeys hold."""
SAID, LEAST = 2, 0.005
"""Passages told in a box where none are drawn, on a phone."""
LETTER = 6.5
LINE = 17
MARGIN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Sizes of one drawing, in pixels of its own."""

    name: str
    width: int
    across: int
    down: int
    right: int


WIDE = Sheet(name="wide", width=290, across=132, down=26, right=96)
PHONE = Sheet(name="phone", width=328, across=0, down=14, right=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """From one touchpoint to the next one: the share of journeys that hold it, and how it is written."""

    start: str
    end: str
    share: float
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One touchpoint of the map.

    Attributes
    ----------
    share : float
        Of the journeys, those that meet it: the length of its bar.
    lines : tuple of (str, str)
        What its box says, with the style of each line; the first is its name.
    """

    name: str
    stage: str
    share: float
    against: str
    broken: bool
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a box stands."""

    column: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What the map shows: who meets a touchpoint, where they go, what was lived there, and the concept of its score."""

    reach: Mapping[str, Row]
    passages: Sequence[Passage]
    chips: Mapping[str, Chip]
    concept: str


def lived_map(content: Content, promises: Sequence[Promise]) -> list[Markup]:
    """Return the map drawn for a wide page and for a phone; nothing where no journey was lived."""
    reach = {str(row["touchpoint"]): row for row in only(content.rows("journeys"), "reach") if _is_shown(row)}
    if not reach:
        return []
    concept, chips = touchpoint_chips(content, promises)
    met = Met(reach=reach, passages=passages_of(content), chips=chips, concept=concept)
    return [_drawn(sheet, met, content) for sheet in (WIDE, PHONE)]


def _is_shown(row: Row) -> bool:
    return bool(row.get("touchpoint")) and row.get("estimate") is not None


def passages_of(content: Content) -> list[Passage]:
    """Return the passages between different touchpoints, those that most journeys hold first."""
    found = [
        Passage(start=str(row["from"]), end=str(row["to"]), share=share, said=percent(share, content))
        for row in only(content.rows("transitions"), "share_of_journeys")
        if (share := number(row.get("estimate"))) is not None and row["from"] != row["to"]
    ]
    return sorted(found, key=lambda passage: -passage.share)


def _drawn(sheet: Sheet, met: Met, content: Content) -> Markup:
    known = content.touchpoints
    order = [*(name for name in known if name in met.reach), *(name for name in met.reach if name not in known)]
    told = {
        name: [p for p in met.passages if p.start == name and p.share >= LEAST][:SAID] if sheet is PHONE else []
        for name in order
    }
    stops = [_stop(name, met, told[name], sheet, content) for name in order]
    places, heads, height = _placed(stops, sheet)
    shown = [p for p in met.passages if p.start in places and p.end in places][:DRAWN] if sheet is WIDE else []
    columns = len({place.column for place in places.values()})
    width = columns * sheet.width + (columns - 1) * sheet.across + sheet.right + 2 * MARGIN
    mark = f"lived-{sheet.name}"
    described = content.say("journeys.map_desc", boxes="; ".join(_spoken(stop) for stop in stops))
    if shown:
        listed = "; ".join(f"{_label(p.start, content)} → {_label(p.end, content)} {p.said}" for p in shown)
        described += " " + content.say("journeys.map_desc_passages", passages=listed)
    lines = [_line(passage, places, shown, sheet) for passage in shown]
    labels = _labels(shown, [points for _, points in lines], places, sheet)
    box = f'viewBox="0 0 {width:.0f} {height:.0f}"'
    parts = [
        f'<svg class="lived {mark}" role="img" aria-labelledby="{mark}-t {mark}-d" {box}>',
        f'<title id="{mark}-t">{escape(content.say("journeys.map_title"))}</title>',
        f'<desc id="{mark}-d">{escape(described)}</desc>',
        *(line for line, _ in lines),
        *(_text(x, y, content.label("stage", stage), "stage") for stage, x, y in heads),
        *(_box(stop, places[stop.name], sheet) for stop in stops),
        *labels,
        "</svg>",
    ]
    return Markup("\n".join(parts))  # noqa: S704 - every text was escaped


def _label(name: str, content: Content) -> str:
    return content.label("touchpoint", name)


def _spoken(stop: Stop) -> str:
    return ", ".join(text for text, _ in stop.lines)


def _stop(name: str, met: Met, onward: Sequence[Passage], sheet: Sheet, content: Content) -> Stop:
    row, chip = met.reach[name], met.chips.get(name)
    letters = int((sheet.width - 30) / LETTER)
    lines = [(line, "name") for line in wrap(_label(name, content), int(letters * 0.86))[:2]]
    lines.append((content.say("journeys.met", share=figure_of(row, content).text), "plain"))
    score = chip.score if chip else None
    if chip and score and score.state == "shown":
        sign = {"above": "▲ ", "below": "▼ "}.get(chip.against, "")
        said = f"{sign}{met.concept}: {score.text}" + (f" ({score.interval})" if score.interval else "")
        bold = 0.84 if chip.against else 1.0
        lines += [(part, chip.against or "plain") for part in wrap(said, int(letters * bold))]
    if chip and chip.broken:
        lines += [(part, "broken") for part in _wrapped(f"✕ {chip.broken}", int(letters * 0.84), most=3)]
    for passage in onward:
        lines += [(part, "onward") for part in wrap(f"→ {_label(passage.end, content)} {passage.said}", letters)]
    return Stop(
        name=name,
        stage=str(content.touchpoints.get(name, {}).get("stage") or "during"),
        share=number(row.get("estimate")) or 0.0,
        against=chip.against if chip else "",
        broken=bool(chip and chip.broken),
        lines=tuple((text.replace(NO_BREAK, " ") if style == "onward" else text, style) for text, style in lines),
    )


def _wrapped(text: str, letters: int, *, most: int) -> list[str]:
    parts = wrap(text, letters)
    return parts if len(parts) <= most else [*parts[: most - 1], parts[most - 1][: letters - 1].rstrip() + "…"]


def _placed(stops: Sequence[Stop], sheet: Sheet) -> tuple[dict[str, Place], list[tuple[str, float, float]], float]:
    """Return where each box and each stage's name stands, and how high the drawing is."""
    places: dict[str, Place] = {}
    heads: list[tuple[str, float, float]] = []
    stages = [stage for stage in STAGES if any(stop.stage == stage for stop in stops)]
    y, lowest = 0.0, 0.0
    for column, stage in enumerate(stages):
        x = MARGIN + (column * (sheet.width + sheet.across) if sheet.across else 0)
        y = 8.0 if sheet.across or not column else y + 10
        heads.append((stage, x, y + 16))
        y += 34
        for stop in (stop for stop in stops if stop.stage == stage):
            height = 28 + LINE * len(stop.lines)
            places[stop.name] = Place(column=column if sheet.across else 0, x=x, y=y, height=height)
            y += height + sheet.down
        lowest = max(lowest, y)
    return places, heads, lowest


def _box(stop: Stop, place: Place, sheet: Sheet) -> str:
    kind = stop.against or "level"
    frame = f'class="stop stop-{kind}{" stop-broken" if stop.broken else ""}"'
    at = f'x="{place.x:.0f}" y="{place.y:.0f}"'
    parts = [f'<rect {frame} {at} width="{sheet.width}" height="{place.height:.0f}" rx="8"/>']
    y, bar = place.y + 21, False
    for text, style in stop.lines:
        parts.append(_text(place.x + 14, y, text, style))
        y += LINE
        if style == "plain" and not bar:
            wide = sheet.width - 28
            shape = f'x="{place.x + 14:.0f}" y="{y - 11:.0f}" height="6" rx="3"'
            parts.append(f'<rect class="track" {shape} width="{wide}"/>')
            parts.append(f'<rect class="share" {shape} width="{max(3.0, wide * stop.share):.1f}"/>')
            y += 12
            bar = True
    return f"<g>{''.join(parts)}</g>"


def _text(x: float, y: float, said: str, style: str, *, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text class="t-{style}" x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(said)}</text>'


def _thickness(share: float) -> float:
    return max(1.6, 24 * share)


Point = tuple[float, float]


def _line(
    passage: Passage, places: Mapping[str, Place], shown: Sequence[Passage], sheet: Sheet
) -> tuple[str, list[Point]]:
    """Return a passage as a line with its head, and the points of its curve."""
    start, end = places[passage.start], places[passage.end]
    back = end.column < start.column
    leaves, reaches = _port(passage, start, places, shown, leaving=True), _port(passage, end, places, shown)
    one = start.x if back else start.x + sheet.width, leaves
    if start.column == end.column:
        two, bulge = (end.x + sheet.width, reaches), 44 + min(52.0, abs(leaves - reaches) / 9)
        points = [one, (one[0] + bulge, one[1]), (two[0] + bulge, two[1]), two]
        turn = -1
    else:
        turn = -1 if back else 1
        two = end.x + (sheet.width if back else 0), reaches
        half = (two[0] - one[0]) / 2
        points = [one, (one[0] + half, one[1]), (two[0] - half, two[1]), two]
    wide = _thickness(passage.share)
    head = 5 + 0.75 * wide
    tip = points[3]
    points[3] = tip[0] - turn * head, tip[1]
    curve = "C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points[1:])
    kind = "back" if back or (start.column == end.column and end.y < start.y) else "on"
    drawn = (
        f'<path class="passage passage-{kind}" d="M{one[0]:.1f} {one[1]:.1f}{curve}" stroke-width="{wide:.1f}"/>'
        f'<path class="head head-{kind}" d="M{tip[0]:.1f} {tip[1]:.1f}l{-turn * head:.1f} {-head * 0.8:.1f}'
        f'v{head * 1.6:.1f}z"/>'
    )
    return drawn, points


def _port(
    passage: Passage, place: Place, places: Mapping[str, Place], shown: Sequence[Passage], *, leaving: bool = False
) -> float:
    """Return the height at which a line leaves or reaches a box, apart from the others on that side."""

    def side(one: Passage, *, leaves: bool) -> int:
        here, there = (one.start, one.end) if leaves else (one.end, one.start)
        ahead = places[there].column - places[here].column
        return 1 if ahead > 0 or ahead == 0 else -1

    name = passage.start if leaving else passage.end
    mine = side(passage, leaves=leaving)
    ends: list[tuple[float, int, bool]] = []
    for number_, one in enumerate(shown):
        for leaves in (True, False):
            if (one.start if leaves else one.end) == name and side(one, leaves=leaves) == mine:
                other = places[one.end if leaves else one.start]
                ends.append((other.y + other.height / 2, number_, leaves))
    ends.sort()
    which = next(k for k, (_, n, leaves) in enumerate(ends) if shown[n] is passage and leaves == leaving)
    return place.y + place.height * (which + 1) / (len(ends) + 1)


def _labels(
    shown: Sequence[Passage], curves: Sequence[Sequence[Point]], places: Mapping[str, Place], sheet: Sheet
) -> list[str]:
    """Return the share of each line, where it covers neither a box nor another share."""
    taken = [(p.x, p.y, p.x + sheet.width, p.y + p.height) for p in places.values()]
    labels: list[str] = []
    for passage, curve in zip(shown, curves, strict=True):
        half = 4 + len(passage.said) * 3.4
        for along in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88):
            x, y = _at(curve, along)
            box = (x - half, y - 9, x + half, y + 9)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                labels.append(
                    f'<rect class="plate" x="{box[0]:.1f}" y="{box[1]:.1f}" width="{2 * half:.1f}" height="18" rx="4"/>'
                    + _text(x, y + 4.5, passage.said, "part", middle=True)
                )
                break
    return labels


def _at(curve: Sequence[Point], along: float) -> Point:
    weights = ((1 - along) ** 3, 3 * along * (1 - along) ** 2, 3 * along**2 * (1 - along), along**3)
    x, y = (sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
