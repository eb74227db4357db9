"""Which customers' profiles have changed since the last link run, and what their records say now.

Nothing is told by a clock: a customer is looked at whose number of profile rows, or the newest of them, is not what
the kept record was made of. So rows that came, were corrected, moved to another customer or were erased all tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.identity.exact import key_identifiers, key_pairs
from promesa.identity.keys import part_columns, parts_of, select_parts
from promesa.identity.records import make_records, record_columns
from promesa.identity.settling import same_rows
from promesa.store import add_state, change_state, columns_of, replace_state, state_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.identity.exact import Shared
    from promesa.store import Run
    from promesa.workspace import Model

# What a record was made of, beside its own columns.
MADE_OF = (("profile_rows", "whole"), ("newest", "time"))
# Tables and views of the session.
RECORDS, BEFORE, NEW, KEYED = "identity_records", "identity_before", "identity_new", "identity_keyed"
PARTS = "identity_known_parts"
_FRESH, _KEPT, _LIVE, _LOOKED = "identity_fresh", "identity_kept", "identity_live", "identity_looked"
_IDENTITIES = (("customer", "whole"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a link run has to look at.

    Attributes
    ----------
    records : int
        All there are now.
    looked, new, changed, gone : int
        Customers whose profiles were made comparable; of these those without a record before, with another one,
        and with none any more.
    left_out : sequence of mapping
        Values not used: `field`, `reason`, `records`.
    shared : sequence of Shared
        Keys of other systems that join nobody because too many name them.
    known : bool
        Whether any of those looked at, or whose links are found anew, may have had a record before.
    """

    records: int
    looked: int
    new: int
    changed: int
    gone: int
    left_out: Sequence[Mapping[str, object]]
    shared: Sequence[Shared]
    known: bool

    @property
    def any(self) -> bool:
        """Tell whether any link may be other than before."""
        return bool(self.new or self.changed or self.gone)


def kept_columns(model: Model) -> tuple[tuple[str, str], ...]:
    """Return the columns of the table `records`."""
    return (*record_columns(model), *MADE_OF, *part_columns(model))


def find_changes(run: Run, *, whole: bool, anew: bool, arrived: Sequence[str] | None = None) -> Changes:
    """Make the records of customers whose profiles changed, and write who they are.

    The session then has ``identity_records`` (all records as they are now), ``identity_known_parts`` (their parts, of
    which keys are made), ``identity_before`` (records of changed customers as they were), ``identity_new``
    (`customer`: whose links are to be found anew) and ``identity_keyed`` (links by another system's key).

    Parameters
    ----------
    whole : bool
        Find every link anew.
    anew : bool
        Make every record anew: what makes them is not what it was. Otherwise a record whose profile rows are
        the same is the same.
    arrived : sequence of str or None
        Files of profiles that have come since the records were made, where none has gone: only the customers of
        these can have changed. None: anybody may.
    """
    engine, model = run.engine, run.ws.model
    engine.run(f"CREATE OR REPLACE TEMP VIEW {_KEPT} AS {state_rows(run, 'records', kept_columns(model))}")
    read = _look(run, whole=anew) if arrived is None else _look_at_arrived(run, arrived)
    left_out = _make(run, whole=anew, files=read)
    again = read is None
    columns = ", ".join(f'"{column}"' for column, _ in record_columns(model))
    others = f"{_KEPT}{f' ANTI JOIN {_LOOKED} USING (customer)' if again else ''}"
    rest = "" if anew else f" UNION ALL SELECT {columns} FROM {others}"
    parts = [select_parts(model, _FRESH), *([] if anew else [select_parts(model, others, kept=True)])]
    engine.run(f"CREATE OR REPLACE TEMP VIEW {PARTS} AS {' UNION ALL '.join(parts)}")
    # A run that looks at few records reads few columns of the others: they stay where they are kept.
    kind = "TABLE" if whole else "VIEW"
    engine.run(f"CREATE OR REPLACE TEMP {kind} {RECORDS} AS SELECT {columns} FROM {_FRESH}{rest}")
    new, changed, gone = _compare(run, columns, whole=whole, again=again, all_there=arrived is not None)
    shared = _add_keyed(run)
    engine.run(f"CREATE OR REPLACE TEMP VIEW {BEFORE} AS SELECT {columns} FROM {_KEPT} WHERE customer IN (FROM {NEW})")
    return Changes(
        records=int(str(engine.value(f"SELECT count(*) FROM {RECORDS}"))),
        looked=int(str(engine.value(f"SELECT count(*) FROM {_LOOKED}"))),
        new=new,
        changed=changed,
        gone=gone,
        left_out=left_out,
        shared=shared,
        known=again or bool(key_identifiers(model)),
    )


