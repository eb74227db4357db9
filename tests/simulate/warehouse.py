"""Reads a simulated company's files with plain DuckDB and its own load SELECTs: an independent recount."""

import json
import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyreadstat
from openpyxl import load_workbook

CASTS = {
    "whole": "TRY_CAST({0} AS BIGINT)",
    "number": "TRY_CAST(replace({0}, ',', '.') AS DOUBLE)",
    "yes_no": "CASE lower({0}) WHEN 'sí' THEN true WHEN 'no' THEN false ELSE TRY_CAST({0} AS BOOLEAN) END",
    "text": "{0}",
}


class Warehouse:
    """Every source as a view, bad cells as nulls counted in `bad_cells`, and every load file as a query."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = tomllib.loads((folder / "promesa.toml").read_text(encoding="utf-8"))
        self.db = duckdb.connect()
        self.db.execute(f"SET TimeZone = '{self.settings['company']['time_zone']}'")
        self.bad_cells: dict[str, int] = {}
        for name, source in self.settings["sources"].items():
            self._view(name, source)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.db.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        return self.rows(sql)[0][0]

    def load(self, name: str) -> str:
        """Return a load file's SELECT as something to read from."""
        return "(" + (self.folder / "load" / f"{name}.sql").read_text(encoding="utf-8") + "\n)"

    def moments(self) -> str:
        loads = sorted(path.stem for path in (self.folder / "load").glob("moments.*.sql"))
        return "(" + " UNION ALL BY NAME ".join(f"SELECT * FROM {self.load(name)}" for name in loads) + ")"

    def _view(self, name: str, source: dict[str, Any]) -> None:
        files = sorted(self.folder.glob(source["path"]))
        assert files, source["path"]
        raw = pd.concat([_read(path, source) for path in files], ignore_index=True)
        self.db.register(f"raw_{name}", raw)
        columns = [self._column(column, source, raw) for column in raw.columns]
        self.db.execute(f"CREATE TABLE {name} AS SELECT {', '.join(columns)} FROM raw_{name}")
        bad = 0
        for column, kind in source.get("types", {}).items():
            if kind != "text" and column in raw.columns and raw[column].dtype == object:
                bad += self.one(
                    f"SELECT count(*) FROM {name} AS t POSITIONAL JOIN raw_{name} AS r "
                    f'WHERE r."{column}" IS NOT NULL AND t."{column}" IS NULL'
                )
        self.bad_cells[name] = bad
        if bad:  # a row with a cell that does not fit is not loaded
            self.db.execute(f"DELETE FROM {name} WHERE {self._first_bad(name)}")

    def _first_bad(self, name: str) -> str:
        return {"turnos": "turno LIKE 'VN%'", "facturas": "factura LIKE 'FX%'"}[name]

    def _column(self, column: str, source: dict[str, Any], raw: pd.DataFrame) -> str:
        kind = source.get("types", {}).get(column)
        quoted = f'"{column}"'
        zone = source.get("time_zone")
        if kind in {"day", "time"} and raw[column].dtype == object:
            known = source.get("dates") or ("%Y-%m-%d" if kind == "day" else None)
            value = f"try_strptime({quoted}, '{known}')" if known else f"TRY_CAST(substr({quoted}, 1, 19) AS TIMESTAMP)"
            value = f"CAST({value} AS DATE)" if kind == "day" else value
            return (f"timezone('{zone}', {value})" if zone and kind == "time" else value) + f" AS {quoted}"
        if str(raw[column].dtype).startswith("datetime") and zone:
            return f"timezone('{zone}', {quoted}) AS {quoted}"
        if kind and raw[column].dtype == object:
            return f"{CASTS[kind].format(quoted)} AS {quoted}"
        return quoted


def _read(path: Path, source: dict[str, Any]) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        frame = pd.DataFrame([json.loads(line) for line in lines], dtype=object)
        return frame.map(lambda cell: cell if cell is None or isinstance(cell, str) else json.dumps(cell)).astype(
            object
        )
    if path.suffix == ".xlsx":
        header, *rows = load_workbook(path, read_only=True).active.iter_rows(values_only=True)
        return pd.DataFrame(rows, columns=header)
    if path.suffix == ".sav":
        return pyreadstat.read_sav(str(path))[0]
    frame = pd.read_csv(
        path,
        sep=source.get("delimiter", ","),
        encoding=source.get("encoding", "utf-8"),
        dtype=str,
        keep_default_na=False,
    )
    return frame.replace({"": None}).astype(object)
