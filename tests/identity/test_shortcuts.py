"""What the engine runs in place of a kept model's conditions says the same of every pair."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from promesa.engine import Embedded
from promesa.identity.comparisons import comparisons_of
from promesa.identity.levels import one_slip, untrained
from promesa.identity.shortcuts import derived, in_codes, only_equalities, shortened
from promesa.identity.weights import gamma_column, packed

from .linkage import MODEL, write_company

if TYPE_CHECKING:
    from collections.abc import Iterator

SLIPS = "damerau_levenshtein(CAST(birth_date_l AS VARCHAR), CAST(birth_date_r AS VARCHAR))"
PARTS = ("birth_date__year", "birth_date__month", "birth_date__day")


@pytest.fixture
def engine() -> Iterator[Embedded]:
    with Embedded(threads=2) as engine:
        yield engine


def slipped(text: str, chance: random.Random) -> str:
    """Return a text with one letter wrong, missing, added or swapped with its neighbour."""
    place, letter = chance.randrange(len(text)), chance.choice("0123456789ñ")
    return chance.choice(
        (
            text[:place] + letter + text[place + 1 :],
            text[:place] + text[place + 1 :],
            text[:place] + letter + text[place:],
            text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :],
        )
    )


@pytest.mark.parametrize("slips", [1, 2, 3])
def test_one_slip_is_found_wherever_it_stands(engine: Embedded, slips: int) -> None:
    chance = random.Random(slips)
    ones, twos = [], []
    for _ in range(20_000):
        one = two = "".join(chance.choice("0123456789ñ") for _ in range(chance.randrange(1, 14)))
        for _ in range(slips):
            two = slipped(two, chance) if two else two
        ones.append(one)
        twos.append(two)
    engine.register("pairs", pa.table({"document_l": ones, "document_r": twos}))
    plain = one_slip("document")
    assert shortened(plain) != plain
    found = engine.run(
        f"SELECT count(*) FILTER ({plain}), count(*) FILTER (({plain}) <> ({shortened(plain)})) FROM pairs"
    )
    assert int(str(found[0][0])) > 50
    assert found[0][1] == 0


def test_dates_say_the_same_of_every_pair(engine: Embedded) -> None:
    chance = random.Random(5)
    days = {date(1900, 1, 1) + timedelta(days=chance.randrange(45_000)) for _ in range(150)}
    days |= {date(1979, 12, 25) + timedelta(days=day) for day in range(140)}
    engine.register("days", pa.table({"birth_date": sorted(days)}))
    chosen = ", ".join(f"{derived(column)} AS {column}" for column in ("birth_date", *PARTS))
    engine.run(f"CREATE TEMP TABLE sides AS SELECT {chosen} FROM days")
    both = ", ".join(f"{side}.{column} AS {column}_{side}" for column in ("birth_date", *PARTS) for side in "lr")
    engine.run(f"CREATE TEMP TABLE pairs AS SELECT {both} FROM sides l, sides r")
    comparison = next(untrained(c) for c in comparisons_of(MODEL) if c.field == "birth_date")
    levels = [level["sql_condition"] for level in comparison["comparison_levels"] if level["sql_condition"] != "ELSE"]
    assert any(f"{SLIPS} <= 2" in level for level in levels)
    for plain in (*levels, f"{SLIPS} <= 2", f"{SLIPS} <= 1"):
        assert engine.value(f"SELECT count(*) FILTER (({plain}) <> ({shortened(plain)})) FROM pairs") == 0
        assert engine.value(f"SELECT count(*) FILTER ({plain}) FROM pairs") or "NULL" in plain


def test_levels_are_read_from_their_number_as_they_were(engine: Embedded) -> None:
    comparisons = [untrained(comparison) for comparison in comparisons_of(MODEL)]
    pattern, levels = packed(comparisons)
    chance = random.Random(7)
    columns = {
        gamma_column(comparison): [chance.randrange(-1, len(comparison["comparison_levels"]) - 1) for _ in range(500)]
        for comparison in comparisons
    }
    engine.register("told", pa.table(columns))
    read = ", ".join(f"{level} AS {gamma}" for gamma, level in levels.items())
    found = engine.arrow(f"SELECT {read} FROM (SELECT {pattern} AS pattern FROM told)")
    assert found.to_pydict() == columns


def test_what_asks_only_for_equal_values_holds_wherever_the_condition_does(engine: Embedded) -> None:
    write_company(engine, 300, seed=3)
    texts = [column for column, kind in engine.columns("FROM records") if kind == "VARCHAR"]
    columns = ["birth_date", *texts, *(f"{text}__code" for text in texts)]
    chosen = ", ".join(f'{derived(column)} AS "{column}"' for column in columns)
    engine.run(f"CREATE TEMP TABLE sides AS SELECT {chosen} FROM records")
    both = ", ".join(f'{side}."{column}" AS "{column}_{side}"' for column in columns for side in "lr")
    engine.run(f"CREATE TEMP TABLE pairs AS SELECT {both} FROM sides l, sides r")
    met = 0
    for comparison in comparisons_of(MODEL):
        if comparison.field not in ("email", "address"):
            continue
        for level in untrained(comparison)["comparison_levels"]:
            plain = level["sql_condition"]
            if plain == "ELSE":
                assert only_equalities(plain) == plain
                continue
            loose = in_codes(only_equalities(plain))
            assert "jaro" not in loose
            assert "regexp" not in loose
            [(held, missed)] = engine.run(
                f"SELECT count(*) FILTER ({plain}), count(*) FILTER (({plain}) AND NOT coalesce({loose}, false)) "
                "FROM pairs"
            )
            met += int(str(held)) > 0
            assert missed == 0
    assert met > 6


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ("a_l = a_r", "a_l = a_r"),
        ("a_l = a_r AND NOT (b_l = b_r)", "a_l = a_r"),
        ("a_l = a_r OR jaro_winkler_similarity(a_l, a_r) >= 0.9", "true"),
        ("(a_l = a_r OR b_l IS NULL) AND length(a_l) = 3", "(a_l = a_r OR b_l IS NULL)"),
        ("a_l <> a_r", "true"),
    ],
)
def test_what_is_no_equality_is_taken_as_met(condition: str, left: str) -> None:
    assert only_equalities(condition) == left
