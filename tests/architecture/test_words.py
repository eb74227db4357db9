"""Spanish and English say the same things: same keys, same placeholders, nothing left empty by accident."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

from promesa.results import steady
from promesa.words import in_fitting_unit, in_one_unit

WORDS = Path(__file__).resolve().parents[2] / "promesa" / "words"
FILES = sorted({file.name for file in WORDS.glob("*/*.toml")})


def messages(language: str, file: str) -> dict[str, str]:
    """Return the messages of one catalogue file by dotted key."""
    path = WORDS / language / file
    return flatten(tomllib.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def flatten(tree: dict[str, object], prefix: str = "") -> dict[str, str]:
    """Return a tree of tables as one table of dotted keys."""
    flat: dict[str, str] = {}
    for key, value in tree.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


def placeholders(message: str) -> set[str]:
    """Return the names that a message leaves to be filled in."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("file", FILES)
def test_both_languages_have_the_same_keys(file: str) -> None:
    assert messages("es", file).keys() == messages("en", file).keys()


@pytest.mark.parametrize("file", FILES)
def test_both_languages_fill_in_the_same_values(file: str) -> None:
    english = messages("en", file)
    differing = {
        key: (placeholders(text), placeholders(english[key]))
        for key, text in messages("es", file).items()
        if key in english and placeholders(text) != placeholders(english[key])
    }
    assert differing == {}


@pytest.mark.parametrize("file", FILES)
def test_a_message_is_empty_in_both_languages_or_in_none(file: str) -> None:
    english = messages("en", file)
    assert [key for key, text in messages("es", file).items() if (not text) != (not english.get(key))] == []


@pytest.mark.parametrize(
    ("row", "open_hours", "unit", "estimate"),
    [
        ({"estimate": 1.5, "lower": 1.0, "upper": 1.9, "unit": "hours"}, False, "minutes", 90.0),
        ({"estimate": 1.5, "lower": 1.0, "upper": 2.1, "unit": "hours"}, False, "hours", 1.5),
        ({"estimate": 72.0, "lower": None, "upper": None, "unit": "hours"}, False, "days", 3.0),
        ({"estimate": 72.0, "unit": "hours"}, True, "hours", 72.0),
        ({"estimate": 0.01, "lower": 0.0, "upper": 0.11, "unit": "days"}, False, "hours", 0.24),
        ({"estimate": -0.5, "unit": "hours"}, False, "minutes", -30.0),
        ({"estimate": None, "unit": "hours"}, False, "hours", None),
        ({"estimate": 0.4, "unit": "fraction"}, False, "fraction", 0.4),
    ],
)
def test_a_wait_is_said_in_the_unit_that_fits(row, open_hours, unit, estimate) -> None:
    fitting = in_fitting_unit(row, open_hours=open_hours)
    assert (fitting["unit"], fitting["estimate"]) == (unit, estimate if estimate is None else pytest.approx(estimate))
    assert fitting.keys() == row.keys()


def test_figures_drawn_together_are_in_the_unit_of_the_longest() -> None:
    rows = [
        {"unit": "hours", "estimate": 0.05, "lower": -0.01, "upper": 0.2, "name": "web"},
        {"unit": "hours", "estimate": None, "lower": None, "upper": None, "name": "shop"},
        {"unit": "hours", "estimate": -0.5, "lower": -1.0, "upper": 0.0, "name": "phone"},
    ]
    found = in_one_unit(rows)
    assert [row["unit"] for row in found] == ["minutes"] * 3
    assert [row["estimate"] for row in found] == [3.0, None, -30.0]
    assert (found[0]["lower"], found[0]["upper"], found[0]["name"]) == (-0.6, 12.0, "web")
    assert in_one_unit([{"unit": "hours", "estimate": 60.0}, {"unit": "hours", "estimate": 12.0}])[1] == {
        "unit": "days",
        "estimate": 0.5,
    }
    assert in_one_unit([{"unit": "score", "estimate": 0.1}]) == [{"unit": "score", "estimate": 0.1}]
    assert in_one_unit([{"unit": "hours", "estimate": None}]) == [{"unit": "hours", "estimate": None}]


def test_equal_figures_are_put_in_order_alike_whatever_order_they_were_added_in() -> None:
    assert steady(0.1 + 0.2) == steady(0.3)
    assert steady(None) == 0.0
    assert steady(-1e-300) < 0 < steady(1e-300) < steady(2e-300)
    assert steady(0.300001) > steady(0.3)
