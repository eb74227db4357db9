"""The command line as a person meets it: exit codes, one document on stdout, errors that say the cure."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app

if TYPE_CHECKING:
    from typer.testing import Result

ROW_KEYS = ["measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note"]


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def shop(analysed_shop: Path, tmp_path: Path) -> Path:
    """Return a copy of the shop, loaded and not analysed, that a test may change."""
    folder = Path(shutil.copytree(analysed_shop, tmp_path / "tienda"))
    shutil.rmtree(folder / ".promesa" / "snapshots")
    return folder


def test_the_whole_way_from_nothing_to_a_report(analysed_shop: Path, tmp_path: Path) -> None:
    shown = run("show", "chain", "-w", analysed_shop)
    assert "La cadena de valor" in shown.stdout
    target = tmp_path / "informe.html"
    assert run("report", target, "-w", analysed_shop).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_report_into_a_folder_that_is_not_there_is_refused_before_anything_is_analysed(
    shop: Path, tmp_path: Path
) -> None:
    for name in ("nope/x.html", "nope/x.pdf"):
        refused = run("report", tmp_path / name, "-w", shop)
        assert refused.exit_code == 2
        assert "mkdir -p" in refused.stderr
    assert not (tmp_path / "nope").exists()
    assert not (shop / ".promesa" / "snapshots").exists()


def test_loading_again_changes_nothing(shop: Path) -> None:
    again = document("load", "--workspace", shop, "--full")
    loads = [row for row in again["rows"] if row["table"] != "source"]
    assert sum(row["accepted"] + row["corrected"] for row in loads) == 0
    assert sum(row["unchanged"] for row in loads) > 0


@pytest.mark.parametrize(
    "analysis", ["chain", "promises", "touchpoints", "opinions", "value", "returning", "identity", "quality"]
)
def test_every_analysis_has_the_stable_keys(shop: Path, analysis: str) -> None:
    answer = document("show", analysis, "--workspace", shop)
    assert answer["analysis"] == analysis
    assert set(answer) >= {"as_of", "store_version", "rows", "dimensions", "confidence_level", "summary"}
    assert answer["rows"]
    for row in answer["rows"]:
        assert [key for key in row if key in ROW_KEYS] == ROW_KEYS
        assert list(row)[: len(answer["dimensions"])] == answer["dimensions"]


def test_a_split_and_a_window(shop: Path) -> None:
    whole = document("show", "promises", "--workspace", shop)
    split = document("show", "promises", "--workspace", shop, "--by", "month")
    assert split["dimensions"] == ["promise", "month"]

    def kept(answer: dict[str, Any]) -> float:
        return sum(row["estimate"] or 0 for row in answer["rows"] if row["measure"] == "kept")

    assert kept(split) <= kept(whole)
    narrow = document("show", "promises", "--workspace", shop, "--from", "2000-01-01", "--to", "2000-12-31")
    assert kept(narrow) == 0


def test_csv_holds_the_rows_of_json(shop: Path) -> None:
    result = run("show", "opinions", "--workspace", shop, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    answer = document("show", "opinions", "--workspace", shop)
    assert [row["measure"] for row in rows] == [row["measure"] for row in answer["rows"]]


def test_a_kept_snapshot_answers_the_same_as_a_new_run(shop: Path, analysed_shop: Path) -> None:
    fresh = document("show", "promises", "--workspace", shop)
    assert document("show", "promises", "--workspace", analysed_shop) == fresh


def test_the_most_costly_come_first(shop: Path) -> None:
    model = shop / "promesa.toml"
    model.write_text(model.read_text(encoding="utf-8").replace("min_group = 10", "min_group = 1"), encoding="utf-8")
    rows = document("show", "promises", "--workspace", shop, "--top", "3")["rows"]
    costs = [row["estimate"] for row in rows]
    assert costs == sorted(costs, reverse=True)
    assert all(row["measure"] == "cost_of_broken" for row in rows)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "promisses"], "unknown-name"),
        (["show", "promises", "--by", "chanel"], "unknown-name"),
        (["show", "promises", "--from", "31/02/2024"], "value-out-of-range"),
        (["show", "promises", "--from", "2024-02-02", "--to", "2024-01-01"], "value-out-of-range"),
        (["show", "chain", "--by", "channel"], "value-out-of-range"),
        (["show", "lifetime", "--by", "touchpoint"], "value-out-of-range"),
        (["show", "chain", "--top", "3"], "value-out-of-range"),
        (["quarantine", "show", "nothing"], "unknown-name"),
        (["load", "--only", "momentos"], "unknown-name"),
    ],
)
def test_a_wrong_word_ends_with_two_and_names_the_cure(shop: Path, words: list[str], code: str) -> None:
    result = run(*words, "--workspace", shop, "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error["code"] == code
    assert error["fix"]
    assert code in result.stderr


def test_show_before_load_says_what_to_do(tmp_path: Path) -> None:
    run("new", tmp_path / "vacia")
    result = run("show", "chain", "--workspace", tmp_path / "vacia")
    assert result.exit_code == 2
    assert "promesa load" in result.stderr


def test_no_workspace_here(tmp_path: Path) -> None:
    result = run("check", "--workspace", tmp_path)
    assert result.exit_code == 2
    assert "promesa new" in result.stderr


def test_check_finds_the_columns_that_are_not_in_a_source_or_not_in_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "tienda"
    run("new", folder)
    assert run("check", "-w", folder).exit_code == 0
    for file, right, wrong in (
        ("orders.shop.sql", "total AS revenue", "totl AS revenue"),
        ("profiles.shop.sql", "correo AS email", "clientes.corre AS email"),
    ):
        path = folder / "load" / file
        path.write_text(path.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    (folder / "load" / "moments.shop.website.sql").write_text("SELECT * FROM visitas;\n-- fin\n", encoding="utf-8")
    result = run("check", "-w", folder, "--locale", "en")
    assert result.exit_code == 2
    for told in ("load/orders.shop.sql", '"totl"', "load/profiles.shop.sql", '"corre"', "column 'visita'"):
        assert told in result.stderr


def test_a_column_that_is_called_like_a_word_of_sql_is_told_with_its_cure(tmp_path: Path) -> None:
    folder = tmp_path / "tienda"
    run("new", folder)
    (folder / "data" / "ventas.csv").write_text("id,at,customer,order\n1,2025-01-05,C1,9\n", encoding="utf-8")
    with (folder / "promesa.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[sources.ventas]\npath = "data/ventas.csv"\n')
    file = folder / "load" / "orders.ventas.sql"
    for asked, told in (("at, customer, order", '"at", "order"'), ('at, customer, "order"', '"at"')):
        file.write_text(f"SELECT id, {asked} AS revenue FROM ventas", encoding="utf-8")
        for command in ("check", "load"):
            result = run(command, "-w", folder, "--locale", "en")
            assert result.exit_code == 2
            assert f"write {told}" in result.stderr
    file.write_text('SELECT id, "at", customer, "order" AS revenue FROM ventas', encoding="utf-8")
    assert run("check", "-w", folder).exit_code == 0


def test_new_overwrites_nothing(shop: Path) -> None:
    before = (shop / "promesa.toml").read_bytes()
    assert run("new", shop).exit_code == 2
    assert (shop / "promesa.toml").read_bytes() == before


def test_quarantine_is_listed_mended_and_replayed(shop: Path) -> None:
    sql = shop / "load" / "opinions.extra.sql"
    import promesa as pr

    name = next(iter(pr.open(shop).model.concepts))
    source = next(iter(pr.open(shop).sources))
    sql.write_text(
        f"SELECT 'x1' AS id, TIMESTAMP '2024-01-02 10:00' AS at, 'nadie' AS customer, '{name}' AS concept, "
        f"77.0 AS score FROM {source} LIMIT 1",
        encoding="utf-8",
    )
    loaded_rows = document("load", "--workspace", shop)
    assert loaded_rows["quarantined"] == {"score-off-scale": 1}
    listed = document("quarantine", "list", "--workspace", shop)["items"]
    assert [item["rule"] for item in listed] == ["score-off-scale"]
    item = listed[0]["id"]
    assert document("quarantine", "show", item, "--workspace", shop)["record"]["score"].startswith("77")
    assert run("quarantine", "mend", item, "--set", "score", "--workspace", shop).exit_code == 2
    assert run("quarantine", "mend", item, "--set", "score=5", "--workspace", shop).exit_code == 0
    replayed = document("quarantine", "replay", "--workspace", shop)
    assert (replayed["left"], replayed["waiting"]) == (1, 0)
    assert document("quarantine", "list", "--workspace", shop)["items"] == []


def test_a_narrowed_quarantine_says_how_many_rows_it_holds(shop: Path) -> None:
    sql = shop / "load" / "costs.extra.sql"
    sql.write_text(
        "SELECT n AS id, CASE WHEN n < 3 THEN TIMESTAMP '2024-01-02' END AS at, if(n = 0, 'x', '1') AS amount "
        "FROM range(5) AS t(n)",
        encoding="utf-8",
    )
    assert document("load", "--workspace", shop, "--only", "costs")["quarantined"] == {
        "missing-at": 2,
        "not-a-number": 1,
    }
    listed = run("quarantine", "list", "--workspace", shop, "--rule", "not-a-number").stdout
    assert "columna" in listed
    assert "Se muestran" not in listed
    assert "Se muestran 1 de 2" in run("quarantine", "list", "-w", shop, "--rule", "missing-at", "--limit", 1).stdout


def test_differences_say_between_which_values_they_lie(shop: Path) -> None:
    assert "Compromisos, de -1,00 días a menos de " in run("show", "differences", "--workspace", shop).stdout


def test_a_difference_of_shares_is_written_in_percentage_points(shop: Path) -> None:
    lines = run("show", "promises", "--workspace", shop, "--locale", "en").stdout.splitlines()
    told = [line for line in lines if "Difference in return" in line and "…" in line]
    assert told
    assert all("pp" in line and "%" not in line for line in told)


def test_messages_come_in_the_language_asked(shop: Path) -> None:
    assert "The value chain" in run("show", "chain", "--workspace", shop, "--locale", "en").stdout
    assert "La cadena de valor" in run("show", "chain", "--workspace", shop, "--locale", "es_CO").stdout


def test_simulate_writes_a_workspace_that_loads(tmp_path: Path) -> None:
    folder = tmp_path / "lumbre"
    written = document("simulate", folder, "--customers", 120, "--years", 1, "--seed", 3)
    assert written["moments"] > 0
    assert document("load", "--workspace", folder)["quarantined"]


def test_the_program_itself_ends_with_its_code_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from promesa.cli import main; main()", "check", "--workspace", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from promesa.cli.app import app; "
        "heavy = {'ibis', 'duckdb', 'pandas', 'numpy', 'scipy', 'deltalake', 'pyarrow', 'sqlglot'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_a_kept_answer_is_shown_without_an_engine(analysed_shop: Path) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from promesa.cli.app import app; "
        f"r = CliRunner().invoke(app, ['show', 'promises', '--workspace', {str(analysed_shop)!r}]); "
        "assert r.exit_code == 0; "
        "print(sorted({'ibis', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
