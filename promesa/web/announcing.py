"""Tells the webhooks what happened: looks at what the workspace holds now, and announces what was not there before.

An analysis, a load, an erasure may be done on the page, by the API or at a terminal. Looking at what is kept sees all.
"""

from __future__ import annotations

import json
import logging
import random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from promesa.database import tables
from promesa.errors import PromesaError
from promesa.outgoing import Lanes, announce, let_old_go, post
from promesa.store import kept_reports
from promesa.web.gate import utc_now
from promesa.web.rounds import JOIN_SECONDS, Rounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from promesa.outgoing import Sent
    from promesa.snapshot import Snapshot
    from promesa.web.gate import Gate
    from promesa.web.site import Site

LOG = logging.getLogger("promesa.web")
EVERY_SECONDS = 2.0
_FORGETTING = ("customer.forget", "own.forget")
_LOCK = 0x70726F6D03  # one process looks at a time
_NEWEST_REPORTS = 100


def look(connection: Connection, site: Site, *, now: datetime) -> None:
    """Announce what is new, in one transaction with the note of having done so.

    What was there before the service first looked is noted and not told.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    snapshot = site.snapshot()
    if snapshot is not None:
        _look_at_snapshot(connection, snapshot, now)
    _look_at_loads(connection, site, now)
    _look_at_forgotten(connection, now)


def _look_at_snapshot(connection: Connection, snapshot: Snapshot, now: datetime) -> None:
    mark = f"{snapshot.folder.name} {(snapshot.folder / 'about.json').stat().st_mtime_ns}"
    before = _told(connection, "snapshot")
    if before == mark:
        return
    below = _below_target(snapshot)
    known = json.loads(_told(connection, "below") or "[]")
    _note(connection, "snapshot", mark)
    _note(connection, "below", json.dumps(sorted(below)))
    late = _overdue(snapshot)
    late_before: dict[str, int] | None = json.loads(_told(connection, "overdue") or "null")
    _note(connection, "overdue", json.dumps({name: counts["overdue"] for name, counts in late.items()}))
    if before is None:
        return
    about = snapshot.about
    data = {
        "snapshot": snapshot.folder.name,
        "as_of": f"{about['as_of']}Z",
        "store_version": about["store_version"],
        "answers": len(about["documents"]),
    }
    announce(connection, "snapshot.published", data, now=now)
    for name in sorted(set(below) - set(known)):
        announce(connection, "promise.below_target", below[name], now=now)
    for name, counts in sorted(late.items() if late_before is not None else ()):
        if late_before is not None and counts["overdue"] > late_before.get(name, 0):
            announce(connection, "cases.overdue", counts, now=now)


def _overdue(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return the touchpoints with cases past their limit, and how many; few are not told, as nowhere else."""
    found: dict[str, dict[str, Any]] = {}
    for row in (snapshot.document("cases") or {}).get("rows", ()):
        name = row.get("touchpoint")
        if name and row["measure"] in {"open_now", "overdue"} and row["estimate"]:
            one = found.setdefault(name, {"touchpoint": name, "snapshot": snapshot.folder.name})
            one[row["measure"]] = int(row["estimate"])
    return {name: one for name, one in found.items() if "overdue" in one}


def _below_target(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Return the promises that are kept less than meant, beyond what chance explains: the whole interval is below."""
    found: dict[str, dict[str, Any]] = {}
    declared = snapshot.about["model"]["promises"]
    for row in (snapshot.document("promises") or {}).get("rows", ()):
        name, target = row.get("promise"), declared.get(row.get("promise"), {}).get("target")
        if row["measure"] == "kept_rate" and None not in (target, row["upper"]) and row["upper"] < target:
            figures = {key: row[key] for key in ("estimate", "lower", "upper", "n")}
            found[name] = {"promise": name, "target": target, "snapshot": snapshot.folder.name, **figures}
    return found


def _look_at_loads(connection: Connection, site: Site, now: datetime) -> None:
    reports = kept_reports(site.workspace, limit=_NEWEST_REPORTS)
    newest = reports[0][0] if reports else ""
    before = _told(connection, "load")
    if before == newest:
        return
    _note(connection, "load", newest)
    for name, report in reversed(reports if before is not None else []):
        if name <= str(before):
            continue
        counts = {what: report.total(what) for what in ("read", "accepted", "corrected", "unchanged")}
        quarantined = sum(report.quarantined.values())
        told = {"load": name, "store_version": report.store_version, **counts, "quarantined": quarantined}
        announce(connection, "load.finished", told, now=now)
        if quarantined:
            announce(connection, "quarantine.grew", {"load": name, "rules": report.quarantined}, now=now)


def _look_at_forgotten(connection: Connection, now: datetime) -> None:
    audit = tables.audit.c
    before = _told(connection, "forgotten")
    rows = connection.execute(
        select(audit.number, audit.object)
        .where(audit.action.in_(_FORGETTING), audit.number > int(before or 0))
        .order_by(audit.number)
    ).all()
    if before is None or rows:
        _note(connection, "forgotten", str(rows[-1].number) if rows else "0")
    for row in rows if before is not None else ():
        announce(connection, "customer.forgotten", {"customer": row.object.partition(":")[2]}, now=now)


def _told(connection: Connection, about: str) -> str | None:
    """Return what was last told about something; None if the service never looked."""
    return connection.execute(select(tables.told.c.mark).where(tables.told.c.about == about)).scalar_one_or_none()


def _note(connection: Connection, about: str, mark: str) -> None:
    said = insert(tables.told).values(about=about, mark=mark)
    connection.execute(said.on_conflict_do_update(index_elements=["about"], set_={"mark": mark}))


class Announcing(Rounds):
    """The work of looking and sending while the service runs.

    Parameters
    ----------
    site : Site
    gate : Gate
    """

    def __init__(self, site: Site, gate: Gate) -> None:
        super().__init__("Webhooks", every=EVERY_SECONDS, step=self._look_and_send)
        self._site, self._gate = site, gate
        self._lanes: Lanes | None = None

    def open(self) -> None:
        """Begin; what is already there is noted before the first request, so that all that follows is told."""
        try:
            self.look()
        except PromesaError as error:  # the service starts all the same, and the thread looks again
            LOG.warning("Webhooks wait: %s", error.what)
        super().open()

    def look(self) -> None:
        """Announce what is new."""
        with self._gate.database.begin() as connection:
            look(connection, self._site, now=utc_now())

    def close(self) -> None:
        """Stop after the round at hand, and wait a while for what is on its way."""
        super().close()
        if self._lanes is not None:
            self._lanes.close(seconds=JOIN_SECONDS)
            self._lanes = None

    def _sending(self) -> Lanes:
        if self._lanes is None:
            gate, chance = self._gate, random.SystemRandom().random
            self._lanes = Lanes(gate.database, key=gate.key, post=self._post, now=utc_now, chance=chance)
        return self._lanes

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Sent:
        return post(url, body, headers, allowed=self._site.workspace.service.webhook_hosts)

    def _look_and_send(self) -> bool:
        self.look()
        self._sending().start()
        with self._gate.database.begin() as connection:
            let_old_go(connection, now=utc_now())
        return False
