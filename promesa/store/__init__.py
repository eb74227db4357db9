"""The fact tables: validated, kept exactly once, corrected with their history, read at one version."""

from promesa.store.facts import Facts, open_facts, resolve_instant
from promesa.store.schema import TABLES, Column, Kind, columns_of

__all__ = ["TABLES", "Column", "Facts", "Kind", "columns_of", "open_facts", "resolve_instant"]
