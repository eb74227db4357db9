"""The fact tables: validated, kept exactly once, corrected with their history, read at one version."""

from promesa.store.facts import Facts, open_facts, resolve_instant, wanted_instant
from promesa.store.loading import load, session
from promesa.store.output import surrogate
from promesa.store.reading import Store, open_store
from promesa.store.replay import quarantine_replay
from promesa.store.report import LoadCount, LoadReport
from promesa.store.review import (
    QuarantineItem,
    explain_rule,
    quarantine_counts,
    quarantine_list,
    quarantine_mend,
    quarantine_show,
)
from promesa.store.run import Run
from promesa.store.schema import TABLES, Column, Kind, columns_of
from promesa.store.state import STATE, add_state, change_state, replace_state, state_rows, timestamp

__all__ = [
    "STATE",
    "TABLES",
    "Column",
    "Facts",
    "Kind",
    "LoadCount",
    "LoadReport",
    "QuarantineItem",
    "Run",
    "Store",
    "add_state",
    "change_state",
    "columns_of",
    "explain_rule",
    "load",
    "open_facts",
    "open_store",
    "quarantine_counts",
    "quarantine_list",
    "quarantine_mend",
    "quarantine_replay",
    "quarantine_show",
    "replace_state",
    "resolve_instant",
    "session",
    "state_rows",
    "surrogate",
    "timestamp",
    "wanted_instant",
]
