"""The panel: what it holds is what was drawn, it moves nothing else, and the planted memory is found in it."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from promesa import journeys
from promesa.simulate import blocks, causal, simulate
from promesa.simulate.block import Block
from promesa.simulate.panel import ASKED_ELSEWHERE, PLACES
from promesa.simulate.surveys import SURVEYS
from promesa.stats import WEIGHED, Remembered, remembered_by, score_summaries
from promesa.store import load
from promesa.workspace import open_workspace
from tests.simulate.warehouse import Warehouse

TRUE = {name: getattr(causal.MEMORY, name) for name in WEIGHED}


def found_in(block: Block) -> Remembered:
    """Return what explains the remembered scores of a block, read from the latent rows alone."""
    panel = block.panel
    told = {int(j): s for j, p, s in zip(panel.journey, panel.place, panel.score, strict=True) if p < 0 and s >= 0}
    keep = (panel.place >= 0) & ~np.isnan(panel.score) & np.isin(panel.journey, list(told))
    order = np.lexsort((panel.asked[keep], panel.journey[keep]))
    owner, score = panel.journey[keep][order], panel.score[keep][order]
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    outcome = [told[int(j)] for j in owner[starts]]
    customers = block.journeys.person[owner[starts]]
    return remembered_by(outcome, score_summaries(score, starts), customers, confidence_level=0.95)


@pytest.fixture(scope="module")
def block() -> Block:
    return next(iter(blocks(customers=5_000, seed=3)))


def test_nobody_is_asked_twice_and_only_of_what_was_lived(block: Block) -> None:
    panel, answers = block.panel, block.answers
    elsewhere = answers.journey[np.isin(answers.survey, [SURVEYS.index(name) for name in ASKED_ELSEWHERE])]
    assert not np.isin(panel.journey, elsewhere).any()
    assert len({*zip(panel.journey.tolist(), panel.place.tolist(), strict=True)}) == len(panel.journey)
    asked_contact = panel.journey[panel.place == PLACES.index("contact")]
    assert block.journeys.contacted[asked_contact].all()
    assert np.isnan(panel.score).tolist() == np.isnan(panel.answered).tolist()
    given = panel.score[~np.isnan(panel.score)]
    assert given.min() >= 0
    assert given.max() <= 10


def test_the_planted_weights_are_those_of_the_scores(block: Block) -> None:
    weights = found_in(block).weights
    spread = (weights.upper - weights.lower) / 2 / 1.96
    for k, name in enumerate(WEIGHED):
        assert abs(weights.coefficients[k] - TRUE[name]) < 4 * spread[k], name


def test_the_file_holds_what_was_drawn(company: Path, truth: dict[str, Any]) -> None:
    rows = Warehouse(company).rows(
        "SELECT concept, count(*), count(score), avg(score) FROM "
        f"{Warehouse(company).load('opinions.panel')} GROUP BY concept"
    )
    found = {concept: (asked, n, mean) for concept, asked, n, mean in rows}
    assert sum(asked for asked, *_ in found.values()) == truth["panel"]["asked"] == truth["files"]["panel"]
    for concept, part in (("moment", "moments"), ("journey_memory", "remembered")):
        assert found[concept][1:] == (truth["panel"][part]["n"], pytest.approx(truth["panel"][part]["mean"]))


@pytest.mark.slow
def test_intervals_hold_the_planted_weights_over_many_companies() -> None:
    hits: Counter[str] = Counter()
    seeds = 200
    for seed in range(seeds):
        weights = found_in(next(iter(blocks(customers=3_000, seed=seed)))).weights
        for k, name in enumerate(WEIGHED):
            hits[name] += bool(weights.lower[k] <= TRUE[name] <= weights.upper[k])
    # Scores end at 0 and 10 and are whole, which draws the weights a little together.
    for name in WEIGHED:
        assert hits[name] >= 0.90 * seeds, (name, hits)


@pytest.mark.slow
def test_memory_finds_the_planted_weights_through_the_tables(tmp_path: Path) -> None:
    simulate(tmp_path / "empresa", customers=8_000, seed=5)
    workspace = open_workspace(tmp_path / "empresa")
    load(workspace, recorded_at=datetime(2026, 7, 15))
    found = journeys.memory(workspace, confidence_level=0.999)
    for name in WEIGHED:
        row = found.find("weight", outcome="remembered", summary=name)
        assert row is not None
        assert row.lower is not None
        assert row.upper is not None
        assert row.lower <= TRUE[name] <= row.upper, name
