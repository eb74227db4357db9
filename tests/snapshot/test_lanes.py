"""Several processes keep what one keeps, and what one of them cannot do is done by the first."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from promesa.errors import EngineError
from promesa.snapshot import analyse, analyses, lanes, latest
from promesa.store import open_facts
from tests.measures.plain import same

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.results import Result
    from promesa.store import Facts
    from promesa.workspace import Workspace

ASKED = ("journeys", "returning", "quality", "promises")
PATIENCE = 120.0


@pytest.fixture(autouse=True)
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a snapshot hold one answer of several rooms each."""
    monkeypatch.setattr(analyses, "kept_questions", lambda _workspace: [(name, ()) for name in ASKED])


@pytest.fixture
def here(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the answers that this process works out: the first waits for those of another room."""
    own: list[str] = []
    whole = analyses.compute

    def compute(analysis: str, workspace: Workspace, **question: Any) -> Result:
        own.append(analysis)
        given_up = time.monotonic() + PATIENCE
        file = shop.root / ".promesa" / "snapshots" / "unfinished" / "returning.json"
        while analysis == "journeys" and not file.exists() and time.monotonic() < given_up:
            time.sleep(0.05)
        return whole(analysis, workspace, **question)

    monkeypatch.setattr(analyses, "compute", compute)
    return own


def documents(shop: Workspace) -> dict[str, Any]:
    answers = latest(shop).whole()["documents"]
    assert list(answers) == list(ASKED)
    return answers


def told(monkeypatch: pytest.MonkeyPatch, **others: str) -> None:
    """Tell the process beside this one something else than it should know."""
    right = lanes._told

    def wrong(facts: Facts, folder: Path) -> str:
        return json.dumps({**json.loads(right(facts, folder)), **others})

    monkeypatch.setattr(lanes, "_told", wrong)


def test_two_processes_keep_what_one_keeps(shop: Workspace, here: list[str]) -> None:
    seen: list[tuple[str, float]] = []
    two = analyse(shop, processes=2, progress=lambda key, share: seen.append((key, share)))
    assert "returning" not in here, "the other process has done it"
    assert {key for key, _ in seen} == set(here)
    assert all(0 <= share <= 1 for _, share in seen)
    found = documents(shop)
    one = analyse(shop)
    assert {**two.about, "documents": None} == {**one.about, "documents": None}
    for key, document in documents(shop).items():
        assert document["summary"] == found[key]["summary"]
        for first, second in zip(document["rows"], found[key]["rows"], strict=True):
            assert all(same(first[field], second[field]) for field in first | second), key


@pytest.mark.parametrize(
    "wrong", [{"fingerprint": "another"}, {"version": "another"}, {"root": "/no/such"}, {"folder": "/no/such"}]
)
def test_what_the_other_process_cannot_do_is_done_here(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str]
) -> None:
    told(monkeypatch, **wrong)
    analyse(shop, processes=2)
    assert all(document["rows"] for document in documents(shop).values())


def test_an_error_is_told_and_leaves_the_snapshot_as_it_was(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    analyse(shop)
    before = latest(shop).folder

    def broken(*_asked: object, **_named: object) -> Result:
        raise EngineError(what="It broke.", got="a break", expected="none", fix="none")

    monkeypatch.setattr(analyses, "compute", broken)
    with pytest.raises(EngineError, match="It broke"):
        analyse(shop, processes=3)
    assert latest(shop).folder == before


def test_one_process_where_more_would_not_pay(shop: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    facts = open_facts(shop)
    monkeypatch.setattr(lanes.os, "cpu_count", lambda: 8)
    assert lanes.processes_for(facts) == 1, "few moments"
    monkeypatch.setattr(lanes, "LEAST", 1)
    assert lanes.processes_for(facts) == lanes.LANES
    assert lanes.processes_for(replace(facts, workspace=replace(shop, threads=2))) == 2
    assert lanes.processes_for(replace(facts, workspace=replace(shop, engine="spark://local[2]"))) == 1
    monkeypatch.setattr(lanes, "MOST", 2)
    assert lanes.processes_for(facts) == 1, "very many"
