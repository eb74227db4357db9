"""Arrow columns from arrays: keys, words, times, numbers with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from promesa.simulate.company import local_seconds, utc_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.company import World

BOGOTA_BEHIND_UTC = 5 * 3_600


def keys(prefix: str, numbers: Ints, *, missing: Flags | None = None, suffix: str = "") -> pa.Array:
    """Return identifiers: prefix, number, suffix."""
    digits = pa.array(numbers, mask=missing).cast(pa.string())
    return pc.binary_join_element_wise(prefix, digits, suffix, "")


def words(vocabulary: Sequence[str], codes: Ints, *, missing: Flags | None = None) -> pa.Array:
    """Return the word for each code; a negative code is no value."""
    gaps = codes < 0 if missing is None else missing | (codes < 0)
    return pa.array(list(vocabulary)).take(pa.array(np.where(gaps, 0, codes), mask=gaps))


def numbers(values: Floats, *, decimals: int = 6) -> pa.Array:
    """Return numbers with NaN as no value; whole ones as integers when `decimals` is 0."""
    gaps = np.isnan(values)
    if decimals == 0:
        return pa.array(np.rint(np.nan_to_num(values)).astype(np.int64), mask=gaps)
    return pa.array(np.round(values, decimals), mask=gaps)


def days(world: World, at: Floats) -> pa.Array:
    """Return calendar days; NaN is no value."""
    gaps = np.isnan(at)
    number = np.floor(np.nan_to_num(at)).astype(np.int64)
    origin = int(np.datetime64(world.start, "D").astype(np.int64))
    return pa.array((origin + number).astype(np.int32), mask=gaps).cast(pa.date32())


def local_times(world: World, at: Floats) -> pa.Array:
    """Return times on the clock of the customer's country."""
    return _times(local_seconds(world, np.nan_to_num(at)), np.isnan(at))


def utc_times(world: World, at: Floats, country: Ints) -> pa.Array:
    """Return times in UTC."""
    return _times(utc_seconds(world, at, country), np.isnan(at))


def bogota_times(world: World, at: Floats, country: Ints) -> pa.Array:
    """Return times on the clock of the head office."""
    return _times(utc_seconds(world, at, country) - BOGOTA_BEHIND_UTC, np.isnan(at))


def _times(seconds: Ints, gaps: Flags) -> pa.Array:
    return pa.array(seconds, mask=gaps).cast(pa.timestamp("s"))


def joined(*parts: pa.Array, between: str = "") -> pa.Array:
    """Return the parts of each row joined; a part without a value is left out."""
    return pc.binary_join_element_wise(*parts, between, null_handling="skip")
