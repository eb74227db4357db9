"""The frame of every page: language, colours, headers of safety, errors."""

from __future__ import annotations

import html
import io
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from promesa.report import Cell, Table
from promesa.web import sections
from promesa.web.reader import reader_of
from promesa.web.rendering import environment, here
from promesa.web.taking import as_csv, as_xlsx

if TYPE_CHECKING:
    from litestar.testing import TestClient


def request(*, lang: str | None = None, cookie: str | None = None, accepts: str = "") -> Any:
    return SimpleNamespace(
        cookies={"lang": cookie} if cookie else {},
        headers={"accept-language": accepts},
        query_params={"lang": lang} if lang else {},
    )


@pytest.mark.parametrize(
    ("asked", "locale"),
    [
        (request(), "es_CO"),
        (request(accepts="en-GB,en;q=0.9,es;q=0.8"), "en"),
        (request(accepts="fr,es-ES;q=0.7,en;q=0.5"), "es_CO"),
        (request(accepts="es;q=x,en;q=0.1"), "en"),
        (request(cookie="en", accepts="es"), "en"),
        (request(lang="es", cookie="en"), "es_CO"),
        (request(lang="xx", accepts="de"), "es_CO"),
    ],
)
def test_the_language_is_the_readers_choice_else_the_browsers_else_the_companys(asked: Any, locale: str) -> None:
    assert reader_of(asked, company="es_CO").locale == locale


def test_a_choice_is_kept_and_leads_back(client: TestClient) -> None:
    answer = client.get("/choose?lang=en&theme=dark&to=/value", follow_redirects=False)
    assert answer.headers["location"] == "/value"
    kept = {"lang": answer.cookies["lang"], "theme": answer.cookies["theme"]}
    page = client.get("/value", headers={"Cookie": "; ".join(f"{k}={v}" for k, v in kept.items())}).text
    assert '<html lang="en' in page
    assert "/dark.css" in page
    client.cookies.clear()


def test_a_choice_leads_back_to_the_filters_and_from_a_form_to_its_page(client: TestClient) -> None:
    page = client.get("/promises?from=2026-01-01&lang=es").text
    link = html.unescape(re.search(r'href="(/choose\?lang=en[^"]+)"', page)[1])  # type: ignore[index]
    answer = client.get(link, follow_redirects=False)
    assert answer.headers["location"] == "/promises?from=2026-01-01"
    client.cookies.clear()
    sent = SimpleNamespace(method="POST", url=SimpleNamespace(path="/customers/find", query=""))
    assert here(sent) == "/customers"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\n/x"]
)
def test_a_choice_never_leads_to_another_site(client: TestClient, address: str) -> None:
    answer = client.get("/choose", params={"lang": "en", "to": address}, follow_redirects=False)
    assert answer.headers["location"] == "/"
    client.cookies.clear()


@pytest.mark.parametrize("address", ["/", "/nowhere", "/healthz"])
def test_every_answer_carries_the_headers_of_safety(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"


def test_a_fault_is_a_page_that_tells_nothing_of_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fall(*_: object, **__: object) -> None:
        raise ValueError("ana@example.com")

    monkeypatch.setattr(sections, "page", fall)
    answer = client.get("/method?lang=en")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "ana@example.com" not in answer.text + caplog.text
    assert "ValueError" in caplog.text


def test_style_and_script_are_kept_for_ever_under_a_mark_of_their_content(client: TestClient) -> None:
    assert client.get("/static/000000000000/light.css").status_code == 404
    from promesa.web.rendering import assets

    for address in assets().values():
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-type"].count("charset") == 1


def test_no_cell_is_a_formula_in_a_spreadsheet() -> None:
    cells = ("=1+1", "@x", "+49 1", "-2,5 %", "-cmd", "ñ")
    table = Table(caption="", heads=("a",), numeric=(False,), rows=tuple((Cell(text=cell),) for cell in cells))
    assert as_csv(table, "es").decode("utf-8-sig").splitlines()[1:] == [
        "'=1+1",
        "'@x",
        "+49 1",
        '"-2,5 %"',
        "'-cmd",
        "ñ",
    ]


def test_figures_are_numbers_in_excel_and_every_column_of_a_file_has_a_head() -> None:
    figures = (
        *("82,7 %", "\N{MINUS SIGN}COP\N{NO-BREAK SPACE}98.956", "5.551"),
        *("\N{MINUS SIGN}9,1\N{NO-BREAK SPACE}pp", "42,9 puntos", "5,26\N{NO-BREAK SPACE}días", "–"),
    )
    rows = tuple((Cell(text="12"), Cell(text=said, small="a a b")) for said in figures)
    table = Table(caption="t", heads=("Caso", "Cifra"), numeric=(False, True), rows=rows)
    sheet = load_workbook(io.BytesIO(as_xlsx(table, "es"))).active
    assert [cell.value for cell in sheet[1]] == ["Caso", "Cifra", "Cifra: detalle"]
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["12"] * 7
    column = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in column] == [0.827, -98956, 5551, -9.1, 42.9, "5,26\N{NO-BREAK SPACE}días", "–"]
    assert [cell.number_format for cell in column[:5]] == [
        *("#,##0.0%", '"COP "#,##0', "#,##0", '#,##0.0" pp"', '#,##0.0" puntos"')
    ]
    assert as_csv(table, "en").decode("utf-8-sig").splitlines()[0] == "Caso,Cifra,Cifra: detail"


def test_every_form_is_sent_by_a_button_and_every_wait_ends_without_a_script() -> None:
    environment_ = environment()
    for name in environment_.list_templates():
        assert environment_.loader is not None
        text = environment_.loader.get_source(environment_, name)[0]
        for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
            assert "<button" in form, name
        assert "data-waiting" not in text or name == "filters.html" or "<noscript>" in text, name
