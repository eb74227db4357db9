"""How two records are compared, field by field: levels in SQL, and what each level is worth before any training.

The levels are Splink's own shape (a condition over `<column>_l` and `<column>_r`, the first that holds counts), so that
a kept model is a Splink model. Each level has three shares: among pairs of one person, of two strangers, and of two
people of one home (family, neighbours). The third is what Splink has not: relatives share surname, address and phone
all at once, and without it these would add up to a match of two persons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.identity.levels import Comparison, Level, alike, alike_across, one_slip, unknown_when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.workspace import Model

VERSION = 1  # of the levels below: a kept model of another version is trained again
BUILT_IN = ("document", "email", "phone")


def comparisons_of(model: Model) -> tuple[Comparison, ...]:
    """Return the comparisons of a workspace: the fixed fields, its traits and its own identifiers."""
    return tuple(_all(model))


def _all(model: Model) -> Iterator[Comparison]:
    yield from (GIVEN, GIVEN_2, SURNAME, SURNAME_2, BIRTH_DATE, DOCUMENT, PHONE, EMAIL, ADDRESS, POSTCODE)
    for trait in model.identity.compare:
        yield _trait(f"trait_{trait}", trait)
    for identifier in model.identifiers:
        if identifier not in BUILT_IN:
            yield _identifier(f"id_{identifier}", identifier)


GIVEN = Comparison(
    field="given",
    columns=("given", "given_2", "surname"),
    unknown=unknown_when("given"),
    levels=(
        Level("same", "given_l = given_r", same_person=0.83, strangers=0.015, relatives=0.025, common="given"),
        Level(
            "partly: known by the second given name",
            "given_l = given_2_r OR given_2_l = given_r",
            same_person=0.01,
            strangers=0.006,
            relatives=0.01,
        ),
        Level(
            "swapped: given name and surname",
            # One of the two written alike is enough beside a slip in the other.
            f"(given_l = surname_r AND {alike_across('surname', 'given')}) "
            f"OR (surname_l = given_r AND {alike_across('given', 'surname')})",
            same_person=0.01,
            strangers=0.00002,
            relatives=0.00005,
        ),
        Level(
            "close",
            f"{alike('given', 0.87)} OR (least(length(given_l), length(given_r)) = 1 "
            "AND left(given_l, 1) = left(given_r, 1))",
            same_person=0.1,
            strangers=0.01,
            relatives=0.015,
        ),
        Level("differs", "ELSE", same_person=0.05, strangers=0.96898, relatives=0.94995),
    ),
)

GIVEN_2 = Comparison(
    field="given_2",
    columns=("given_2",),
    unknown=unknown_when("given_2"),
    levels=(
        Level("same", "given_2_l = given_2_r", same_person=0.85, strangers=0.015, relatives=0.025, common="given_2"),
        Level("close", alike("given_2", 0.87), same_person=0.08, strangers=0.01, relatives=0.015),
        Level("differs", "ELSE", same_person=0.07, strangers=0.975, relatives=0.96),
    ),
)

_ACROSS = "given_l = surname_r OR surname_l = given_r"
SURNAME = Comparison(
    field="surname",
    columns=("surname", "surname_2", "given"),
    unknown=unknown_when("surname"),
    levels=(
        Level("same", "surname_l = surname_r", same_person=0.8, strangers=0.006, relatives=0.5, common="surname"),
        # Said already by the given name: counted again it would outweigh everything that differs.
        Level(
            "swapped: surname and given name",
            _ACROSS,
            same_person=0.01,
            strangers=0.01,
            relatives=0.01,
            silent=True,
        ),
        Level(
            "swapped",
            "surname_l = surname_2_r AND surname_2_l = surname_r",
            same_person=0.02,
            strangers=0.0001,
            relatives=0.005,
        ),
        Level(
            "partly: the other surname alone",
            "(surname_2_l IS NULL AND surname_l = surname_2_r) OR (surname_2_r IS NULL AND surname_r = surname_2_l)",
            same_person=0.01,
            strangers=0.003,
            relatives=0.05,
        ),
        Level("close", alike("surname", 0.87), same_person=0.1, strangers=0.005, relatives=0.035),
        Level(
            "partly: one of two",
            "surname_l = surname_2_r OR surname_2_l = surname_r",
            same_person=0.01,
            strangers=0.01,
            relatives=0.12,
        ),
        Level("differs", "ELSE", same_person=0.05, strangers=0.9659, relatives=0.28),
    ),
)

SURNAME_2 = Comparison(
    field="surname_2",
    columns=("surname_2", "surname"),
    unknown=unknown_when("surname_2"),
    levels=(
        Level(
            "same", "surname_2_l = surname_2_r", same_person=0.83, strangers=0.006, relatives=0.4, common="surname_2"
        ),
        Level(
            "swapped",
            "surname_l = surname_2_r AND surname_2_l = surname_r",
            same_person=0.01,
            strangers=0.01,
            relatives=0.01,
            silent=True,
        ),
        Level("close", alike("surname_2", 0.87), same_person=0.1, strangers=0.005, relatives=0.035),
        Level("differs", "ELSE", same_person=0.06, strangers=0.979, relatives=0.555),
    ),
)

_SAME_YEAR = "year(birth_date_l) = year(birth_date_r)"
_SAME_MONTH = "month(birth_date_l) = month(birth_date_r)"
_SAME_DAY = "day(birth_date_l) = day(birth_date_r)"
_TWO_PARTS = f"(({_SAME_YEAR} AND ({_SAME_MONTH} OR {_SAME_DAY})) OR ({_SAME_MONTH} AND {_SAME_DAY}))"
_SLIPS = "damerau_levenshtein(CAST(birth_date_l AS VARCHAR), CAST(birth_date_r AS VARCHAR))"
BIRTH_DATE = Comparison(
    field="birth_date",
    columns=("birth_date",),
    unknown=unknown_when("birth_date"),
    own=True,
    levels=(
        Level(
            "same",
            "birth_date_l = birth_date_r",
            same_person=0.84,
            strangers=0.00006,
            relatives=0.02,
            common="birth_date",
        ),
        Level(
            "swapped: day and month",
            f"{_SAME_YEAR} AND month(birth_date_l) = day(birth_date_r) AND day(birth_date_l) = month(birth_date_r)",
            same_person=0.03,
            strangers=0.00002,
            relatives=0.00005,
        ),
        Level(
            "close: one digit",
            f"{_TWO_PARTS} AND {_SLIPS} <= 1",
            same_person=0.05,
            strangers=0.0012,
            relatives=0.0015,
        ),
        Level("partly: two of day, month and year", _TWO_PARTS, same_person=0.03, strangers=0.004, relatives=0.005),
        Level(
            "partly: two digits",
            f"({_SAME_YEAR} OR {_SAME_MONTH} OR {_SAME_DAY}) AND {_SLIPS} <= 2",
            same_person=0.015,
            strangers=0.008,
            relatives=0.009,
        ),
        Level("differs", "ELSE", same_person=0.035, strangers=0.98672, relatives=0.96445),
    ),
)

DOCUMENT = Comparison(
    field="document",
    columns=("document",),
    unknown=unknown_when("document"),
    own=True,
    levels=(
        Level(
            "same", "document_l = document_r", same_person=0.9, strangers=0.000001, relatives=0.002, common="document"
        ),
        Level("close", one_slip("document", longer_than=5), same_person=0.06, strangers=0.00002, relatives=0.0005),
        Level("differs", "ELSE", same_person=0.04, strangers=0.999979, relatives=0.9975),
    ),
)

PHONE = Comparison(
    field="phone",
    columns=("phone",),
    unknown=unknown_when("phone"),
    levels=(
        Level("same", "phone_l = phone_r", same_person=0.75, strangers=0.000002, relatives=0.45, common="phone"),
        Level("close", one_slip("phone", longer_than=7), same_person=0.05, strangers=0.00002, relatives=0.01),
        Level("differs", "ELSE", same_person=0.2, strangers=0.999978, relatives=0.54),
    ),
)

# maria.garcia at two providers, or maria.garcia7 and maria.garcia8: two people of one name write the same. Where the
# names already agree, what speaks for one person is what the name does not give: a number, another word.
_SAME_NAME = "coalesce(given_l = given_r AND surname_l = surname_r, false)"
_NAME_ALONE = (
    f"{_SAME_NAME} AND (contains(email_user_l, surname_l) OR contains(email_user_l, given_l)) "
    "AND NOT regexp_matches(email_user_l, '[0-9]{3}')"
)
_SAME_DIGITS = "regexp_replace(email_l, '[^0-9]', '', 'g') = regexp_replace(email_r, '[^0-9]', '', 'g')"
EMAIL = Comparison(
    field="email",
    columns=("email", "email_user", "surname", "given"),
    unknown=unknown_when("email"),
    own=True,
    levels=(
        Level("same", "email_l = email_r", same_person=0.75, strangers=0.000002, relatives=0.06, common="email"),
        Level(
            "partly: other provider",
            f"email_user_l = email_user_r AND NOT ({_NAME_ALONE})",
            same_person=0.05,
            strangers=0.00005,
            relatives=0.002,
        ),
        Level(
            "close",
            f"email_user_l <> email_user_r AND {alike('email', 0.92)} AND (NOT {_SAME_NAME} OR {_SAME_DIGITS})",
            same_person=0.05,
            strangers=0.0003,
            relatives=0.004,
        ),
        Level(
            "close: no more than the name",
            f"email_user_l = email_user_r OR {alike('email', 0.92)}",
            same_person=0.01,
            strangers=0.01,
            relatives=0.01,
            silent=True,
        ),
        Level("differs", "ELSE", same_person=0.14, strangers=0.98765, relatives=0.924),
    ),
)

ADDRESS = Comparison(
    field="address",
    columns=("address", "address_numbers"),
    unknown=unknown_when("address"),
    levels=(
        Level("same", "address_l = address_r", same_person=0.6, strangers=0.000005, relatives=0.65, common="address"),
        Level(
            "close",
            f"{alike('address', 0.9)} AND (address_numbers_l = address_numbers_r OR {alike('address', 0.95)})",
            same_person=0.13,
            strangers=0.00005,
            relatives=0.12,
        ),
        Level(
            "partly",
            f"address_numbers_l = address_numbers_r OR {alike('address', 0.88)}",
            same_person=0.07,
            strangers=0.006,
            relatives=0.06,
        ),
        Level("differs", "ELSE", same_person=0.2, strangers=0.993945, relatives=0.17),
    ),
)

POSTCODE = Comparison(
    field="postcode",
    columns=("postcode",),
    unknown=unknown_when("postcode"),
    levels=(
        Level("same", "postcode_l = postcode_r", same_person=0.8, strangers=0.003, relatives=0.85, common="postcode"),
        Level("close", one_slip("postcode"), same_person=0.06, strangers=0.01, relatives=0.04),
        Level("differs", "ELSE", same_person=0.14, strangers=0.987, relatives=0.11),
    ),
)


def _trait(column: str, field: str) -> Comparison:
    return Comparison(
        field=field,
        columns=(column,),
        unknown=unknown_when(column),
        levels=(
            Level(
                "same", f'"{column}_l" = "{column}_r"', same_person=0.85, strangers=0.1, relatives=0.9, common=column
            ),
            Level("close", alike(column, 0.88), same_person=0.03, strangers=0.01, relatives=0.02),
            Level("differs", "ELSE", same_person=0.12, strangers=0.89, relatives=0.08),
        ),
    )


def _identifier(column: str, field: str) -> Comparison:
    return Comparison(
        field=field,
        columns=(column,),
        unknown=unknown_when(column),
        own=True,
        levels=(
            Level(
                "same",
                f'"{column}_l" = "{column}_r"',
                same_person=0.9,
                strangers=0.000005,
                relatives=0.01,
                common=column,
            ),
            Level("close", one_slip(column, longer_than=5), same_person=0.04, strangers=0.00005, relatives=0.001),
            Level("differs", "ELSE", same_person=0.06, strangers=0.999945, relatives=0.989),
        ),
    )
