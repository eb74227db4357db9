"""Every text of an error is said in Spanish, by the translation made for it, with what fills it in its place."""

from __future__ import annotations

import re
import string
import tomllib
from functools import cache
from pathlib import Path

import pytest

from promesa import words
from promesa.errors import Mistake, UnknownName, WorkspaceInvalid
from promesa.words import error_block, error_document, error_text
from promesa.words.errors_told import ALONE, WORD, template, translations
from tests.words.error_texts import Text, error_texts, is_text
from tests.words.package_source import read_package

CATALOGUES = Path(__file__).resolve().parents[2] / "promesa" / "words" / "es" / "errors"
# What reads alike in both languages: names of promesa's own, and these texts.
NAMES = re.compile(r"`[^`]*`|'[^']*'|\"[^\"]*\"|\[[^\]]*\]|[\w.-]*[_/=:.(<>*$-][\w.:/=*()<>$-]*|[A-Z_]{2,}|--\w+")
ALIKE = frozenset(
    {
        "0 bytes",
        "byte {0}",
        "spread = {0}",
        "days, minutes, fraction, count...",
        "utf-8, latin-1, cp1252, utf-16...",
        "webhook",
        "--format xes",
        'pip install "promesa[service]"',
        "pip install 'promesa[spark]'",
        'use kind = "score"',
        "use bootstraps=200",
        "use bootstraps=200, orders=2000, confidence_level=0.95",
        "use scheme='path'",
        "use Bootstrap(seed=1, replicates=500, confidence_level=0.95)",
    }
)
FILLERS = ("'uno'", "17", "x_1", "'dos tres'", "[4, 5]")


@cache
def texts() -> list[Text]:
    """Return the templates of the package."""
    return error_texts(read_package())


@cache
def rooms() -> dict[str, dict[str, str]]:
    """Return the catalogue of each room."""
    return {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(CATALOGUES.glob("*.toml"))}


def gaps(text: str) -> dict[int, str]:
    """Return the gaps of a template with their marks."""
    return {int(name): mark or "" for _, name, mark, _ in string.Formatter().parse(text) if name is not None}


def filled(text: str) -> tuple[str, dict[int, str]]:
    """Return a template with made-up values in its gaps, and the values."""
    values = {gap: FILLERS[gap % len(FILLERS)] for gap in gaps(text)}
    pieces = [
        before + ("" if name is None else values[int(name)]) for before, name, _, _ in string.Formatter().parse(text)
    ]
    return "".join(pieces), values


def said_by(spanish: str, values: dict[int, str]) -> str:
    """Return a translation with the same values in its gaps."""
    return "".join(
        before + ("" if name is None else values[int(name)]) for before, name, _, _ in string.Formatter().parse(spanish)
    )


def test_the_source_is_read() -> None:
    assert len(texts()) > 1000
    assert {"There is no {0} called {1}.", "did you mean {0}?"} <= {text.template for text in texts()}


def test_every_text_of_an_error_has_a_translation() -> None:
    missing = [f"{one.place}: {one.template}" for one in texts() if one.template not in rooms().get(one.room, {})]
    assert missing == []


def test_no_translation_is_of_a_text_that_is_gone() -> None:
    written = {(one.room, one.template) for one in texts()}
    stale = [f"{room}.toml: {text}" for room, pairs in rooms().items() for text in pairs if (room, text) not in written]
    assert stale == []


def test_a_text_of_several_rooms_is_said_alike() -> None:
    said: dict[str, set[str]] = {}
    for pairs in rooms().values():
        for english, spanish in pairs.items():
            said.setdefault(english, set()).add(spanish)
    assert {english: ways for english, ways in said.items() if len(ways) > 1} == {}


def test_both_languages_have_the_same_gaps() -> None:
    differing = {english: es for english, es in translations().items() if gaps(english).keys() != gaps(es).keys()}
    assert differing == {}


def test_a_gap_that_a_word_of_promesa_may_fill_says_so() -> None:
    unmarked = [
        f"{one.place}: {one.template}"
        for one in texts()
        for gap in one.words
        if gaps(translations().get(one.template, f"{{{gap}:{WORD}}}"))[gap] != WORD
    ]
    assert unmarked == []


