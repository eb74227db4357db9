"""The fact tables: validated, kept exactly once, corrected with their history, read at one version."""

from promesa.store.arrivals import arriving_columns, take_facts, take_rejects
from promesa.store.erasure import Erased, certified, erase, finish_erasure, unfinished_erasure
from promesa.store.events import COLUMNS as EVENT_TABLE_COLUMNS
from promesa.store.events import EVENTS, Taken, events_settled, take_events
from promesa.store.facts import Facts, let_go, open_facts, own_facts, resolve_instant, wanted_instant
from promesa.store.inspection import Held, Inspection, inspect_store, rows_about
from promesa.store.kept_columns import drop_columns, keep_columns, kept_columns
from promesa.store.loading import keep_report, load, load_chosen, session
from promesa.store.merging import merge_small_files
from promesa.store.misnamed import misnamed_columns
from promesa.store.output import surrogate
from promesa.store.places import Places, flush_folder, places_of, read_document, write_document
from promesa.store.quarantine import TABLE as QUARANTINE
from promesa.store.reading import Store, open_store
from promesa.store.recording import OWN_SOURCE, record_facts
from promesa.store.remnants import ledger_files
from promesa.store.removal import (
    Holding,
    close_items,
    count_mentions,
    file_rows,
    holdings,
    open_gone,
    purge,
    recorded_systems,
    table_rows,
    take_out,
)
from promesa.store.replay import quarantine_replay
from promesa.store.report import LoadCount, LoadReport, kept_reports
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
from promesa.store.state import (
    STATE,
    add_state,
    add_turn,
    change_state,
    replace_state,
    state_files,
    state_rows,
    state_version,
    timestamp,
)
from promesa.store.suppression import NO_TEXT, TEXTS, apply_cutoffs
from promesa.store.taking_back import LeftBehind, TakenBack, take_back
from promesa.store.unknown import UnknownTouchpoint, unknown_touchpoints

__all__ = [
    "EVENTS",
    "EVENT_TABLE_COLUMNS",
    "NO_TEXT",
    "OWN_SOURCE",
    "QUARANTINE",
    "STATE",
    "TABLES",
    "TEXTS",
    "Column",
    "Erased",
    "Facts",
    "Held",
    "Holding",
    "Inspection",
    "Kind",
    "LeftBehind",
    "LoadCount",
    "LoadReport",
    "Places",
    "QuarantineItem",
    "Run",
    "Store",
    "Taken",
    "TakenBack",
    "UnknownTouchpoint",
    "add_state",
    "add_turn",
    "apply_cutoffs",
    "arriving_columns",
    "certified",
    "change_state",
    "close_items",
    "columns_of",
    "count_mentions",
    "drop_columns",
    "erase",
    "events_settled",
    "explain_rule",
    "file_rows",
    "finish_erasure",
    "flush_folder",
    "holdings",
    "inspect_store",
    "keep_columns",
    "keep_report",
    "kept_columns",
    "kept_reports",
    "ledger_files",
    "let_go",
    "load",
    "load_chosen",
    "merge_small_files",
    "misnamed_columns",
    "open_facts",
    "open_gone",
    "open_store",
    "own_facts",
    "places_of",
    "purge",
    "quarantine_counts",
    "quarantine_list",
    "quarantine_mend",
    "quarantine_replay",
    "quarantine_show",
    "read_document",
    "record_facts",
    "recorded_systems",
    "replace_state",
    "resolve_instant",
    "rows_about",
    "session",
    "state_files",
    "state_rows",
    "state_version",
    "surrogate",
    "table_rows",
    "take_back",
    "take_events",
    "take_facts",
    "take_out",
    "take_rejects",
    "timestamp",
    "unfinished_erasure",
    "unknown_touchpoints",
    "wanted_instant",
    "write_document",
]
