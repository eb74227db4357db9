"""What is known of a person, as JSON can say it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def as_document(value: Any) -> Any:
    """Return a value, dataclasses within dataclasses too, as JSON can say it: times in ISO 8601, naive ones UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        mapping: Mapping[Any, Any] = value
        return {str(key): as_document(entry) for key, entry in mapping.items()}
    if isinstance(value, list | tuple):
        return [as_document(entry) for entry in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
