"""The database of the service: opened, brought up to date, closed; its tables."""

from promesa.database.embedded import program
from promesa.database.opening import Database, host_of, open_database
from promesa.database.steps import SchemaVersion, schema_version, upgrade_schema

__all__ = ["Database", "SchemaVersion", "host_of", "open_database", "program", "schema_version", "upgrade_schema"]
