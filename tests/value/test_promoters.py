"""What promoters do afterwards: against plain loops, with a planted difference, and where there is little to count."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from promesa import value
from promesa.errors import ValueOutOfRange
from tests.measures.companies import AS_OF, Company, company, workspace_of
from tests.value.attracting import WITH_PURPOSES

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.results import Estimate

RETURN, YEAR = timedelta(days=60), timedelta(days=365)
T0 = datetime(2016, 6, 1, 15)


def found(result: value.Promoters, measure: str, **where: str | None) -> Estimate:
    row = result.find(measure, **where)
    assert row is not None, measure
    return row


def plain(small: Company) -> dict[str, list[dict[str, float | None]]]:
    """Return what the customers of each group did, by loops over rows."""
    as_of, brand = small.as_of, small.workspace.brand
    answers: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for row in small.tables["opinions"]:
        own = (row["audience"] or "customer") == "customer" and (row["brand"] or brand) == brand
        if row["concept"] == "nps" and own and row["score"] is not None and row["customer"] and row["at"] <= as_of:
            low, high = row.get("scale_min") or 0.0, row.get("scale_max") or 10.0
            answers[row["customer"]].append((row["at"], (row["score"] - low) * 10 / (high - low)))
    groups: dict[str, list[dict[str, float | None]]] = defaultdict(list)
    for customer, said in answers.items():
        at = min(said)[0]
        score = min(s for t, s in said if t == at)
        group = "promoter" if score >= 9 else "detractor" if score <= 6 else "passive"
        later = [r for r in small.tables["orders"] if r["customer"] == customer and at < r["at"] <= as_of]
        year = [r for r in later if r["at"] <= at + YEAR]
        seen = at + YEAR <= as_of
        sums: dict[str, float | None] = {"return_rate": None, "spend_after": None, "referrals_after": None}
        if at + RETURN <= as_of:
            sums["return_rate"] = float(any(r["at"] <= at + RETURN for r in later))
        if seen:
            sums["spend_after"] = float(sum(r["revenue"] for r in year))
            sums["referrals_after"] = float(
                sum(r["customer"] == customer and at < r["at"] <= at + YEAR for r in small.tables["deeds"])
            )
        groups[group].append(sums)
    return groups


def test_every_figure_is_that_of_plain_loops(tmp_path: Path, duckdb: Engine) -> None:
    drawn = company(tmp_path, seed=1, size=2)
    workspace = workspace_of(tmp_path, zone=drawn.workspace.time_zone, min_group=1, min_cell=1, model=WITH_PURPOSES)
    deeds = [
        {"at": row["at"], "customer": row["customer"], "action": "referred", "kind": "done"}
        for row in drawn.tables["orders"][::3]
    ]
    small = Company(workspace=workspace, tables={**drawn.tables, "deeds": deeds}, as_of=drawn.as_of)
    result = value.promoters(workspace, facts=small.facts(tmp_path, engine=duckdb))
    groups = plain(small)
    assert set(groups) == {"promoter", "passive", "detractor"}
    for group, people in groups.items():
        assert found(result, "customers", group=group).estimate == len(people)
        for measure in ("return_rate", "spend_after", "referrals_after"):
            known = [p[measure] for p in people if p[measure] is not None]
            row = found(result, measure, group=group)
            assert row.n == len(known)
            assert row.n_missing == len(people) - len(known)
            if known:
                assert row.estimate == pytest.approx(np.mean(known))  # type: ignore[arg-type]


def asked(count: int, *, seed: int = 1) -> dict[str, list[dict[str, Any]]]:
    """Return customers whose spend before sets both what they answer and what they spend after; answering does nothing.

    Of 9 and above a customer promotes. Who spent much before says more and spends more.
    """
    random = np.random.default_rng(seed)
    tables: dict[str, list[dict[str, Any]]] = {"orders": [], "opinions": [], "costs": []}
    for k in range(count):
        before = float(random.lognormal(4, 0.8))
        score = float(np.clip(np.round(8 + 1.2 * (np.log(before) - 4) + random.normal(0, 1.5)), 0, 10))
        after = 50 * np.log1p(before) + random.normal(0, 20)
        at = T0 + timedelta(hours=k)
        for day, amount in ((-30, before), (40, after)):
            money = round(float(amount), 2)
            tables["orders"].append({"at": at + timedelta(days=day), "customer": k, "revenue": money, "cost": 0})
        tables["opinions"].append({"at": at, "customer": k, "concept": "nps", "score": score, "channel": "web"})
        tables["costs"].append({"at": at + timedelta(days=50), "customer": k, "amount": 2})
    return tables


def test_what_stands_behind_a_difference_is_taken_out_of_it(tmp_path: Path, duckdb: Engine) -> None:
    workspace = workspace_of(tmp_path, min_group=5, min_cell=2)
    small = Company(workspace=workspace, tables=asked(600), as_of=AS_OF)
    result = value.promoters(workspace, facts=small.facts(tmp_path, engine=duckdb))
    raw, fair = (
        found(result, f"margin_after_{kind}", group="promoter") for kind in ("difference", "adjusted_difference")
    )
    assert raw.lower is not None
    assert raw.lower > 0
    assert fair.lower is not None
    assert fair.upper is not None
    assert fair.lower <= 0 <= fair.upper
    assert {raw.evidence, fair.evidence} == {"associated"}
    assert found(result, "cost_to_serve_after", group="passive").estimate == 2
    for locale in ("es", "en"):
        assert "None" not in result.summary(locale)
        assert result.chart(locale) is not None


def test_without_a_question_answers_or_enough_of_them(tmp_path: Path, duckdb: Engine) -> None:
    from tests.measures.companies import MODEL

    without = MODEL.replace('[concepts.nps]\nkind = "nps"\nlink = "loyalty"\n', "").replace('concept = "nps"\n', "")
    silent = Company(
        workspace=workspace_of(tmp_path, model=without), tables={"orders": asked(5)["orders"]}, as_of=AS_OF
    )
    nobody = value.promoters(silent.workspace, facts=silent.facts(tmp_path, engine=duckdb))
    assert [(e.estimate, e.note) for e in nobody.estimates] == [(None, "no-recommendation-asked")]
    assert nobody.summary("en") == "No question on recommending is declared, so promoters cannot be told from others."
    few = Company(workspace=workspace_of(tmp_path, min_group=6, min_cell=3), tables=asked(2), as_of=AS_OF)
    hidden = value.promoters(few.workspace, facts=few.facts(tmp_path, engine=duckdb))
    assert all(e.estimate is None and e.n == 0 for e in hidden.estimates)
    with pytest.raises(ValueOutOfRange):
        value.promoters(few.workspace, by="supplier", facts=few.facts(tmp_path, engine=duckdb))
