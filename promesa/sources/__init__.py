"""What the company has, read and staged as typed Parquet: files in nine formats, and databases."""

from promesa.sources.preview import preview
from promesa.sources.readers import fingerprint
from promesa.sources.shapes import DUCKDB_TYPES, Fingerprint, Preview, SourceColumn, SourceFile, SourceWarning, Staged
from promesa.sources.staging import stage

__all__ = [
    "DUCKDB_TYPES",
    "Fingerprint",
    "Preview",
    "SourceColumn",
    "SourceFile",
    "SourceWarning",
    "Staged",
    "fingerprint",
    "preview",
    "stage",
]
