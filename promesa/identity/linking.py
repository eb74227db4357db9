"""`link`: from profiles to persons, looking only at what has changed.

The order of what is written (model, links, persons, records, state) lets a run that was killed anywhere be completed
by the next: until the records say what the profiles say, their customers count as changed, and finding the same links
again writes nothing twice.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.identity.changes import (
    BEFORE,
    KEYED,
    NEW,
    PARTS,
    RECORDS,
    find_changes,
    forget_session,
    write_records,
)
from promesa.identity.counts import Counts, count_all
from promesa.identity.exact import ONE_FIELD, columns_read, exact_links
from promesa.identity.keys import select_parts
from promesa.identity.last_run import LastRun, read_last_run, versions_now, write_last_run
from promesa.identity.report import LinkReport, report_of, tell_step
from promesa.identity.settling import Fresh, Settled, are_known, count_overruled, settle_links
from promesa.store import session, state_files, state_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from promesa.identity.exact import Shared
    from promesa.identity.kept_model import LinkModel
    from promesa.identity.keys import LeftOut
    from promesa.store import Run
    from promesa.workspace import Model, Workspace

VERSION = 4  # of what makes records and links: with another one, everything is looked at again
# Tables of the session: links found anew; pairs of others whose links are found anew, by the model and by identifiers.
_LINKS, _PAIRS, _LOST, _MOVED = "identity_links", "identity_pairs", "identity_lost", "identity_moved_values"
_AGAIN = "identity_again"
_CLOSE = "identity_close"  # the records of all who may be linked with new ones
_ENDS = ("low", "high")
_NAME = ("given", "given_2", "surname", "surname_2")
_THINGS = ("birth_date", "address", "postcode")  # beside the name, the identifiers and the traits compared
_ALIKE = ("same", "close", "swapped", "partly")
_DIGITS = 12  # of a probability: what lies beyond is the order in which numbers were added


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What finding links tells."""

    shared: Sequence[Shared]
    blocks: Sequence[LeftOut]
    pairs: int


def link(
    ws: Workspace,
    *,
    recorded_at: datetime,
    full: bool = False,
    retrain: bool = False,
    progress: Callable[[str, float | None], None] | None = None,
) -> LinkReport:
    """Find the records that are one person, and write links and persons.

    Parameters
    ----------
    ws : Workspace
        The company's folder.
    recorded_at : datetime
        Instant of the run; naive is UTC.
    full : bool, default False
        Compare all records again, with the kept model.
    retrain : bool, default False
        Train the model anew, then compare all records again.
    progress : callable or None
        Called with a sentence and a share done (None: not known) at each step.

    Returns
    -------
    LinkReport
        What was linked, what waits for a person, and what was left out and why.

    Raises
    ------
    StoreBusy
        If a load or another link run holds the store.
    StoreNotWritable
        If the disk is full or read-only; the next run completes the rest.
    StoreDamaged
        If files of the store, its secret or the kept model cannot be read.
    """
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        return _link(run, full=full or retrain, retrain=retrain)


def refresh_persons(run: Run) -> Settled:
    """Heed the decisions made since the persons were last settled.

    Parameters
    ----------
    run : Run
        An open session; what it has written to `decisions` counts.

    Returns
    -------
    Settled
        What changed.
    """
    kept = read_last_run(run)
    untouched = kept.stands(run, "links", "persons")
    columns = (("customer", "whole"), ("document", "text"), ("birth_date", "day"))
    run.engine.run(f"CREATE OR REPLACE TEMP VIEW identity_known AS {state_rows(run, 'records', columns)}")
    settled = settle_links(
        run,
        records="identity_known",
        link_from=kept.link_from if kept.settings else run.ws.model.identity.link_from,
        touched=_undone(run, kept),
    )
    run.engine.run("DROP VIEW identity_known")
    decided, decisions = _decided(run)
    # Where a run was killed before, the next one still has to look at everything.
    written = (
        {table: version for table, version in versions_now(run).items() if table != "records"} if untouched else {}
    )
    versions = {**kept.versions, **written}
    counts = kept.counts + settled.change if untouched and kept.counts and settled.change else None
    write_last_run(run, replace(kept, decided=decided, decisions=decisions, versions=versions, counts=counts))
    return settled


