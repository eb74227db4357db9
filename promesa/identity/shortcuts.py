"""Conditions of the kept model in forms that say the same and cost less.

The conditions themselves stay as Splink reads them; only what the engine runs is shortened. No level of any pair
changes: a test compares both forms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.engine import name

if TYPE_CHECKING:
    from sqlglot import exp

_SLIP = re.compile(
    r'jaro_similarity\("(\w+)_l", "\1_r"\) >= 0\.85 AND damerau_levenshtein\("\1_l", "\1_r"\) <= 1'
)  # as `levels.one_slip` writes it
_PART = re.compile(r"(year|month|day)\((birth_date)_([lr])\)")
_SLIPS = "damerau_levenshtein(CAST(birth_date_l AS VARCHAR), CAST(birth_date_r AS VARCHAR))"
_DERIVED = re.compile(r"(birth_date)__(year|month|day)")
_CODED = re.compile(r"(\w+)__code")
_SIDE = re.compile(r'"?\b(\w+)_([lr])\b"?')


def shortened(condition: str) -> str:
    """Return a condition over `<column>_l` and `<column>_r` that holds for the same pairs.

    Where one slip is looked for, what stands before or after it is equal: that is asked first, and spares nearly all
    pairs the comparison letter by letter. Parts of a birth date are read from columns of their own (`derived`).
    """
    condition = _SLIP.sub(lambda found: f"{_half_equal(found[1])} AND {found[0]}", condition)
    condition = condition.replace(f"{_SLIPS} <= 1", _one_slip_of_dates())
    condition = condition.replace(f"{_SLIPS} <= 2", _two_slips_of_dates())
    return _PART.sub(r'"\2__\1_\3"', condition)


def _half_equal(column: str) -> str:
    one, two = f'"{column}_l"', f'"{column}_r"'
    # A slip touches two neighbours at most, so with one letter left out in the middle it cannot reach both ends.
    half = f"(least(length({one}), length({two})) - 1) // 2"
    return (
        f"abs(length({one}) - length({two})) <= 1 "
        f"AND (starts_with({two}, left({one}, {half})) OR suffix({two}, right({one}, {half})))"
    )


def _same(part: str) -> str:
    return f"birth_date__{part}_l = birth_date__{part}_r"


def _one_slip_of_dates() -> str:
    """Return what holds where one slip tells two dates apart, or none.

    A slip never leaves its part of a date, and of two digits it is told by numbers; only of a year it is counted.
    """
    year, month, day = map(_same, ("year", "month", "day"))
    of_year = f"({month} AND {day} AND {_near('year')} AND {_SLIPS} <= 1)"
    return f"(({year} AND (({month} AND {_near('day')}) OR ({day} AND {_near('month')}))) OR {of_year})"


def _two_slips_of_dates() -> str:
    """Return what holds where two slips tell two dates apart, or fewer."""
    year, month, day = map(_same, ("year", "month", "day"))
    one = f"({_near('year')} AND (({month} AND {_near('day')}) OR ({day} AND {_near('month')})))"
    of_year = f"((({month} AND {day}) OR {one}) AND {_SLIPS} <= 2)"
    return f"(({year} AND ({month} OR {day} OR ({_near('month')} AND {_near('day')}))) OR {of_year})"


def _near(part: str) -> str:
    """Return what holds where no more than one slip tells two parts apart: of two digits always, of a year at least."""
    one, two = f"birth_date__{part}_l", f"birth_date__{part}_r"
    # The last digit is another, or one before it, or the last two have changed places.
    swapped = f"({one} % 10 = {two} // 10 % 10 AND {one} // 10 % 10 = {two} % 10)"
    return f"({one} // 10 = {two} // 10 OR {one} % 10 = {two} % 10 OR {swapped})"


def derived(column: str) -> str:
    """Return the SQL of a column that shortened conditions read, over the columns of the records."""
    if text := _CODED.fullmatch(column):
        return f"CASE WHEN {name(text[1])} IS NOT NULL THEN hash({name(text[1])}) END"
    found = _DERIVED.fullmatch(column)
    if not found:
        return name(column)
    whole, part = found.groups()
    return f"CAST({part}({name(whole)}) AS SMALLINT)"


def only_equalities(condition: str) -> str:
    """Return a condition that holds wherever the given one does, and asks only which values are equal or missing."""
    import sqlglot

    return "ELSE" if condition == "ELSE" else _loosened(sqlglot.parse_one(condition, dialect="duckdb")) or "true"


def _loosened(node: exp.Expr) -> str | None:
    """Return what is left of a condition without all that is no equality; None where that is always met."""
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _loosened(node.this)
    if isinstance(node, exp.And | exp.Or):
        one, two = _loosened(node.left), _loosened(node.right)
        if isinstance(node, exp.And):
            return f"({one} AND {two})" if one and two else one or two
        return f"({one} OR {two})" if one and two else None
    equal = isinstance(node, exp.EQ) and isinstance(node.left, exp.Column) and isinstance(node.right, exp.Column)
    missing = isinstance(node, exp.Is) and isinstance(node.this, exp.Column)
    return node.sql(dialect="duckdb") if equal or missing else None


def in_codes(condition: str) -> str:
    """Return a condition on equal and missing values over a number for each text.

    Two texts may have one number: then more pairs meet it than should, and none fewer.
    """
    return _SIDE.sub(r'"\1__code_\2"', condition)
