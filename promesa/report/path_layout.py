"""Where the boxes and lines of a path diagram stand: in rows from causes to effects, lines around the boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Arrow = tuple[str, str]
SWEEPS = 24
RELAXATIONS = 100
STRAIGHT = 200.0
"""How much more than others the two ends of a line's piece want to stand one above the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Widths and heights, in pixels of the drawing."""

    box: float = 206
    label: float = 122
    bend: float = 20
    label_height: float = 38
    gap: float = 30
    between: float = 24


@dataclass(slots=True, eq=False)
class Node:
    """A box, a label of a line, or the place where a line passes a row; `x` is its middle."""

    kind: str
    key: str | Arrow
    row: int
    width: float
    x: float = 0.0
    near: list[tuple[Node, float]] = field(default_factory=list)
    above: list[Node] = field(default_factory=list)
    below: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """A diagram laid out.

    Attributes
    ----------
    boxes : mapping of str to Node
        By construct.
    lines : mapping of (str, str) to list of Node
        The nodes that each arrow passes, from box to box; one of them is its label.
    rows : int
        Boxes stand in even rows, labels in odd ones.
    width : float
        Of all rows.
    """

    boxes: Mapping[str, Node]
    lines: Mapping[Arrow, list[Node]]
    rows: int
    width: float


def lay_out(names: Sequence[str], arrows: Sequence[Arrow], *, sizes: Sizes) -> Layout:
    """Place constructs that arrows without a circle join."""
    depth = _depths(names, arrows)
    boxes = {name: Node("box", name, 2 * depth[name], sizes.box) for name in names}
    lines: dict[Arrow, list[Node]] = {}
    labels: dict[int, int] = {}
    for arrow in sorted(arrows, key=lambda arrow: depth[arrow[1]] - depth[arrow[0]]):
        lines[arrow] = _line(arrow, boxes, labels, sizes)
    lines = {arrow: lines[arrow] for arrow in arrows}
    rows = _ordered(boxes, lines)
    _place(rows, lines.values(), sizes)
    left = min(node.x - node.width / 2 for row in rows for node in row)
    for row in rows:
        for node in row:
            node.x -= left
    width = max(node.x + node.width / 2 for row in rows for node in row)
    return Layout(boxes=boxes, lines=lines, rows=len(rows), width=width)


