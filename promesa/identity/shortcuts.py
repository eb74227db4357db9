"""Conditions of the kept model in forms that say the same and cost less.

The conditions themselves stay as Splink reads them; only what the engine runs is shortened. No level of any pair
changes: a test compares both forms.
"""

from __future__ import annotations

import re

from promesa.engine import name

_SLIP = re.compile(
    r'jaro_similarity\("(\w+)_l", "\1_r"\) >= 0\.85 AND damerau_levenshtein\("\1_l", "\1_r"\) <= 1'
)  # as `levels.one_slip` writes it
_PART = re.compile(r"(year|month|day)\((birth_date)_([lr])\)")
_TWO_SLIPS = re.compile(
    r"damerau_levenshtein\(CAST\((birth_date)_l AS VARCHAR\), CAST\(birth_date_r AS VARCHAR\)\) <= 2"
)
_DERIVED = re.compile(r"(birth_date)__(year|month|day)")


def shortened(condition: str) -> str:
    """Return a condition over `<column>_l` and `<column>_r` that holds for the same pairs.

    Where one slip is looked for, what stands before or after it is equal: that is asked first, and spares nearly all
    pairs the comparison letter by letter. Parts of a birth date are read from columns of their own (`derived`).
    """
    condition = _SLIP.sub(lambda found: f"{_half_equal(found[1])} AND {found[0]}", condition)
    condition = _TWO_SLIPS.sub(lambda found: f"{_dates_near()} AND {found[0]}", condition)
    return _PART.sub(r'"\2__\1_\3"', condition)


def _half_equal(column: str) -> str:
    one, two = f'"{column}_l"', f'"{column}_r"'
    # A slip touches two neighbours at most, so with one letter left out in the middle it cannot reach both ends.
    half = f"(least(length({one}), length({two})) - 1) // 2"
    return (
        f"abs(length({one}) - length({two})) <= 1 "
        f"AND (starts_with({two}, left({one}, {half})) OR suffix({two}, right({one}, {half})))"
    )


def _dates_near() -> str:
    """Return what holds for all dates that two slips tell apart: no part is two slips off, or two parts are equal."""
    year, month, day = (_near(part) for part in ("year", "month", "day"))
    same = [f"birth_date__{part}_l = birth_date__{part}_r" for part in ("year", "month", "day")]
    two = " OR ".join(f"({one} AND {other})" for one, other in ((same[0], same[1]), (same[0], same[2]), same[1:]))
    return f"(({year} AND {month} AND {day}) OR {two})"


def _near(part: str) -> str:
    one, two = f"birth_date__{part}_l", f"birth_date__{part}_r"
    # The last digit is another, or one before it, or the last two have changed places.
    swapped = f"({one} % 10 = {two} // 10 % 10 AND {one} // 10 % 10 = {two} % 10)"
    return f"({one} // 10 = {two} // 10 OR {one} % 10 = {two} % 10 OR {swapped})"


def derived(column: str) -> str:
    """Return the SQL of a column that shortened conditions read, over the columns of the records."""
    found = _DERIVED.fullmatch(column)
    if not found:
        return name(column)
    whole, part = found.groups()
    return f"CAST({part}({name(whole)}) AS SMALLINT)"
