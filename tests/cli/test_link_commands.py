"""link and the commands of review, against a small company and the real link run."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.cli.review_screen import Review
from promesa.cli.tables import key_of
from promesa.customers import pair_lines, queue
from promesa.identity import decision_log
from promesa.identity.keys import _KEYS
from promesa.workspace import open_workspace
from tests.store.companies import NOON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

MODEL = """
[touchpoints.call]
label = "llamada"
stage = "after"
function = "care"

[functions.care]
label = "atención"

[identity]
country = "CO"
link_from = 0.99
review_from = 0.3
"""
SETTINGS = """
[company]
name = "Prueba"
brand = "Prueba"
locale = "es_CO"
time_zone = "America/Bogota"
currency = "COP"

[sources.people]
path = "data/people.csv"
"""
PROFILES = """SELECT id, CAST("at" AS TIMESTAMP) AS at, customer, system AS customer_source, name, email, phone,
document, CAST(birth_date AS DATE) AS birth_date FROM people
"""
PEOPLE = """id,at,customer,system,name,email,phone,document,birth_date
1,2026-01-05 10:00,a,shop,Ana María Ruiz Gómez,ana@correo.example,3001234567,10203040,1980-05-06
2,2026-01-06 10:00,b,crm,"RUIZ GOMEZ, ANA MARIA",,3001234567,10203040,1980-05-06
3,2026-01-07 10:00,c,shop,Pedro Pérez Soto,pedro@correo.example,3009876543,55667788,1975-01-02
4,2026-01-08 10:00,d,crm,Pedro Pérez,,,,1975-01-02
5,2026-01-09 10:00,e,shop,Luz Díaz Roa,luz@correo.example,3015551234,99887766,1990-10-11
6,2026-01-09 11:00,f,crm,Carlos Mora [b] León,,3012223344,11223344,1985-03-04
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("links") / "tienda"
    (folder / "data").mkdir(parents=True)
    (folder / "load").mkdir()
    (folder / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "model.toml").write_text(MODEL, encoding="utf-8")
    (folder / "load" / "profiles.people.sql").write_text(PROFILES, encoding="utf-8")
    (folder / "data" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert run("load", "-w", folder).exit_code == 0
    made = run("link", "-w", folder)
    assert made.exit_code == 0, made.output
    assert "6 registros" in made.stdout
    return folder


@pytest.fixture
def shop(linked: Path, tmp_path: Path) -> Path:
    return shutil.copytree(linked, tmp_path / "tienda")


def test_linking_again_changes_nothing(shop: Path) -> None:
    again = document("link", "-w", shop)
    assert again["written"] is False
    assert "Nada nuevo" in run("link", "-w", shop).stdout


def test_links_of_a_person_and_taking_one_out(shop: Path) -> None:
    found = document("customer", "links", "shop:a", "-w", shop)
    assert len(found["customers"]) == 2
    assert {entry["state"] for entry in found["links"]} == {"linked"}
    assert "unidos" in run("customer", "links", "shop:a", "-w", shop).stdout
    made = document("customer", "unlink", "shop:a", "crm:b", "-w", shop, "--by", "eva", "--note", "twins")
    assert [(d["verdict"], d["by"], d["note"]) for d in made["decisions"]] == [("different", "eva", "twins")]
    assert len(document("customer", "links", "shop:a", "-w", shop)["customers"]) == 1
    undone = run("customer", "undo", made["decisions"][0]["id"], "-w", shop, "--by", "eva")
    assert "retirada" in undone.stdout
    assert document("customer", "links", "shop:a", "-w", shop)["customers"] == found["customers"]


def test_two_records_are_joined_by_a_word(shop: Path) -> None:
    assert len(document("customer", "links", "shop:e", "-w", shop)["customers"]) == 1
    assert "une" in run("customer", "links", "shop:e", "-w", shop).stdout
    assert run("customer", "decide", "shop:e", "crm:f", "same", "-w", shop, "--by", "eva").exit_code == 0
    found = document("customer", "links", "shop:e", "-w", shop)
    assert len(found["customers"]) == 2
    assert [(entry["verdict"], entry["decided_by"]) for entry in found["links"]] == [("same", "eva")]
    assert document("customer", "undo", "shop:e", "crm:f", "-w", shop)["decisions"][0]["verdict"] == "withdrawn"
    assert len(document("customer", "links", "shop:e", "-w", shop)["customers"]) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["decide", "shop:a", "crm:b", "perhaps"], "unknown-name"),
        (["decide", "shop:a", "shop:a", "same"], "input-error"),
        (["decide", "shop:a", "shop:zutano", "same"], "input-error"),
        (["unlink", "shop:e"], "input-error"),
        (["undo", "000001-00000000"], "input-error"),
        (["evaluate", "nothing.csv"], "source-unreadable"),
    ],
)
def test_what_cannot_be_done_is_said_without_personal_data(shop: Path, words: list[str], code: str) -> None:
    result = run("customer", *words, "-w", shop, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == code
    assert "zutano" not in result.output


def test_the_queue_without_a_terminal(shop: Path) -> None:
    found = document("customer", "review", "-w", shop)
    assert found["total"] == len(found["items"])
    listed = run("customer", "review", "-w", shop)
    assert listed.exit_code == 0
    assert "correo.example" not in listed.stdout
    sampled = document("customer", "review", "--sample", 5, "-w", shop)
    assert sampled["items"]
    assert all(item["drawn"]["stratum"] for item in sampled["items"])


def test_evaluation_and_threshold(shop: Path) -> None:
    file = shop / "truth.csv"
    file.write_text("system,key,person\nshop,a,1\ncrm,b,1\nshop,c,2\ncrm,d,2\nshop,e,3\n", encoding="utf-8")
    rows = {row["measure"]: row for row in document("customer", "evaluate", file, "-w", shop)["rows"]}
    assert rows["pair_precision"]["estimate"] == 1
    assert rows["missing"]["estimate"] == 0
    assert "claves comparadas" in run("customer", "evaluate", file, "-w", shop).stdout
    told = document("customer", "threshold", "-w", shop)
    assert (told["basis"], told["in_use"], told["n"]) == ("too-few", 0.99, 0)
    assert "30" in run("customer", "threshold", "-w", shop).stdout


def answers(*typed: str) -> Callable[[str], str]:
    waiting = iter(typed)

    def read(_question: str) -> str:
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    return read


def reviewed(shop: Path, *typed: str, locale: str = "es_CO") -> Review:
    from promesa.customers import sample

    ws = open_workspace(shop)
    found = sample(ws, 5)
    made = Review(ws=ws, queue=found, by="eva", locale=locale, read=answers(*typed), now=lambda: NOON)
    made.run()
    return made


def test_a_review_on_the_terminal(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviewed(shop, "x", "u", "s", "u", "d", "q")
    shown = capsys.readouterr().out
    assert "1 de " in shown
    assert "Esa letra no dice nada" in shown
    assert "no hay nada que deshacer" in shown
    assert "Deshecho" in shown
    assert "1 decididas, 0 omitidas" in shown
    log = decision_log(open_workspace(shop))
    assert [d.verdict for d in log] == ["same", "withdrawn", "different"]
    assert log[0].stratum is not None
    assert log[2].stratum is not None


def test_a_review_in_english_that_ends_with_the_input(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviewed(shop, "o", locale="en")
    shown = capsys.readouterr().out
    assert "0 decided, 1 left out" in shown
    assert decision_log(open_workspace(shop)) == []


def test_the_screen_shows_what_differs_by_a_sign(shop: Path) -> None:
    run("customer", "decide", "shop:a", "crm:b", "different", "-w", shop, "--by", "eva")
    ws = open_workspace(shop)
    assert queue(ws).to_document()["currency"] == "COP"
    made = reviewed(shop, "q")
    table = pair_lines(made.queue.items[0], ws, "es")
    assert {line[0] for line in table} >= {"clave", "nombre"}
    assert all(line[3] in {"", "same", "close", "swapped", "partly", "differs", "unknown"} for line in table)


def test_what_records_were_compared_by_is_said_in_the_readers_language() -> None:
    labels = {"region": "Región", "loyalty_card": "Tarjeta"}
    said = {
        "surnames and given name": "apellidos y nombre de pila",
        "region and name": "Región y nombre",
        "region, given name and surname": "Región, nombre de pila y apellido",
        "surname": "apellido",
        "loyalty_card": "Tarjeta",
    }
    assert {key: key_of(key, labels, "es") for key in said} == said
    known = {key.field for key in _KEYS}
    assert [key for key in known if key_of(key, {}, "es") == key] == []
