"""The country of a customer, from its ISO code or its name in Spanish, English or Portuguese."""

from __future__ import annotations

import unicodedata
from functools import cache

from promesa.identity.folding import word_table

_ALSO = {
    "usa": "US", "eeuu": "US", "ee uu": "US", "eua": "US", "estados unidos de america": "US", "america": "US",
    "united states of america": "US", "uk": "GB", "mejico": "MX", "republica de colombia": "CO", "rd": "DO",
    "holanda": "NL", "holland": "NL", "rep dominicana": "DO", "col": "CO", "esp": "ES", "mex": "MX", "arg": "AR",
    "chl": "CL", "per": "PE", "prt": "PT", "bra": "BR", "ven": "VE", "ecu": "EC", "bol": "BO", "ury": "UY", "pry": "PY",
    "cri": "CR", "pan": "PA", "gtm": "GT", "hnd": "HN", "slv": "SV", "nic": "NI", "cub": "CU", "dom": "DO", "pri": "PR",
    "gbr": "GB", "fra": "FR", "deu": "DE", "ita": "IT", "can": "CA",
}  # fmt: skip


def countries_table() -> str:
    """Return SQL of the names of countries, as `plain_text` gives them, as a table: country, code to dial."""
    from promesa.identity.phones import code_of

    rows: dict[str, tuple[str | int, ...]] = {}
    for written, country in _countries().items():
        code = code_of(country)
        if code is not None:
            rows[written] = (str(code),)
    return word_table("country, code", rows)


@cache
def _countries() -> dict[str, str]:
    from babel import Locale

    names: dict[str, str] = {}
    for language in ("es", "en", "pt"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha():
                names.setdefault(_plain(name), code)
                names[code.lower()] = code
    return names | _ALSO


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFD", name.lower().replace("’", "'").replace("'", ""))
    letters = "".join(sign if sign.isalnum() else " " for sign in bare if not unicodedata.combining(sign))
    return " ".join(letters.split())
