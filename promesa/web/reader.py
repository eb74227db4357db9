"""Who reads: the language, the colours, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar import Request

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader of one page.

    Attributes
    ----------
    locale : str
        By choice (the address, then the cookie), else by the browser, else the company's.
    theme : {"auto", "light", "dark"}
        By choice; ``auto`` is as their system.
    """

    locale: str
    theme: Theme


def reader_of(request: Request[Any, Any, Any], *, company: str) -> Reader:
    """Return the reader of a request; `company` is the locale of the workspace."""
    theme = request.cookies.get("theme", "")
    return Reader(
        locale=_locale(request, company),
        theme=theme if theme in THEMES else "auto",
    )


def _locale(request: Request[Any, Any, Any], company: str) -> str:
    chosen = (request.query_params.get("lang"), request.cookies.get("lang"))
    language = _first_spoken(str(wanted or "") for wanted in chosen) or accepted_language(request)
    # The company's own locale says how numbers are written in its language.
    return company if language is None or company.startswith(language) else language


def accepted_language(request: Request[Any, Any, Any]) -> str | None:
    """Return the language that is spoken here and that Accept-Language wants most; None where it wants none of them."""
    return _first_spoken(_accepted(request.headers.get("accept-language", "")))


def _first_spoken(wanted: Iterable[str]) -> str | None:
    return next((name[:2].lower() for name in wanted if name[:2].lower() in LANGUAGES), None)


def _accepted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, the most wanted first."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        name, _, rank = part.strip().partition(";q=")
        try:
            ranked.append((-float(rank or 1), place, name))
        except ValueError:
            continue
    return [name for _, _, name in sorted(ranked)]
