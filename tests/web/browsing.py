"""Pages at a port for a browser, and what is asked of each page that it shows."""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

from promesa.web import application
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ON = [(360, "es-CO", "dark"), pytest.param(1920, "en-GB", "light", marks=pytest.mark.slow)]
"""Width, language and colours of the screens that each page is looked at on."""


def pages() -> Any:
    """Return the pages of a folder, without a gate."""
    return application(Path(os.environ["BROWSED"]), guarded=False)


def company() -> Any:
    """Return the service of a company that a test put together, as it lies in a file."""
    from promesa.web.site import Site

    ws = pickle.loads(Path(os.environ["BROWSED"]).read_bytes())
    Site.workspace = property(lambda _: ws)  # type: ignore[assignment,method-assign]
    return application(ws.root)


@contextmanager
def served(what: str, browsed: Path) -> Iterator[str]:
    """Serve what a function of this module makes of a path; yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--port", str(port)]
    process = subprocess.Popen(
        [*command, f"tests.web.browsing:{what}"],
        cwd=ROOT,
        env={**os.environ, "BROWSED": str(browsed), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(900):
        try:
            urlopen(f"{address}/healthz", timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(30)


@contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def screen(browser: Any, width: int, locale: str, scheme: str) -> Iterator[tuple[Any, list[str]]]:
    """Yield a page of a browser and the list that fills with what its console complains of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, color_scheme=scheme)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    yield page, wrong
    context.close()


def faults(page: Any) -> list[str]:
    """Return what keeps somebody from using the page that is open: axe's findings, and being wider than the screen."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    many = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        many.append("the page is wider than the screen")
    return many
