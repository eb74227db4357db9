"""promesa: is the promise kept at every touchpoint, and what does it cost when it is not.

The rooms are reached by name and come on first use::

    import promesa as pr

    ws = pr.open("examples/olist")
    print(pr.promises.kept(ws))
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from promesa import (
        chain,
        charts,
        customers,
        drivers,
        experience,
        identity,
        impact,
        journeys,
        measures,
        promises,
        report,
        simulate,
        snapshot,
        store,
        value,
    )
    from promesa.workspace import Workspace

__version__ = "0.1.0"
_ROOMS = (
    "chain",
    "charts",
    "customers",
    "drivers",
    "engine",
    "errors",
    "experience",
    "identity",
    "impact",
    "journeys",
    "measures",
    "promises",
    "report",
    "results",
    "simulate",
    "snapshot",
    "sources",
    "stats",
    "store",
    "value",
    "words",
    "workspace",
)
__all__ = [
    "__version__",
    "chain",
    "charts",
    "customers",
    "drivers",
    "experience",
    "identity",
    "impact",
    "journeys",
    "measures",
    "open",
    "promises",
    "report",
    "simulate",
    "snapshot",
    "store",
    "value",
]


def open(path: str | Path = ".") -> Workspace:  # noqa: A001 (promesa.open reads as a sentence)
    """Read and check a company's folder; see `promesa.workspace.open_workspace`.

    Parameters
    ----------
    path : str or Path
        The folder that holds promesa.toml.

    Returns
    -------
    Workspace
        What every analysis takes first.

    Raises
    ------
    WorkspaceInvalid
        With every mistake of its files.
    """
    from promesa.workspace import open_workspace

    return open_workspace(path)


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"promesa.{name}")
    raise AttributeError(f"module 'promesa' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*__all__, *_ROOMS})
