"""E-mails, phones, documents, addresses and birth dates made comparable."""

from __future__ import annotations

import random
from datetime import date, datetime
from functools import cache

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from promesa.engine import Embedded
from tests.drawn import cases

from .profiles import model, read, records_of

COUNTRIES = {
    "CO": "Colombia", "ES": "España", "MX": "México", "AR": "Argentina", "CL": "Chile", "PE": "Perú", "PT": "Portugal",
    "BR": "Brasil", "US": "Estados Unidos",
}  # fmt: skip


def check(field, cases, **settings_):
    texts = list(cases)
    found = read(field, texts, of=model(**settings_))
    assert dict(zip(texts, found, strict=True)) == cases


def test_emails():
    check("email", {
        " Ana.Ruiz@Correo.EXAMPLE ": "ana.ruiz@correo.example",
        "mailto:ana@correo.example": "ana@correo.example",
        "Ana Ruiz <ana@correo.example>": "ana@correo.example",
        "ana (at) correo.example": "ana@correo.example",
        "ana[arroba]correo.example": "ana@correo.example",
        "ana at correo dot example": "ana@correo.example",
        "ana@correo.example.,": "ana@correo.example",
        "ana @correo.example": "ana@correo.example",
        "ana@correo.example; luis@correo.example": "ana@correo.example",
        "ana+ofertas@correo.example": "ana@correo.example",
        "Ana.Ruiz+x@gmail.com": "anaruiz@gmail.com",
        "ana.ruiz@googlemail.com": "anaruiz@gmail.com",
        "ana.ruiz@gmail.con": "anaruiz@gmail.com",
        "ana.ruiz@gmial.com": "anaruiz@gmail.com",
        "ana.ruiz@hotmial.com": "ana.ruiz@hotmail.com",
        "ana.ruiz@hotmail.es": "ana.ruiz@hotmail.es",
        "ａｎａ＠correo.example": "ana@correo.example",
        "josé@peña.es": "josé@peña.es",
        "ana@correo": None, "ana.correo.example": None, "@correo.example": None, "ana@@correo.example": None,
        "": None, "   ": None, "-": None,
    })  # fmt: skip


def test_the_part_before_the_sign_stands_by_itself():
    check("email_user", {
        "ana.ruiz-77@correo.example": "anaruiz77", "Ana_Ruiz77+x@gmail.com": "anaruiz77", "no@tiene.com": None,
    })  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "no@tiene.com", "notiene@correo.example", "notiene123@gmail.com", "no.tiene@correo.example",
        "sincorreo@correo.example", "noemail@gmail.com", "test@test.com", "x@x.com", "n@a.com", "xxx@gmail.com",
        "aaa@aaa.com", "na@correo.example", "cliente@tienda.invalid",
    ],
)  # fmt: skip
def test_emails_that_are_nobodys_are_left_out_and_counted(text):
    records, left = records_of([{"email": text}])
    assert (records[0]["email"], records[0]["email_user"]) == (None, None)
    assert left == [{"field": "email", "reason": "placeholder", "records": 1}]


def test_documents():
    check("document", {
        "CC 7.234.561": "7234561", "C.C. 7234561": "7234561", "cc7234561": "7234561", "7 234 561": "7234561",
        "0007234561": "7234561", "7234561.0": "7234561", "72345618-z": "72345618Z", "DNI: 72.345.618-Z": "72345618Z",
        "NIE X-7234561-L": "X7234561L", "NIT 900.123.456-7": "9001234567", "CPF 529.982.247-25": "52998224725",
        "RUT 7.654.321-K": "7654321K", "Nº 7234561": "7234561", "AB123456": "AB123456",
        "GOMC800101HDFRRR09": "GOMC800101HDFRRR09",
        "0": None, "1": None, "123": None, "111111": None, "123456789": None, "99999999": None, "NO TIENE": None,
        "1.23E+09": None, "": None, "-": None,
    })  # fmt: skip


