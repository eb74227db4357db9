"""Each place shows its sections, in both languages, and what it shows can be taken away."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from promesa.web.rendering import PLACES
from promesa.web.sections import SHOWN

if TYPE_CHECKING:
    from litestar.testing import TestClient

ADDRESSES = ["/", *(f"/{name}" for name in SHOWN)]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_place_is_whole_without_a_script(client: TestClient, address: str, language: str) -> None:
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    page = answer.text
    assert f'<html lang="{language}' in page
    assert page.count("<h1") == 1
    assert page.count("<main") == 1
    assert "<script>" not in page
    assert re.findall(r"\son[a-z]+=", page) == []
    for _, place in PLACES:
        assert f'href="{place}"' in page


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_the_first_analysis_a_place_says_the_next_step(new_company: TestClient, address: str) -> None:
    answer = new_company.get(address)
    assert answer.status_code == 200
    assert "promesa analyse" in answer.text


def test_home_is_light(client: TestClient) -> None:
    page = client.get("/").text
    parts = [page, *(client.get(link).text for link in re.findall(r'(?:href|src)="(/static/[^"]+)"', page))]
    assert len(parts) == 3
    assert sum(len(part.encode()) for part in parts) < 300_000


def test_every_link_below_a_table_or_drawing_leads_to_a_file(client: TestClient) -> None:
    for address in ADDRESSES:
        for link in re.findall(r'href="(/take/[^"]+)"', client.get(address).text)[:12]:
            answer = client.get(link.replace("&amp;", "&"))
            assert answer.status_code == 200, link
            assert answer.headers["content-disposition"].startswith("attachment"), link
            assert len(answer.content) > 50, link


def test_a_table_says_the_same_on_the_page_in_csv_and_in_excel(client: TestClient) -> None:
    page = client.get("/promises?lang=en").text
    rows = list(csv.reader(io.StringIO(client.get("/take/register/table-1.csv?lang=en").content.decode("utf-8-sig"))))
    assert rows[0][0] == "Promise"
    assert all(row[0] in page.replace("&#39;", "'") for row in rows[1:])
    sheet = load_workbook(io.BytesIO(client.get("/take/register/table-1.xlsx?lang=en").content)).active
    assert sheet is not None
    cells = [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert all(rows[0])
    assert [row[:2] for row in cells] == [row[:2] for row in rows]
    figures = [
        (shown, cell) for row, said in zip(cells, rows, strict=True) for cell, shown in zip(row, said, strict=True)
    ]
    assert all(shown == cell for shown, cell in figures if isinstance(cell, str))
    assert any(isinstance(cell, float) for _, cell in figures)


@pytest.mark.parametrize(
    "address",
    ["/take/register/table-99.csv", "/take/register/table-0.csv", "/take/register/table-1.exe", "/take/register/x",
     "/take/nothing/table-1.csv", "/take/register/chart-1.csv", "/take/register/table--1.csv", "/nowhere"],
)  # fmt: skip
def test_what_is_not_there_is_said_to_be_missing(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


def test_a_name_in_a_table_leads_to_its_page(client: TestClient) -> None:
    for place in ("promises", "touchpoints"):
        links = set(re.findall(rf'href="(/{place}/[^"?#]+)"', client.get(f"/{place}").text))
        assert links
        for link in links:
            answer = client.get(link)
            assert answer.status_code == 200, link
            for file in re.findall(r'href="(/take/[^"]+)"', answer.text)[:3]:
                assert client.get(file.replace("&amp;", "&")).status_code == 200, file


@pytest.mark.parametrize(
    "address", ["/promises/nothing", "/touchpoints/%3Cscript%3E", "/take/promise:nothing/table-1.csv"]
)
def test_a_name_that_the_model_does_not_have_has_no_page(client: TestClient, address: str) -> None:
    assert client.get(address).status_code == 404
