"""The report is one page that stands alone, reads in both languages and hides nothing."""

from __future__ import annotations

import tomllib
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promesa.errors import InputError, StoreNotWritable, ValueOutOfRange
from promesa.report import write_report
from tests.report.companies import chain_store, document, marketplace, newcomer, row
from tests.report.studies import researcher

if TYPE_CHECKING:
    from collections.abc import Callable

COMPANIES = {"marketplace": marketplace, "newcomer": newcomer, "chain store": chain_store, "researcher": researcher}
WORDS = Path(__file__).resolve().parents[2] / "promesa" / "words"
VOID = {"meta", "br", "hr", "img", "input", "link"}
SECTIONS = {"chain", "costliest", "promises", "touchpoints", "trend", "value", "quality", "method"}
LEARNED = {"priorities", "effects", "drivers", "paths"}
"""Sections that only a snapshot with the analyses of causes has."""


class Page(HTMLParser):
    """Elements of a page as (tag, attributes, path of parents), and what was closed wrongly."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.first_child: dict[int, str] = {}
        self.wrong: list[str] = []
        self.text = ""
        self.stack: list[tuple[str, int]] = []
        self.feed(text)
        self.wrong += [f"<{tag}> never closed" for tag, _ in self.stack]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.stack:
            self.first_child.setdefault(self.stack[-1][1], tag)
        self.elements.append((tag, dict(attrs), tuple(name for name, _ in self.stack)))
        if tag not in VOID:
            self.stack.append((tag, len(self.elements) - 1))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.stack and self.stack[-1][0] == tag:
            self.stack.pop()
        else:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self.stack or self.stack[-1][0] != "style":
            self.text += f" {data}"

    def all(self, tag: str) -> list[tuple[str, dict[str, str | None], tuple[str, ...]]]:
        return [element for element in self.elements if element[0] == tag]


def written(snapshot: dict[str, object], folder: Path, locale: str = "es") -> str:
    return write_report(snapshot, folder / "report.html", locale=locale).read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=[(name, locale) for name in COMPANIES for locale in ("es", "en")], ids=str)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    name, locale = request.param
    return written(COMPANIES[name](), tmp_path_factory.mktemp("report"), locale)


def test_the_page_is_well_formed(page: str) -> None:
    assert Page(page).wrong == []


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    parsed = Page(page)
    assert "://" not in page
    assert "@import" not in page
    assert not [tag for tag, _, _ in parsed.elements if tag in {"script", "link", "img", "iframe", "object"}]
    assert all(str(a.get("href")).startswith("#") for _, a, _ in parsed.elements if "href" in a)


def test_every_image_has_a_role_and_a_title_first(page: str) -> None:
    parsed = Page(page)
    images = [i for i, (tag, _, _) in enumerate(parsed.elements) if tag == "svg"]
    assert images
    assert {parsed.first_child.get(i) for i in images} == {"title"}
    assert {parsed.elements[i][1].get("role") for i in images} == {"img"}


def test_every_table_has_a_caption_and_every_heading_a_scope(page: str) -> None:
    parsed = Page(page)
    tables = [i for i, (tag, _, _) in enumerate(parsed.elements) if tag == "table"]
    assert tables
    assert {parsed.first_child.get(i) for i in tables} == {"caption"}
    assert {a.get("scope") for _, a, _ in parsed.all("th")} <= {"col", "row"}


def test_every_chart_has_its_table_behind_it(page: str) -> None:
    parsed = Page(page)
    figures = len(parsed.all("figure"))
    assert figures == sum("figure" in parents for tag, _, parents in parsed.elements if tag == "table")
    assert figures == sum("figure" in parents for tag, _, parents in parsed.elements if tag == "svg")


def test_landmarks_skip_link_and_ids(page: str) -> None:
    parsed = Page(page)
    ids = [a["id"] for _, a, _ in parsed.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert [len(parsed.all(tag)) for tag in ("main", "h1", "nav", "footer")] == [1, 1, 1, 1]
    targets = {str(a["href"])[1:] for _, a, _ in parsed.all("a")}
    assert targets - {"content"} in (SECTIONS, SECTIONS | LEARNED)
    assert targets <= set(ids)
    named = {reference for _, a, _ in parsed.elements for reference in str(a.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_headings_step_down_one_level_at_a_time(page: str) -> None:
    levels = [int(tag[1]) for tag, _, _ in Page(page).elements if tag in {"h1", "h2", "h3", "h4"}]
    assert levels[0] == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def messages(language: str) -> dict[str, str]:
    tree = tomllib.loads((WORDS / language / "report.toml").read_text(encoding="utf-8"))
    flat: dict[str, str] = {}
    stack: list[tuple[str, object]] = [("", tree)]
    while stack:
        prefix, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{prefix}.{key}", inner) for key, inner in value.items()]
        else:
            flat[prefix] = str(value)
    return flat


@pytest.mark.parametrize("make", COMPANIES.values(), ids=COMPANIES)
@pytest.mark.parametrize(("locale", "other"), [("es", "en"), ("en", "es")])
def test_no_sentence_of_the_other_language(
    make: Callable[[], dict[str, object]], locale: str, other: str, tmp_path: Path
) -> None:
    text = Page(written(make(), tmp_path, locale)).text
    own = set(messages(locale).values())
    foreign = [said for said in messages(other).values() if len(said) > 15 and "{" not in said and said not in own]
    assert len(foreign) > 60
    assert [said for said in foreign if said in text] == []
    assert "report." not in text.replace("report.html", "")


@pytest.mark.parametrize("locale", ["es", "en", "es_CO"])
def test_the_language_is_declared(locale: str, tmp_path: Path) -> None:
    parsed = Page(written(marketplace(), tmp_path, locale))
    assert parsed.all("html")[0][1]["lang"] == locale.replace("_", "-")


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("es", ["91,3\u00a0%", "90,9\u00a0% a 91,8\u00a0%", "13.595", "1.292", "15 oct 2018", "4f1c9a2b7d30"]),
        ("en", ["91.3\u00a0%", "90.9\u00a0% to 91.8\u00a0%", "13,595", "1,292", "Oct 15, 2018", "4f1c9a2b7d30"]),
    ],
)
def test_figures_stand_with_their_intervals(locale: str, said: list[str], tmp_path: Path) -> None:
    text = Page(written(marketplace(), tmp_path, locale)).text
    assert [one for one in said if one not in text] == []


def test_an_empty_company_says_so_in_every_section(tmp_path: Path) -> None:
    parsed = Page(written(newcomer(), tmp_path))
    assert parsed.all("figure") == []
    expected = {f".empty.{key}" for key in ("costliest", "promises", "touchpoints", "opinions", "moments", "value",
                                            "loads", "quarantine", "withheld")}  # fmt: skip
    said = messages("es")
    assert [key for key in expected if said[key] not in parsed.text] == []


def test_an_empty_link_gives_its_reason(tmp_path: Path) -> None:
    assert 'link = "expectation"' in " ".join(Page(written(marketplace(), tmp_path, "es")).text.split())


def test_withheld_figures_are_named_and_counted(tmp_path: Path) -> None:
    snapshot = marketplace()
    text = " ".join(Page(written(snapshot, tmp_path, "en")).text.split())
    assert "Withheld" in text
    assert "Group too small to be shown" in text
    assert "1 · Promises, by state (UF)" in text


@pytest.mark.parametrize(
    "note", ["withheld-small-group", "withheld-small-cell"], ids=["few observations", "few people"]
)
def test_a_withheld_figure_shows_neither_estimate_nor_interval(note: str, tmp_path: Path) -> None:
    snapshot = newcomer()
    hidden = row("kept_rate", None, unit="fraction", promise="secret", note=note, owner="logistics", target=0.9)
    snapshot["documents"]["promises"] = document("promises", [hidden])  # type: ignore[index]
    page = written(snapshot, tmp_path, "en")
    assert "Withheld" in Page(page).text
    assert 'class="mark"' not in page


HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{ 7*7 }}"


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    snapshot = marketplace()
    snapshot["company"] = HOSTILE
    snapshot["store_version"] = HOSTILE
    snapshot["labels"] = {
        kind: {name: {"es": HOSTILE, "en": HOSTILE} for name in names}
        for kind, names in snapshot["labels"].items()  # type: ignore[attr-defined]
    }
    snapshot["model"]["promises"] = {  # type: ignore[index]
        name: {**promise, "statement": {"es": HOSTILE, "en": HOSTILE}}
        for name, promise in snapshot["model"]["promises"].items()  # type: ignore[index]
    }
    parsed = Page(written(snapshot, tmp_path))
    assert parsed.wrong == []
    assert not [tag for tag, _, _ in parsed.elements if tag in {"script", "img"}]
    assert not [name for _, a, _ in parsed.elements for name in a if name.startswith("on")]
    assert HOSTILE in parsed.text
    assert "{{ 7*7 }}" in parsed.text


def test_a_large_company_fits_into_two_megabytes(tmp_path: Path) -> None:
    assert len(written(chain_store(touchpoints=200, promises=40), tmp_path).encode()) < 2_000_000


def test_the_same_snapshot_is_the_same_file(tmp_path: Path) -> None:
    assert written(marketplace(), tmp_path) == written(marketplace(), tmp_path)


def test_the_snapshot_is_left_alone(tmp_path: Path) -> None:
    snapshot = marketplace()
    written(snapshot, tmp_path)
    assert snapshot == marketplace()


def test_no_folder_is_made_on_the_way(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder that is not there"):
        write_report(newcomer(), tmp_path / "nope" / "report.html", locale="es")
    assert list(tmp_path.iterdir()) == []


def test_a_snapshot_without_documents_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueOutOfRange) as caught:
        write_report({"company": "x"}, tmp_path / "report.html", locale="es")
    assert caught.value.code == "value-out-of-range"
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreNotWritable) as caught:
        write_report(newcomer(), tmp_path / "file" / "report.html", locale="es")
    assert caught.value.code == "store-not-writable"


def test_a_failed_write_leaves_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "report.html"
    target.write_text("earlier")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StoreNotWritable):
        write_report(newcomer(), target, locale="es")
    assert target.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]