def test_addresses():
    check("address", {
        "Cl. 45 # 12-34 Apto. 301": "calle 45 12 34 apartamento 301",
        "CALLE 45 No. 12-34, Apartamento 301": "calle 45 12 34 apartamento 301",
        "Kr 7 Nº 71-21": "carrera 7 71 21", "cra. 7 # 71 - 21": "carrera 7 71 21",
        "C/ de la Peña, 5, 3ºB": "calle pena 5 3 b", "Avda. Constitución 8": "avenida constitucion 8",
        "R. das Flores 12": "rua flores 12", "12 High St": "12 high street",
        "n/a": None, "Sin dirección": None, "xxx": None, "": None,
    })  # fmt: skip


def test_a_spanish_identity_card_is_the_same_with_and_without_its_letter():
    cards = {
        "72345671K": "72345671",
        "7.234.567": "7234567",
        "DNI 07234567-Y": "7234567",
        "NIE X-7234567-A": "X7234567",
    }
    others = {"X7234567": "X7234567", "PAA723456": "PAA723456", "B7234567A": "B7234567A"}
    check("document", cards | others, country="ES")
    check("document", {"72345671K": "72345671K"}, country="CL")


def test_an_argentine_mobile_is_the_same_with_and_without_its_nine():
    ways = ("+54 9 11 4123-5678", "+54 11 4123-5678", "011 15 4123 5678", "11 4123 5678", "0054 9 11 41235678")
    check("phone", dict.fromkeys(ways, "+541141235678"), country="AR")
    check("phone", {"+54 9 351 512 3456": "+543515123456", "+57 9114123567": "+579114123567"}, country="AR")


def test_numbers_of_addresses_keep_their_order_without_the_postcode():
    check(
        "address_numbers",
        {"Cl 45 # 12-34 apto 301": "45 12 34 301", "C/ Mayor 5, 28013 Madrid": "5", "Plaza Mayor": None},
    )


def test_a_postcode_is_told_where_it_is_clear():
    check("postcode", {
        "C/ Mayor 5, 28013 Madrid": "28013", "Cra 7 # 71-21, 110231 Bogotá": "110231",
        "12 High St, Darwin 0800": "0800", "12345 Main St": None,
        "Av. Santa Fe 1234": None, "Cl 45 # 12-34": None, "08001 08002": None,
    })  # fmt: skip


def test_birth_dates_of_forms_and_of_nobody_alive_are_left_out():
    days = [date(1980, 5, 3), date(1900, 1, 1), date(1970, 1, 1), date(2030, 1, 1), date(1905, 1, 1), None]
    records, left = records_of([{"birth_date": day} for day in days])
    assert [record["birth_date"] for record in records] == [date(1980, 5, 3)] + [None] * 5
    assert left == [
        {"field": "birth_date", "reason": "impossible", "records": 2},
        {"field": "birth_date", "reason": "placeholder", "records": 2},
    ]


def test_a_birth_date_is_judged_when_it_was_told():
    [record], _ = records_of([{"birth_date": date(2020, 1, 1), "at": datetime(2019, 6, 1)}])
    assert record["birth_date"] is None


def test_phones():
    check("phone", {
        "300 765 4321": "+573007654321", "(300) 765-4321": "+573007654321", "+57 300 7654321": "+573007654321",
        "0057 3007654321": "+573007654321", "573007654321": "+573007654321", "Tel: 300.765.4321": "+573007654321",
        "3007654321 ext. 12": "+573007654321", "3007654321 / 3117654322": "+573007654321",
        "3007654321.0": "+573007654321", "+34 612 34 56 79": "+34612345679", "(+34) 612345679": "+34612345679",
        "+52 1 55 1234 5678": "+525512345678",
        "3000000000": None, "0000000": None, "123456789": None, "999999999": None, "7654": None, "12": None,
        "3.00E+09": None, "no tiene": None, "": None,
    }, country="CO")  # fmt: skip


