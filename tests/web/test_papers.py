"""PDF from the pages: of the same figures, under the same filters, with a name to keep it by."""

from __future__ import annotations

import io
import re
import time

from pypdf import PdfReader

from promesa.web.papers import _plain


def text_of(pdf: bytes) -> str:
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def links(html: str) -> list[str]:
    return [found.replace("&amp;", "&") for found in re.findall(r'href="(/paper/[^"]+)"', html)]


def test_each_page_leads_to_its_pdf(client) -> None:
    for address, says in (("/", "La cadena de valor"), ("/promises/arrives_on_time", "cumplida")):
        link, *_ = links(client.get(f"{address}?lang=es").text)
        answer = client.get(link)
        assert answer.headers["content-type"] == "application/pdf"
        assert re.fullmatch(
            r'attachment; filename="[a-z0-9-]+-\d{4}-\d\d-\d\d\.pdf"', answer.headers["content-disposition"]
        )
        assert says in text_of(answer.content)
        assert client.get(link).content == answer.content


def test_the_whole_report_is_set_while_the_reader_waits_on_a_page(client) -> None:
    assert "/paper/report?lang=en" in links(client.get("/?lang=en").text)
    answer = client.get("/paper/report?lang=en")
    assert "downloads by itself" in answer.text
    assert 'http-equiv="refresh"' in answer.text
    for _ in range(3000):
        answer = client.get("/paper/report?lang=en")
        if answer.headers["content-type"] == "application/pdf":
            break
        time.sleep(0.1)
    assert "-report-" in answer.headers["content-disposition"]
    assert len(PdfReader(io.BytesIO(answer.content)).pages) > 20
    assert client.get("/paper/report?lang=en").content == answer.content


def test_it_speaks_the_reader_s_language(client) -> None:
    assert "The value chain" in text_of(client.get("/paper/home?lang=en").content)


def test_a_pdf_is_narrowed_as_its_page_is(client) -> None:
    asked = "from=2025-03-01&to=2025-03-31"
    for _ in range(200):
        page = client.get(f"/touchpoints/delivery?lang=en&{asked}").text
        if found := links(page):
            break
        waiting = client.get(f"/paper/touchpoints/delivery?lang=en&{asked}", follow_redirects=False)
        assert waiting.status_code in {200, 303}, "while it is worked out the reader is sent to the page"
        time.sleep(0.1)
    shown = text_of(client.get(found[0]).content)
    assert "Mar 31, 2025" in shown
    assert asked in found[0]


def test_what_is_not_there_is_not_found(client, new_company) -> None:
    for address in ("/paper/promises/no_such", "/paper/touchpoints/no_such", "/paper/customers"):
        assert client.get(address).status_code == 404, address
    assert new_company.get("/paper/home").status_code == 404, "nothing is analysed"
    assert new_company.get("/paper/promises/arrives_on_time").status_code == 404
    assert links(new_company.get("/").text) == []


def test_a_file_name_is_plain() -> None:
    assert _plain('Peña & "Hijos" / S.A.') == "pena-hijos-s-a"
    assert len(_plain("x" * 300)) == 60
