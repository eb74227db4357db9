"""What the address narrows a page to: read with care, worked out once, equal to what the library answers."""

from __future__ import annotations

import html
import re
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from promesa.promises import kept
from promesa.snapshot import latest
from promesa.web.narrowing import Narrowing, groups_of, narrow, narrowing_of
from promesa.web.site import Site
from promesa.web.views import Failed, Question, Views
from promesa.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from litestar.testing import TestClient

SPRING = {"from": "2025-03-01", "to": "2025-03-31"}


def worked_out(client: TestClient, address: str) -> str:
    """Return a page once it waits for nothing any more."""
    for _ in range(600):
        answer = client.get(address)
        assert answer.status_code == 200, address
        page = answer.text
        if 'http-equiv="refresh"' not in page:
            return html.unescape(page)
        time.sleep(0.1)
    raise AssertionError(f"{address} still waits")


@pytest.mark.parametrize(
    ("asked", "narrowing"),
    [
        ({}, Narrowing()),
        (SPRING, Narrowing(since=date(2025, 3, 1), until=date(2025, 3, 31))),
        ({"from": "2025-03-31", "to": "2025-03-01"}, Narrowing(since=date(2025, 3, 1), until=date(2025, 3, 31))),
        ({"from": "31/03/2025"}, Narrowing(wrong="31/03/2025")),
        ({"only": "channel:web"}, Narrowing(dimension="channel", group="web")),
        ({"only": "region:La: Paz"}, Narrowing(dimension="region", group="La: Paz")),
        ({"only": "channel"}, Narrowing()),
        ({"compare": "everything"}, Narrowing()),
    ],
)
def test_an_address_is_read_and_written_alike(asked: dict[str, str], narrowing: Narrowing) -> None:
    assert narrowing_of(asked) == narrowing
    again = dict(part.split("=") for part in narrowing.query.replace("%3A", ":").replace("+", " ").split("&") if part)
    if not narrowing.wrong and "La" not in narrowing.group:
        assert narrowing_of(again) == narrowing


def test_a_comparison_is_with_the_days_before_or_the_same_weekdays_a_year_before() -> None:
    march = Narrowing(since=date(2025, 3, 1), until=date(2025, 3, 31), compare="previous", function="x")
    before = march.earlier()
    assert before is not None
    assert (before.since, before.until, before.function) == (date(2025, 1, 29), date(2025, 2, 28), "x")
    year = narrowing_of({**SPRING, "compare": "year"}).earlier()
    assert year is not None
    assert year.since is not None
    assert march.since is not None
    assert year.since == date(2024, 3, 2)
    assert year.since.weekday() == march.since.weekday()
    assert narrowing_of({"from": "2025-03-01", "compare": "year"}).earlier() is None


def test_a_period_shows_what_the_library_answers_for_it(client: TestClient, analysed_shop: Path) -> None:
    page = worked_out(client, "/promises?from=2025-03-01&to=2025-03-31&lang=en")
    answer = kept(open_workspace(analysed_shop), since="2025-03-01", until="2025-03-31")
    counts = [str(int(e.estimate)) for e in answer.estimates if e.measure in {"kept", "broken"} and e.estimate]
    assert counts
    table = re.sub(r"<[^>]+>", " ", page[page.index('id="register-table"') :].split("</table>")[0])
    assert all(count in table.split() for count in counts)


def test_two_periods_stand_side_by_side(client: TestClient) -> None:
    page = worked_out(client, "/promises?from=2025-03-01&to=2025-03-31&compare=previous&lang=en")
    assert "This period beside the one it is compared with" in page


def test_one_group_shows_its_rows_of_the_snapshot_at_once(client: TestClient, analysed_shop: Path) -> None:
    site = Site(analysed_shop)
    snapshot = latest(open_workspace(analysed_shop))
    content = site.content(snapshot, "en")
    dimension, groups = next(iter(groups_of(content)))
    seen = narrow("promises", Narrowing(dimension=dimension, group=groups[0]), content, snapshot, site.views)
    split: Any = snapshot.document(f"promises_by_{dimension}")
    wanted = [row["estimate"] for row in split["rows"] if row[dimension] == groups[0]]
    assert [row["estimate"] for row in seen.content.rows("promises")] == wanted


