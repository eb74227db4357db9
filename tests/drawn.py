"""How many cases a property is drawn: few in the gate, ten times as many with ``HYPOTHESIS_PROFILE=long``."""

from __future__ import annotations

import os


def cases(number: int) -> int:
    """Return so many cases in the gate, ten times as many in the slow run."""
    return 10 * number if os.environ.get("HYPOTHESIS_PROFILE") == "long" else number
