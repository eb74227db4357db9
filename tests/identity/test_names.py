"""Names: one person's name reads the same however it was typed, and given names are told from surnames."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promesa.engine import Embedded
from promesa.identity.given_names import ALSO_SURNAMES, ENGLISH, GIVEN
from promesa.identity.names import NOBODY, PARTICLES, TITLES, add_name, lexicon, lexicon_table
from promesa.identity.nicknames import ABBREVIATIONS, NICKNAMES
from tests.drawn import cases

from .profiles import records_of

PARTS = ("given", "given_2", "surname", "surname_2", "name_known")
ENGINE = Embedded(threads=1)
ENGINE.run(f"CREATE TEMP TABLE lexicon AS SELECT * FROM {lexicon_table()}")


def parts(texts: list[str | None]) -> list[dict[str, object]]:
    columns = ("name", *PARTS, "why_name")
    ENGINE.run(
        "CREATE OR REPLACE TEMP TABLE written AS SELECT unnest(?::VARCHAR[]) AS raw, unnest(?) AS place",
        [texts, list(range(len(texts)))],
    )
    made = add_name("written", raw="raw", lexicon_at="lexicon")
    return [
        dict(zip(columns, row, strict=True))
        for row in ENGINE.run(f"SELECT {', '.join(columns)} FROM {made} ORDER BY place")
    ]


SURNAMES = [
    ("María José García Muñoz", ("maria", "jose", "garcia", "munoz", "lexicon")),
    ("GARCIA MUÑOZ MARIA JOSE", ("maria", "jose", "garcia", "munoz", "lexicon")),
    ("García Muñoz, María José", ("maria", "jose", "garcia", "munoz", "comma")),
    ("José María García Muñoz", ("jose", "maria", "garcia", "munoz", "lexicon")),
    ("Mª José Fdez. de la Peña", ("maria", "jose", "fernandez", "pena", "lexicon")),
    ("M.ª José Rguez", ("maria", "jose", "rodriguez", None, "lexicon")),
    ("Fco. Javier Hdez. Mtz.", ("francisco", "javier", "hernandez", "martinez", "lexicon")),
    ("Pepe Pérez", ("jose", None, "perez", None, "lexicon")),
    ("Chema López Glez", ("jose", "maria", "lopez", "gonzalez", "lexicon")),
    ("Mayte Ruiz", ("maria", "teresa", "ruiz", None, "lexicon")),
    ("Miguel Ángel Díaz", ("miguel", "angel", "diaz", None, "lexicon")),
    ("Luis Martín Pérez", ("luis", None, "martin", "perez", "lexicon")),
    ("Sra. Dña. Ana Gómez", ("ana", None, "gomez", None, "lexicon")),
    ("Juan Pérez, Ing.", ("juan", None, "perez", None, "lexicon")),
    ("Zé da Silva", ("jose", None, "silva", None, "lexicon")),
    ("João dos Santos Silva", ("joao", None, "santos", "silva", "lexicon")),
    ("Conceição d'Ávila e Souza", ("conceicao", None, "davila", "souza", "lexicon")),
    ("Robert Alan Smith", ("robert", "alan", "smith", None, "lexicon")),
    ("Bob O'Brien", ("robert", None, "obrien", None, "lexicon")),
    ("Ana-María Sanz-Briz", ("ana", "maria", "sanz", "briz", "lexicon")),
    ("waller, ", (None, None, "waller", None, "comma")),
    (", lachlan", ("lachlan", None, None, None, "comma")),
    ("María", ("maria", None, None, None, "lexicon")),
    ("García", (None, None, "garcia", None, "guess")),
    ("Juan García de la Torre López", ("juan", None, "garcia", "torre lopez", "lexicon")),
    ("García de la Torre López, Juan", ("juan", None, "garcia", "torre lopez", "comma")),
    ("Yurleidy Rguez. de Castro Mora", ("yurleidy", None, "rodriguez", "castro mora", "guess")),
    ("María Yulieth de la Torre López", ("maria", "yulieth", "torre", "lopez", "lexicon")),
    ("Yurleidy Pérez", ("yurleidy", None, "perez", None, "guess")),
    ("Yurleidy Pérez Gómez", ("yurleidy", None, "perez", "gomez", "guess")),
    ("María Yulieth Pérez Gómez", ("maria", "yulieth", "perez", "gomez", "lexicon")),
    ("J. Pérez", ("j", None, "perez", None, "lexicon")),
    ("Pérez J", ("j", None, "perez", None, "lexicon")),
    ("Juan P.", ("juan", None, "p", None, "lexicon")),
    ("Иван Петров", ("иван", None, "петров", None, "guess")),
]


@cache
def told_apart() -> list[dict[str, object]]:
    return parts([text for text, _ in SURNAMES])


@pytest.mark.parametrize("place", range(len(SURNAMES)), ids=[text for text, _ in SURNAMES])
def test_given_names_are_told_from_surnames(place):
    assert tuple(told_apart()[place][part] for part in PARTS) == SURNAMES[place][1]


NOBODYS: list[tuple[str | None, str | None]] = [
    ("TEST", "placeholder"), ("Prueba 1", "placeholder"), ("n/a", "placeholder"), ("xxx", "placeholder"),
    ("Sin Nombre", "placeholder"), ("CONSUMIDOR FINAL", "placeholder"), ("cliente 00012", "placeholder"),
    ("desconocido", "placeholder"), ("—", "placeholder"), ("12345", "placeholder"), ("Sr.", "placeholder"),
    ("X", "one letter"), ("a b", "one letter"), (None, None), ("", None), ("  ", None),
]  # fmt: skip


def test_names_that_are_nobodys_are_left_out():
    for (text, why), found in zip(NOBODYS, parts([text for text, _ in NOBODYS]), strict=True):
        assert found["why_name"] == why, text
        assert [found[part] for part in ("name", *PARTS)] == [None] * 6, text


def test_a_surname_that_is_also_a_word_of_forms_stays():
    assert parts(["María Test"])[0]["name"] == "maria test"


def test_compound_names_in_another_order_are_other_names():
    one, other = parts(["José María García", "María José García"])
    assert (one["given"], other["given"]) == ("jose", "maria")


def test_what_stands_for_a_word_is_itself_a_word_in_full():
    words = lexicon()
    assert not set(words) & (PARTICLES | TITLES)
    for form, _, _ in words.values():
        assert all(words.get(word, (word,))[0] == word for word in form.split())


def test_no_word_is_of_two_kinds():
    assert not GIVEN & ALSO_SURNAMES
    assert not GIVEN & ENGLISH
    assert not ALSO_SURNAMES & ENGLISH
    assert not set(NICKNAMES) & set(ABBREVIATIONS)
    assert not NOBODY & (GIVEN | ALSO_SURNAMES | ENGLISH | set(NICKNAMES))
    assert len(NICKNAMES) >= 150
    assert len(GIVEN | ALSO_SURNAMES | ENGLISH) >= 400


def test_a_table_of_names_is_read_in_one_go():
    records, left = records_of([{"name": "Paco Ruiz"}, {"name": "x"}, {"name": None}])
    assert [record["name"] for record in records] == ["francisco ruiz", None, None]
    assert left == [{"field": "name", "reason": "one letter", "records": 1}]


NAMES = st.lists(
    st.sampled_from(
        ["María", "José", "Íñigo", "Paco", "Mª", "Begoña", "García", "Muñoz", "de la Peña", "Núñez", "Fdez."]
    ),
    min_size=1,
    max_size=5,
).map(" ".join)
ANYTHING = st.text(max_size=25).filter(lambda text: "\x00" not in text and "," not in text and len(text.split()) <= 5)


@settings(max_examples=cases(8))
@given(st.lists(NAMES | ANYTHING, min_size=1, max_size=20))
def test_a_normalised_name_is_normal(texts):
    once = [found["name"] for found in parts(texts)]
    assert [found["name"] for found in parts(once)] == once


@settings(max_examples=cases(8))
@given(st.lists(NAMES, min_size=1, max_size=20))
def test_case_accents_and_blanks_change_nothing(texts):
    bare = str.maketrans("áéíóúñÍ", "aeiounI")
    expected = parts(texts)
    assert parts([text.upper() for text in texts]) == expected
    assert parts([text.translate(bare) for text in texts]) == expected
    assert parts([f"  {text.replace(' ', '   ')} " for text in texts]) == expected


@settings(max_examples=cases(8))
@given(st.lists(NAMES, min_size=1, max_size=20))
def test_the_order_of_words_changes_no_name(texts):
    turned = [" ".join(reversed(text.split())) for text in texts]
    assert [found["name"] for found in parts(turned)] == [found["name"] for found in parts(texts)]
