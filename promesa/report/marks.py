"""The small drawings inside tables and cards: an interval against its target, counts side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.report.drawing import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

WIDTH, HEIGHT, MARGIN = 200, 30, 7
BAR_WIDTH, BAR_GAP = 320, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar of counts."""

    name: str
    count: float
    text: str
    role: str
    start: float = 0.0
    width: float = 0.0


def domain_of(values: Iterable[float | None]) -> tuple[float, float]:
    """Return the ends of a scale of fractions that shows `values` and ends on whole steps of 5 %."""
    known = [value for value in values if value is not None]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    start = max(0.0, (int(low * 20 - 0.2)) / 20)
    return start, min(1.0, max(high, start + 0.1))


def interval_mark(
    *,
    title: str,
    estimate: float,
    lower: float | None,
    upper: float | None,
    target: float | None,
    capability: float | None,
    domain: tuple[float, float],
) -> Markup:
    """Return an interval with its target and capability on a scale that other rows share."""
    low, high = domain

    def place(value: float | None) -> float | None:
        if value is None:
            return None
        share = (value - low) / (high - low) if high > low else 0.5
        return round(MARGIN + min(1.0, max(0.0, share)) * (WIDTH - 2 * MARGIN), 1)

    return render(
        "interval.svg",
        title=title,
        width=WIDTH,
        height=HEIGHT,
        margin=MARGIN,
        point=place(estimate),
        start=place(lower),
        stop=place(upper),
        target=place(target),
        capability=place(capability),
    )


def counts_bar(parts: Sequence[Part], *, title: str) -> Markup:
    """Return counts as one bar cut into parts; a part that exists is at least two pixels wide."""
    total = sum(part.count for part in parts) or 1.0
    laid: list[Part] = []
    at = 0.0
    for part in parts:
        if part.count <= 0:
            continue
        width = max(2.0, part.count / total * (BAR_WIDTH - 12))
        laid.append(
            Part(
                name=part.name,
                count=part.count,
                text=part.text,
                role=part.role,
                start=round(at, 1),
                width=round(width, 1),
            )
        )
        at += width + BAR_GAP
    return render("counts.svg", title=title, parts=laid, width=round(max(at - BAR_GAP, 1.0), 1))
