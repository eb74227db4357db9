"""Customers' surrogates: a keyed hash of (who issued the key, the key), its secret outside the store.

The secret is made once. Without it the same customer would get another surrogate, and every row of
theirs would look changed: so a store that knows customers and has lost its secret is not loaded into.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import StoreDamaged
from promesa.store.deltas import Overtaken, commit, ensure, relation, snapshot, write_file
from promesa.store.output import FAULTS, KEY, KEY_SOURCE, surrogate
from promesa.store.places import write_text, writing

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.store.places import Places
    from promesa.store.run import Run

TABLE = "identities"
COLUMNS = (("customer_source", "text"), ("key", "text"), ("customer", "whole"), ("recorded_at", "time"))


def unlock_identities(engine: Embedded, places: Places) -> None:
    """Give the session the secret of the surrogates, made now if the store knows no customer yet.

    Raises
    ------
    StoreDamaged
        If customers are known and the secret is missing or another one.
    """
    known = snapshot(places.table(TABLE))
    if not places.secret.exists():
        if known.files:
            raise _lost(places, got="no such file")
        with writing(places.state):
            write_text(places.secret, secrets.token_hex(32))
    engine.run(f"SET VARIABLE promesa_secret = {literal(places.secret.read_text(encoding='utf-8').strip())}")
    # Of a large file a whole group of rows is read for its first.
    if known.files and not _opens(engine, min(known.files, key=os.path.getsize)):
        raise _lost(places, got="another secret than the one the store was made with")


def _opens(engine: Embedded, file: str) -> bool:
    found = engine.value(
        f"SELECT customer = {surrogate('customer_source', 'key')} FROM read_parquet({literal(file)}) LIMIT 1"
    )
    return bool(found)


def _lost(places: Places, *, got: str) -> StoreDamaged:
    return StoreDamaged(
        what=f"The secret of the customers' surrogates is not in {places.secret}.",
        got=got,
        expected="the file that the first load made",
        fix=f"bring {places.secret} back from a copy; or move {places.store} away and load everything anew",
    )


def add_identities(run: Run, staged: Path) -> None:
    """Append the customers of a staged file that the store does not know yet.

    Raises
    ------
    StoreDamaged
        If two customers share a surrogate.
    """
    while True:
        known = ensure(run.places.table(TABLE), COLUMNS, statistics=("recorded_at",))
        _find_new(run.engine, staged, relation(run.engine, known.files, COLUMNS))
        file = write_file(
            run.engine,
            known.folder,
            f"SELECT customer_source, key, customer, {literal(run.recorded_at)} AS recorded_at "
            'FROM "~new" ORDER BY customer',
            stem=f"{run.name}-{TABLE}-{known.version}",
        )
        if file is None:
            return
        try:
            commit(known, add=[file])
        except Overtaken:
            continue
        return


def _find_new(engine: Embedded, staged: Path, known: str) -> None:
    key, issuer = name(KEY), name(KEY_SOURCE)
    engine.run(
        'CREATE OR REPLACE TEMP TABLE "~new" AS '
        f"SELECT DISTINCT {issuer} AS customer_source, {key} AS key, customer "
        f"FROM read_parquet({literal(str(staged))}) WHERE {name(FAULTS)} IS NULL AND {key} IS NOT NULL "
        f"EXCEPT SELECT customer_source, key, customer FROM ({known})"
    )
    clashes = engine.value(
        'SELECT count(*) FROM (SELECT customer FROM (SELECT customer FROM "~new" UNION ALL '
        f'SELECT customer FROM ({known}) WHERE customer IN (SELECT customer FROM "~new")) '
        "GROUP BY customer HAVING count(*) > 1)"
    )
    if clashes:
        raise StoreDamaged(
            what="Two customers share one surrogate, so their rows could not be told apart.",
            got=f"surrogates of two keys: {clashes}; nothing was stored",
            expected="one surrogate a customer",
            fix="move the store and its secret away and load everything anew: the new secret parts them",
        )
