"""Consents and deeds: who may be written to is what the register says last, and nobody else was written to."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from promesa.simulate import blocks
from promesa.simulate.block import Block
from promesa.simulate.consents import PURPOSES, Consents, standing
from promesa.simulate.deeds import NEWSLETTER_SHARE, OFFERED, SENT, SURVEY_SHARE, USED_SHARE
from tests.simulate.warehouse import Warehouse


@pytest.fixture(scope="module")
def files(company: Path) -> Warehouse:
    warehouse = Warehouse(company)
    warehouse.db.register("persons", parquet.read_table(company / "truth" / "true_persons.parquet"))
    for table in ("consents", "deeds"):
        warehouse.db.execute(
            f"""CREATE TABLE {table} AS SELECT f.*, p.persona FROM {warehouse.load(f"{table}.mercadeo")} AS f
            JOIN persons AS p ON p.clave = f.customer AND p.sistema = f.customer_source"""
        )
    return warehouse


@pytest.fixture(scope="module")
def drawn() -> list[Block]:
    return list(blocks(customers=10_000, seed=5))


def allowed(by: str, end: str) -> str:
    """Return a SELECT of those whose last word on a purpose is a yes that still holds."""
    return f"""SELECT DISTINCT persona, purpose FROM (
      SELECT persona, purpose, arg_max(granted, "at") AS yes,
        arg_max(coalesce(until, TIMESTAMP '9999-12-31'), "at") AS until
      FROM consents GROUP BY purpose, persona, {by}) WHERE yes AND until >= DATE '{end}' + 1"""


def test_who_may_be_written_to(files: Warehouse, truth: dict[str, Any]) -> None:
    end = truth["window"]["end"]
    by_person, by_record = allowed("persona", end), allowed("customer", end)
    for purpose, expected in truth["consents"].items():
        of_purpose = f"WHERE purpose = '{purpose}'"
        assert files.one(f"SELECT count(*) FROM ({by_person}) {of_purpose}") == expected["allowed"] > 0
        assert files.one(f"SELECT count(DISTINCT persona) FROM consents {of_purpose}") == expected["asked"]
        gave = f"SELECT count(DISTINCT persona) FROM consents {of_purpose} AND granted"
        assert files.one(gave) == expected["gave"]
        only_there = f"SELECT count(*) FROM (({by_record}) EXCEPT ({by_person})) {of_purpose}"
        assert files.one(only_there) == expected["allowed_by_one_record_only"]
    assert sum(expected["allowed_by_one_record_only"] for expected in truth["consents"].values()) > 0


def test_the_register_is_whole(files: Warehouse, truth: dict[str, Any]) -> None:
    assert files.one("SELECT count(*) FROM consents") == truth["files"]["consentimientos"]
    assert files.one("SELECT count(*) FROM deeds") == truth["files"]["envios"]
    for table in ("consents", "deeds"):
        assert files.one(f"SELECT count(*) - count(DISTINCT id) FROM {table}") == 0
        assert files.one(f"SELECT count(DISTINCT customer_source) FROM {table}") == 2
    assert files.one('SELECT count(*) FROM consents WHERE until IS NOT NULL AND until <= "at"') == 0
    # Two things that one person says at once are the same thing.
    twice = 'SELECT persona FROM consents GROUP BY persona, purpose, "at" HAVING count(DISTINCT granted) > 1'
    assert files.one(f"SELECT count(*) FROM ({twice})") == 0


def test_only_those_who_allowed_it_were_written_to(files: Warehouse) -> None:
    purposes = {"boletin": "boletin", "encuesta_anual": "encuestas", "bono_fidelidad": "perfilado"}
    for action, purpose in purposes.items():
        against = files.one(
            f"""SELECT count(*) FROM (
              SELECT d.id, arg_max(c.granted AND coalesce(c.until > d."at", true), c."at") AS yes
              FROM deeds AS d LEFT JOIN consents AS c
                ON c.persona = d.persona AND c.purpose = '{purpose}' AND c."at" < d."at"
              WHERE d.action = '{action}' AND d.kind <> 'done' GROUP BY d.id) WHERE yes IS NOT TRUE"""
        )
        assert against == 0, action
        assert files.one(f"SELECT count(*) FROM deeds WHERE action = '{action}'") > 0


def test_a_voucher_is_used_after_it_was_offered(files: Warehouse) -> None:
    orphans = files.one(
        """SELECT count(*) FROM deeds AS u WHERE u.kind = 'done' AND NOT EXISTS (
          SELECT 1 FROM deeds AS o WHERE o.kind = 'offered' AND o.persona = u.persona AND o."at" < u."at")"""
    )
    assert orphans == 0
    assert files.one("SELECT count(*) FROM deeds WHERE kind = 'done' AND propensity IS NOT NULL") == 0
    assert files.one("SELECT count(*) FROM deeds WHERE kind <> 'done' AND (propensity IS NULL OR propensity > 1)") == 0


def test_the_lot_fell_with_the_probability_stated(drawn: list[Block]) -> None:
    for action, share in ((0, NEWSLETTER_SHARE), (1, SURVEY_SHARE)):
        drew = chosen = 0
        for block in drawn:
            mine = (block.deeds.action == action) & (block.deeds.kind == SENT)
            for day in np.unique(np.floor(block.deeds.at[mine])):
                drew += standing(block.consents, action, at=day, size=len(block.people.number)).sum()
            chosen += mine.sum()
        assert chosen / drew == pytest.approx(share, abs=4 * (0.25 / drew) ** 0.5)
    offered = sum((block.deeds.kind == OFFERED).sum() for block in drawn)
    used = sum((block.deeds.kind == 2).sum() for block in drawn)
    assert used / offered == pytest.approx(USED_SHARE, abs=4 * (0.25 / offered) ** 0.5)


words = st.tuples(
    st.integers(0, 3),
    st.integers(0, 2),
    st.booleans(),
    st.integers(0, 40),
    st.one_of(st.just(np.inf), st.integers(0, 40)),
)


@given(st.lists(words, max_size=30, unique_by=lambda word: (word[0], word[1], word[3])), st.integers(0, 41))
def test_the_last_word_counts(said: list[tuple], at: int) -> None:
    rows = sorted(said, key=lambda word: (word[1], word[0], word[3]))
    register = Consents(
        person=np.array([word[0] for word in rows], dtype=np.int64),
        purpose=np.array([word[1] for word in rows], dtype=np.int64),
        record=np.zeros(len(rows), dtype=np.int64),
        granted=np.array([word[2] for word in rows], dtype=bool),
        at=np.array([word[3] for word in rows], dtype=float),
        last_day=np.array([word[4] for word in rows], dtype=float),
        channel=np.zeros(len(rows), dtype=np.int64),
    )
    for code in range(len(PURPOSES)):
        found = standing(register, code, at=at, size=4)
        for who in range(4):
            before = [word for word in rows if word[0] == who and word[1] == code and word[3] < at]
            expected = bool(before) and before[-1][2] and before[-1][4] >= at - 1
            assert found[who] == expected
