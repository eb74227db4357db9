"""The Containerfile says what the documentation promises of it; no container engine is needed to read it."""

from __future__ import annotations

import json
import re

from typer.testing import CliRunner

from promesa.cli.app import app
from tests.conftest import ROOT


def statements() -> list[tuple[str, str]]:
    """Return (instruction, rest) of each statement, comments and line breaks taken out."""
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    joined = lines.replace("\\\n", " ").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined if line.strip()]


def last_stage() -> list[tuple[str, str]]:
    found = statements()
    begins = max(place for place, (name, _) in enumerate(found) if name == "FROM")
    return found[begins:]


def test_every_base_is_named_whole_and_by_version() -> None:
    bases = [rest.split()[0] for name, rest in statements() if name == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"[\w.]+/[\w./-]+:\d[\w.-]*", base), base


def test_it_does_not_run_as_root_and_writes_to_its_volume_alone() -> None:
    stage = last_stage()
    users = [rest for name, rest in stage if name == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    after = [name for name, _ in stage[[name for name, _ in stage].index("USER") :]]
    assert not {"RUN", "COPY", "ADD"} & set(after)
    assert [json.loads(rest) for name, rest in stage if name == "VOLUME"] == [["/workspace"]]


def test_it_has_labels_a_health_check_and_a_clean_stop() -> None:
    found = dict(last_stage())
    assert "org.opencontainers.image.title" in found["LABEL"]
    assert "org.opencontainers.image.licenses" in found["LABEL"]
    assert "/readyz" in found["HEALTHCHECK"]
    assert found["STOPSIGNAL"] == "SIGTERM"
    assert found["EXPOSE"] == "8000"


def test_only_what_is_there_is_copied_and_nothing_is_fetched_unseen() -> None:
    ignored = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    for name, rest in statements():
        assert name != "ADD"
        assert "curl" not in rest
        assert "sudo" not in rest
        if name == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source.strip('./')}" in ignored, source


def test_it_starts_the_service_with_options_that_exist() -> None:
    command = json.loads(dict(last_stage())["ENTRYPOINT"])
    assert command[:2] == ["promesa", "serve"]
    known = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    for option in command[2:]:
        assert not option.startswith("--") or option in known, option