@pytest.mark.parametrize(
    "query",
    ["from=x", "only=nothing:here", "only=channel:%3Cscript%3E", "function=%3Cscript%3E", "compare=year",
     "from=9999-12-31&to=9999-12-31", "from=0001-01-01&compare=year&to=0001-01-02",
     "from=1900-01-01&to=2200-12-31&compare=year"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["promises", "touchpoints", "value"])
def test_a_strange_address_is_answered_with_a_page(client: TestClient, place: str, query: str) -> None:
    page = worked_out(client, f"/{place}?{query}&lang=en")
    assert "<script>" not in page.replace('<script src="', "")
    assert "<main" in page


def test_what_cannot_be_worked_out_is_said_and_may_be_asked_again(analysed_shop: Path) -> None:
    views = Views(lambda: open_workspace(analysed_shop))
    snapshot = latest(open_workspace(analysed_shop))
    question = Question(analysis="promises", by=("nothing_of_the_kind",))
    found = None
    for _ in range(300):
        found = views.answer(snapshot, question)
        if found is not None:
            break
        time.sleep(0.1)
    assert isinstance(found, Failed)
    assert "nothing_of_the_kind" in found.said
    assert views.answer(snapshot, question) is None


def test_what_cannot_be_chosen_is_said_with_its_reason(client: TestClient) -> None:
    for lang, words in (("en", "No tier can be chosen"), ("es", "No se puede elegir un nivel")):
        assert words in client.get(f"/promises?lang={lang}").text
    assert "drivers are told apart among all customers at once" in client.get("/drivers?lang=en").text
    assert "un viaje pasa por varios" in client.get("/journeys?lang=es").text


def test_tiers_are_offered_once_they_are_decided(analysed_shop: Path) -> None:
    from types import SimpleNamespace

    from promesa.report import read
    from promesa.web.filters import dimensions_of

    snapshot = latest(open_workspace(analysed_shop)).whole()
    tiers = SimpleNamespace(bands={"gold": None, "basic": None})
    visit: Any = SimpleNamespace(site=SimpleNamespace(workspace=SimpleNamespace(model=SimpleNamespace(tiers=tiers))))
    assert "tier" not in dimensions_of(visit, read(snapshot, locale="en"))
    decided = {**snapshot["documents"]["tiers"], "rows": [{"tier": "gold", "measure": "customers", "estimate": 1}]}
    whole = {**snapshot, "documents": {**snapshot["documents"], "tiers": decided}}
    assert dimensions_of(visit, read(whole, locale="en"))["tier"] == ("gold", "basic")


def test_a_page_of_which_one_answer_failed_does_not_wait_for_the_others_for_ever(analysed_shop: Path) -> None:
    """Each failure is told once, so answers that fail in turn would keep a page looking."""

    class InTurn:
        asked = 0

        def answer(self, _snapshot: Any, _question: Question, **_given: Any) -> Failed | None:
            self.asked += 1
            return Failed(said="no") if self.asked % 2 else None

    site = Site(analysed_shop)
    snapshot = latest(open_workspace(analysed_shop))
    views: Any = InTurn()
    seen = narrow("touchpoints", Narrowing(dimension="x", group="y"), site.content(snapshot, "en"), snapshot, views)
    assert seen.failed == ("no",)
    assert not seen.waiting


def test_journeys_and_drivers_are_narrowed_to_a_period_and_say_what_they_cannot(client: TestClient) -> None:
    whole, spring = (worked_out(client, f"/journeys{query}") for query in ("?lang=en", "?from=2025-03-01&lang=en"))
    assert '<section id="journeys"' in spring
    assert spring != whole
    assert 'name="function"' not in whole
    assert 'name="compare"' not in whole
    drivers = worked_out(client, "/drivers?from=2025-03-01&to=2025-09-30&lang=en")
    assert '<section id="drivers"' in drivers
    assert '<section id="effects"' not in drivers, "what is not worked out for the period is left out"
    assert 'name="only"' not in drivers


def test_drivers_of_one_function_are_theirs(client: TestClient, analysed_shop: Path) -> None:
    site = Site(analysed_shop)
    snapshot = latest(open_workspace(analysed_shop))
    seen = site.narrowed("drivers", Narrowing(function="logistics"), snapshot, "en").content
    assert seen.document("drivers")["summary"] == {}
    for key in ("drivers", "asymmetry"):
        assert {row.get("function") for row in seen.rows(key)} <= {None, "logistics"}
    assert all(
        row.get("name") in {"logistics", *seen.touchpoints, *seen.promises} or row.get("function") == "logistics"
        for row in seen.rows("priorities")
    )
    assert client.get("/drivers?function=logistics").status_code == 200


def test_a_group_or_period_of_nothing_is_not_told_as_a_company_without_data(client) -> None:
    for place in ("promises", "touchpoints", "journeys", "value", "touchpoints/delivery"):
        for query in ("only=channel:nosuch", "from=1999-01-01&to=1999-01-31"):
            body = worked_out(client, f"/{place}?{query}&lang=es").partition("<main")[2]
            assert "promesa analyse" not in body, (place, query)
            assert "cargad" not in body, (place, query)
            told = ("No hay nada de ese grupo o de ese periodo", "said-error", "<table")
            assert any(one in body for one in told), (place, query)
