"""How amounts of a currency are marked where people read them: `33,41 €`, `$ 12.500`, `S/ 80`."""

from __future__ import annotations

_DOLLARS = "ARS AUD CAD CLP COP CUP DOP HKD MXN NZD SGD USD UYU"
_SIGNS = {
    **dict.fromkeys(_DOLLARS.split(), ("$",)),
    "BOB": ("Bs", "Bs."),
    "BRL": ("R$",),
    "CNY": ("¥",),
    "CRC": ("₡",),
    "DOP": ("$", "RD$"),
    "EUR": ("€",),
    "GBP": ("£",),
    "JPY": ("¥",),
    "NIO": ("C$",),
    "PAB": ("B/.",),
    "PEN": ("S/", "S/."),
    "PYG": ("₲", "Gs."),
    "USD": ("$", "US$", "U$S"),
    "UYU": ("$", "$U"),
    "VES": ("Bs", "Bs."),
}


def signs_of(currency: str | None) -> tuple[str, ...]:
    """Return the marks that say of an amount that it is in a currency: its signs and its code."""
    return (*_SIGNS.get(currency, ()), currency) if currency else ()
