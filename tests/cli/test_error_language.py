"""Errors of the command line in the reader's language: the company's, else the terminal's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.cli.tongue import UNSAID, company_locale, terminal_locale, tongue_of
from promesa.workspace import new
from promesa.workspace.grammar import SETTINGS

if TYPE_CHECKING:
    from typer.testing import Result

TERMINAL = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "en_US.UTF-8"}


def run(*words: object, **environ: str) -> Result:
    return CliRunner(env={**TERMINAL, **environ}).invoke(app, [str(word) for word in words])


@pytest.fixture
def company(tmp_path: Path) -> Path:
    """Return a new workspace, whose locale is Spanish."""
    new(tmp_path / "tienda")
    file = tmp_path / "tienda" / "promesa.toml"
    assert 'locale = "es' in file.read_text(encoding="utf-8")
    return tmp_path / "tienda"


def change(company: Path, file: str, old: str, new_: str) -> None:
    path = company / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new_, 1), encoding="utf-8")


def test_a_misspelt_key_is_told_in_the_language_of_the_company(company: Path) -> None:
    change(company, "promesa.toml", "time_zone =", "time_zon =")
    told = run("check", "-w", company)
    assert told.exit_code == 2
    assert "El espacio de trabajo tiene" in told.stderr
    assert "promesa.toml: company.time_zon: La clave 'time_zon' no se conoce aquí." in told.stderr
    assert "Solución:  ¿quiso decir 'time_zone'?" in told.stderr
    assert "Código:    workspace-invalid" in told.stderr
    for english in ("Got:", "Expected:", "Fix:", "did you mean", "mistake"):
        assert english not in told.stderr


def test_a_file_that_is_no_toml_still_says_its_language(company: Path) -> None:
    file = company / "promesa.toml"
    file.write_text(file.read_text(encoding="utf-8") + "\n[broken\n", encoding="utf-8")
    told = run("check", "-w", company)
    assert "El archivo no es TOML." in told.stderr


def test_a_reader_may_ask_for_another_language(company: Path) -> None:
    change(company, "promesa.toml", "time_zone =", "time_zon =")
    told = run("check", "-w", company, "--locale", "en")
    assert "The key 'time_zon' is not known here." in told.stderr
    assert "  Fix:      did you mean 'time_zone'?" in told.stderr


def test_the_document_says_what_the_terminal_says_and_keeps_its_code(company: Path) -> None:
    change(company, "promesa.toml", "time_zone =", "time_zon =")
    error = json.loads(run("check", "-w", company, "--json").stdout)["error"]
    assert error["code"] == "workspace-invalid"
    assert error["what"] in ("El espacio de trabajo tiene 1 error.", "El espacio de trabajo tiene 2 errores.")
    assert error["got"] == "promesa.toml, company.time_zon: La clave 'time_zon' no se conoce aquí."
    assert list(error) == ["code", "what", "got", "expected", "fix", "mistakes"]
    first = error["mistakes"][0]
    assert (first["file"], first["key"]) == ("promesa.toml", "company.time_zon")
    assert first["fix"] == "¿quiso decir 'time_zone'?"


def test_a_wrong_column_of_a_load_file(analysed_shop: Path, tmp_path: Path) -> None:
    shop = Path(shutil.copytree(analysed_shop, tmp_path / "tienda"))
    load = min((shop / "load").glob("*.sql"))
    load.write_text(load.read_text(encoding="utf-8").replace("SELECT", "SELECT no_such_column,", 1), encoding="utf-8")
    told = run("load", "-w", shop)
    assert told.exit_code == 2
    assert "Se espera:" in told.stderr
    assert "Expected:" not in told.stderr
    assert "no_such_column" in told.stderr


def test_an_unknown_name_with_one_near_it(analysed_shop: Path) -> None:
    told = run("show", "promise", "-w", analysed_shop)
    assert told.exit_code == 2
    assert "'promise'" in told.stderr
    assert "¿quiso decir 'promises'?" in told.stderr


def test_without_a_workspace_the_terminal_says_the_language(tmp_path: Path) -> None:
    spanish = run("check", "-w", tmp_path / "none", LANG="es_ES.UTF-8")
    assert "El espacio de trabajo tiene 1 error." in spanish.stderr
    assert "no existe esa carpeta" in spanish.stderr
    english = run("check", "-w", tmp_path / "none")
    assert "The workspace holds 1 mistake." in english.stderr
    assert "no such folder" in english.stderr


def test_a_fault_that_nobody_foresaw_is_told_too(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.delenv("PROMESA_DEBUG", raising=False)
    monkeypatch.setattr("promesa.workspace.open_workspace", fail)
    told = run("check", "-w", company)
    assert told.exit_code == 1
    assert "Ocurrió algo que promesa no había previsto." in told.stderr
    assert "RuntimeError en check" in told.stderr


def test_a_command_that_is_stopped_says_so(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("promesa.workspace.open_workspace", stop)
    assert "Se detuvo." in run("check", "-w", company).stderr


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ('[company]\nlocale = "es_CO"\n', "es_CO"),
        ("[company]\n  locale = 'en'\nname = \"broken\n", "en"),
        ('[company]\nlocale = "${SPEECH}"\n', None),
        ("[company]\nlocale = 3\n", None),
        ('[company]\nname = "Tienda"\n', UNSAID),
        ('[company]\nname = "broken\n', None),
        ('company = "x"\n', None),
        ("locale", None),
        ("", None),
    ],
)
def test_the_locale_is_read_from_a_file_that_may_be_broken(tmp_path: Path, text: str, locale: str | None) -> None:
    (tmp_path / "promesa.toml").write_text(text, encoding="utf-8")
    assert company_locale(tmp_path) == locale


def test_a_company_that_says_no_language_is_spoken_to_as_its_pages_are() -> None:
    assert next(field.default for field in SETTINGS["company"] if field.name == "locale") == UNSAID


def test_a_file_in_another_encoding_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "promesa.toml").write_bytes('[company]\nname = "Año"\nlocale = "es"\n'.encode("latin-1"))
    assert company_locale(tmp_path) == "es"


@pytest.mark.parametrize(
    ("environ", "locale"),
    [
        ({"LANG": "es_ES.UTF-8"}, "es_ES.UTF-8"),
        ({"LC_ALL": "es_MX", "LANG": "en_US"}, "es_MX"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_GB", "LANG": "es_ES"}, "en_GB"),
        ({}, None),
    ],
)
def test_the_first_variable_that_is_set_says_the_language(environ: dict[str, str], locale: str | None) -> None:
    assert terminal_locale(environ) == locale


def test_what_is_asked_goes_before_the_company_and_the_company_before_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "promesa.toml").write_text('[company]\nlocale = "es"\n', encoding="utf-8")
    spanish = {"LANG": "es_ES"}
    assert tongue_of({"locale": "en", "workspace": tmp_path}, spanish) == "en"
    assert tongue_of({"locale": None, "workspace": tmp_path}, {"LANG": "en_US"}) == "es"
    assert tongue_of({"folder": tmp_path}, spanish) == "es_ES"
    assert tongue_of({}, {}) == "en"
