"""A folder to write sources into, and one call that stages one and brings back what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from promesa.engine import Embedded, literal
from promesa.sources import Staged, stage
from promesa.workspace import Source

if TYPE_CHECKING:
    from pathlib import Path

BOGOTA = "America/Bogota"


@dataclass
class Bench:
    """A workspace folder with an engine, for one test."""

    root: Path
    engine: Embedded
    count: int = 0

    def write(self, name: str, content: str | bytes, *, encoding: str = "utf-8") -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return name

    def stage(self, path: str | None = None, *, into: Path | None = None, **settings: Any) -> Staged:
        arguments = {key: settings.pop(key) for key in ("seen", "watermark", "extra", "progress") if key in settings}
        settings = {"watermark": settings.pop("watermark_column", None)} | settings
        self.count += 1
        folder = into or self.root / ".staged" / str(self.count)
        source = Source(name="ventas", path=path, **settings)
        return stage(source, root=self.root, folder=folder, engine=self.engine, time_zone=BOGOTA, **arguments)

    def csv(self, content: str, **settings: Any) -> Staged:
        return self.stage(self.write("ventas.csv", content), **settings)

    def rows(self, staged: Staged) -> list[tuple[Any, ...]]:
        return self.engine.run(f"SELECT * FROM {staged.relation}")

    def types(self, staged: Staged) -> dict[str, str]:
        return dict(self.engine.columns(f"SELECT * FROM {staged.relation}"))

    def rejects(self, staged: Staged) -> list[tuple[Any, ...]]:
        """Return (row, rule, column, value) of every reject."""
        paths = ", ".join(literal(path) for path in staged.rejects)
        if not paths:
            return []
        return self.engine.run(f'SELECT "row", rule, "column", value FROM read_parquet([{paths}]) ORDER BY "row"')

    def records(self, staged: Staged) -> list[str]:
        paths = ", ".join(literal(path) for path in staged.rejects)
        return [row[0] for row in self.engine.run(f'SELECT record FROM read_parquet([{paths}]) ORDER BY "row"')]


def kinds(staged: Staged) -> dict[str, str]:
    return {column.name: column.kind for column in staged.columns}


def codes(staged: Staged) -> list[str]:
    return [warning.code for warning in staged.warnings]
