"""`promesa customer ...` as a person meets it: one answer on stdout, stable keys, errors without personal data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.store import inspect_store, open_store
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from typer.testing import Result

CONSENTS = """
[identity]
country = "CO"
[consents.news]
label = { es = "boletín", en = "newsletter" }
notice = "v3"
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "tienda"
    assert run("new", folder).exit_code == 0
    model = folder / "model.toml"
    model.write_text(model.read_text(encoding="utf-8") + CONSENTS, encoding="utf-8")
    assert run("load", "--workspace", folder).exit_code == 0
    return folder


@pytest.fixture
def shop(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "tienda"))


def someone(folder: Path) -> tuple[str, int]:
    """Return system:key and number of the customer with most moments."""
    with inspect_store(open_workspace(folder)) as look:
        row = look.engine.run(
            f"SELECT customer_source || ':' || key, customer FROM ({look.rows('identities')}) JOIN "
            f"(SELECT customer, count(*) AS n FROM ({look.rows('moments')}) GROUP BY 1) USING (customer) "
            "ORDER BY n DESC, customer LIMIT 1"
        )[0]
    return str(row[0]), int(str(row[1]))


def test_a_customer_is_shown_by_key_or_number_without_a_command(shop: Path) -> None:
    who, number = someone(shop)
    shown = run("customer", who, "-w", shop)
    assert shown.exit_code == 0, shown.output
    assert f"Cliente {number}" in shown.stdout
    assert "Registros: 1" in shown.stdout
    english = run("customer", number, "-w", shop, "--locale", "en", "--all")
    assert f"Customer {number}" in english.stdout
    as_json = document("customer", who, "-w", shop)
    assert as_json["person"] == number
    assert as_json["totals"]["moments"] > 0
    early = document("customer", who, "-w", shop, "--as-of", "2000-01-01")
    assert early["totals"]["moments"] == 0


def test_find_masks_and_nobody_is_wrong_input(shop: Path) -> None:
    who, number = someone(shop)
    found = document("customer", "find", who, "-w", shop)
    assert [row["person"] for row in found["persons"]] == [number]
    assert str(number) in run("customer", "find", who, "-w", shop).stdout
    missing = run("customer", "Zutano Perengano", "-w", shop)
    assert missing.exit_code == 2
    assert "Zutano" not in missing.output


def test_consent_from_yes_to_no_with_a_receipt(shop: Path) -> None:
    who, number = someone(shop)
    asked = ("--purpose", "news", "-w", shop)
    assert document("customer", "may", who, *asked)["reason"] == "never-given"
    nothing = run("customer", "receipt", who, *asked)
    assert nothing.exit_code == 2
    given = run("customer", "consent", who, *asked, "--give", "--by", "Eva", "--until", "2999-12-31")
    assert given.exit_code == 0, given.output
    assert str(number) in given.stdout
    allowed = document("customer", "may", who, *asked)
    assert (allowed["allowed"], allowed["event"]["notice"]) == (True, "v3")
    assert document("customer", "may", who, *asked, "--as-of", "2020-01-01")["allowed"] is False
    taken = document("customer", "consent", who, *asked, "--withdraw")
    assert (taken["allowed"], taken["reason"]) == (False, "withdrawn")
    told = run("customer", "may", number, *asked)
    assert "No:" in told.stdout
    receipt = document("customer", "receipt", who, *asked)
    assert [event["event_state"] for event in receipt["events"]] == ["given", "withdrawn"]
    assert json.loads(run("customer", "receipt", who, *asked).stdout)["events"] == receipt["events"]


@pytest.mark.parametrize("wrong", [[], ["--give", "--withdraw"], ["--withdraw", "--until", "2030-01-01"]])
def test_a_consent_is_given_or_withdrawn(shop: Path, wrong: list[str]) -> None:
    result = run("customer", "consent", someone(shop)[0], "--purpose", "news", "-w", shop, *wrong)
    assert result.exit_code == 2
    assert run("customer", "may", someone(shop)[0], "--purpose", "newz", "-w", shop).exit_code == 2


def test_a_correction_and_an_export(shop: Path, tmp_path: Path) -> None:
    who, number = someone(shop)
    version = open_store(open_workspace(shop)).version
    for wrong in (["name"], ["birth_date=31/05/84"], ["nme=Ana"]):
        result = run("customer", "correct", who, "-w", shop, "--by", "Eva", "--set", *wrong)
        assert result.exit_code == 2
        assert "31/05/84" not in result.output
    assert open_store(open_workspace(shop)).version == version
    done = run(
        "customer", "correct", who, "-w", shop, "--by", "Eva", "--set", "name=Ana Ruiz", "--set", "phone=+573001234567"
    )
    assert done.exit_code == 0, done.output
    assert "Ana" not in done.stdout
    names = {field["name"]: field["stated"] for field in document("customer", who, "-w", shop)["profile"]}
    assert (names["name"]["value"], names["name"]["source"]) == ("Ana Ruiz", "promesa")
    target = tmp_path / "todo"
    exported = document("customer", "export", who, target, "-w", shop)
    assert exported["person"] == number
    assert exported["rows"]["profiles"] >= 1
    assert (target / "index.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    again = run("customer", "export", who, target, "-w", shop)
    assert again.exit_code == 2
    assert "Solo usted" in run("customer", "export", who, tmp_path / "otra", "-w", shop).stdout
