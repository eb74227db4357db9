"""The pages in a browser: on a phone and a wall, in both languages, by keyboard, with and without a script."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promesa.web.sections import SHOWN
from promesa.workspace import new
from tests.web import browsing

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@pytest.fixture(scope="module")
def long_site(analysed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The small shop with names of 200 letters and nowhere to break a line."""
    folder = Path(shutil.copytree(analysed_shop, tmp_path_factory.mktemp("long") / "shop"))
    for file in folder.glob(".promesa/snapshots/*/about.json"):
        about = json.loads(file.read_text(encoding="utf-8"))
        for names in about["labels"].values():
            for name, said in names.items() if isinstance(names, dict) else ():
                names[name] = {language: f"{text[:3]}{'X' * 200}" for language, text in said.items()}
        for said in about["model"]["promises"].values():
            said["statement"] = dict.fromkeys(said["statement"], "Y" * 200)
        file.write_text(json.dumps(about), encoding="utf-8")
    with browsing.served("pages", folder) as address:
        yield address


@pytest.fixture(scope="module")
def new_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A company that was only declared."""
    folder = tmp_path_factory.mktemp("new") / "nueva"
    new(folder)
    with browsing.served("pages", folder) as address:
        yield address


def found_on(browser: Any, site: str, addresses: list[str], on: tuple[int, str, str]) -> dict[str, list[str]]:
    """Return the faults of each page on one screen."""
    found: dict[str, list[str]] = {}
    with browsing.screen(browser, *on) as (page, wrong):
        for address in addresses:
            page.goto(site + address)
            if many := browsing.faults(page):
                found[address] = many
    complaints = [one for one in wrong if "404" not in one]
    return found | ({"console": complaints} if complaints else {})


def test_a_company_without_data_and_long_names_fit_too(browser, new_site, long_site) -> None:
    assert found_on(browser, new_site, ["/", "/promises", "/cases", "/drivers/what-if"], browsing.ON[0]) == {}
    assert found_on(browser, long_site, ["/drivers", "/cases", "/drivers/what-if"], browsing.ON[0]) == {}


EVERYWHERE = [
    (width, locale, scheme)
    for width in (360, 1280, 1920)
    for locale in ("es-CO", "en-GB")
    for scheme in ("light", "dark")
]
NAMED = ["/cases", "/cases?order=opened&standing=overdue", "/promises?only=channel:nosuch"]
NAMED += ["/promises/arrives_on_time", "/touchpoints/delivery", "/cases?touchpoint=delivery"]


@pytest.mark.slow
@pytest.mark.parametrize("on", EVERYWHERE, ids=str)
def test_every_page_on_every_screen(browser, site, new_site, long_site, on) -> None:
    for one in (site, new_site, long_site):
        assert found_on(browser, one, [*ADDRESSES, *NAMED], on) == {}


@pytest.mark.parametrize(("system", "chosen"), [("light", "dark"), ("dark", "light")])
def test_colours_that_were_chosen_can_be_read_whatever_the_systems_are(browser, site, system, chosen) -> None:
    with browsing.screen(browser, 1280, "es-CO", system) as (page, _):
        page.context.add_cookies([{"name": "theme", "value": chosen, "url": site}])
        page.goto(f"{site}/drivers")
        assert page.query_selector("main .button") is not None
        assert browsing.faults(page) == []


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
