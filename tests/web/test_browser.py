"""The pages in a browser: on a phone and a wall, in both languages, by keyboard, with and without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from promesa.web.sections import SHOWN
from tests.web import browsing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(browsing.CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
ADDRESSES = ["/", *(f"/{name}" for name in SHOWN), "/drivers/what-if", "/nowhere"]


@pytest.fixture(scope="module")
def site(analysed_shop: Path) -> Iterator[str]:
    with browsing.served("pages", analysed_shop) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing.chromium() as opened:
        yield opened


@pytest.mark.parametrize(("width", "locale", "scheme"), browsing.ON)
def test_each_page_fits_is_sound_and_can_be_used_by_everybody(browser, site, width, locale, scheme) -> None:
    found: dict[str, list[str]] = {}
    with browsing.screen(browser, width, locale, scheme) as (page, wrong):
        for address in ADDRESSES:
            page.goto(site + address)
            if many := browsing.faults(page):
                found[address] = many
    assert found == {}
    assert [one for one in wrong if "404" not in one] == []


def test_the_keyboard_comes_past_the_navigation_at_once(browser, site) -> None:
    page = browser.new_page()
    page.goto(f"{site}/promises")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.close()


def test_a_slider_answers_while_it_moves_and_a_page_without_a_script_answers_too(browser, site) -> None:
    page = browser.new_page()
    page.goto(f"{site}/drivers/what-if")
    box = page.query_selector("input[type=number]")
    if box is None:
        pytest.skip("the small shop has no effects")
    low = box.get_attribute("min")
    box.fill(low)
    page.wait_for_selector("#answers table")
    answer = page.inner_text("#answers table")
    assert f"{box.get_attribute('name')}={low}" in page.url
    page.close()
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(f"{site}/drivers/what-if")
    plain.fill("input[type=number] >> nth=0", low)
    plain.click("form.levers button")
    assert plain.inner_text("#answers table") == answer
    plain.context.close()
