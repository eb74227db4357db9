"""What-if on a page: sliders within what was seen, answers as the library gives them, mistakes said."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from promesa.chain import levers, what_if
from promesa.snapshot import latest
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from litestar.testing import TestClient


@pytest.fixture(scope="module")
def lever(analysed_shop: Path):
    system = latest(open_workspace(analysed_shop)).document("system")
    assert system is not None
    found = levers(system)
    if not found:
        pytest.skip("the small shop has no effects")
    return system, found[0]


def test_without_effects_or_moves_the_page_says_what_to_do(client: TestClient) -> None:
    page = client.get("/drivers/what-if?lang=en").text
    assert "Move at least one thing" in page or "holds no effects" in page


def test_an_answer_is_that_of_the_library(client: TestClient, lever) -> None:
    system, one = lever
    level = round((one.lowest + one.now) / 2 * (100 if one.is_share else 1), 3)
    page = html.unescape(client.get(f"/drivers/what-if?{one.name}={level}&lang=en").text)
    said = what_if(system, {one.name: level / (100 if one.is_share else 1)}).summary("en")
    assert said in page


def test_a_level_that_was_never_seen_or_is_no_number_is_refused_beside_its_name(client: TestClient, lever) -> None:
    _, one = lever
    for text in ("99999", "abc", "nan", "<b>"):
        page = client.get("/drivers/what-if", params={one.name: text, "lang": "en"}).text
        assert re.search(r'<p class="said-error">', page), text
        assert "<b>" not in page
