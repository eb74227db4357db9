"""The language that a command speaks when it fails: there may be no workspace that can be opened and asked."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-]\w+)*")
_LINE = re.compile(r"""^\s*locale\s*=\s*["']([\w-]+)["']""", re.MULTILINE)
UNSAID, OTHERWISE = "es", "en"  # of a promesa.toml without a locale, as `promesa.workspace` reads it; of a terminal


def tongue_of(given: Mapping[str, object], environ: Mapping[str, str] | None = None) -> str:
    """Return the locale for the errors of a command.

    Parameters
    ----------
    given : mapping
        What the command was called with: ``locale`` goes first, then the locale of the ``workspace``.
    environ : mapping of str to str, optional
        Says the language of the terminal, which comes last; the process's environment when left out.
    """
    asked, folder = given.get("locale"), given.get("workspace")
    of_company = company_locale(folder) if isinstance(folder, Path) else None
    return (asked if isinstance(asked, str) else None) or of_company or terminal_locale(environ) or OTHERWISE


def company_locale(folder: Path) -> str | None:
    """Return the locale of promesa.toml, even where the rest of the file is broken; None where it cannot be told."""
    try:
        text = (folder / "promesa.toml").read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
    try:
        company = tomllib.loads(text).get("company")
        found = company.get("locale", UNSAID) if isinstance(company, dict) else None
    except tomllib.TOMLDecodeError:
        line = _LINE.search(text)
        found = line[1] if line else None
    return found if isinstance(found, str) and _LANGUAGE.fullmatch(found) else None


def terminal_locale(environ: Mapping[str, str] | None = None) -> str | None:
    """Return the locale of the terminal, by the first variable that says one; None where none does."""
    variables = os.environ if environ is None else environ
    return next((variables[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), None)
