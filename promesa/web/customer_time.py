"""The time line of a customer: one lane for what was lived, one for what was said, one for what was bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.customers import Event, Telling
    from promesa.web.rendering import Visit

WIDTH, LEFT, RIGHT, TOP, LANE = 960, 120, 20, 24, 46
LANES = ("moments", "opinions", "orders", "costs")


def time_line(visit: Visit, events: Sequence[Event], telling: Telling) -> Markup:
    """Return the drawing of events; the table beside it says the same in words."""
    lanes = [kind for kind in LANES if any(event.kind == kind for event in events)]
    if len(events) < 2 or not lanes:
        return Markup("")
    first, last = min(event.local for event in events), max(event.local for event in events)
    span = max((last - first).total_seconds(), 1.0)
    height = TOP + LANE * len(lanes) + 28
    parts: list[str] = []
    for place, kind in enumerate(lanes):
        y = TOP + LANE * place + LANE // 2
        parts.append(f'<line class="lane" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="lane-name" x="0" y="{y + 5}">{escape(visit.say(f"customer.lane.{kind}"))}</text>')
    for event in events:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (event.local - first).total_seconds() / span
        y = TOP + LANE * lanes.index(event.kind) + LANE // 2
        told = f"{telling.time(event.at)} {telling.label(event.touchpoint)}".strip()
        said = [words.say(f"customers.status.{outcome.status}", visit.locale) for outcome in event.promises]
        name = escape(" · ".join([told, *said]))
        parts.append(f'<g class="at-{_state(event)}"><title>{name}</title>{_shape(_state(event), x, y)}</g>')
    for x, anchor, day in ((LEFT, "start", first), (WIDTH - RIGHT, "end", last)):
        parts.append(f'<text x="{x}" y="{height - 6}" text-anchor="{anchor}">{escape(visit.day(day.date()))}</text>')
    title = escape(visit.say("customer.line_title", n=len(events)))
    return Markup(  # noqa: S704 (every text in it is escaped above)
        f'<svg class="time-line" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{"".join(parts)}</svg>'
    )


def _state(event: Event) -> str:
    statuses = {outcome.status for outcome in event.promises}
    for status in ("broken", "kept", "not_yet_due"):
        if status in statuses:
            return status
    return "other"


def _shape(state: str, x: float, y: float) -> str:
    """Return a mark whose shape says what its colour says."""
    if state == "broken":
        return f'<path d="M{x - 6:.1f} {y - 6}l12 12m0 -12l-12 12"/>'
    if state == "not_yet_due":
        return f'<circle cx="{x:.1f}" cy="{y}" r="5.5"/>'
    if state == "kept":
        return f'<circle cx="{x:.1f}" cy="{y}" r="6"/>'
    return f'<rect x="{x - 4:.1f}" y="{y - 4}" width="8" height="8"/>'
