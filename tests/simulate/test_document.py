"""The written model and the code are the same model."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from promesa.simulate import causal
from promesa.simulate.dirt import DUPLICATED

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "simulated-company.md"
SECTIONS = {
    "Satisfaction": causal.SATISFACTION,
    "Lateness": causal.LATE,
    "Contact": causal.CONTACT,
    "Buying again": causal.RETURN,
    "Answering a survey": causal.ANSWERING,
    "Memory": causal.MEMORY,
}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_coefficient_is_written_down(section: str) -> None:
    text = PAGE.read_text(encoding="utf-8").split(f"### {section}\n")[1].split("\n##")[0]
    written = {name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| (-?[\d.]+) \|", text, re.MULTILINE)}
    assert written == asdict(SECTIONS[section])


def test_every_part_of_truth_is_explained(truth: dict[str, Any]) -> None:
    text = PAGE.read_text(encoding="utf-8").split("## truth.json")[1].split("\n## ")[0]
    explained = {
        name for cell in re.findall(r"^\| (.*?) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    }
    assert explained == set(truth)


def test_every_kind_of_dirt_is_explained(truth: dict[str, Any]) -> None:
    text = PAGE.read_text(encoding="utf-8").split("## The dirt")[1]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(truth["dirt"])


def test_each_kind_of_dirt_is_there_and_rare(truth: dict[str, Any]) -> None:
    for kind, files in truth["dirt"].items():
        for name, rows in files.items():
            assert rows > 0, (kind, name)
            assert kind == "typos" or rows <= max(2, 2 * DUPLICATED * truth["files"].get(name, 0)), (kind, name)


def test_promise_probabilities_are_those_written(truth: dict[str, Any]) -> None:
    text = PAGE.read_text(encoding="utf-8").split("## The promises")[1].split("\n## ")[0]
    for name, value in re.findall(r"^\| `(\w+)` \| (0\.\d+)", text, re.MULTILINE):
        assert truth["promises"][name]["probability"] == pytest.approx(float(value), abs=6e-4), name
