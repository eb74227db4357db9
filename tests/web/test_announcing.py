"""What happens in a workspace is told to the webhooks once, whoever did it, and nothing of what was there before."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from promesa.access import access_key, record
from promesa.database import tables
from promesa.outgoing import make_webhook
from promesa.store import places_of
from promesa.web.announcing import look
from promesa.web.site import Site

NOW = datetime(2026, 3, 1, 12)


@pytest.fixture(scope="module")
def site(analysed_shop, tmp_path_factory) -> Site:
    return Site(Path(shutil.copytree(analysed_shop, tmp_path_factory.mktemp("told") / "tienda")))


def seen(database, site: Site) -> list[tuple[str, dict[str, Any]]]:
    """Look, and return the events that were written down, the newest look's alone."""
    with database.begin() as connection:
        connection.execute(tables.messages.delete())
        look(connection, site, now=NOW)
        rows = connection.execute(tables.messages.select().order_by(tables.messages.c.kind)).all()
    return [(row.kind, json.loads(row.body)["data"]) for row in rows]


def test_what_is_new_is_told_once(database, service_workspace, site) -> None:
    with database.begin() as connection:
        make_webhook(
            connection, "https://h.example.com", events=(), key=access_key(service_workspace), allowed=(), now=NOW
        )
    assert seen(database, site) == [], "what was there before is not news"
    assert seen(database, site) == []

    folder = site.snapshot().folder
    promises = json.loads((folder / "promises.json").read_text())
    about = json.loads((folder / "about.json").read_text())
    declared = about["model"]["promises"]
    row = next(
        one
        for one in promises["rows"]
        if one["measure"] == "kept_rate"
        and one["upper"] is not None
        and one["upper"] >= (declared[one["promise"]]["target"] or 0)
    )
    declared[row["promise"]]["target"] = 1.0
    row["upper"] = 0.5
    (folder / "promises.json").write_text(json.dumps(promises))
    (folder / "about.json").write_text(json.dumps(about))
    told = seen(database, site)
    assert [kind for kind, _ in told] == ["promise.below_target", "snapshot.published"]
    assert told[0][1]["promise"] == row["promise"]
    assert (told[0][1]["upper"], told[0][1]["target"]) == (0.5, 1.0)
    (folder / "about.json").touch()
    assert [kind for kind, _ in seen(database, site)] == ["snapshot.published"], "a promise still below is no news"


def test_loads_and_their_quarantine_are_told_in_order(database, site) -> None:
    reports = places_of(site.workspace).reports
    document = json.loads(next(reports.glob("*.json")).read_text())
    document["rows"][0] |= {"rules": {"score-range": 2}, "quarantined": 2}
    document["quarantined"] = {"score-range": 2}
    (reports / "20260301T120000000000-00000001.json").write_text(json.dumps(document))
    told = seen(database, site)
    assert [kind for kind, _ in told] == ["load.finished", "quarantine.grew"]
    assert told[0][1]["quarantined"] == 2
    assert told[1][1] == {"load": "20260301T120000000000-00000001", "rules": {"score-range": 2}}
    assert seen(database, site) == []


def test_a_forgotten_customer_is_told_by_number_alone(database, site) -> None:
    for action, about in (("customer.pause", "customer:7"), ("own.forget", "customer:4611686018427387904")):
        with database.begin() as connection:
            record(connection, by="person:1", action=action, about=about, now=NOW)
    assert seen(database, site) == [("customer.forgotten", {"customer": "4611686018427387904"})]
    assert seen(database, site) == []
