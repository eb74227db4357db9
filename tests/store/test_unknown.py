"""Touchpoints that the model does not hold: told by name where enough customers met them, never by one."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from promesa.store import unknown_touchpoints
from tests.store.companies import MOMENTS, company, moment

if TYPE_CHECKING:
    from pathlib import Path


def test_names_that_enough_customers_met_are_told(tmp_path: Path) -> None:
    shop = company(tmp_path, loads={"moments.shop": MOMENTS}, sources={"facts": {"types": {"days_late": "number"}}})
    chats = [
        moment(n, customer=f"c{n % 6}", touchpoint="Chat 24 h", at=f"2026-02-{n + 1:02d} 09:00") for n in range(12)
    ]
    rare = [moment(20 + n, customer=f"c{n}", touchpoint="Ana Gil") for n in range(4)]
    nobody = [moment(30 + n, customer="", touchpoint="") for n in range(9)]
    shop.write("facts.csv", [*chats, *rare, *nobody, moment(99)])
    shop.load()
    assert unknown_touchpoints(shop.ws, since=date(2026, 1, 1), until=date(2026, 1, 31)) == ()
    (chat,) = unknown_touchpoints(shop.ws, since=date(2026, 2, 9), until=date(2026, 12, 31))
    assert (chat.name, chat.rows, chat.customers, chat.recent) == ("Chat 24 h", 12, 6, 3)
    assert (chat.first, chat.last) == (date(2026, 2, 1), date(2026, 2, 12))
