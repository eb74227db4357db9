"""PDF: the figures of the snapshot in it, whole for who cannot see it, and no word of a company read as code."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from promesa import paper, report
from promesa.paper import pages
from promesa.report.chain import links_of
from promesa.report.promises import promises_of
from promesa.snapshot import latest
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 1, 1, 12)
NASTY = '#panic("x") *b* _i_ $x$ ] [ <l> @ref `r` // c /* d \\ #sys = - + ~'


@pytest.fixture(scope="module")
def contents(analysed_shop: Path) -> dict[str, report.Content]:
    whole = latest(open_workspace(analysed_shop)).whole()
    return {locale: report.read(whole, locale=locale) for locale in ("es", "en")}


@pytest.fixture(scope="module")
def home(contents) -> bytes:
    return paper.home_pdf(contents["es"])


def plain(text: str) -> str:
    """Return a text without what a line break or a thin space does to it."""
    return re.sub(r"[\s\u00a0\u202f\u200b\u00ad-]+", "", text)


def text_of(pdf: bytes) -> str:
    return plain("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def tags(pdf: bytes, kind: str) -> list[Any]:
    """Return the elements of a kind in the structure of a PDF."""
    found: list[Any] = []

    def walk(one: Any) -> None:
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            for inner in one:
                walk(inner)
        elif isinstance(one, dict):
            if one.get("/S") == kind:
                found.append(one)
            if "/K" in one:
                walk(one["/K"])

    walk(PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"])
    return found


@pytest.mark.parametrize("locale", ["es", "en"])
def test_home_shows_the_figures_of_the_snapshot(contents, locale) -> None:
    content = contents[locale]
    shown = text_of(paper.home_pdf(content))
    links = [link for link in links_of(content) if link.figure.text]
    assert len(links) > 5
    for link in links:
        assert plain(link.figure.text) in shown, link.label
        assert plain(link.figure.interval) in shown, link.label
    for said in report.headlines_of(content):
        assert plain(said) in shown


def test_a_promise_shows_its_figures_and_no_other_s(contents) -> None:
    content = contents["en"]
    first, second = promises_of(content)[:2]
    shown = text_of(paper.detail_pdf("promise", first.name, content))
    for text in (first.statement, first.kept_rate.text, first.kept_rate.interval, *(p.text for p in first.counts)):
        assert plain(text) in shown
    assert plain(second.statement) not in shown


def test_the_whole_report_has_every_section_and_every_table(contents) -> None:
    content = contents["en"]
    sheet = pages.report_sheet(content)
    shown = text_of(pages.set_pdf(pages.data_of(sheet), made_at=NOON))
    for name in report.sections_of(content):
        assert plain(content.say(f"section.{name}")) in shown, name
    for caption in re.findall(r"<caption><span>([^<&]+)</span>", " ".join(str(html) for html, _ in sheet.parts)):
        assert plain(caption) in shown


def test_it_can_be_read_by_who_cannot_see_it(home) -> None:
    """PDF/UA: the typesetter has checked it; here what a reader hears is there."""
    document = PdfReader(io.BytesIO(home))
    root = document.trailer["/Root"]
    assert b"pdfuaid" in home
    assert root["/Lang"] == "es"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert document.metadata is not None
    assert "Inicio" in str(document.metadata.title)
    figures = tags(home, "/Figure")
    assert figures
    assert all(len(str(figure.get("/Alt", ""))) > 10 for figure in figures)
    assert tags(home, "/TH")
    assert tags(home, "/H1")
    fonts = [f.get_object() for page in document.pages for f in page["/Resources"]["/Font"].values()]
    inner = [
        font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts if "/DescendantFonts" in font
    ]
    assert len(inner) == len(fonts)
    assert all("/FontFile3" in one or "/FontFile2" in one for one in inner), "every font is in the file"


def test_the_same_snapshot_gives_the_same_bytes(contents, home) -> None:
    assert paper.home_pdf(contents["es"]) == home


def test_no_word_of_a_company_is_code(contents) -> None:
    long = "Ñ" * 90
    labels = {**contents["es"].labels, "touchpoint": {"delivery": {"es": f"{NASTY} {long}"}}}
    content = replace(contents["es"], company=NASTY, labels=labels)
    pdf = paper.detail_pdf("touchpoint", "delivery", content)
    shown = text_of(pdf)
    assert plain(NASTY) in shown
    assert shown.count("Ñ") >= 90
    assert b"pdfuaid" in pdf
    title = PdfReader(io.BytesIO(pdf)).metadata.title
    assert NASTY in title


def test_letters_that_the_own_fonts_lack_stop_nothing(contents) -> None:
    content = replace(contents["en"], company="会社 😀 شركة")
    assert paper.detail_pdf("touchpoint", "delivery", content).startswith(b"%PDF")


def test_a_table_over_pages_repeats_its_head(contents) -> None:
    rows = [report.Cell(text=f"row {n}") for n in range(150)]
    shown = report.Table(
        caption="Long", heads=("Firsthead", "Otherhead"), numeric=(False, True), rows=tuple((r, r) for r in rows)
    )
    template = "{% import 'macros.html' as m with context %}{{ m.table(t) }}"
    from promesa.report.drawing import environment

    html = environment().from_string(template).render(t=shown, taking=None)
    sheet = pages.Sheet(content=contents["en"], kind="k", heading="h", parts=[(html, False)])
    pdf = pages.set_pdf(pages.data_of(sheet), made_at=NOON)
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(texts) > 2
    assert all("Otherhead" in text for text in texts)
    assert all(f"row {n}" in " ".join(texts) for n in range(150))


def test_an_owner_s_pdf_holds_what_is_theirs(contents) -> None:
    content = contents["en"]
    first, second = promises_of(content)[:2]
    shown = text_of(paper.own_pdf(content, promises=[first.name], touchpoints=["delivery"]))
    assert plain(first.statement) in shown
    assert plain(content.label("touchpoint", "delivery")) in shown
    assert plain(second.statement) not in shown
    assert plain(content.say("section.chain")) not in shown


def test_a_company_with_nothing_but_a_load_has_a_page(contents) -> None:
    content = replace(contents["en"], documents={"quality": contents["en"].document("quality")}, promises={})
    assert plain(content.say("empty.costliest")) in text_of(paper.home_pdf(content))
    assert paper.own_pdf(content, promises=[], touchpoints=[]).startswith(b"%PDF")
