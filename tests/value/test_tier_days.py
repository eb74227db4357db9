"""A day's review of tiers agrees with one from nothing, whatever happened in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from promesa.store import erase, replace_state, session, take_back
from promesa.value import tiering
from tests.store.companies import NOON, Company
from tests.value.traders import (
    BEGIN,
    DAY,
    SHARES,
    bands,
    fill,
    join,
    keys,
    pause,
    purchases,
    review,
    sale,
    sums,
    table,
    trader,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Rows = list[dict[str, Any]]


def visit(number: int, customer: object, day: float, **more: str) -> dict[str, str]:
    """Return a moment that cost something."""
    return {"id": f"v{number}", "at": f"{BEGIN + day * DAY:%Y-%m-%d %H:%M}", "customer": f"k{customer}",
            "touchpoint": "delivery", "cost": "2.5", **more}  # fmt: skip


def check(made: Company, day: float, *, whole: bool | None = False) -> None:
    """Review, and see that a review from nothing changes nothing."""
    found = review(made, day)
    assert whole is None or found.whole is whole
    kept = table(made, "tiers"), sums(made), table(made, "tier_persons")
    assert review(made, day, rebuild=True).changed == 0
    assert (table(made, "tiers"), sums(made), table(made, "tier_persons")) == kept


def on(day: float) -> str:
    return f"{BEGIN + day * DAY:%Y-%m-%d %H:%M}"


# What comes to sales and visits by the end of a day, of many kinds at once; a row of an id that was there corrects it.
COMES: dict[float, tuple[Rows, Rows]] = {
    201: (
        [
            sale(1, 3, 201, 20),
            sale(2, "new", 201, 30),
            *(sale(3, 4, 201, 90, journey="j1"), sale(4, 5, 201, 50, journey="j2")),
            *(sale(5, 10, -3, 12), sale(6, 10, -2, 13)),  # before all that they bought
        ],
        [
            visit(1, "new", 200.5),
            visit(2, "guest", 201),  # who has bought nothing
            *(visit(3, 11, 201, promised=on(220)), visit(4, 12, 201, promised=on(220))),  # not yet due
        ],
    ),
    202: (
        [
            *(sale(7, 4, 202, -40, journey="j1"), sale(8, 5, 202, -50, journey="j2")),  # a part taken back, and all
            *(sale(9, 6, 202, -7.5), sale(10, 7, 202, -8, journey="j9")),  # money back for no order that is known
            *(sale(1, 3, 201, 26), sale(2, "new", 201, 31)),  # corrected amounts
            sale(11, 9, 177, 45),  # of last month, on a day like no other
            sale(12, "guest", 202, 60),
            sale(13, 13, 230, 80),  # of the future
        ],
        [
            visit(1, "new", 200.5, cost="4"),
            visit(3, 11, 201, promised=on(220), delivered=on(202)),
            visit(4, 12, 201, promised=on(220), delivered=on(229)),
        ],
    ),
    203: (
        [
            sale(14, 4, 203, 25, journey="j1"),  # of a journey of which something was taken back
            *(sale(1, 8, 201, 26), sale(2, "new", 160, 31)),  # of another customer, of another day
            sale(15, 14, 203, 70, currency="USD"),
        ],
        [visit(1, 8, 200.5)],
    ),
    231: ([], []),  # nothing, but the future has come
}


def brought(rows: Rows, more: Rows) -> Rows:
    """Return rows with others in the place of those with their ids, which the shop's own begin with."""
    known = {row["id"]: row for row in rows}
    return list((known | {f"x{row['id']}": {**row, "id": f"x{row['id']}"} for row in more}).values())


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, Rows, Rows, float]:
    """Return a company after every kind of day, each reviewed and reviewed from nothing."""
    sales, visits = purchases(60, seed=9, days=200), [visit(0, 3, 100)]
    made = trader(tmp_path_factory.mktemp("lived"), bands(0.1, 0.3, **SHARES), sales=sales, visits=visits)
    made.ws = replace(made.ws, rates={"USD": ((date(2024, 1, 1), Decimal("0.9")),)})
    review(made, 200)
    for day, (bought, lived_) in COMES.items():
        sales, visits = brought(sales, bought), brought(visits, lived_)
        fill(made, sales=sales, visits=visits)
        check(made, day)
    return made, sales, visits, max(COMES)


def test_a_day_of_any_kind_agrees(lived: tuple[Company, Rows, Rows, float]) -> None:
    made, sales, visits, day = lived
    made.ws = replace(made.ws, rates={"USD": ((date(2024, 1, 1), Decimal("0.8")),)})
    fill(made, sales=sales, visits=visits)
    assert any(row[0] == Decimal(56) for row in table(made, "orders", "revenue"))
    check(made, day + 1)


@pytest.mark.parametrize(
    ("change", "whole"),
    [
        ("joined", False),
        ("parted", False),
        ("paused", False),
        ("resumed", False),
        ("taken back", False),
        ("forgotten", True),
        ("costs", True),
    ],
)
def test_other_changes_agree(lived: tuple[Company, Rows, Rows, float], change: str, whole: bool) -> None:
    made, sales, visits, day = lived
    known = sorted(keys(made).values())
    changes: dict[str, Callable[[], None]] = {
        "joined": lambda: join(made, known[3], known[20], BEGIN + 10 * DAY),
        "parted": lambda: parted(made),
        "paused": lambda: pause(made, known[5], second=made.clock[0]),
        "resumed": lambda: pause(made, known[5], second=made.clock[0], resume=True),
        "taken back": lambda: taken_back(made, sales[7:], visits[2:]),
        "forgotten": lambda: forgotten(made, known[8]),
        "costs": lambda: dearer(made),
    }
    changes[change]()
    check(made, day + 2, whole=whole)


