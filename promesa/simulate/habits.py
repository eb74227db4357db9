"""How carefully each system is written: what is left out, mistyped or out of date in its records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the records of one system are written: each a share of the records, a fraction.

    Attributes
    ----------
    nickname, one_given, one_surname, swapped : float
        A pet name; the second given name left out; the second surname left out; the surnames in the other order.
    comma, capitals, small, no_accents : float
        Surnames first, with a comma; all in capitals; all in small letters; without accents.
    misspelt : float
        One letter wrong in the name.
    ``*_missing``, ``*_nobody`` : float
        Left empty; filled with what stands for nothing ("no@tiene.com", 3000000000, 1900-01-01).
    email_other, phone_old : float
        The person's other mailbox; a number they no longer have.
    country_code : float
        Phones written with their country's code.
    document_wrong, born_wrong : float
        One digit wrong, or day and month in the other order.
    """

    nickname: float = 0.0
    one_given: float = 0.0
    one_surname: float = 0.0
    swapped: float = 0.0
    comma: float = 0.0
    capitals: float = 0.0
    small: float = 0.0
    no_accents: float = 0.0
    misspelt: float = 0.0
    email_missing: float = 0.0
    email_other: float = 0.0
    email_nobody: float = 0.0
    phone_missing: float = 0.0
    phone_old: float = 0.0
    phone_nobody: float = 0.0
    country_code: float = 0.0
    document_missing: float = 0.0
    document_wrong: float = 0.0
    born_missing: float = 0.0
    born_wrong: float = 0.0
    born_nobody: float = 0.0


CRM = Habits(
    one_given=0.08, one_surname=0.05, swapped=0.01, comma=0.15, capitals=0.15, no_accents=0.25, misspelt=0.02,
    email_missing=0.08, email_nobody=0.02, phone_missing=0.05, phone_nobody=0.01, phone_old=0.03, country_code=0.2,
    document_missing=0.06, document_wrong=0.01, born_missing=0.10, born_wrong=0.02, born_nobody=0.02,
)  # fmt: skip
CRM_AGAIN = Habits(
    one_given=0.30, one_surname=0.40, swapped=0.02, comma=0.10, capitals=0.20, no_accents=0.40, misspelt=0.20,
    email_missing=0.25, email_other=0.15, email_nobody=0.03, phone_missing=0.12, phone_nobody=0.02, phone_old=0.06,
    country_code=0.2, document_missing=0.50, document_wrong=0.01, born_missing=0.35, born_wrong=0.05, born_nobody=0.03,
)  # fmt: skip
SHOP = Habits(
    nickname=0.08, one_given=0.35, one_surname=0.45, swapped=0.005, capitals=0.05, small=0.12, no_accents=0.40,
    misspelt=0.03, email_other=0.12, phone_missing=0.12, phone_nobody=0.005, phone_old=0.05, country_code=0.4,
    born_missing=0.40, born_wrong=0.02, born_nobody=0.01,
)  # fmt: skip
SHOP_AGAIN = Habits(
    nickname=0.06, one_given=0.35, one_surname=0.50, swapped=0.01, capitals=0.40, no_accents=0.50, misspelt=0.06,
    email_missing=0.25, email_other=0.15, email_nobody=0.12, phone_missing=0.06, phone_nobody=0.02, phone_old=0.04,
    country_code=0.1, born_missing=0.50, born_wrong=0.03, born_nobody=0.02,
)  # fmt: skip
CALLS = Habits(
    nickname=0.08, one_given=0.45, one_surname=0.60, no_accents=0.60, misspelt=0.12, phone_missing=0.02, phone_old=0.04,
    country_code=1.0, document_missing=0.55, document_wrong=0.02,
)  # fmt: skip
