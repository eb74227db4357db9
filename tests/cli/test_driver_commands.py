"""What drivers, effects, priorities and what-if look like at the command line."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.cli.tables import COMPACT, print_document
from promesa.cli.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from promesa.workspace import Workspace

COLUMNS = 120
NEW = (
    "drivers",
    "roles",
    "asymmetry",
    "synergy",
    "effects",
    "experiments",
    "paths",
    "arrows",
    "system",
    "priorities",
)
PROMISE = "arrives_on_time"
ROW_KEYS = ["measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note"]
RAW = ("total_effect", "together", "must_be", "not_found", "money_at_stake", "effect_on_all", "arrives_on_time", "None")


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def document(*words: object) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def shop(analysed_shop: Path) -> Path:
    """Return a small workspace whose snapshot holds every answer."""
    return analysed_shop


def table_of(shown: str) -> list[str]:
    """Return the lines of the tables, without the sentence before them."""
    return [line.rstrip() for line in shown.splitlines()[1:]]


@pytest.mark.parametrize("locale", ["es", "en"])
@pytest.mark.parametrize("analysis", NEW)
def test_a_table_fits_and_speaks_the_readers_language(shop: Path, analysis: str, locale: str) -> None:
    shown = run("show", analysis, "-w", shop, "--locale", locale)
    assert shown.exit_code == 0, shown.output
    lines = table_of(shown.stdout)
    assert max(map(len, lines), default=0) <= COLUMNS
    assert not [word for word in RAW if word in "\n".join(lines)]


@pytest.mark.parametrize("analysis", NEW)
def test_every_row_stays_in_json_and_in_csv(shop: Path, analysis: str) -> None:
    answer = document("show", analysis, "-w", shop)
    assert answer["analysis"] == analysis
    for row in answer["rows"]:
        assert list(row)[: len(answer["dimensions"])] == answer["dimensions"]
        assert [key for key in row if key in ROW_KEYS] == ROW_KEYS
    written = run("show", analysis, "-w", shop, "--csv").stdout
    assert len(list(csv.DictReader(io.StringIO(written)))) == len(answer["rows"])


def test_drivers_come_with_their_interval_and_how_many_journeys(shop: Path) -> None:
    shown = run("show", "drivers", "-w", shop, "--locale", "es").stdout
    lines = table_of(shown)
    title = next(line for line in lines if line.startswith("Satisfacción con la compra ·"))
    assert title.endswith("viajes")
    first = next(line for line in lines if "Tu pedido llega" in line)
    assert "%" in first
    assert "…" in first
    assert "Logística" in first


def test_an_effect_that_cannot_be_estimated_says_why(shop: Path) -> None:
    shown = " ".join(run("show", "effects", "-w", shop, "--locale", "en").stdout.split())
    assert "too little on one of the two sides" in shown


def test_priorities_are_ranked_with_the_chance_to_be_among_the_first(shop: Path) -> None:
    lines = table_of(run("show", "priorities", "-w", shop, "--locale", "en").stdout)
    ranks = [line.split()[0] for line in lines if line[1:2].isdigit()]
    assert ranks[0] == "1"
    assert "among first 3" in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("analysis", ["experiments", "paths"])
def test_what_nobody_declared_is_one_sentence(shop: Path, analysis: str) -> None:
    lines = run("show", analysis, "-w", shop, "--locale", "en").stdout.strip().splitlines()
    assert len(lines) == 1
    assert "declared" in lines[0]


def test_one_outcome_is_asked_by_name(shop: Path) -> None:
    answer = document("show", "roles", "-w", shop, "--outcome", "satisfaction")
    assert {row["outcome"] for row in answer["rows"]} == {"satisfaction"}


def test_an_unknown_outcome_names_the_known_ones(shop: Path) -> None:
    result = run("show", "drivers", "-w", shop, "--outcome", "satisfacton", "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert error["code"] == "unknown-name"
    assert "satisfaction" in error["fix"]


def test_what_if_says_what_is_moved_what_changes_and_that_in_a_year(shop: Path) -> None:
    shown = run("show", "whatif", "-w", shop, "--change", f"{PROMISE}=10%", "--locale", "en")
    assert shown.exit_code == 0, shown.output
    lines = table_of(shown.stdout)
    assert max(map(len, lines)) <= COLUMNS
    assert any("Your order arrives" in line and "+" in line for line in lines)
    assert not [word for word in RAW if word in "\n".join(lines)]
    answer = document("show", "whatif", "-w", shop, "--change", f"{PROMISE}=10%")
    assert answer["dimensions"] == ["outcome", "feature"]
    assert {"before", "after"} <= answer["rows"][0].keys()


def test_several_changes_are_also_answered_together(shop: Path) -> None:
    both = ["--change", f"{PROMISE}=10%", "--change", "days_late-=0.5"]
    assert "Todo junto" in run("show", "whatif", "-w", shop, "--locale", "es", *both).stdout
    assert "Todo junto" not in run("show", "whatif", "-w", shop, "--locale", "es", *both[:2]).stdout.split("\n", 1)[1]


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ([], "", "no --change"),
        (["arrives_in_time=10%"], "unknown-name", "arrives_on_time"),
        (["arrives_on_time"], "value-out-of-range", "a number"),
        (["arrives_on_time=often"], "value-out-of-range", "a number"),
        (["days_late=10%"], "value-out-of-range", "percent"),
        (["days_late=9000"], "value-out-of-range", "stay within what was seen"),
        (["arrives_on_time=10%", "arrives_on_time=20%"], "value-out-of-range", "once"),
    ],
)
def test_a_change_that_cannot_be_read_says_the_cure(shop: Path, changes: list[str], code: str, said: str) -> None:
    given = [word for change in changes for word in ("--change", change)]
    result = run("show", "whatif", "-w", shop, *given, "--locale", "en", "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert said in json.dumps(error)
    assert code in error["code"]
    assert "Traceback" not in result.output


TERMS = Terms(labels={}, locale="en")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"estimate": -0.176, "lower": -0.192, "upper": -0.16, "unit": "fraction"}, "−17.6 pp (−19.2 … −16.0)"),
        ({"estimate": 0.0042, "lower": 0.002, "upper": 0.006, "unit": "fraction"}, "+0.42 pp (+0.20 … +0.60)"),
        ({"estimate": -0.71, "lower": -0.77, "upper": -0.65, "unit": "score"}, "−0.71 (−0.77 … −0.65)"),
        ({"estimate": 433.4, "lower": 402.2, "upper": 464.7, "unit": "count"}, "+433 (+402 … +465)"),
        ({"estimate": 2.4e8, "lower": 2.2e8, "upper": 2.6e8, "unit": "COP"}, "COP +240.0 million (+220.0 … +260.0)"),
        ({"estimate": -0.4, "lower": -90.0, "upper": 900.0, "unit": "BRL"}, "BRL 0 (−90 … +900)"),
        ({"estimate": 1.5, "lower": None, "upper": None, "unit": "days"}, "+1.5 days"),
    ],
)
def test_a_change_has_its_sign_and_its_unit_once(row: dict[str, Any], said: str) -> None:
    assert TERMS.figure(row, change=True).replace("\n", " ") == said


def test_every_name_of_a_table_is_in_both_languages(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the tiny workspace cannot estimate: pairs, an experiment, an index survey, effects by segment."""
    import promesa as pr

    workspace = pr.open(shop)
    for analysis, rows in MADE_UP.items():
        assert analysis in COMPACT
        for locale in ("es", "en"):
            _print(analysis, rows, workspace, locale)
            lines = capsys.readouterr().out.splitlines()[1:]
            assert max(len(line.rstrip()) for line in lines) <= COLUMNS
            assert not [word for word in RAW if any(word in line for line in lines)], analysis
            assert any("0.40" in line or "0,40" in line for line in lines), analysis


