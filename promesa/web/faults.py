"""What lies behind a page that failed, as far as its reader can do something about it."""

from __future__ import annotations

from promesa.errors import DatabaseUnreachable, EngineError, StoreBusy, StoreError


def unreachable(error: BaseException) -> str:
    """Return what could not be reached: ``database``, ``busy``, ``store``; nothing where the fault is another.

    The store is gone where a file of it is, also when the engine is the one to notice.
    """
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return "database" if error.connection_invalidated or _is_closed(error) else ""
    if isinstance(error, StoreBusy):
        return "busy"
    if isinstance(error, DatabaseUnreachable):
        return "database"
    return "store" if isinstance(error, (StoreError, EngineError, FileNotFoundError)) else ""


def _is_closed(error: BaseException) -> bool:
    """Tell whether the server could not be reached at all."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    return isinstance(error, (InterfaceError, OperationalError))
