"""A snapshot answers for what it was made of, and is there whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import NothingAnalysed, NothingLoaded, StoreBusy, StoreNotWritable
from promesa.snapshot import analyse, compute, latest
from promesa.store import load, open_facts
from promesa.workspace import new, open_workspace
from tests.measures.plain import same
from tests.snapshot.conftest import RECORDED

if TYPE_CHECKING:
    from promesa.workspace import Workspace

OTHER_DAY = "2025-05-31"
quickly = pytest.mark.usefixtures("quick")


@pytest.mark.parametrize("answers", ["quick", pytest.param("analysed_shop", marks=pytest.mark.slow)])
def test_the_same_question_has_the_same_content(shop: Workspace, request: pytest.FixtureRequest, answers: str) -> None:
    request.getfixturevalue(answers)
    before, again = analyse(shop).whole(), analyse(shop).whole()
    assert latest(shop).whole() == again
    documents = [answer.pop("documents") for answer in (before, again)]
    assert before == again
    assert list(documents[0]) == list(documents[1])
    for key, first in documents[0].items():
        second = documents[1][key]
        assert first["summary"] == second["summary"]
        assert len(first["rows"]) == len(second["rows"])
        for old, new_row in zip(first["rows"], second["rows"], strict=True):
            # Threads add floats in no fixed order: the last bits may differ.
            assert all(same(old[field], new_row[field]) for field in old | new_row), (key, old, new_row)


def test_a_document_is_what_the_analysis_says_now(shop: Workspace) -> None:
    kept = latest(shop)
    for key, by in (("differences", ()), ("opinions_by_month", ("month",))):
        assert kept.document(key) == compute(key.partition("_")[0], shop, by=by).to_document()


def test_it_answers_while_nothing_has_changed(shop: Workspace) -> None:
    kept = latest(shop)
    assert kept.answers(shop)
    assert kept.answers(open_workspace(shop.root))
    assert kept.answers(shop, as_of="2025-06-30")
    assert kept.answers(shop, as_of=date(2025, 6, 30))


@pytest.mark.parametrize("as_of", [OTHER_DAY, "2025-07-01", "2025-06-30T23:59", datetime(2025, 6, 30)])
def test_it_does_not_answer_for_another_instant(shop: Workspace, as_of: Any) -> None:
    assert not latest(shop).answers(shop, as_of=as_of)


def test_it_does_not_answer_for_the_last_fact(shop: Workspace) -> None:
    assert not latest(shop).answers(replace(shop, as_of=None))


@quickly
def test_one_of_the_last_fact_answers_for_it(shop: Workspace) -> None:
    undated = replace(shop, as_of=None)
    kept = analyse(undated)
    assert kept.answers(undated)
    assert kept.answers(undated, as_of=datetime.fromisoformat(f"{kept.about['as_of']}+00:00"))
    assert not kept.answers(shop)


@quickly
def test_it_does_not_answer_after_a_load(shop: Workspace) -> None:
    kept = latest(shop)
    orders = shop.root / "data" / "pedidos.csv"
    lines = orders.read_text(encoding="utf-8").splitlines()
    orders.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    load(shop, recorded_at=RECORDED)
    assert kept.answers(shop), "a load that brought nothing new changes no answer"
    first, *rest = lines[-1].split(",")
    orders.write_text("\n".join([*lines, ",".join([f"{first}9", *rest])]) + "\n", encoding="utf-8")
    load(shop, recorded_at=RECORDED)
    assert not kept.answers(shop)
    assert analyse(shop).answers(shop)


@quickly
@pytest.mark.parametrize(
    ("file", "old", "new_text"),
    [
        ("model.toml", "target = 0.95", "target = 0.5"),
        ("model.toml", "payment_minutes < 5", "payment_minutes < 4"),
        ("model.toml", "return_within_days = 90", "return_within_days = 30"),
        ("promesa.toml", "min_group = 10", "min_group = 12"),
        ("promesa.toml", "America/Bogota", "America/Lima"),
        ("promesa.toml", "2025-06-30", "2025-06-29"),
    ],
)
def test_it_does_not_answer_after_a_change_of_what_was_written(
    shop: Workspace, file: str, old: str, new_text: str
) -> None:
    kept = analyse(shop)
    path = shop.root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new_text), encoding="utf-8")
    assert not kept.answers(open_workspace(shop.root))
    path.write_text(text, encoding="utf-8")
    assert kept.answers(open_workspace(shop.root))


def test_a_time_in_the_settings_is_local(shop: Workspace) -> None:
    settings = shop.root / "promesa.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("as_of = 2025-06-30", "as_of = 2025-06-30T12:00:00"), encoding="utf-8")
    noon = open_workspace(shop.root)
    assert open_facts(noon).as_of == datetime(2025, 6, 30, 17)
    assert open_facts(noon, as_of="2025-06-30T12:00").as_of == datetime(2025, 6, 30, 17)
    assert open_facts(noon, as_of="2025-06-30").as_of == open_facts(shop).as_of


@quickly
def test_five_are_kept_and_the_newest_is_read(shop: Workspace) -> None:
    for day in range(1, 9):
        made = analyse(shop, as_of=date(2025, 6, day))
        assert latest(shop).folder == made.folder
        analyse(shop, as_of=date(2025, 6, day))
    folders = [p for p in latest(shop).folder.parent.iterdir() if p.is_dir()]
    assert len(folders) == 5
    assert latest(shop).about["as_of_day"] == "2025-06-08"


STEPS = [
    (Path, "write_text", 0), (Path, "write_text", 1), (Path, "write_text", 2), (Path, "write_text", 3),
    (Path, "rename", 0), (Path, "replace", 0),
]  # fmt: skip


@quickly
@pytest.mark.parametrize("as_of", [None, OTHER_DAY], ids=["the same again", "another day"])
@pytest.mark.parametrize(("owner", "name", "calls"), STEPS)
def test_stopped_anywhere_the_old_one_stays(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, calls: int, as_of: str | None
) -> None:
    before = analyse(shop).whole()
    left, real = [calls], getattr(owner, name)

    def stop(*arguments: Any, **named: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, stop)
        with pytest.raises(KeyboardInterrupt):
            analyse(shop, as_of=as_of)
    assert latest(shop).whole() == before
    assert analyse(shop, as_of=OTHER_DAY).about["as_of_day"] == OTHER_DAY


def test_killed_in_the_middle_the_old_one_stays(shop: Workspace) -> None:
    before = latest(shop).whole()
    script = (
        "import os, signal, sys\n"
        "from promesa.snapshot import analyse\n"
        "from promesa.workspace import open_workspace\n"
        "def die(key, share):\n"
        "    if key == 'touchpoints': os.kill(os.getpid(), signal.SIGKILL)\n"
        f"analyse(open_workspace(sys.argv[1]), as_of={OTHER_DAY!r}, progress=die)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(shop.root)], check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    assert done.returncode == -signal.SIGKILL
    assert latest(shop).whole() == before


@quickly
def test_a_disk_that_takes_nothing_leaves_the_old_one(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    before = latest(shop).whole()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(StoreNotWritable) as caught:
            analyse(shop)
    assert caught.value.code == "store-not-writable"
    assert "No space" in caught.value.got
    assert latest(shop).whole() == before


def full(*_: Any, **__: Any) -> Any:
    raise OSError(28, "No space left on device")


def test_nothing_is_analysed_before_a_load(tmp_path: Path) -> None:
    new(tmp_path / "nueva")
    empty = open_workspace(tmp_path / "nueva")
    with pytest.raises(NothingAnalysed) as caught:
        latest(empty)
    assert caught.value.code == "nothing-analysed"
    with pytest.raises(NothingLoaded):
        analyse(empty)
    with pytest.raises(NothingAnalysed):
        latest(empty)


@quickly
def test_progress_names_each_answer(shop: Workspace) -> None:
    seen: list[tuple[str, float]] = []
    analyse(shop, progress=lambda key, share: seen.append((key, share)))
    assert list(dict.fromkeys(key for key, _ in seen)) == ["quality", "returning"]
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


@quickly
def test_a_second_analysis_at_the_same_time_is_refused_and_the_first_goes_on(shop: Workspace) -> None:
    told: list[str] = []

    def meanwhile(key: str, share: float) -> None:
        if key == "quality" and not told:
            with pytest.raises(StoreBusy) as busy:
                analyse(shop)
            told.append(busy.value.code)

    analyse(shop, progress=meanwhile)
    assert told == ["store-busy"]
    assert latest(shop).answers(shop)