def parted(made: Company) -> None:
    with session(made.ws, recorded_at=NOON) as run:
        replace_state(
            run,
            "persons",
            "SELECT NULL::BIGINT AS customer, NULL::BIGINT AS person, NULL::TIMESTAMP AS since, "
            "NULL::TIMESTAMP AS until WHERE false",
        )


def taken_back(made: Company, sales: Rows, visits: Rows) -> None:
    fill(made, sales=sales, visits=visits)
    now = NOON.replace(minute=1)
    for name, rows in (("orders", 7), ("moments", 2)):
        assert take_back(made.ws, name, recorded_at=now, dry_run=False).total == rows


def forgotten(made: Company, key: str) -> None:
    with session(made.ws, recorded_at=NOON) as run:
        erase(run, [next(number for number, known in keys(made).items() if known == key)], by="a request")
    assert not (made.root / ".promesa" / "remembered").exists()


def dearer(made: Company) -> None:
    """Give a touchpoint a cost with more decimals than sums are kept in: of whom something moves, all is read again."""
    name, touchpoint = next(iter(made.ws.model.touchpoints.items()))
    points = {**made.ws.model.touchpoints, name: replace(touchpoint, cost=Decimal("0.12345"))}
    made.ws = replace(made.ws, model=replace(made.ws.model, touchpoints=points))


def test_days_that_come_together_and_costs_of_many_decimals_agree(lived: tuple[Company, Rows, Rows, float]) -> None:
    made, sales, visits, day = lived
    dearer(made)
    review(made, day + 2)
    fill(made, sales=[*sales, sale(900, 3, day + 3, 30)], visits=[*visits, visit(900, 3, day + 2)])
    fill(made, sales=[*sales, sale(900, 3, day + 3, 30), sale(901, 4, day + 4, 30)])
    check(made, day + 5)


SLOWER = [pytest.param(one, marks=pytest.mark.slow) for one in ("_keep_review", "keep_columns", "drop_columns")]


@pytest.mark.parametrize("killed", ["write_document", *SLOWER])
def test_a_review_that_was_killed_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: str) -> None:
    sales = purchases(60, seed=9, days=200)
    made = trader(tmp_path, bands(0.1, 0.3, **SHARES), sales=sales)
    review(made, 200)
    fill(made, sales=[*sales, sale(900, 3, 201, 900), sale(901, 4, 203, 200)])
    with monkeypatch.context() as patched:

        def stop(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        patched.setattr(tiering, killed, stop)
        with pytest.raises(KeyboardInterrupt):
            review(made, 202)
    check(made, 202)
    check(made, 203)
    assert len(list((made.root / ".promesa" / "remembered").iterdir())) == 2


def walk(made: Company, random: Random, steps: int) -> None:
    """Load, correct, link, unlink, pause and review by chance; after each review, the same from nothing agrees."""
    sales = purchases(60, seed=random.randrange(99), days=200)
    visits: list[dict[str, Any]] = []
    day = 200
    for step in range(steps):
        day += random.randrange(3)
        for _ in range(random.randrange(12)):
            sales.append(
                sale(len(sales), random.randrange(64), day - random.randrange(30), random.choice([-9, 30, 75]))
            )
            sales[-1] |= {"journey": f"j{random.randrange(40)}" if random.random() < 0.5 else ""}
            promised = f"{BEGIN + (day + 1) * DAY:%Y-%m-%d}"
            late = f"{BEGIN + (day + random.randrange(4)) * DAY:%Y-%m-%d %H:%M}" if random.random() < 0.8 else ""
            visits.append(
                {"id": f"v{len(visits)}", "at": f"{BEGIN + day * DAY:%Y-%m-%d %H:%M}",
                 "customer": f"k{random.randrange(64)}", "touchpoint": "delivery",
                 "cost": f"{random.randrange(90) / 10}", "promised": promised, "delivered": late}
            )  # fmt: skip
        for _ in range(random.randrange(4)):
            changed = random.randrange(len(sales))
            sales[changed] = {
                **sales[changed],
                "revenue": f"{random.randrange(1, 200)}",
                "customer": f"k{random.randrange(64)}",
            }
        fill(made, sales=sales, visits=visits)
        match random.randrange(4):
            case 0:
                join(made, *random.sample(sorted(keys(made).values()), 2), since=BEGIN + 10 * DAY)
            case 1:
                parted(made)
            case 2:
                pause(made, random.choice(sorted(keys(made).values())), second=made.clock[0], resume=step % 2 == 1)
            case _:
                pass
        check(made, day, whole=None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 22))
def test_long_walks_agree_as_well(tmp_path: Path, seed: int) -> None:
    made = trader(tmp_path, bands(0.1, 0.3, **SHARES), sales=purchases(60, seed=9, days=200))
    walk(made, Random(seed), 10)
