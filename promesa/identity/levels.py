"""A field's levels: how alike two values are, in Splink's shape, and the conditions that many fields share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of comparing a field.

    Attributes
    ----------
    label : str
        A word of the answer (``same``, ``close``, ``swapped``, ``partly``, ``differs``), then what it stands for.
    condition : str
        SQL over `<column>_l` and `<column>_r`; ``ELSE`` for the last.
    same_person, strangers, relatives : float
        Share of the pairs of that kind, both values known, that fall on this level.
    common : str or None
        Column whose frequent values are worth less on this level.
    silent : bool
        Whether the level is shown and weighs nothing.
    """

    label: str
    condition: str
    same_person: float
    strangers: float
    relatives: float
    common: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field, its levels from the most alike to ``ELSE``.

    Attributes
    ----------
    field : str
        Name shown to people.
    columns : tuple of str
        Columns of the records that the conditions read.
    unknown : str
        SQL: when the field says nothing.
    own : bool
        Whether it tells the members of one home apart; those shares are never learnt from the data.
    """

    field: str
    columns: tuple[str, ...]
    unknown: str
    levels: tuple[Level, ...]
    own: bool = False


def untrained(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as Splink writes it, without probabilities."""
    levels: list[dict[str, Any]] = [
        {"sql_condition": comparison.unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in comparison.levels:
        levels.append({"sql_condition": level.condition, "label_for_charts": level.label})
        if level.common:
            # The level may ask for more than equal values, which Splink would otherwise look for.
            levels[-1] |= {"tf_adjustment_column": level.common, "disable_tf_exact_match_detection": True}
    return {"output_column_name": comparison.field, "comparison_levels": levels}


def unknown_when(column: str) -> str:
    """Return the condition that either record does not know a column."""
    return f'"{column}_l" IS NULL OR "{column}_r" IS NULL'


def alike(column: str, similarity: float) -> str:
    """Return the condition that two texts are as similar as that by Jaro and Winkler, or more."""
    return f'jaro_winkler_similarity("{column}_l", "{column}_r") >= {similarity}'


def alike_across(left: str, right: str) -> str:
    """Return the condition that one column of a record is like another column of the other."""
    return f'jaro_winkler_similarity("{left}_l", "{right}_r") >= 0.8'


def one_slip(column: str, *, longer_than: int = 0) -> str:
    """Return the condition that one digit or letter is wrong, missing or has changed places with its neighbour."""
    # The similarity first: it costs a tenth of the distance and lets no single slip in five characters or more escape.
    similar = f'length("{column}_l") > {longer_than} AND jaro_similarity("{column}_l", "{column}_r") >= 0.85'
    return f'{similar} AND damerau_levenshtein("{column}_l", "{column}_r") <= 1'