def write_records(run: Run, *, whole: bool, known: bool) -> None:
    """Bring the table `records` to what the session knows; nothing is written where nothing differs.

    Parameters
    ----------
    whole : bool
        Every record was made anew.
    known : bool
        Any customer that was looked at may have a record already.
    """
    columns = kept_columns(run.ws.model)
    fresh = f"SELECT f.*, l.profile_rows, l.newest FROM {_FRESH} f JOIN {_LIVE} l USING (customer)"
    made = f"SELECT *, {parts_of(run.ws.model)} FROM ({fresh})"
    select = f"{made} ORDER BY customer"
    listed = ", ".join(f'"{column}"' for column, _ in columns)
    if whole:
        if not same_rows(run.engine, f"({made})", _KEPT, listed):
            replace_state(run, "records", select, columns=columns)
    elif not known:
        add_state(run, "records", select, columns=columns)
    elif run.engine.value(f"SELECT count(*) FROM {_LOOKED}"):
        change_state(run, "records", gone=f"customer IN (FROM {_LOOKED})", select=select, columns=columns)


def forget_session(run: Run, *, whole: bool) -> None:
    """Drop the tables and views that `find_changes` made."""
    for view in (BEFORE, *(() if whole else (RECORDS,)), PARTS, _KEPT):
        run.engine.run(f"DROP VIEW IF EXISTS {view}")
    for table in (*((RECORDS,) if whole else ()), NEW, KEYED, _FRESH, _LIVE, _LOOKED, "identity_profiles"):
        run.engine.run(f"DROP TABLE IF EXISTS {table}")


def _look(run: Run, *, whole: bool) -> None:
    """Write who has how many profile rows, and the customers that are looked at."""
    _write_live(run)
    differs = "live.profile_rows IS DISTINCT FROM kept.profile_rows OR live.newest IS DISTINCT FROM kept.newest"
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LOOKED} AS SELECT customer FROM {_LIVE} live "
        f"FULL JOIN {_KEPT} kept USING (customer) {'' if whole else f'WHERE {differs}'}"
    )


def _look_at_arrived(run: Run, arrived: Sequence[str]) -> Sequence[str] | None:
    """Do the same where only the customers of some files can have changed; return the files with their rows.

    None: any file may hold rows of these customers.
    """
    come = state_rows(run, "profiles", _IDENTITIES, only=arrived)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LOOKED} AS SELECT DISTINCT customer FROM ({come}) WHERE customer IS NOT NULL"
    )
    # Without a record before, a customer has no row in another file.
    read = None if run.engine.value(f"SELECT count(*) FROM {_KEPT} WHERE customer IN (FROM {_LOOKED})") else arrived
    _write_live(run, files=read, where=f"customer IN (FROM {_LOOKED})")
    # The others, such as those of a run that was killed at its end, are known as they are.
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LOOKED} AS SELECT customer FROM {_LIVE} "
        f"EXCEPT SELECT customer FROM {_KEPT} JOIN {_LIVE} USING (customer, profile_rows, newest)"
    )
    return read


