"""What the engines call the kinds of columns that a store has."""

IBIS_TYPES = {
    "text": "string",
    "time": "timestamp(6)",
    "day": "date",
    "number": "float64",
    "whole": "int64",
    "money": "decimal(18, 4)",
    "yes_no": "boolean",
}
DUCKDB_TYPES = {
    "text": "VARCHAR",
    "time": "TIMESTAMP",
    "day": "DATE",
    "number": "DOUBLE",
    "whole": "BIGINT",
    "money": "DECIMAL(18, 4)",
    "yes_no": "BOOLEAN",
}
SPARK_TYPES = {
    "text": "string",
    "time": "timestamp_ntz",
    "day": "date",
    "number": "double",
    "whole": "bigint",
    "money": "decimal(18,4)",
    "yes_no": "boolean",
}
