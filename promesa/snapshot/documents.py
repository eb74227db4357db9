"""How an answer stands on the disk: JSON, in which what JSON cannot say is null."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, document: object) -> None:
    """Write a document into a file."""
    path.write_text(json.dumps(finite(document), ensure_ascii=False, allow_nan=False), encoding="utf-8")


def finite(value: object) -> object:
    """Return a document with what JSON cannot say (NaN, infinity) as null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