def _print(analysis: str, rows: list[dict[str, Any]], workspace: Workspace, locale: str) -> None:
    whole = {"analysis": analysis, "rows": rows, "summary": {"es": "x", "en": "x"}}
    print_document({**whole, "as_of": "2026-01-01T00:00:00", "store_version": "v"}, workspace=workspace, locale=locale)


def figure(measure: str, **more: object) -> dict[str, Any]:
    fixed = {"estimate": 0.4, "lower": 0.3, "upper": 0.5, "n": 900, "n_missing": 0, "unit": "score"}
    return {"measure": measure, **fixed, "evidence": "associated", "note": None, **more}


PAIR = {
    "first": PROMISE,
    "first_kind": "promise",
    "second": "delivery",
    "second_kind": "met",
    "outcome": "satisfaction",
}
INDEX = {"index": "satisfaction", "item": None}
ARM = {"experiment": "courier", "arm": "sms", "outcome": "comes_back", "segment": None}
MADE_UP: dict[str, list[dict[str, Any]]] = {
    "synergy": [figure("joint_extra", status="confirmed", **PAIR), figure("joint_extra", status="not_found", **PAIR)],
    "experiments": [
        figure("sample_ratio", **{**ARM, "arm": None, "outcome": None}),
        figure("effect", **ARM),
        figure("lift", **{**ARM, "unit": "fraction"}),
    ],
    "paths": [
        figure("index_score", construct="image", target=None, **INDEX),
        figure("r_squared", construct="image", target=None, **INDEX),
        figure("path", construct="image", target="loyalty", **INDEX),
        figure("total_effect", construct="image", target="loyalty", **INDEX),
    ],
    "effects": [
        figure("effect", effect=PROMISE, outcome="satisfaction", segment=None, of=PROMISE, kind="promise"),
        figure("robustness", effect=PROMISE, outcome="satisfaction", segment=None, unit="fraction"),
        figure(
            "as_strong_as",
            effect=PROMISE,
            outcome="satisfaction",
            segment=None,
            confounder="price",
            removes_effect=True,
        ),
        figure("effect_in_segment", effect=PROMISE, outcome="satisfaction", segment="premium"),
    ],
    "asymmetry": [
        figure(
            "penalty", outcome="satisfaction", feature="days_late", kind="element", **{"class": "must_be"}, n_met=40
        ),
        figure("reward", outcome="satisfaction", feature="days_late", kind="element", **{"class": "must_be"}, n_met=40),
    ],
}
