"""`${VAR}` in promesa.toml: where values come from, and that a message never shows one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promesa.workspace.fields import UNSET, Place
from promesa.workspace.variables import Variables

PATH = 'path = "data/pedidos.csv"'


def test_the_environment_fills_a_variable(draft):
    draft.replace("promesa.toml", PATH, 'path = "${DATOS}/a-${YEAR}.csv"')
    draft.environ |= {"DATOS": "/datos", "YEAR": "2026"}
    source = draft.open().sources["pedidos"]
    assert source.path == "/datos/a-2026.csv"
    assert source.written == "${DATOS}/a-${YEAR}.csv"


def test_a_variable_works_in_any_text_of_the_file(draft):
    draft.replace("promesa.toml", 'name = "Café Ñandú"', 'name = "${NAME}"')
    draft.replace("promesa.toml", PATH, PATH + '\nnull_words = ["${NOTHING}"]\ntypes = { a = "${KIND}" }')
    draft.environ |= {"NAME": "Ñ", "NOTHING": "n/a", "KIND": "text"}
    ws = draft.open()
    assert (ws.company, ws.sources["pedidos"].null_words, ws.sources["pedidos"].types) == ("Ñ", ("n/a",), {"a": "text"})


def test_the_environment_goes_before_the_file(draft):
    draft.replace("promesa.toml", PATH, 'path = "${DATOS}/x.csv"')
    draft.add("promesa.toml", '[variables]\nDATOS = "${BASE}/datos"\nBASE = "/srv"')
    assert draft.open().sources["pedidos"].path == "/srv/datos/x.csv"
    draft.environ["BASE"] = "/mnt"
    assert draft.open().sources["pedidos"].path == "/mnt/datos/x.csv"


def test_an_unset_variable_is_told_with_file_and_key(draft):
    draft.replace("promesa.toml", PATH, 'path = "${DATA_DIR}/x.csv"')
    draft.environ["DATA_DIRS"] = "a secret"
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("promesa.toml", "sources.pedidos.path")
    assert "'DATA_DIR'" in mistake.what
    assert mistake.fix == "did you mean 'DATA_DIRS'?"
    assert "a secret" not in repr(mistake)


def test_a_mistake_shows_the_variable_and_not_its_value(draft):
    draft.replace("promesa.toml", PATH, 'url = "${DB}"\nquery = "t"\nencoding = ""')
    draft.replace("promesa.toml", "America/Bogota", "${ZONE}")
    draft.environ |= {"DB": "oracle://u:hush@h", "ZONE": "hush"}
    found = draft.mistakes()
    assert found["promesa.toml", "sources.pedidos.url"].got == "'${DB}'"
    assert found["promesa.toml", "company.time_zone"].got == "'${ZONE}'"
    assert "hush" not in repr(found)


@pytest.mark.parametrize("key", ["delimiter", "dates", "time_zone", "encoding"])
def test_no_key_of_a_source_shows_the_value_of_a_variable(draft, key):
    draft.replace("promesa.toml", PATH, f'{PATH}\n{key} = "${{V}}"')
    draft.environ["V"] = "hush-hush"
    mistake = draft.only_mistake()
    assert mistake.key == f"sources.pedidos.{key}"
    assert "hush" not in repr(mistake)


@pytest.mark.parametrize("text", ["${A", "${A B}", "${}", "${1A}"])
def test_a_variable_that_is_not_written_well(draft, text):
    draft.replace("promesa.toml", PATH, f'path = "x{text}"')
    assert draft.only_mistake().what == "A variable is not written well."


def test_two_dollars_are_one(draft):
    draft.replace("promesa.toml", 'name = "Café Ñandú"', 'name = "A$$ ${B} $5"')
    draft.environ["B"] = "${C}$$"  # a value is not filled in again
    assert draft.open().company == "A$ ${C}$$ $5"


def test_a_circle_is_told_once_with_its_path(draft):
    draft.replace("promesa.toml", PATH, 'path = "${A}/x.csv"')
    draft.add("promesa.toml", '[variables]\nA = "${B}"\nB = "${C}"\nC = "${A}"\nD = "${C}"')
    mistake = draft.only_mistake()
    assert "A -> B -> C -> A" in mistake.got


def test_a_variable_of_the_file_is_a_text(draft):
    draft.add("promesa.toml", "[variables]\nA = 3")
    assert draft.only_mistake().key == "variables.A"


NAMES = st.sampled_from(["A", "B", "C", "D", "E"])


@given(links=st.dictionaries(NAMES, st.lists(NAMES, max_size=2)), environ=st.dictionaries(NAMES, st.just("v")))
def test_filling_ends_and_fills_exactly_what_reaches_a_text(links, environ):
    declared = {name: "x" + "".join(f"${{{other}}}" for other in others) for name, others in links.items()}
    mistakes = []
    variables = Variables(declared, environ, place=Place("promesa.toml", "variables", mistakes))

    def reaches_text(name: str, seen: tuple[str, ...] = ()) -> bool:
        if name in environ:
            return True
        return name in links and name not in seen and all(reaches_text(other, (*seen, name)) for other in links[name])

    for name in "ABCDE":
        filled = variables.fill(f"${{{name}}}", place=Place("promesa.toml", "k", mistakes))
        assert (filled is not UNSET) == reaches_text(name)
    assert bool(mistakes) == (not all(reaches_text(name) for name in "ABCDE"))
