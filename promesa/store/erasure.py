"""Take rows out of the store for good: out of the tables, then off the disk, then looked for in every file.

The rows go by rewriting the files that hold them; all other rows stay as they were, in their order. What is done
is written down before it begins (`erasing.json`: surrogates and marks, no keys or names), so that an erasure killed
anywhere is completed by the next. The tables that tell who somebody is go last.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.errors import InputError, StoreError
from promesa.store.forgotten import GONE, TRACES, gather_traces, listed_customers, remember, value_mark
from promesa.store.places import read_document, wipe, write_document, writing
from promesa.store.remnants import remnants, scrub_ledger
from promesa.store.removal import count_mentions, holdings, open_gone, purge, tables_of, take_all_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from promesa.store.run import Run

FORMAT = 1
_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """An erasure that was completed and verified.

    Attributes
    ----------
    certificate : Path
        File that says so, without personal data.
    document : mapping
        What stands in it.
    """

    certificate: Path
    document: Mapping[str, Any]


def erase(
    run: Run,
    customers: Sequence[int],
    *,
    by: str,
    notes: Mapping[str, int] | None = None,
    take_arrivals: Callable[[Run], object] | None = None,
) -> Erased:
    """Erase customers from every file of the workspace, verify it, and leave a certificate.

    Parameters
    ----------
    customers : sequence of int
        Surrogates, all those of the person.
    by : str
        Who asked for it; stands in the certificate.
    notes : mapping of str to int or None
        Counts of what the caller did beside it, for the certificate.
    take_arrivals : callable or None
        Takes in what has arrived and is not yet in the store; called once the marks are kept.

    Raises
    ------
    InputError
        If `by` is itself something that tells who the person is.
    StoreBusy
        If another process keeps writing rows of theirs; the next run goes on.
    StoreError
        If something of theirs is still found; there is no certificate, and the next run goes on.
    """
    open_gone(run, customers)
    _refuse_telling(run, by)
    marks = run.engine.run(f"SELECT DISTINCT mark, kind FROM {TRACES} ORDER BY 1")
    intent = {
        "format": FORMAT,
        "id": run.name[:12],
        "asked_at": run.recorded_at.isoformat(),
        "by": by,
        "customers": [int(str(row[0])) for row in run.engine.run(f"SELECT customer FROM {GONE} ORDER BY 1")],
        "marks": [list(row) for row in marks],
        "before": {entry.table: [entry.rows, entry.before, entry.files] for entry in holdings(run)},
        "notes": dict(notes or {}),
    }
    write_document(_intent(run), intent)
    run.tell("erasing")
    return _carry_out(run, intent, take_arrivals)


def _refuse_telling(run: Run, by: str) -> None:
    told = f"{value_mark(literal(by))} IN (SELECT mark FROM {TRACES} WHERE kind IN ('value', 'name'))"
    if by and run.engine.value(f"SELECT {told}"):
        raise InputError(
            what="Who asks is named by what is to be forgotten.",
            got="a name or an identifier of the person themselves",
            expected="who in the company does it: it stands in the certificate, which is kept",
            fix='name the employee or the request, such as --by "request 1402"',
        )


def _intent(run: Run) -> Path:
    return run.places.state / "erasing.json"


def unfinished_erasure(run: Run) -> list[int]:
    """Return the surrogates of an erasure that was begun and not completed; none if there is none."""
    intent: Any = read_document(_intent(run))
    return [int(customer) for customer in intent["customers"]] if intent else []


def finish_erasure(run: Run, *, take_arrivals: Callable[[Run], object] | None = None) -> Erased | None:
    """Complete an erasure that was killed; None if there is none."""
    intent: Any = read_document(_intent(run))
    if not intent:
        return None
    listed_customers(run, intent["customers"])
    run.engine.run(f"CREATE OR REPLACE TEMP TABLE {TRACES} (mark VARCHAR, kind VARCHAR, value VARCHAR)")
    listed = ", ".join(f"({literal(mark)}, {literal(kind)}, NULL)" for mark, kind in intent["marks"])
    run.engine.run(f"INSERT INTO {TRACES} VALUES {listed}")
    gather_traces(run)
    return _carry_out(run, intent, take_arrivals)


def _carry_out(run: Run, intent: dict[str, Any], take_arrivals: Callable[[Run], object] | None) -> Erased:
    remember(run)
    if take_arrivals is not None:
        take_arrivals(run)
    run.tell("remembered")
    found: list[str] = []
    for _ in range(_ROUNDS):
        take_all_out(run)
        deleted = purge(run, tables_of(run))
        with writing(run.places.state):
            wipe(run.places.state / "spill")
            wipe(run.places.remembered)
            scrub_ledger(run)
        run.tell("verify")
        read, found = remnants(run)
        if not found and not count_mentions(run):
            return _certify(run, intent, files_read=read, files_deleted=deleted)
    raise StoreError(
        what="The erasure is not complete: something of the person is still there.",
        got=", ".join(found[:5]),
        expected="no file that holds them",
        fix="end what else writes to the workspace, then run the command again: it goes on where it stopped",
    )


def _certify(run: Run, intent: dict[str, Any], *, files_read: int, files_deleted: int) -> Erased:
    before = intent["before"]
    tables = [
        {
            "table": entry.table,
            "rows_before": before.get(entry.table, [0, 0, ""])[1],
            "rows_removed": before.get(entry.table, [0, 0, ""])[0],
            "rows_after": entry.before,
            "files_before": before.get(entry.table, [0, 0, ""])[2],
            "files_after": entry.files,
        }
        for entry in holdings(run)
    ]
    found = certified(
        run,
        kind="forget",
        identity=intent["id"],
        by=intent["by"],
        asked_at=intent["asked_at"],
        tables=tables,
        notes={**intent["notes"], "files_read": files_read, "files_deleted": files_deleted, "found": 0},
    )
    with writing(run.places.state):
        _intent(run).unlink(missing_ok=True)
    run.tell("certified")
    return found


def certified(
    run: Run,
    *,
    kind: str,
    identity: str,
    by: str,
    asked_at: str,
    tables: Sequence[Mapping[str, object]],
    notes: Mapping[str, int],
) -> Erased:
    """Write the certificate of what was removed: counts, hashes and instants, nothing personal."""
    from importlib.metadata import version

    document: dict[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "id": identity,
        "asked_at": asked_at,
        "completed_at": run.recorded_at.isoformat(),
        "by": by,
        "promesa": version("promesa"),
        "tables": [dict(table) for table in tables],
        **notes,
    }
    document["sha256"] = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    path = run.places.state / "erasures" / f"{asked_at[:10]}-{identity}.json"
    write_document(path, document)
    return Erased(certificate=path, document=document)
