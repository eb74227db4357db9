"""pyarrow has no types that hold: everything in it is Any."""

from typing import Any

def __getattr__(name: str) -> Any: ...
