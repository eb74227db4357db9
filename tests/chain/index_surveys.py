"""Index surveys for tests: the European one with its 250 answer sheets, and a small made-up one."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import chain
from tests.measures.companies import Company, workspace_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from promesa.chain import Paths
    from promesa.engine import Engine

Row = dict[str, Any]
Blocks = dict[str, list[str]]
Arrows = list[tuple[str, str]]
T0 = datetime(2018, 6, 1, 15)
BARE = """
[functions.care]
[touchpoints.browse]
stage = "before"
function = "care"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An index survey as model.toml declares it; `concepts` holds more lines of a concept, by item."""

    blocks: Blocks
    arrows: Arrows
    scheme: str = "path"
    modes: Mapping[str, str] | None = None
    concepts: Mapping[str, str] | None = None
    scale: tuple[int, int] = (1, 10)
    more: str = ""

    def model(self) -> str:
        """Return model.toml."""
        lines = [BARE]
        for item in dict.fromkeys(item for items in self.blocks.values() for item in items):
            said = (self.concepts or {}).get(item, f'scale = {list(self.scale)}\nlink = "none"')
            lines += [f"[concepts.{item}]", 'kind = "mean"', said]
        arrows = ", ".join(f'"{start} -> {end}"' for start, end in self.arrows)
        lines += ["[indices.survey]", f"arrows = [{arrows}]", f'scheme = "{self.scheme}"', self.more]
        for name, items in self.blocks.items():
            listed = ", ".join(f'"{item}"' for item in items)
            lines += [f"[indices.survey.constructs.{name}]", f"items = [{listed}]"]
            lines += [
                f'mode = "{(self.modes or {}).get(name, "A")}"',
                f'label = {{ es = "{name} (es)", en = "{name}" }}',
            ]
        return "\n".join(lines)


def opinions(items: Sequence[str], answers: np.ndarray, **same: Any) -> list[Row]:
    """Return an opinion an answer, the first row of answers being customer 1's."""
    return [
        {"at": T0, "customer": number, "concept": item, "score": float(score), **same}
        for number, row in enumerate(answers, start=1)
        for item, score in zip(items, row, strict=True)
        if not np.isnan(score)
    ]


def asked(folder: Path, engine: Engine, declared: Declared, rows: list[Row], **question: Any) -> Paths:
    """Return the answer to what a company with these opinions asks."""
    workspace = workspace_of(folder, min_group=20, min_cell=5, model=declared.model())
    small = Company(workspace=workspace, tables={"opinions": rows})
    return chain.paths(workspace, facts=small.facts(folder, engine=engine), **question)


# The European index of mobile telephony: 250 customers, 24 questions of 1 to 10.


@dataclass(frozen=True, slots=True, kw_only=True)
class European:
    """The survey as it comes: answers, model, and the output of SmartPLS 2."""

    folder: Path
    items: list[str]
    answers: np.ndarray
    declared: Declared

    def smartpls(self, table: str) -> dict[tuple[str, str], float]:
        """Return one table of the reference by row and column, in lower case, without its zeros."""
        head, *lines = (self.folder / f"pathWeighting_{table}.txt").read_text().lower().splitlines()
        cells = [line.replace(",", ".").split() for line in lines if line.strip()]
        return {
            (row[0], column): float(value)
            for row in cells
            for column, value in zip(head.split(), row[1:], strict=True)
            if float(value)
        }


LINKS = {"expectation": "expectation", "satisfaction": "satisfaction", "loyalty": "loyalty"}


def european(folder: Path) -> European:
    """Read the survey."""
    lines = (folder / "mobi.csv").read_text().lower().splitlines()
    blocks: Blocks = {}
    for construct, item in edges(folder / "ECSImm.csv"):
        blocks.setdefault(construct, []).append(item)
    links = {
        item: f'scale = [1, 10]\nlink = "{LINKS.get(name, "none")}"' for name, items in blocks.items() for item in items
    }
    return European(
        folder=folder,
        items=lines[0].split(","),
        answers=np.array([line.split(",") for line in lines[1:]], dtype=float),
        declared=Declared(blocks=blocks, arrows=edges(folder / "ECSIsm.csv"), concepts=links),
    )


def edges(file: Path) -> Arrows:
    """Return what points at what in a file of edges."""
    with file.open() as lines:
        return [(row["source"].lower(), row["target"].lower()) for row in csv.DictReader(lines)]


# A made-up one: the staff and the shop go into satisfaction, and that into coming back.

SMALL = Declared(
    blocks={
        "staff": ["kind", "quick", "able"],
        "shop": ["clean", "clear"],
        "satisfaction": ["pleased", "met"],
        "loyalty": ["again", "tell"],
    },
    arrows=[("staff", "satisfaction"), ("shop", "satisfaction"), ("satisfaction", "loyalty")],
    scale=(1, 7),
)
ITEMS = [item for items in SMALL.blocks.values() for item in items]


def answers(seed: int, n: int = 120) -> np.ndarray:
    """Return whole answers of 1 to 7, one row a customer."""
    random = np.random.default_rng(seed)
    staff, shop = random.normal(size=(2, n))
    satisfaction = 0.7 * staff + 0.3 * shop + 0.5 * random.normal(size=n)
    loyalty = 0.8 * satisfaction + 0.6 * random.normal(size=n)
    behind = np.column_stack([staff] * 3 + [shop] * 2 + [satisfaction] * 2 + [loyalty] * 2)
    return np.clip(np.round(4.5 + 1.2 * behind + 0.7 * random.normal(size=behind.shape)), 1, 7)


def later(row: Row, **change: Any) -> Row:
    """Return the answer that a customer gave an hour later in the place of another."""
    return {**row, "at": row["at"] + timedelta(hours=1), **change}