def test_the_words_that_a_field_may_say_alone_are_known() -> None:
    assert {one.template for one in texts() if one.is_alone} == ALONE
    assert error_text("nothing", "es") != "nothing"
    assert error_text("promise", "es") == "promise"  # a key or a name that somebody gave


def test_a_filled_text_is_said_by_its_own_translation() -> None:
    wrong: list[tuple[str, str]] = []
    for english, spanish in translations().items():
        text, values = filled(english)
        if re.fullmatch(r"[\w-]+", english) and english not in ALONE:
            continue  # said within other texts only
        if error_text(text, "es") != said_by(spanish, values):
            wrong.append((text, error_text(text, "es")))
    assert wrong == []


def test_nothing_of_an_english_text_is_left() -> None:
    same = [
        english
        for english, spanish in translations().items()
        if english == spanish and english not in ALIKE and is_text(NAMES.sub("", re.sub(r"\{\d+\}", "", english)))
    ]
    assert same == []


def test_a_kind_of_name_is_told_and_the_names_are_not() -> None:
    told = error_document(UnknownName("promise", kind="promise", known=("element", "promises")), "es")
    assert told["what"] == "No hay promesa con el nombre 'promise'."
    assert told["expected"] == "una de estas opciones: element, promises"
    assert told["fix"] == "¿quiso decir 'promises'?"
    assert told["code"] == "unknown-name"
    assert "una declaración de promesa" in str(error_document(UnknownName("x", kind="promise", known=()), "es"))


def test_a_rule_of_the_quarantine_that_an_error_quotes_is_told() -> None:
    text = "The value of channel cannot be recorded: channel holds a name that the model does not declare."
    told = error_text(text, "es")
    assert words.say("store.rule.unknown", "es", column="channel") in told
    assert "cannot be recorded" not in told


def test_a_message_of_a_library_within_a_text_stays_whole() -> None:
    message = "Failed to prepare query: ERROR: column 'nada' does not exist"
    for text in (message, f"NOT_FOUND: {message}", "Permission of the table to follow"):
        assert error_text(text, "es") == text


def test_a_text_after_a_name_is_told() -> None:
    told = error_text("name: a value; to hold none, take it out in the system it comes from", "es")
    assert told.startswith("name: ")
    assert "take it out" not in told


def test_the_block_in_english_is_what_python_says() -> None:
    mistake = Mistake(file="model.toml", key="a.b", what="This is not a table.", got="3", expected="a table", fix="")
    for error in (UnknownName("x", kind="promise", known=("y",)), WorkspaceInvalid([mistake, mistake])):
        assert error_block(error, "en") == str(error)
        assert error_document(error, "en") == error.to_dict()
    block = error_block(WorkspaceInvalid([mistake, mistake]), "es")
    assert block.splitlines()[:3] == [
        "El espacio de trabajo tiene 2 errores.",
        f"model.toml: a.b: {error_text('This is not a table.', 'es')}",
        "  Hay:       3",
    ]
    assert block.splitlines()[-1] == "  Código:    workspace-invalid"


def test_the_order_of_the_gaps_may_change() -> None:
    one = template(("{0} of {1}", "{1}: {0}"))
    assert one.fills("3 of 'a of b'") == {0: "3", 1: "'a of b'"}
    assert one.fills("3 from 'a'") is None
    assert [gap for _, gap, _ in one.told] == [1, 0, None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        'Binder Error: Referenced column "precio" not found in FROM clause!',
        "'/home/ana/one of them'",
        "17",
        "one of",
        "relation of the tables is unknown to this server",
        "{} {0",
        "order, price, moments",
    ],
)
def test_what_no_template_fits_stays_as_it_is(text: str) -> None:
    assert error_text(text, "es") == text


@pytest.mark.parametrize("locale", ["en", "en_US", "de_DE", "C.UTF-8"])
def test_readers_of_other_languages_get_what_was_raised(locale: str) -> None:
    assert error_text("did you mean 'web'?", locale) == "did you mean 'web'?"