def _link(run: Run, *, full: bool, retrain: bool) -> LinkReport:
    kept, settings = read_last_run(run), _settings_of(run)
    counts = kept.counts if kept.stands(run, "links", "persons") else None
    link_from = _link_from(run)
    model = None if retrain else _usable_model(run)
    anew = settings != kept.settings
    whole = full or model is None or anew
    tell_step(run, "records")
    files = state_files(run, "profiles")
    changes = find_changes(run, whole=whole, anew=anew, arrived=None if anew else kept.arrived(run))
    trained = model is None and changes.records > 0
    if trained:
        model = _trained(run)
    found = _Found(shared=(), blocks=(), pairs=0)
    at_rest = kept.link_from == link_from and _decided(run) == (kept.decided, kept.decisions)
    settled = None
    if whole or not at_rest or run.engine.value(f"SELECT count(*) FROM {NEW}"):
        found = _find_links(run, model, link_from=link_from, whole=whole, known=changes.known)
        tell_step(run, "guards")
        same_records = not (anew or changes.any)
        settled = _settled(run, kept, link_from=link_from, whole=whole, same_records=same_records)
    tell_step(run, "keep")
    write_records(run, whole=anew, known=changes.known)
    tell_step(run, "kept")
    if counts and settled:
        counts = counts + settled.change if settled.change else None
    counts = counts or count_all(run)
    decided, decisions = _decided(run)
    write_last_run(
        run,
        LastRun(
            settings=settings,
            link_from=link_from,
            decided=decided,
            decisions=decisions,
            profiles=files,
            versions=versions_now(run),
            counts=counts,
        ),
    )
    forget_session(run, whole=whole)
    return report_of(
        run,
        changes=changes,
        shared=[*changes.shared, *found.shared],
        blocks=found.blocks,
        pairs=found.pairs,
        model=model,
        trained=trained,
        whole=whole,
        settled=settled,
        counts=counts,
    )


def _settled(run: Run, kept: LastRun, *, link_from: float, whole: bool, same_records: bool) -> Settled:
    told_the_same = kept.link_from == link_from and _decided(run) == (kept.decided, kept.decisions)
    if whole and same_records and told_the_same and kept.stands(run, "links", "persons") and are_known(run, _LINKS):
        # What joins depends on links, decisions and records alone, and none of them is other than it was.
        return Settled(links=0, persons=0, overruled=count_overruled(run), change=Counts.none())
    settled = settle_links(
        run,
        records=RECORDS,
        link_from=link_from,
        fresh=Fresh(customers=NEW, links=_LINKS, pairs=None if whole else _AGAIN),
        touched=_undone(run, kept),
        whole=whole or kept.link_from != link_from,
    )
    run.engine.run(f"DROP TABLE IF EXISTS {_AGAIN}")
    return settled


def _model_path(run: Run) -> Path:
    return run.places.state / "identity" / "model.json"


def _usable_model(run: Run) -> LinkModel | None:
    """Return the kept model, or None if there is none that compares what the company declares now."""
    from promesa.identity.kept_model import fits, read_model

    kept = read_model(_model_path(run))
    return kept if kept and fits(kept, run.ws.model) else None


def _trained(run: Run) -> LinkModel:
    from promesa.identity.kept_model import write_model
    from promesa.identity.training import train

    tell_step(run, "train")
    model = train(run.engine, RECORDS, model=run.ws.model, seed=run.ws.model.identity.seed)
    write_model(_model_path(run), model)
    tell_step(run, "trained")
    return model


def _find_links(run: Run, model: LinkModel | None, *, link_from: float, whole: bool, known: bool) -> _Found:
    """Write the links of the new customers: by identifiers, and by the model."""
    from promesa.identity.blocking import NEAR, pairs
    from promesa.identity.scoring import score

    engine, declared = run.engine, run.ws.model
    blocks: Sequence[LeftOut] = ()
    before = BEFORE if known and not whole else None  # of records that are all new there is nothing to read
    tell_step(run, "pairs")
    if whole:
        if model:
            blocks = pairs(engine, f"FROM {PARTS}", new=None, into=_PAIRS, model=declared)
    else:
        blocks = _pairs_of_new(run, before=before)
    tell_step(run, "exact")
    records = RECORDS if whole else _read_close(run, model)
    some = {} if whole else {"new": NEW, "before": before, "moved": _MOVED}
    shared = exact_links(engine, records, model=declared, keyed=KEYED, into="identity_exact", **{"new": None, **some})
    if not whole:
        _write_again(run)
    scored, stated = "", ""
    if model:
        tell_step(run, "score")
        at_least = min(declared.identity.review_from, link_from)
        enough = f", {_enough_agrees('agreed', declared)} AS enough"
        score(engine, records, _PAIRS, link_model=model, into="identity_scores", at_least=at_least, also=enough)
        # Read once for both ends.
        ends = "SELECT low FROM identity_scores UNION ALL SELECT high FROM identity_scores"
        stated = f'WITH stated AS MATERIALIZED (SELECT customer, "at" FROM {records} WHERE customer IN ({ends})) '
        scored = _scored(model)
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LINKS} AS {stated}"
        "SELECT low, high, 'exact' AS kind, rule, CAST(NULL AS DOUBLE) AS probability, agreed, reason, \"at\" "
        f"FROM identity_exact{scored}"
    )
    looked = int(str(engine.value(f"SELECT count(*) FROM {_PAIRS}"))) if model else 0
    for table in ("identity_exact", "identity_scores", _PAIRS, _LOST, _MOVED, NEAR, _CLOSE):
        engine.run(f"DROP TABLE IF EXISTS {table}")
    return _Found(shared=shared, blocks=blocks, pairs=looked)


