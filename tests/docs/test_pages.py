"""What the pages name exists: make targets, files, keys, commands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from promesa.workspace import grammar

ROOT = Path(__file__).resolve().parents[2]
FRONT = sorted([*ROOT.glob("*.md"), *ROOT.glob("examples/*/README.md")])
PAGES = [*FRONT, *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s#]+)")
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    """Return a page's path from the root, for the names of tests."""
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [target for target in commands if target not in targets] == []


@pytest.mark.parametrize("page", FRONT, ids=named)
def test_every_file_linked_exists(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_readme_is_the_same_in_both_languages() -> None:
    english, spanish = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.es.md"))

    def shape(text: str) -> tuple[int, ...]:
        return tuple(len(re.findall(mark, text, re.MULTILINE)) for mark in (r"^## ", r"^- ", r"^\| `", r"^```"))

    assert shape(english) == shape(spanish)


def unknown_settings(tree: dict[str, dict[str, object]]) -> list[str]:
    """Return the keys of a promesa.toml that the grammar does not have."""
    known = {section: {field.name for field in fields} for section, fields in grammar.SETTINGS.items()}
    source = {field.name for field in grammar.SOURCE}
    found = [f"{s}.{k}" for s, table in tree.items() if s in known for k in table if k not in known[s]]
    sources = tree.get("sources", {})
    found += [f"sources.{n}.{k}" for n, t in sources.items() if isinstance(t, dict) for k in t if k not in source]
    return found + [section for section in tree if section not in {*known, "sources", "variables", "rates"}]


def test_the_settings_shown_exist() -> None:
    page = (ROOT / "docs" / "reference" / "promesa-toml.md").read_text(encoding="utf-8")
    shown = [tomllib.loads(block) for block in TOML.findall(page)]
    assert shown
    assert [unknown_settings(tree) for tree in shown] == [[] for _ in shown]
    assert unknown_settings({"company": {"nme": 1}, "sources": {"a": {"pth": 1}}, "x": {}}) == [
        "company.nme",
        "sources.a.pth",
        "x",
    ]
