"""What a person writes for an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from promesa.errors import ValueOutOfRange
from promesa.measures import slices
from promesa.store import resolve_instant

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSE = datetime(2018, 10, 16, 2, 59, 59, 999999)
SAO_PAULO = "America/Sao_Paulo"
first_instant = slices._first_instant  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        (None, None),
        ("2018-10-15", CLOSE),
        (date(2018, 10, 15), CLOSE),
        ("2018-10-15T18:00", datetime(2018, 10, 15, 21)),
        ("2018-10-15 18:00:30.5", datetime(2018, 10, 15, 21, 0, 30, 500000)),
        ("2018-10-15T18:00+02:00", datetime(2018, 10, 15, 16)),
        ("2018-10-15T18:00Z", datetime(2018, 10, 15, 18)),
        (datetime(2018, 10, 15, 18), datetime(2018, 10, 15, 21)),
        (datetime(2018, 10, 15, 18, tzinfo=UTC), datetime(2018, 10, 15, 18)),
        (datetime(2018, 10, 15, 18, tzinfo=timezone(timedelta(hours=-5))), datetime(2018, 10, 15, 23)),
        ("2018-11-03", datetime(2018, 11, 4, 2, 59, 59, 999999)),  # the midnight after it never was
        ("2018-02-17", datetime(2018, 2, 18, 2, 59, 59, 999999)),  # its last hour came twice
        ("2018-11-04", datetime(2018, 11, 5, 1, 59, 59, 999999)),
    ],
)
def test_a_day_is_its_close_and_a_time_is_local(written: date | datetime | str | None, utc: datetime | None) -> None:
    assert resolve_instant(written, SAO_PAULO) == utc


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2018-10-15", datetime(2018, 10, 15, 3)),
        (date(2018, 10, 15), datetime(2018, 10, 15, 3)),
        ("2018-11-04", datetime(2018, 11, 4, 3)),  # begins at 01:00 local
        ("2018-02-18", datetime(2018, 2, 18, 3)),
        (datetime(2018, 10, 15, 18), datetime(2018, 10, 15, 21)),
        ("2018-10-15T18:00Z", datetime(2018, 10, 15, 18)),
        (None, None),
    ],
)
def test_a_window_starts_with_its_day(written: date | datetime | str | None, utc: datetime | None) -> None:
    assert first_instant(written, SAO_PAULO) == utc


@pytest.mark.parametrize(
    "written", ["", "yesterday", "15/10/2018", "2018-13-01", "2018-02-30", "2018-10-15T25:00", "2018-10", "20181015T99"]
)
@pytest.mark.parametrize("read", [resolve_instant, first_instant])
def test_what_is_no_instant_is_refused(written: str, read: Callable[[str, str], object]) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        read(written, SAO_PAULO)
    assert caught.value.code == "value-out-of-range"