def _write_again(run: Run) -> None:
    """Write the pairs of customers that are not new whose links are found anew, and by what."""
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_AGAIN} AS FROM {_MOVED} "
        f"UNION ALL SELECT low, high, NULL FROM {_LOST} UNION ALL SELECT low, high, NULL FROM {_PAIRS} "
        f"WHERE low NOT IN (FROM {NEW}) AND high NOT IN (FROM {NEW})"
    )


def _scored(model: LinkModel) -> str:
    return (
        f" UNION ALL SELECT s.low, s.high, 'model', {literal(model.fingerprint)}, round(s.probability, {_DIGITS}), "
        f"s.agreed, CASE WHEN NOT s.enough THEN {literal(ONE_FIELD)} END, "
        'greatest(a."at", b."at") FROM identity_scores s '
        "JOIN stated a ON a.customer = s.low JOIN stated b ON b.customer = s.high"
    )


def _enough_agrees(agreed: str, declared: Model) -> str:
    """Return the condition that two things tell that two records are one person; all of a name is one thing.

    However sure a model is, one thing is not enough: it learns from the records at hand, and where these hold
    nothing but names, or nothing but an e-mail, it cannot learn how many persons share one.
    """
    alike = f'": "({"|".join(_ALIKE)})'
    others = "|".join(re.escape(field) for field in (*_THINGS, *declared.identifiers, *declared.identity.compare))
    other, named = f'"({others}){alike}', f'"({"|".join(_NAME)}){alike}'

    def has(pattern: str) -> str:
        return f"regexp_matches({agreed}, {literal(pattern)})"

    return f"({has(other)} AND ({has(named)} OR {has(f'{other}.*{other}')}))"


def _pairs_of_new(run: Run, *, before: str | None) -> Sequence[LeftOut]:
    """Write the pairs of new customers with all, and what these change among the others."""
    from promesa.identity.blocking import pairs

    found = f"SELECT low, high FROM ({state_rows(run, 'links')}) WHERE kind = 'model'"
    was = select_parts(run.ws.model, before) if before else None
    lost = {"known": found, "lost": _LOST}
    return pairs(run.engine, f"FROM {PARTS}", new=NEW, before=was, into=_PAIRS, model=run.ws.model, **lost)


def _read_close(run: Run, model: LinkModel | None) -> str:
    """Write the records of all who may be linked with new ones, read once, and return their table."""
    from promesa.identity.blocking import NEAR
    from promesa.identity.scoring import columns_read as compared

    columns = columns_read(run.ws.model) | (compared(model.settings["comparisons"]) if model else set())
    keyed = f"FROM {KEYED} WHERE low IN (FROM {NEW}) OR high IN (FROM {NEW})"
    ends = " UNION ALL ".join(f"SELECT {end} AS customer {rows}" for rows in (f"FROM {_PAIRS}", keyed) for end in _ENDS)
    close = f"FROM {NEW} UNION ALL FROM {NEAR} UNION ALL {ends}"
    listed = ", ".join(f'"{column}"' for column in sorted(columns))
    run.engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_CLOSE} AS SELECT {listed} FROM {RECORDS} WHERE customer IN ({close})"
    )
    return _CLOSE


def _settings_of(run: Run) -> str:
    """Return a fingerprint of all that a company declares and that records or links depend on."""
    declared = run.ws.model
    identity = asdict(declared.identity)
    for other in ("link_from", "seed", "train_on"):  # judged from the kept links; of the training alone
        identity.pop(other)
    identifiers = {
        key: {field: value for field, value in asdict(identifier).items() if field != "label"}
        for key, identifier in declared.identifiers.items()
    }
    # The numbers of the parts kept beside records are the engine's: another one may number texts otherwise.
    made_by = [VERSION, run.engine.value("SELECT version()")]
    text = json.dumps([*made_by, identity, identifiers], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _link_from(run: Run) -> float:
    """Return the probability from which records are joined; new decisions train it first."""
    from promesa.identity.threshold import NEEDED, current_threshold, train_threshold

    if _decided(run)[1] >= NEEDED:
        train_threshold(run)
    return current_threshold(run.ws, run.places)


def _decided(run: Run) -> tuple[str, int]:
    [(last, count)] = run.engine.run(f"SELECT max(recorded_at), count(*) FROM ({state_rows(run, 'decisions')})")
    return ("" if last is None else str(last)), int(str(count))


def _undone(run: Run, kept: LastRun) -> str | None:
    """Return a SELECT of the customers of decisions that persons do not heed yet."""
    last, count = _decided(run)
    if (last, count) == (kept.decided, kept.decisions):
        return None
    later = f"WHERE recorded_at >= TIMESTAMP {literal(kept.decided)}" if kept.decided else ""
    decisions = f"({state_rows(run, 'decisions')}) {later}"
    return f"SELECT low AS customer FROM {decisions} UNION SELECT high FROM {decisions}"