def test_the_country_of_the_customer_goes_before_that_of_the_company():
    numbers = {
        "CO": "+573007654321", "Colombia": "+573007654321", "  COLOMBIA ": "+573007654321", "es": None,
        "España": None, "Spain": None, "Espanha": None, "México": "+523007654321", "Mexico": "+523007654321",
        "EE. UU.": "+13007654321", None: "+573007654321", "Narnia": "+573007654321",
    }  # fmt: skip
    given = [{"phone": "3007654321", "country": country} for country in numbers]
    records, _ = records_of(given, of=model(country="CO", country_trait="country"))
    assert dict(zip(numbers, (record["phone"] for record in records), strict=True)) == numbers


def test_without_a_country_only_whole_numbers_are_read():
    records, left = records_of(
        [{"phone": "300 765 4321"}, {"phone": "+57 300 765 4321"}, {"phone": "0057 300 765 4321"}],
        of=model(country=None),
    )
    assert [record["phone"] for record in records] == [None, "+573007654321", "+573007654321"]
    assert left == [{"field": "phone", "reason": "no country", "records": 1}]


@cache
def valid_phones() -> list[tuple[str, str, str]]:
    """Return (country, text, E.164) of numbers that `phonenumbers` takes as valid, each written in one of five ways."""
    draw, rows = random.Random(7), []
    for country in COUNTRIES:
        for _ in range(700):
            kind = draw.choice([PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE])
            example = phonenumbers.example_number_for_type(country, kind)
            digits = str(example.national_number)
            kept = draw.randint(1, 4)
            digits = digits[:kept] + "".join(draw.choice("0123456789") for _ in digits[kept:])
            number = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=int(digits))
            text = [
                phonenumbers.format_number(number, PhoneNumberFormat.E164),
                phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
                phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
                digits,
                f"{example.country_code} {digits}",
            ][draw.randint(0, 4)]
            read_there = phonenumbers.parse(text, country)
            if phonenumbers.is_valid_number(number) and phonenumbers.is_valid_number(read_there):
                rows.append((country, text, phonenumbers.format_number(read_there, PhoneNumberFormat.E164)))
    return rows


def test_phones_read_as_phonenumbers_reads_them():
    rows = valid_phones()
    records, _ = records_of(
        [{"phone": text, "country": COUNTRIES[country]} for country, text, _ in rows], of=model(country_trait="country")
    )
    assert {country for country, _, _ in rows} == set(COUNTRIES)
    assert len(rows) > 2_000
    # An Argentine mobile is compared without the 9 that it has from abroad alone.
    expected = [number.replace("+549", "+54", 1) for _, _, number in rows]
    equal = sum(record["phone"] == number for record, number in zip(records, expected, strict=True))
    assert equal / len(rows) >= 0.995


ENGINE = Embedded(threads=1)
MESSY = st.text(alphabet=" .-_/()#,;:+'@0123456789aAbBñÑéÉcCxXºª\t", max_size=30)
EMAILS = st.builds(
    "{}@{}".format, st.text(alphabet="aB.+_-1ñ", max_size=9), st.sampled_from(["gmail.con", "Correo.example"])
)


@settings(max_examples=cases(3))
@given(st.lists(MESSY | EMAILS, min_size=1, max_size=25))
def test_a_normalised_value_is_normal(texts):
    columns = ("email", "phone", "document", "address")
    rows = [dict.fromkeys(columns, text) for text in texts]
    once, _ = records_of(rows, engine=ENGINE)
    again, _ = records_of([{column: record[column] for column in columns} for record in once], engine=ENGINE)
    for column in columns:
        assert [record[column] for record in again] == [record[column] for record in once]


@settings(max_examples=cases(3))
@given(st.lists(MESSY | EMAILS, min_size=1, max_size=25))
def test_case_and_outer_blanks_change_nothing(texts):
    columns = ("email", "phone", "document", "address")
    once, left = records_of([dict.fromkeys(columns, text) for text in texts], engine=ENGINE)
    assert records_of([dict.fromkeys(columns, f"  {text.upper()} ") for text in texts], engine=ENGINE) == (once, left)
