"""The ways that most journeys take, drawn as bands from step to step."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import shorten
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from promesa.report.content import number, only
from promesa.report.figures import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.report.content import Content

STEPS = 7
"""Steps drawn; what comes after them is one step more, called so."""
BETWEEN = " > "
REST = "..."
HEIGHT, NODE, APART, COLUMN = 360.0, 11, 30.0, 178
MARGIN, HEAD = 6, 26


@dataclass(slots=True)
class Node:
    """One touchpoint at one step: the share of journeys there, and how far its bands have been laid."""

    step: int
    name: str
    share: float = 0.0
    y: float = 0.0
    laid_out: float = 0.0
    laid_in: float = 0.0


@dataclass(slots=True)
class Flow:
    """How many go from one node to the next."""

    start: Node
    end: Node
    share: float = 0.0


@dataclass(slots=True)
class Stream:
    """Nodes and flows of the ways told."""

    nodes: dict[tuple[int, str], Node] = field(default_factory=dict)
    flows: dict[tuple[int, str, str], Flow] = field(default_factory=dict)
    covered: float = 0.0


def ways_of(content: Content) -> list[tuple[list[str], float]]:
    """Return the frequent ways: the touchpoints in order, one met several times in a row once, and the share."""
    return [
        ([step.partition(" x")[0] for step in str(row["variant"]).split(BETWEEN)], share)
        for row in only(content.rows("journeys"), "variant_share")
        if (share := number(row.get("estimate"))) is not None
    ]


def ways_picture(content: Content) -> Markup | None:
    """Return the ways as one accessible SVG; None where fewer than two of them are told."""
    ways = ways_of(content)
    if len(ways) < 2:
        return None
    stream = stream_of(ways)
    columns = 1 + max(step for step, _ in stream.nodes)
    tallest = place_nodes(stream, columns)
    width, height = MARGIN * 2 + columns * COLUMN, tallest + MARGIN
    flows = sorted(stream.flows.values(), key=lambda flow: (flow.start.step, flow.start.y, flow.end.y))
    bands = [_band(flow, stream.covered, content) for flow in flows]
    title = content.say("journeys.ways_title", share=percent(stream.covered, content))
    box = f'viewBox="0 0 {width} {height:.0f}"'
    parts = [
        f'<svg class="ways" role="img" aria-labelledby="ways-t ways-d" {box} style="--wide:{width}px">',
        f'<title id="ways-t">{escape(title)}</title>',
        f'<desc id="ways-d">{escape(_described(ways, content))}</desc>',
        *(_text(_x(step), 16, content.say("journeys.step", n=step + 1), "head") for step in range(columns)),
        *bands,
        *(_node(node, stream.covered, content) for node in stream.nodes.values()),
        "</svg>",
    ]
    return Markup("\n".join(parts))  # noqa: S704 - every text was escaped


def stream_of(ways: Sequence[tuple[list[str], float]]) -> Stream:
    """Return the nodes and flows of ways, step by step."""
    stream = Stream()
    for way, share in ways:
        stream.covered += share
        steps = way if len(way) <= STEPS else [*way[:STEPS], REST]
        met = [stream.nodes.setdefault((k, name), Node(step=k, name=name)) for k, name in enumerate(steps)]
        for node in met:
            node.share += share
        for one, two in pairwise(met):
            flow = stream.flows.setdefault((one.step, one.name, two.name), Flow(start=one, end=two))
            flow.share += share
    return stream


def scale_of(covered: float) -> float:
    """Return the pixels of one whole."""
    return HEIGHT / covered if covered else 0.0


def place_nodes(stream: Stream, columns: int) -> float:
    """Give each node its height on the page: near those it comes from, the larger first; return the lowest point."""
    lowest = 0.0
    for step in range(columns):
        nodes = [node for node in stream.nodes.values() if node.step == step]
        nodes.sort(key=lambda node: (_middle(node, stream), -node.share))
        y = float(HEAD)
        for node in nodes:
            node.y = y
            high = node.share * scale_of(stream.covered)
            y += max(high + 8, APART)
        lowest = max(lowest, y)
    return lowest


def _middle(node: Node, stream: Stream) -> float:
    before = [flow for flow in stream.flows.values() if flow.end is node]
    total = sum(flow.share for flow in before)
    return sum(flow.share * flow.start.y for flow in before) / total if total else -node.share


def _x(step: int) -> float:
    return MARGIN + step * COLUMN


def _band(flow: Flow, covered: float, content: Content) -> str:
    scale = scale_of(covered)
    high = flow.share * scale
    top, bottom = flow.start.y + flow.start.laid_out, flow.end.y + flow.end.laid_in
    flow.start.laid_out += high
    flow.end.laid_in += high
    one, two = _x(flow.start.step) + NODE, _x(flow.end.step)
    half = (one + two) / 2
    shape = (
        f"M{one:.1f} {top:.1f}C{half:.1f} {top:.1f} {half:.1f} {bottom:.1f} {two:.1f} {bottom:.1f}"
        f"v{high:.2f}C{half:.1f} {bottom + high:.1f} {half:.1f} {top + high:.1f} {one:.1f} {top + high:.1f}z"
    )
    return f'<path class="band {_kind(flow.start, content)}" d="{shape}"/>'


def _kind(node: Node, content: Content) -> str:
    return f"of-{content.touchpoints.get(node.name, {}).get('stage') or 'rest'}"


def _node(node: Node, covered: float, content: Content) -> str:
    high = max(2.0, node.share * scale_of(covered))
    label = content.say("journeys.more_steps") if node.name == REST else content.label("touchpoint", node.name)
    x = _x(node.step)
    return (
        f'<rect class="knot {_kind(node, content)}" x="{x:.1f}" y="{node.y:.1f}" width="{NODE}" height="{high:.1f}"/>'
        + _text(x + NODE + 5, node.y + 12, shorten(label, 21, placeholder="…"), "name")
        + _text(x + NODE + 5, node.y + 26, percent(node.share, content), "part")
    )


def _text(x: float, y: float, said: str, style: str) -> str:
    return f'<text class="t-{style}" x="{x:.1f}" y="{y:.1f}">{escape(said)}</text>'


def _described(ways: Sequence[tuple[list[str], float]], content: Content) -> str:
    return "; ".join(_told(ways, content)) + "."


def _told(ways: Sequence[tuple[list[str], float]], content: Content) -> Iterator[str]:
    for way, share in ways:
        names = (content.say("journeys.more_steps") if s == REST else content.label("touchpoint", s) for s in way)
        yield f"{' → '.join(names)}: {percent(share, content)}"
