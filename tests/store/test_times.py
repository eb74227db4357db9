"""Local time to UTC, with the rule at a change of clocks: twice is the later, never is the offset before."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from tests.store.companies import MOMENTS, company, moment

if TYPE_CHECKING:
    from pathlib import Path

AS_TEXT = {"facts": {"types": {"at": "text"}}}


@pytest.mark.parametrize("kind", ["text", "time"])
@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("America/Bogota", "2026-01-01 10:00:00", "2026-01-01 15:00:00"),
        ("Europe/Madrid", "2025-07-01 10:00:00", "2025-07-01 08:00:00"),
        ("Europe/Madrid", "2025-10-26 01:59:59", "2025-10-25 23:59:59"),
        ("Europe/Madrid", "2025-10-26 02:30:00", "2025-10-26 01:30:00"),  # twice: the later, in winter time
        ("Europe/Madrid", "2025-10-26 03:00:00", "2025-10-26 02:00:00"),
        ("Europe/Madrid", "2026-03-29 02:30:00", "2026-03-29 01:30:00"),  # never: winter time went before
        ("Europe/Madrid", "2026-03-29 03:00:00", "2026-03-29 01:00:00"),
        ("America/Sao_Paulo", "2018-11-04 00:00:00", "2018-11-04 03:00:00"),  # a midnight that never was
        ("America/Sao_Paulo", "2018-02-17 23:30:00", "2018-02-18 02:30:00"),  # twice, before midnight
        ("UTC", "2026-01-01 10:00:00.123456", "2026-01-01 10:00:00.123456"),
    ],
)
def test_naive_local_time(tmp_path: Path, kind: str, zone: str, local: str, utc: str) -> None:
    shop = company(
        tmp_path, loads={"moments.shop": MOMENTS}, sources={"facts": {"types": {"at": kind}}}, time_zone=zone
    )
    shop.write("facts.csv", [moment(0, at=local)])
    shop.load()
    assert shop.live("moments", '"at"') == [(datetime.fromisoformat(utc),)]


@pytest.mark.parametrize(
    ("expression", "utc"),
    [
        ("DATE '2026-01-01'", datetime(2026, 1, 1, 5)),
        ("TIMESTAMPTZ '2026-01-01 10:00:00+02'", datetime(2026, 1, 1, 8)),
        ("TIMESTAMPTZ '2026-01-01 10:00:00'", datetime(2026, 1, 1, 15)),
        ("'2026-01-01T10:00:00Z'", datetime(2026, 1, 1, 10)),
        ("'2026-01-01 10:00:00-03:00'", datetime(2026, 1, 1, 13)),
        ("TIMESTAMP '2026-01-01 10:00' AT TIME ZONE 'Europe/Madrid'", datetime(2026, 1, 1, 9)),
    ],
)
def test_kinds_of_time_that_a_select_gives(tmp_path: Path, expression: str, utc: datetime) -> None:
    sql = MOMENTS.replace('"at"', f'{expression} AS "at"')
    shop = company(tmp_path, loads={"moments.shop": sql})
    shop.write("facts.csv", [moment(0)])
    shop.load()
    assert shop.live("moments", '"at"') == [(utc,)]


def test_recorded_at_with_a_zone_is_taken_to_utc(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS})
    shop.write("facts.csv", [moment(0)])
    shop.load(recorded_at=datetime.fromisoformat("2026-06-30T12:00:00-05:00"))
    assert shop.live("moments", "recorded_at") == [(datetime(2026, 6, 30, 17),)]
