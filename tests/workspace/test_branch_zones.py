"""Zones of branches: read, checked, and said back; kept answers follow them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promesa.snapshot.keeping import fingerprint
from promesa.workspace import describe


@pytest.mark.parametrize(
    ("added", "key", "told"),
    [
        ('[branch_time_zones]\n"Las Palmas" = "Atlantic/Canaries"', "branch_time_zones.Las Palmas", "Atlantic/Canary"),
        ('[branch_time_zones]\n"Las Palmas" = -1', "branch_time_zones.Las Palmas", "in quotes"),
        ('[[branch_time_zones]]\nbranch = "Las Palmas"', "branch_time_zones", "[branch_time_zones] above"),
        ('[branch_time_zone]\n"Las Palmas" = "Atlantic/Canary"', "branch_time_zone", "branch_time_zones"),
    ],
)
def test_mistakes(draft, added, key, told):
    draft.add("promesa.toml", added)
    mistake = draft.only_mistake()
    assert mistake.key == key
    assert told in f"{mistake.what} {mistake.expected} {mistake.fix}"


def test_zones_of_branches_are_read_and_said_back(draft):
    draft.add("promesa.toml", '[branch_time_zones]\n"Las Palmas" = "Atlantic/Canary"\nTijuana = "America/Tijuana"')
    workspace = draft.open()
    assert workspace.branch_time_zones == {"Las Palmas": "Atlantic/Canary", "Tijuana": "America/Tijuana"}
    assert "Las Palmas: Atlantic/Canary, Tijuana: America/Tijuana" in describe(workspace, "es").text()


def test_kept_answers_are_those_of_other_zones(draft):
    workspace = draft.open()
    moved = replace(workspace, branch_time_zones={"Las Palmas": "Atlantic/Canary"})
    assert fingerprint(moved) != fingerprint(workspace)
