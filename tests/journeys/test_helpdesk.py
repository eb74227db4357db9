"""A public log of a help desk: its known figures, and each count beside that of a plain loop."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from promesa import journeys
from tests.journeys.logs import Row, log_facts, passages, ways

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def rows(real_data: Callable[[str], Path]) -> list[Row]:
    """Return the events as moments; the id keeps the order of the file."""
    events = pq.read_table(real_data("helpdesk") / "helpdesk.parquet").to_pylist()
    return [
        {
            "source": "helpdesk",
            "id": f"{place:06d}",
            "at": datetime.fromisoformat(event["time:timestamp"]).astimezone(UTC).replace(tzinfo=None),
            "customer": int(event["customer"].removeprefix("Value ")),
            "journey": event["case"],
            "touchpoint": _name(event["concept:name"]),
        }
        for place, event in enumerate(events)
    ]


def _name(activity: str) -> str:
    return activity.lower().replace(" ", "_").replace("-", "_")


@pytest.fixture(scope="module")
def found(rows: list[Row], duckdb: Engine, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    places = dict.fromkeys(dict.fromkeys(row["touchpoint"] for row in rows), ("after", "desk"))
    folder = tmp_path_factory.mktemp("helpdesk")
    last = max(row["at"] for row in rows) + timedelta(days=365)
    return log_facts(folder, duckdb, rows, touchpoints=places, as_of=last)


def figures(result: Any, measure: str) -> dict[tuple[Any, ...], Any]:
    return {tuple(e.dimensions.values()): e for e in result.estimates if e.measure == measure}


def test_known_figures(found: Facts) -> None:
    result = journeys.journeys(found.workspace, facts=found)
    whole = {e.measure: e.estimate for e in result.estimates if not any(e.dimensions.values())}
    assert whole["all_journeys"] == 4580
    assert whole["moments_per_journey"] == pytest.approx(21_348 / 4580)
    assert whole["variants"] == 226
    assert whole["duration_mean"] == pytest.approx(40.9, abs=0.05)
    again = figures(result, "met_again")[("resolve_ticket", None, None)]
    assert again.estimate == pytest.approx(0.084, abs=0.0005)
    assert len(figures(result, "met_again")) == 14


def test_counts_are_those_of_a_plain_loop(found: Facts, rows: list[Row]) -> None:
    way = ways(rows, list(found.workspace.model.touchpoints))
    wanted = passages(way)
    result = journeys.transitions(found.workspace, facts=found)
    assert {pair: e.estimate for pair, e in figures(result, "passages").items()} == {
        p: n for p, (n, _, _) in wanted.items()
    }
    shares = figures(result, "share_of_journeys")
    medians = figures(result, "wait_median")
    for pair, (_, holders, wait) in wanted.items():
        assert shares[pair].estimate == pytest.approx(holders / 4580)
        assert medians[pair].estimate == pytest.approx(wait, abs=1e-6)
    shown = figures(journeys.journeys(found.workspace, facts=found), "variant_share")
    spelled = Counter(journeys.way_of([row["touchpoint"] for row in one]) for one in way.values())
    assert {key[2]: round(e.estimate * 4580) for key, e in shown.items()} == dict(spelled.most_common(len(shown)))
