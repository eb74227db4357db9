"""Arrow columns as arrays, put where the rows of the table of experience are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from promesa.experience.units import UNIT

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

Coded = tuple["NDArray[np.int64]", list[str]]


def numbers(fetched: pa.Table, column: str) -> NDArray[np.float64]:
    """Return a column as floats, NaN where it is null."""
    return fetched.column(column).to_numpy().astype(float)


def places_of(part: pa.Table, whole: pa.Table) -> NDArray[np.int64]:
    """Return the position in `whole` of each unit of `part`; every unit of `part` stands in it."""
    import pyarrow.compute as pc

    found: Any = pc
    places = found.index_in(part.column(UNIT), value_set=whole.column(UNIT).combine_chunks())
    return places.to_numpy().astype(np.int64)


def placed(part: pa.Table, column: str, places: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Return a column of `part` at the positions of its units, NaN elsewhere."""
    values = np.full(n, np.nan)
    values[places] = numbers(part, column)
    return values


def coded(part: pa.Table, column: str, places: NDArray[np.int64] | None = None, n: int = 0) -> Coded:
    """Return texts as positions in their sorted levels, -1 where there is none.

    Parameters
    ----------
    places : ndarray of int, optional
        Positions of the rows among `n`; where they are when left out.
    """
    texts: Any = part.column(column).combine_chunks().dictionary_encode()
    given = [str(level) for level in texts.dictionary.to_pylist()]
    order = np.argsort(np.array(given, dtype=object), kind="stable")
    rank = np.empty(len(given) + 1, dtype=np.int64)
    rank[order], rank[-1] = np.arange(len(given)), -1
    codes = rank[texts.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)]
    if places is not None:
        codes, found = np.full(n, -1, dtype=np.int64), codes
        codes[places] = found
    return codes, [given[k] for k in order]


def most_frequent(codes: NDArray[np.int64], levels: list[str], *, most: int, other: str) -> Coded:
    """Return the codes with the rarer levels joined under `other`, last, where there are more than `most`."""
    if len(levels) <= most:
        return codes, levels
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    first = np.sort(np.argsort(-counts, kind="stable")[: most - 1])
    place = np.full(len(levels) + 1, most - 1, dtype=np.int64)
    place[first], place[-1] = np.arange(first.size), -1
    return place[codes], [*(levels[k] for k in first), other]
