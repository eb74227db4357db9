"""forget, pause, resume and retain as a person meets them at the terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.store import inspect_store
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from typer.testing import Result


def run(*words: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=typed)


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def shop(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "tienda"))


def someone(shop: Path) -> int:
    """Return the number of a customer with moments."""
    with inspect_store(open_workspace(shop)) as look:
        return int(str(look.engine.value(f"SELECT max(customer) FROM ({look.rows('moments')})")))


def test_forget_counts_first_then_erases_and_names_the_certificate(shop: Path) -> None:
    who = someone(shop)
    held = document("customer", "forget", who, "-w", shop)
    assert held["dry_run"] is True
    assert {row["table"] for row in held["tables"]} >= {"moments", "identities"}
    assert held["certificate"] is None
    shown = run("customer", "forget", who, "-w", shop)
    assert "--apply" in shown.stdout
    done = document("customer", "forget", who, "-w", shop, "--apply", "--yes", "--by", "Marta")
    assert done["dry_run"] is False
    assert done["tables"] == held["tables"]
    assert Path(done["certificate"]).is_file()
    with inspect_store(open_workspace(shop)) as look:
        assert look.engine.value(f"SELECT count(*) FROM ({look.rows('moments')}) WHERE customer = {who}") == 0


@pytest.mark.parametrize("command", [["forget", 1], ["retain"]])
def test_nothing_is_removed_that_nobody_answers_for(shop: Path, command: list[object]) -> None:
    refused = run("customer", *command, "-w", shop, "--apply", "--yes")
    assert refused.exit_code == 2
    assert "--by" in refused.output
    unattended = run("customer", *command, "-w", shop, "--apply", "--by", "Marta")
    assert unattended.exit_code == 2
    assert "--yes" in unattended.output


def test_pause_and_resume(shop: Path) -> None:
    who = someone(shop)
    assert document("customer", "pause", who, "-w", shop)["changed"] is True
    assert document("customer", "pause", who, "-w", shop)["changed"] is False
    assert document("customer", "resume", who, "-w", shop)["paused"] is False
    assert run("customer", "pause", who, "-w", shop, "--locale", "es").stdout.startswith("La persona")


def test_retain_says_what_is_older_and_refuses_to_empty_a_table(shop: Path) -> None:
    nothing = run("customer", "retain", "-w", shop)
    assert nothing.exit_code == 2
    assert "[retention]" in nothing.output
    settings = shop / "promesa.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\n[retention]\nmoments = 30\n", encoding="utf-8")
    aged = document("customer", "retain", "-w", shop)
    assert aged["dry_run"] is True
    assert [row["class"] for row in aged["classes"]] == ["moments"]
    if aged["classes"][0]["kept"] == 0:
        refused = run("customer", "retain", "-w", shop, "--apply", "--yes", "--by", "Marta")
        assert refused.exit_code == 2
        assert "moments" in refused.output