def spread(wanted: Sequence[float], apart: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return the places nearest to `wanted` (weighted least squares) that keep their order and distances.

    Parameters
    ----------
    apart : sequence of float
        Least distance of each place from the one before; the first counts nothing.
    """
    offsets: list[float] = []
    for distance in apart:
        offsets.append((offsets[-1] + distance) if offsets else 0.0)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, count
    for place, offset, weight in zip(wanted, offsets, weights, strict=True):
        mean, heavy, count = place - offset, weight, 1
        while blocks and blocks[-1][0] > mean:
            other, its, many = blocks.pop()
            mean, heavy, count = (mean * heavy + other * its) / (heavy + its), heavy + its, count + many
        blocks.append((mean, heavy, count))
    means = [mean for mean, _, count in blocks for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


def _depths(names: Sequence[str], arrows: Sequence[Arrow]) -> dict[str, int]:
    """Return the row of each construct: below all that point at it, and no higher than it need be."""
    depth = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in arrows:
            depth[end] = max(depth[end], depth[start] + 1)
    ends = {end for _, end in arrows}
    for name in names:
        if name not in ends:
            depth[name] = min((depth[end] for start, end in arrows if start == name), default=1) - 1
    return depth


def _line(arrow: Arrow, boxes: Mapping[str, Node], labels: dict[int, int], sizes: Sizes) -> list[Node]:
    """Return the nodes that an arrow passes; its label stands in the row with the fewest."""
    first, last = boxes[arrow[0]], boxes[arrow[1]]
    labelled = min(range(first.row + 1, last.row, 2), key=lambda row: (labels.get(row, 0), row))
    labels[labelled] = labels.get(labelled, 0) + 1
    passed = [
        Node("label", arrow, row, sizes.label) if row == labelled else Node("bend", arrow, row, sizes.bend)
        for row in range(first.row + 1, last.row)
    ]
    line = [first, *passed, last]
    for one, other in pairwise(line):
        pull = 1.0 if "box" in (one.kind, other.kind) else STRAIGHT
        one.below.append(other)
        other.above.append(one)
        one.near.append((other, pull))
        other.near.append((one, pull))
    return line


def _ordered(boxes: Mapping[str, Node], lines: Mapping[Arrow, list[Node]]) -> list[list[Node]]:
    """Return the rows, each in the order in which the fewest lines cross."""
    nodes = list(dict.fromkeys([*boxes.values(), *(node for line in lines.values() for node in line)]))
    rows: list[list[Node]] = [[] for _ in range(max(node.row for node in nodes) + 1)]
    for node in nodes:
        rows[node.row].append(node)
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        down, turned = sweep % 2 == 0, -1 if sweep % 4 > 1 else 1
        for row in rows if down else reversed(rows):
            place = _places(rows)
            # Of those that want the same place, now the first goes first and now the last.
            keys = {id(node): (_middle(node, place, down=down), turned * place[id(node)]) for node in row}
            row.sort(key=lambda node: keys[id(node)])
        _exchange(rows)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return _moved_aside(best, lines.values())


def _moved_aside(rows: list[list[Node]], lines: Iterable[Sequence[Node]]) -> list[list[Node]]:
    """Move whole lines to the left or the right of everything where that leaves fewer crossings."""
    fewest = _crossings(rows)
    for line in lines:
        inner = {id(node) for node in line[1:-1]}
        for side in (1, -1):
            moved = [sorted(row, key=lambda node: side * (id(node) not in inner)) for row in rows]
            _exchange(moved)
            if _crossings(moved) < fewest:
                rows, fewest = moved, _crossings(moved)
    return rows


def _places(rows: Sequence[Sequence[Node]]) -> dict[int, int]:
    return {id(node): k for row in rows for k, node in enumerate(row)}


def _middle(node: Node, place: Mapping[int, int], *, down: bool) -> float:
    near = node.above if down else node.below
    return sum(place[id(other)] for other in near) / len(near) if near else float(place[id(node)])


def _exchange(rows: Sequence[list[Node]]) -> None:
    """Exchange neighbours while that leaves fewer crossings."""
    place = _places(rows)
    better = True
    while better:
        better = False
        for row in rows:
            for k in range(len(row) - 1):
                one, other = row[k], row[k + 1]
                if _crossed(other, one, place) < _crossed(one, other, place):
                    row[k], row[k + 1] = other, one
                    place[id(one)], place[id(other)] = k + 1, k
                    better = True


def _crossed(left: Node, right: Node, place: Mapping[int, int]) -> int:
    """Return how many lines of two neighbours cross while `left` stands to the left."""
    pairs = ((left.above, right.above), (left.below, right.below))
    return sum(place[id(a)] > place[id(b)] for ones, others in pairs for a in ones for b in others)


def _crossings(rows: Sequence[Sequence[Node]]) -> int:
    place = _places(rows)
    total = 0
    for row in rows:
        ends = [(k, place[id(other)]) for k, node in enumerate(row) for other in node.below]
        total += sum(a[0] < b[0] and a[1] > b[1] for a in ends for b in ends)
    return total


def _place(rows: Sequence[Sequence[Node]], lines: Iterable[Sequence[Node]], sizes: Sizes) -> None:
    """Move the nodes of each row towards their neighbours above and below, keeping order and distance.

    In a second round the nodes of a line want to stand one above the other, more than anything else.
    """
    _relax(rows, {}, sizes)
    line_of = {id(node): line[1:-1] for line in lines for node in line[1:-1]}
    _relax(rows, line_of, sizes)
    for inner in line_of.values():
        _straighten(rows, inner, sizes)


def _relax(rows: Sequence[Sequence[Node]], line_of: Mapping[int, Sequence[Node]], sizes: Sizes) -> None:
    for _ in range(RELAXATIONS):
        for row in rows:
            apart = [0.0, *((a.width + b.width) / 2 + sizes.between for a, b in pairwise(row))]
            wanted, weights = [], []
            for node in row:
                pulls = [(other.x, pull) for other, pull in node.near]
                if id(node) in line_of:
                    line = line_of[id(node)]
                    pulls = [(other.x, 1.0) for other, _ in node.near if other.kind == "box"]
                    pulls.append((sum(other.x for other in line) / len(line), STRAIGHT))
                weight = sum(pull for _, pull in pulls) or 1.0
                wanted.append(sum(x * pull for x, pull in pulls) / weight)
                weights.append(weight)
            for node, x in zip(row, spread(wanted, apart, weights), strict=True):
                node.x = x


def _straighten(rows: Sequence[Sequence[Node]], inner: Sequence[Node], sizes: Sizes) -> None:
    """Let a line run straight between its boxes where there is room."""
    least, most = -inf, inf
    for node in inner:
        row = rows[node.row]
        k = row.index(node)
        if k > 0:
            least = max(least, row[k - 1].x + (row[k - 1].width + node.width) / 2 + sizes.between)
        if k + 1 < len(row):
            most = min(most, row[k + 1].x - (row[k + 1].width + node.width) / 2 - sizes.between)
    if least <= most:
        x = min(max(sum(node.x for node in inner) / len(inner), least), most)
        for node in inner:
            node.x = x