def _write_live(run: Run, *, files: Sequence[str] | None = None, where: str = "customer IS NOT NULL") -> None:
    profiles = state_rows(run, "profiles", (*_IDENTITIES, ("recorded_at", "time")), only=files)
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LIVE} AS "
        "SELECT customer, count(*) AS profile_rows, max(recorded_at) AS newest "
        f"FROM ({profiles}) WHERE {where} GROUP BY customer"
    )


def _make(run: Run, *, whole: bool, files: Sequence[str] | None) -> Sequence[Mapping[str, object]]:
    """Write the records of the customers that are looked at; return what was left out of them."""
    columns = tuple((column.name, column.kind) for column in columns_of("profiles", run.ws.model))
    profiles = state_rows(run, "profiles", columns, only=files)
    if not whole:
        run.engine.run(
            "CREATE OR REPLACE TEMP TABLE identity_profiles AS "
            f"SELECT * FROM ({profiles}) WHERE customer IN (FROM {_LOOKED})"
        )
        profiles = "identity_profiles"
    return make_records(run.engine, run.ws.model, profiles=profiles, into=_FRESH)


def _compare(run: Run, columns: str, *, whole: bool, again: bool, all_there: bool) -> tuple[int, int, int]:
    """Write whose links are to be found anew; return how many records are new, other than before, and gone.

    Parameters
    ----------
    again : bool
        Some of those that were looked at may have a record already.
    all_there : bool
        Nobody can have gone.
    """
    engine = run.engine
    kept = f" EXCEPT SELECT {columns} FROM {_KEPT} WHERE customer IN (FROM {_LOOKED})" if again else ""
    engine.run(
        f'CREATE OR REPLACE TEMP TABLE "~differs" AS SELECT customer FROM (SELECT {columns} FROM {_FRESH}{kept})'
    )
    gone = "false" if all_there else f"customer NOT IN (SELECT customer FROM {_LIVE})"
    engine.run(f'CREATE OR REPLACE TEMP TABLE "~vanished" AS SELECT customer FROM {_KEPT} WHERE {gone}')
    fresh = RECORDS if whole else '"~differs"'
    engine.run(
        # Who has gone has no record: nobody is in both.
        f'CREATE OR REPLACE TEMP TABLE {NEW} AS SELECT customer FROM {fresh} UNION ALL FROM "~vanished"'
    )
    known = f'SELECT count(*) FROM {_KEPT} WHERE customer IN (FROM "~differs")' if again else "SELECT 0"
    different, repeated, vanished = (
        int(str(value))
        for value in engine.run(
            f'SELECT (SELECT count(*) FROM "~differs"), ({known}), (SELECT count(*) FROM "~vanished")'
        )[0]
    )
    for table in ("~differs", "~vanished"):
        engine.run(f'DROP TABLE "{table}"')
    return different - repeated, repeated, vanished


def _add_keyed(run: Run) -> Sequence[Shared]:
    """Find the links by another system's key; whoever gains or loses one is found anew."""
    engine, model = run.engine, run.ws.model
    rules = ", ".join(literal(identifier.name) for identifier in key_identifiers(model))
    known = f"SELECT customer FROM ({state_rows(run, 'identities', _IDENTITIES)})"
    shared = key_pairs(engine, RECORDS, model=model, known=known, into=KEYED)
    if rules:
        links = state_rows(run, "links")
        had = f"SELECT low, high, rule FROM ({links}) WHERE kind = 'exact' AND rule IN ({rules})"
        moved = f"(FROM {KEYED} EXCEPT {had}) UNION ({had} EXCEPT FROM {KEYED})"
        engine.run(
            f"INSERT INTO {NEW} SELECT customer FROM (SELECT low AS customer FROM ({moved}) "
            f"UNION SELECT high FROM ({moved})) WHERE customer NOT IN (FROM {NEW})"
        )
    return shared
