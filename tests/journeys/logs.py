"""Service logs as facts, and what a plain loop counts in them."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from datetime import timedelta
from random import Random
from statistics import median
from typing import TYPE_CHECKING, Any

from promesa.workspace import open_workspace
from tests.worlds import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

Row = dict[str, Any]
SETTINGS = """
[company]
name = "Servicio"
time_zone = "Europe/Madrid"
currency = "EUR"

[analysis]
min_group = 1
min_cell = 1
"""


def tied_rows(seed: int, *, touchpoints: Sequence[str], begin: datetime) -> list[Row]:
    """Return moments of nine journeys of which many fall on one instant and touchpoint, in no order."""
    random = Random(seed)
    rows: list[Row] = [
        {
            "source": random.choice("ab"), "id": f"{k:03d}", "at": begin + timedelta(hours=random.randrange(8)),
            "customer": k % 9, "touchpoint": random.choice(touchpoints),
            "channel": random.choice(("web", "phone", None)), "journey": f"order {k % 9}",
        }
        for k in range(120)
    ]  # fmt: skip
    random.shuffle(rows)
    return rows


def log_facts(
    folder: Path,
    engine: Engine,
    rows: Iterable[Row],
    *,
    touchpoints: Mapping[str, tuple[str, str]],
    as_of: datetime,
    settings: str = "",
    more: str = "",
    tables: Mapping[str, Sequence[Row]] | None = None,
    version: str = "log",
) -> Facts:
    """Return the facts of a company whose moments are `rows`.

    Parameters
    ----------
    touchpoints : mapping of str to (stage, function)
        In the order of model.toml.
    settings : str
        What [journeys] says.
    more : str
        What else model.toml says.
    tables : mapping of str to rows
        Other facts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    functions = sorted({function for _, function in touchpoints.values()})
    model = [
        *(f"[functions.{name}]" for name in functions if f"[functions.{name}]" not in more),
        *(f'[touchpoints.{name}]\nstage = "{s}"\nfunction = "{f}"' for name, (s, f) in touchpoints.items()),
        f"[journeys]\n{settings}",
        more,
    ]
    (folder / "model.toml").write_text("\n".join(model), encoding="utf-8")
    workspace = open_workspace(folder)
    return facts_of(
        workspace, {"moments": list(rows), **(tables or {})}, folder=folder, as_of=as_of, engine=engine, version=version
    )


def ways(rows: Sequence[Row], places: Sequence[str]) -> dict[str, list[Row]]:
    """Return the rows of each journey in order."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["journey"]].append(row)
    rank = {name: place for place, name in enumerate(places)}
    for way in found.values():
        way.sort(key=lambda row: (row["at"], rank[row["touchpoint"]], row["source"], row["id"]))
    return dict(found)


def passages(found: Mapping[str, Sequence[Row]]) -> dict[tuple[str, str], tuple[int, int, float]]:
    """Return, for each pair of touchpoints, its passages, the journeys that hold it and the median wait in hours."""
    counts: Counter[tuple[str, str]] = Counter()
    holders: dict[tuple[str, str], set[str]] = defaultdict(set)
    waits: dict[tuple[str, str], list[float]] = defaultdict(list)
    for journey, way in found.items():
        for one, two in itertools.pairwise(way):
            pair = one["touchpoint"], two["touchpoint"]
            counts[pair] += 1
            holders[pair].add(journey)
            waits[pair].append((two["at"] - one["at"]).total_seconds() / 3600)
    return {pair: (n, len(holders[pair]), median(waits[pair])) for pair, n in counts.items()}
