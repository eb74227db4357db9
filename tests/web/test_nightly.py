"""The nightly work: at the hour of the company's clock, one step after the other, and its outcome told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from promesa.cli.app import app
from promesa.web.nightly import STEPS, Nightly, next_run, read_nightly
from promesa.workspace import new, open_workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("now", "zone", "at", "found"),
    [
        ("2026-03-10T07:59", "America/Bogota", time(3), "2026-03-10T08:00"),
        ("2026-03-10T08:00", "America/Bogota", time(3), "2026-03-11T08:00"),
        ("2026-03-10T04:30", "America/Bogota", time(23, 45), "2026-03-10T04:45"),
        # 02:30 is not on the clock of that night; 03:30 takes its place.
        ("2026-03-28T12:00", "Europe/Madrid", time(2, 30), "2026-03-29T01:30"),
        # 02:30 is there twice; the first one counts.
        ("2026-10-24T12:00", "Europe/Madrid", time(2, 30), "2026-10-25T00:30"),
    ],
)
def test_the_hour_is_that_of_the_companys_clock(now: str, zone: str, at: time, found: str) -> None:
    instant = next_run(datetime.fromisoformat(now).replace(tzinfo=UTC), at=at, time_zone=zone)
    assert instant == datetime.fromisoformat(found).replace(tzinfo=UTC)


def work_of(folder: Path, answers: dict[str, tuple[int, str]]) -> tuple[Nightly, list[str], list[Any]]:
    new(folder)
    ws = open_workspace(folder)
    done: list[str] = []
    seen: list[Any] = []

    def run(_work: Nightly, step: str) -> tuple[int, str]:
        done.append(step)
        seen.append(read_nightly(ws))
        return answers.get(step, (0, ""))

    return Nightly(ws, time(3), run=run), done, seen


def test_steps_follow_each_other_and_each_is_told(tmp_path: Path) -> None:
    work, done, seen = work_of(tmp_path / "w", {})
    assert read_nightly(work.ws) is None
    work.work()
    steps = [step for step in STEPS if step != "tier" or work.ws.model.tiers]
    assert done == steps
    assert [one["last"]["step"] for one in seen] == steps
    assert {one["last"]["ok"] for one in seen} == {None}
    after = read_nightly(work.ws)
    assert after is not None
    assert after["last"]["ok"] is True
    assert after["last"]["ended"]
    assert datetime.fromisoformat(after["next"]) > datetime.now(UTC)


def test_the_first_step_that_fails_ends_the_night_and_says_why(tmp_path: Path) -> None:
    work, done, _ = work_of(tmp_path / "w", {"load": (1, "source-unreadable")})
    work.work()
    assert done == ["load"]
    last = (read_nightly(work.ws) or {})["last"]
    assert (last["ok"], last["step"], last["reason"]) == (False, "load", "source-unreadable")


def test_a_busy_store_is_asked_again_and_the_tiers_are_reviewed_where_there_are_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"load": (1, "store-busy")}
    work, done, _ = work_of(tmp_path / "w", answers)
    monkeypatch.setattr(work.stop, "wait", lambda _seconds: answers.clear())
    monkeypatch.setattr(work, "ws", replace(work.ws, model=replace(work.ws.model, tiers=object())))
    work.work()
    assert done == ["load", "load", "link", "tier", "analyse"]


def test_a_run_that_was_cut_off_is_told_as_failed(tmp_path: Path) -> None:
    new(tmp_path / "w")
    ws = open_workspace(tmp_path / "w")
    file = tmp_path / "w" / ".promesa" / "nightly.json"
    file.parent.mkdir(exist_ok=True)
    last = {"began": "2026-01-01T03:00:00+00:00", "ended": None, "step": "analyse", "ok": None, "reason": ""}
    file.write_text(json.dumps({"at": "03:00", "next": "2026-01-02T03:00+00:00", "last": last}))
    work = Nightly(ws, time(3))
    work.stop.set()
    work.watch()
    assert (read_nightly(ws) or {})["last"]["reason"] == "interrupted"


@pytest.mark.parametrize("locale", ["es", "en"])
def test_a_real_step_that_fails_gives_its_code_alone(tmp_path: Path, locale: str) -> None:
    new(tmp_path / "w")
    settings = tmp_path / "w" / "promesa.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace('locale = "es"', f'locale = "{locale}"'), "utf-8")
    (tmp_path / "w" / "model.toml").write_text("nonsense = 1\n", encoding="utf-8")
    ws = open_workspace(_sound(tmp_path / "sound"))
    from promesa.web.nightly import _run

    class Broken:
        root = tmp_path / "w"

    work = Nightly(ws, time(3))
    work.ws = Broken()  # type: ignore[assignment]
    status, reason = _run(work, "load")
    assert status == 2
    assert reason == "workspace-invalid"


def test_a_stop_ends_the_step_that_runs(tmp_path: Path) -> None:
    work = Nightly(open_workspace(_sound(tmp_path / "w")), time(3))
    work.stop.set()
    work.work()
    assert (read_nightly(work.ws) or {})["last"]["reason"] == "interrupted"


def _sound(folder: Path) -> Path:
    new(folder)
    return folder


@pytest.mark.parametrize("text", ["3", "24:00", "03:60", "3:5", "now", ""])
def test_an_hour_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    new(tmp_path / "w")
    answer = CliRunner().invoke(app, ["serve", "-w", str(tmp_path / "w"), "--analyse-at", text])
    assert answer.exit_code == 2
    assert "--analyse-at 03:30" in answer.output


def test_a_style_of_the_log_that_is_none_is_refused(tmp_path: Path) -> None:
    new(tmp_path / "w")
    answer = CliRunner().invoke(app, ["serve", "-w", str(tmp_path / "w"), "--log", "xml"])
    assert answer.exit_code == 2
    assert "json" in answer.output
