"""Figures follow the links: joining records changes them as if the person had been one record from the start."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.measures.companies import AS_OF, Company, company
from tests.measures.test_invariants import ASKED, Asked, answer, assert_equal

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine

FIRST, LAST = AS_OF - timedelta(days=9_000), AS_OF + timedelta(days=9_000)


def linked(small: Company, chance: Random) -> tuple[dict[int, int], list[dict[str, Any]]]:
    """Return who is whom at `as_of`, and the rows of `persons` that say so; some links are of later days."""
    people = sorted({row["customer"] for row in small.tables["moments"] if row["customer"] is not None})
    known: dict[int, int] = {}
    rows: list[dict[str, Any]] = []
    for number in range(0, len(people) - 1, 2):
        person, other = people[number], people[number + 1]
        since = AS_OF + timedelta(days=chance.choice([-400, 0, 30]))
        known[other] = person if since <= AS_OF else other
        rows.append({"customer": person, "person": person, "since": FIRST, "until": LAST})
        rows.append({"customer": other, "person": other, "since": FIRST, "until": since})
        rows.append({"customer": other, "person": person, "since": since, "until": LAST})
    return known, rows


def joined(small: Company) -> tuple[Company, Company]:
    """Return a company with links and a pause, and the one whose rows say the same without them."""
    who, rows = linked(small, Random(3))
    paused = next(person for other, person in who.items() if other != person)
    plain = small.with_tables(
        **{
            table: [
                {**row, "customer": who.get(row["customer"], row["customer"])} if "customer" in row else row
                for row in those
                if who.get(row.get("customer"), row.get("customer")) != paused
            ]
            for table, those in small.tables.items()
        }
    )
    pause = {"customer": paused, "at": AS_OF, "until": None}
    lifted = {"customer": next(iter(who)), "at": AS_OF, "until": AS_OF}
    return small.with_tables(persons=rows, pauses=[pause, lifted]), plain


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_linked_records_are_one_customer(tmp_path: Path, duckdb: Engine, asked: Asked) -> None:
    with_links, plain = joined(company(tmp_path, seed=11))
    assert_equal(answer(plain, asked, tmp_path, duckdb), answer(with_links, asked, tmp_path, duckdb))
