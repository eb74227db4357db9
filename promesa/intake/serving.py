"""The door of the service: its libraries are imported only by who serves."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.intake.answering import Intake
    from promesa.intake.keys import KeyOf
    from promesa.intake.limits import Limits
    from promesa.workspace import Workspace


def application(
    ws: Workspace, *, key_of: KeyOf, limits: Limits | None = None, now: Callable[[], int] = time.time_ns
) -> Intake:
    """Return the intake of a workspace as an ASGI application, to be served alone or mounted in another.

    Parameters
    ----------
    ws : Workspace
        The company's folder, read.
    key_of : callable
        From the secret of a write key to its `Key`, or None; it may be a coroutine function.
    limits : Limits or None
        Bounds of a request; those of Segment when left out.
    now : callable
        Nanoseconds since 1970: when a request arrived.

    Notes
    -----
    Each process that calls it keeps a log of its own, made at the first request. Whoever mounts it calls
    ``close()`` when the service stops; what is not closed is found when the process has ended.
    """
    from promesa.intake.answering import Intake
    from promesa.intake.limits import Limits

    return Intake(ws, key_of=key_of, limits=limits or Limits(), now=now)
