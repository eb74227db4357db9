"""The pages in a browser: on a phone and a wall, in both languages, by keyboard, with and without a script."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from promesa.web.sections import SHOWN
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
ADDRESSES = ["/", *(f"/{name}" for name in SHOWN), "/drivers/what-if", "/nowhere"]


@pytest.fixture(scope="module")
def site(analysed_shop: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "tests.web.browsing:pages"],
        cwd=ROOT,
        env={**os.environ, "BROWSED": str(analysed_shop), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urlopen(f"{address}/healthz", timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize(("width", "locale", "scheme"), [(360, "es-CO", "dark"), (1920, "en-GB", "light")])
def test_each_page_fits_is_sound_and_can_be_used_by_everybody(browser, site, width, locale, scheme) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    faults: dict[str, list[str]] = {}
    for address in ADDRESSES:
        page.goto(site + address)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        many = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            many.append("the page is wider than the screen")
        faults.update({address: many} if many else {})
    context.close()
    assert faults == {}
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
