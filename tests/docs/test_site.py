"""The documentation builds without a warning, agrees with the code, and fetches nothing when it is read."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]+src=["'](?:https?:)?//|<link[^>]+rel=["'](?:stylesheet|preload|preconnect|icon)["'][^>]*href=["'](?:https?:)?//"""
)
FETCHED_BY_STYLE = re.compile(r"""(?:@import\s+|url\()\s*["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documentation strictly and return its folder."""
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_no_page_fetches_anything(site: Path) -> None:
    pages = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    styles = {sheet: sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")}
    assert pages
    assert styles
    assert [str(page.relative_to(site)) for page, text in pages.items() if FETCHED.search(text)] == []
    assert [str(sheet.relative_to(site)) for sheet, text in styles.items() if FETCHED_BY_STYLE.search(text)] == []


def test_the_check_sees_what_is_fetched() -> None:
    assert FETCHED.search('<script async src="https://somewhere.example/a.js">')
    assert FETCHED.search('<link rel="stylesheet" href="//somewhere.example/a.css">')
    assert not FETCHED.search('<a href="https://somewhere.example/">')
    assert FETCHED_BY_STYLE.search("@import url(https://somewhere.example/a.css)")


def test_the_reference_says_what_the_code_does() -> None:
    place = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert place is not None
    assert place.loader is not None
    generate = importlib.util.module_from_spec(place)
    place.loader.exec_module(generate)
    assert [str(page.relative_to(ROOT)) for page in generate.stale()] == [], "run `make reference`"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (folder / "index.md").read_text(encoding="utf-8")))
    assert listed == {page.name for page in folder.glob("0*.md")}
