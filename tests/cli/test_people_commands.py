"""`promesa people`, `audit` and `db` as whoever runs the service meets them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(scope="module")
def folder(service_workspace) -> Path:
    return service_workspace.root


@pytest.fixture(autouse=True)
def _address(service_workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE", service_workspace.service.database)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_people_are_invited_changed_locked_and_every_step_is_in_the_log(folder: Path, tmp_path: Path) -> None:
    at = ("--workspace", folder)
    owner = ("--role", "owner", "--function", "logistics", "--personal-data")
    link = document("people", "invite", "Eva@tienda.co", *owner, "--name", "Eva Ñáñez", *at)
    assert link["link"].startswith("http://127.0.0.1:8000/invitation/")
    (eva,) = document("people", "list", *at)["people"]
    assert (eva["email"], eva["functions"], eva["personal_data"], eva["state"]) == (
        "eva@tienda.co",
        ["logistics"],
        True,
        "invited",
    )
    assert document("people", "role", "eva@tienda.co", "analyst", *at)["role"] == "analyst"
    assert document("people", "lock", "eva@tienda.co", *at)["state"] == "locked"
    assert document("people", "unlock", "eva@tienda.co", *at)["state"] == "invited"
    assert document("audit", "verify", *at)["entries"] == 4
    for name in ("log.csv", "log.jsonl"):
        assert document("audit", "export", tmp_path / name, *at)["entries"] == 4
    with (tmp_path / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["action"] for row in rows] == [line["action"] for line in lines]
    assert (
        json.loads(rows[1]["before"])
        == lines[1]["before"]
        == {
            "role": "owner",
            "functions": ["logistics"],
            "personal_data": True,
        }
    )
    assert "eva" not in (tmp_path / "log.jsonl").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("people", "invite", "a@b.co", "--role", "owner", "--function", "logistic"), "did you mean 'logistics'?"),
        (("people", "invite", "a@b.co", "--role", "admin"), "one of administrator, analyst, owner, viewer"),
        (("people", "invite", "a@b.co", "--role", "owner"), "one function or more"),
        (("people", "invite", "nada", "--role", "viewer"), "not an e-mail"),
        (("people", "lock", "nadie@b.co"), "Nobody has an account"),
        (("audit", "export", "log.pdf"), ".csv or .jsonl"),
    ],
)
def test_wrong_input_is_told(folder: Path, words: tuple[str, ...], told: str) -> None:
    result = run(*words, "--workspace", folder, "--locale", "en")
    assert result.exit_code == 2
    assert told in result.output


def test_the_schema_is_told_and_tables_are_printed_in_both_languages(folder: Path) -> None:
    document("db", "upgrade", "--workspace", folder)
    document("people", "invite", "luz@b.co", "--role", "viewer", "--workspace", folder)
    current = document("db", "current", "--workspace", folder)
    assert current["up_to_date"]
    assert document("db", "upgrade", "--workspace", folder)["before"] == current["current"]
    assert "al día" in run("db", "current", "--workspace", folder).output
    assert "Personas con cuenta" in run("people", "list", "--workspace", folder).output
    assert "People with an account" in run("people", "list", "--workspace", folder, "--locale", "en").output
    assert "íntegra" in run("audit", "verify", "--workspace", folder).output
