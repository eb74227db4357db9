"""The list of commitments holds each of them once, as `kept` counts them, and says what broke."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from promesa import promises
from promesa.errors import UnknownName
from promesa.promises import OVERDUE, STATUSES, list_commitments
from tests.measures.companies import AS_OF, Company, workspace_of

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Engine
    from promesa.store import Facts

T0, DUE, DAY = datetime(2018, 6, 1, 12), datetime(2018, 6, 10, 15), timedelta(days=1)


def delivery(n: int, **more: Any) -> dict[str, Any]:
    return {"at": T0, "customer": n % 3 + 1, "touchpoint": "delivery", "promised": DUE + n * DAY, **more}


ROWS = [
    delivery(0, delivered=DUE),
    delivery(1, delivered=DUE + 4 * DAY, channel="web"),
    delivery(2),
    delivery(3, promised=AS_OF + DAY),
    delivery(4, delivered=DUE + 4 * DAY),
]


def facts_of(folder: Path, engine: Engine, rows: list[dict[str, Any]]) -> Facts:
    workspace = workspace_of(folder, min_group=1, min_cell=1)
    return Company(workspace=workspace, tables={"moments": rows}, as_of=AS_OF).facts(folder, engine=engine)


def test_each_is_there_once_the_last_due_first_and_pages_follow_each_other(tmp_path, duckdb) -> None:
    facts = facts_of(tmp_path, duckdb, ROWS)
    whole = list_commitments(facts, "arrives")
    kept = promises.kept(facts.workspace, promises=["arrives"], facts=facts)
    counted = {e.measure: e.estimate for e in kept.estimates if e.measure in STATUSES and e.estimate}
    assert {name: n for name, n in whole.counts.items() if n} == {**counted, OVERDUE: 1}
    assert Counter(one.status for one in whole.commitments) == counted
    assert [one.due for one in whole.commitments] == sorted((one.due for one in whole.commitments), reverse=True)
    assert not whole.more
    pages = [list_commitments(facts, "arrives", skip=skip, most=2) for skip in (0, 2, 4)]
    assert [page.more for page in pages] == [True, True, False]
    assert tuple(one for page in pages for one in page.commitments) == whole.commitments


def test_it_says_what_broke_and_of_whom(tmp_path, duckdb) -> None:
    broken = list_commitments(facts_of(tmp_path, duckdb, ROWS), "arrives", status="broken").commitments
    assert [(one.customer, one.broke, one.gap) for one in broken] == [(3, "missing", None), (2, "late", 3.0)]
    overdue = list_commitments(facts_of(tmp_path, duckdb, ROWS), "arrives", status=OVERDUE).commitments
    assert overdue == broken[:1]
    assert [(one.touchpoint, one.channel, one.at) for one in broken][1] == ("delivery", "web", T0)


def test_a_period_is_that_of_the_day_on_which_they_fell_due(tmp_path, duckdb) -> None:
    facts = facts_of(tmp_path, duckdb, ROWS)
    some = list_commitments(facts, "arrives", since=DUE.date() + DAY, until=DUE.date() + 2 * DAY)
    assert len(some.commitments) == sum(some.counts[status] for status in STATUSES) == 2


def test_what_is_not_there_is_said(tmp_path, duckdb) -> None:
    facts = facts_of(tmp_path, duckdb, [delivery(0, touchpoint="call")])
    nothing = list_commitments(facts, "arrives")
    assert (nothing.commitments, sum(nothing.counts.values()), nothing.more) == ((), 0, False)
    with pytest.raises(UnknownName):
        list_commitments(facts, "no_such")
    with pytest.raises(UnknownName):
        list_commitments(facts, "arrives", status="lost")
