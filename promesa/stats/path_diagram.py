"""The drawing behind a path model: which items measure a construct, and which construct points at which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from promesa.errors import UnknownName, ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Mode = Literal["A", "B"]
Scheme = Literal["path", "centroid", "factorial"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diagram:
    """A path diagram, checked. Items stand in the order of the constructs.

    Attributes
    ----------
    names : tuple of str
        Constructs.
    columns : tuple of int
        Column of the data of each item.
    block : ndarray of int, shape (items,)
        Construct that each item measures.
    arrows : ndarray of bool, shape (constructs, constructs)
        True where the row's construct points at the column's.
    formative : ndarray of bool, shape (constructs,)
        True for mode B.
    scheme : {"path", "centroid", "factorial"}
        How neighbours are weighted while the weights are sought.
    """

    names: tuple[str, ...]
    columns: tuple[int, ...]
    block: NDArray[np.int64]
    arrows: NDArray[np.bool_]
    formative: NDArray[np.bool_]
    scheme: Scheme

    def items_of(self, construct: int) -> NDArray[np.int64]:
        """Return the places of a construct's items."""
        return np.flatnonzero(self.block == construct)

    def predecessors(self, construct: int) -> NDArray[np.int64]:
        """Return the constructs that point at it."""
        return np.flatnonzero(self.arrows[:, construct])


def draw(
    *,
    n_columns: int,
    blocks: Mapping[str, Sequence[int]],
    paths: Sequence[tuple[str, str]],
    modes: Mapping[str, str] | None,
    scheme: str,
) -> Diagram:
    """Return the diagram, or say in plain words what is wrong with it.

    Raises
    ------
    ValueOutOfRange
        If a construct has no items, an item is used twice or does not exist, a construct is joined to none, a path
        is given twice, paths run in a circle, or a mode or the scheme is not known.
    UnknownName
        If a path or a mode names a construct that has no block.
    """
    names = tuple(blocks)
    _check_items(blocks, n_columns)
    places = {name: place for place, name in enumerate(names)}
    for name in [*(end for path in paths for end in path), *(modes or {})]:
        if name not in places:
            raise UnknownName(name, kind="construct", known=names)
    arrows = np.zeros((len(names), len(names)), dtype=bool)
    for source, target in paths:
        arrows[places[source], places[target]] = True
    _check_arrows(names, paths, arrows)
    return Diagram(
        names=names,
        columns=tuple(int(item) for items in blocks.values() for item in items),
        block=np.repeat(np.arange(len(names)), [len(items) for items in blocks.values()]),
        arrows=arrows,
        formative=np.array([_checked_mode(name, (modes or {}).get(name, "A")) == "B" for name in names]),
        scheme=_checked_scheme(scheme),
    )


def _check_items(blocks: Mapping[str, Sequence[int]], n_columns: int) -> None:
    empty = [name for name, items in blocks.items() if not len(items)]
    if empty or not blocks:
        raise ValueOutOfRange(
            what=f"The construct {empty[0]!r} has no items." if empty else "The model has no constructs.",
            got="an empty list",
            expected="at least 1 item for each construct",
            fix="name the questions that measure it, or leave the construct out",
        )
    every = [int(item) for items in blocks.values() for item in items]
    twice = sorted({item for item in every if every.count(item) > 1})
    beyond = sorted({item for item in every if not 0 <= item < n_columns})
    if twice or beyond:
        raise ValueOutOfRange(
            what="An item is used twice." if twice else "An item is not a column of the data.",
            got=f"column {(twice or beyond)[0]}",
            expected=f"each column from 0 to {n_columns - 1} in one construct at most",
            fix="keep the item where it is asked for, and take it out elsewhere",
        )


def _check_arrows(names: tuple[str, ...], paths: Sequence[tuple[str, str]], arrows: NDArray[np.bool_]) -> None:
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if list(paths).count(path) > 1)
        raise ValueOutOfRange(
            what="A path is given twice.",
            got=f"{twice[0]} -> {twice[1]}",
            expected="each path once",
            fix="delete one of the two",
        )
    alone = [name for k, name in enumerate(names) if not arrows[k].any() and not arrows[:, k].any()]
    if alone:
        raise ValueOutOfRange(
            what=f"No path leads to or from the construct {alone[0]!r}.",
            got="a construct that stands alone",
            expected="at least 1 path for each construct",
            fix="add the path, or leave the construct out",
        )
    left = list(range(len(names)))
    while left:
        free = [k for k in left if not arrows[left, k].any()]
        if not free:
            raise ValueOutOfRange(
                what="The paths run in a circle.",
                got=f"a circle among {', '.join(names[k] for k in left)}",
                expected="paths that never lead back to where they began",
                fix="take out the path that points backwards",
            )
        left = [k for k in left if k not in free]


def _checked_mode(name: str, mode: str) -> Mode:
    if mode in {"A", "B"}:
        return "A" if mode == "A" else "B"
    raise ValueOutOfRange(
        what=f"The mode of the construct {name!r} is not known.",
        got=repr(mode),
        expected="'A' (items reflect the construct) or 'B' (items form it)",
        fix="use 'A' where in doubt",
    )


def _checked_scheme(scheme: str) -> Scheme:
    if scheme == "path":
        return "path"
    if scheme == "centroid":
        return "centroid"
    if scheme == "factorial":
        return "factorial"
    raise ValueOutOfRange(
        what="The scheme is not known.",
        got=repr(scheme),
        expected="'path', 'centroid' or 'factorial'",
        fix="use scheme='path'",
    )
