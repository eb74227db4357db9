"""The pages of a workspace at a port, without a gate, for a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from promesa.web import application


def pages() -> Any:
    return application(Path(os.environ["BROWSED"]), guarded=False)
