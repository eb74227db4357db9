"""The shape of the fact tables; it is data of the workspace, which checks names against it."""

from promesa.workspace import AT, CUSTOMER, ID, NO_CUSTOMER, RECORDED_AT, SOURCE, TABLES, Column, Kind, columns_of

__all__ = ["AT", "CUSTOMER", "ID", "NO_CUSTOMER", "RECORDED_AT", "SOURCE", "TABLES", "Column", "Kind", "columns_of"]
