"""What a load leaves out: rows of forgotten persons, and rows past the time that the company keeps them.

The sources are the company's own systems: they may hold both, and a load of them must not bring them back. A day
of retention counts for loads once `retain` has applied it; it is kept in `retention.json` before any row goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.store.forgotten import MARKS, is_gone, open_marks
from promesa.store.mentions import column_of_words, find_mentions, mentioning, naming, without_mentions
from promesa.store.output import CONTENT, FAULTS, ROW
from promesa.store.places import read_document, write_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promesa.store.output import Output
    from promesa.store.places import Places
    from promesa.store.run import Run

TEXTS = "texts"  # class of data: what people wrote in opinions
NO_TEXT = ""  # stands where a text was: the opinion was given, only its words are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Rows of one load that were left out."""

    forgotten: int = 0
    expired: int = 0


def apply_cutoffs(places: Places, cutoffs: Mapping[str, datetime]) -> None:
    """Keep the days before which rows of a class are gone for good; loads leave such rows out from now on."""
    kept = {**_kept(places), **{entry: at.isoformat() for entry, at in cutoffs.items()}}
    write_document(places.state / "retention.json", kept)


def _kept(places: Places) -> dict[str, object]:
    return read_document(places.state / "retention.json") or {}


def cutoff_of(run: Run, entry: str) -> datetime | None:
    """Return the instant before which rows of a class are left out; None where all are taken in.

    A class that is no longer limited, or is kept longer now, is taken in as the settings say now.
    """
    days, kept = run.ws.retention.get(entry), _kept(run.places).get(entry)
    if days is None or kept is None:
        return None
    return min(datetime.fromisoformat(str(kept)), run.recorded_at - timedelta(days=days))


def suppress(run: Run, output: Output, staged: Path) -> Suppressed:
    """Take out of a staged output what is not to be stored; nothing is read where nothing can be."""
    gone, old, silent = _conditions(run, output, staged)
    if not gone and not old and not silent:
        return Suppressed()
    mentioned = _find_mentions(run, output, staged) if gone else ""
    rows = f"read_parquet({literal(str(staged))})"
    counted = run.engine.run(
        f"SELECT count(*) FILTER (WHERE {gone or 'false'}), "
        f"count(*) FILTER (WHERE {old or 'false'} AND NOT ({gone or 'false'})), "
        f"count(*) FILTER (WHERE {silent or 'false'}) FROM {rows}"
    )
    forgotten, expired, silenced = (int(str(count)) for count in counted[0])
    if forgotten or expired or silenced or mentioned:
        numbered = f"SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS {name(ROW)} FROM "
        numbered += f"read_parquet({literal(str(staged))}, file_row_number = true)"
        kept = f"SELECT * FROM ({numbered}) WHERE NOT ({gone or 'false'}) AND NOT ({old or 'false'})"
        if silenced:
            kept = _changed(output, kept, "text", f"CASE WHEN {silent} THEN {literal(NO_TEXT)} ELSE text END")
        if mentioned:
            left = f"CASE WHEN {mentioning(mentioned)} THEN {without_mentions(mentioned)} ELSE {name(mentioned)} END"
            kept = _changed(output, kept, mentioned, left)
        _rewrite(run, kept, staged)
    return Suppressed(forgotten=forgotten, expired=expired)


def _conditions(run: Run, output: Output, staged: Path) -> tuple[str, str, str]:
    """Return the conditions, empty where there is none: a forgotten person's, past its time, past the time of texts."""
    table, gone = output.load.table, ""
    if open_marks(run):
        rows = f"SELECT * FROM read_parquet({literal(str(staged))})"
        nobody = naming(run, rows, output.kinds, marks=MARKS)
        gone = f"({is_gone('customer')} OR ({nobody}))" if nobody else is_gone("customer")
    sound, at = f"{name(FAULTS)} IS NULL", name("at")
    cut, texts = cutoff_of(run, table), cutoff_of(run, TEXTS) if table == "opinions" else None
    old = f"({sound} AND {at} < {literal(cut)})" if cut else ""
    silent = f"({sound} AND {at} < {literal(texts)} AND text IS NOT NULL)" if texts else ""
    return gone, old, silent


def _find_mentions(run: Run, output: Output, staged: Path) -> str:
    """Return the column in which people named somebody forgotten; empty if nobody did."""
    column = column_of_words(output.load.table)
    if not column:
        return ""
    texts = f"SELECT {name(column)} AS said FROM read_parquet({literal(str(staged))}) WHERE {name(FAULTS)} IS NULL"
    return column if find_mentions(run, texts) else ""


def _changed(output: Output, select: str, column: str, value: str) -> str:
    """Return rows with one column changed, and what they are compared by made to fit."""
    facts = ", ".join(name(each) for each, _ in output.kinds)
    changed = f"SELECT * REPLACE ({value} AS {name(column)}) FROM ({select})"
    return f"SELECT * REPLACE (hash({facts}) AS {name(CONTENT)}) FROM ({changed})"


def _rewrite(run: Run, select: str, staged: Path) -> None:
    left = staged.with_name(f"{staged.stem}~left.parquet")
    run.engine.run(f"COPY ({select}) TO {literal(str(left))} (FORMAT parquet, COMPRESSION zstd)")
    left.replace(staged)
