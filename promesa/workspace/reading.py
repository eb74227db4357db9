"""Opens a workspace: a folder in, one frozen `Workspace` out, or every mistake of its files together."""

from __future__ import annotations

import os
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from promesa.errors import Mistake, WorkspaceInvalid, did_you_mean
from promesa.workspace.currency_signs import signs_of
from promesa.workspace.fields import Place
from promesa.workspace.loads import read_loads
from promesa.workspace.model import Workspace
from promesa.workspace.settings import read_settings
from promesa.workspace.vocabulary import Sections, build_model, read_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace.service import ServiceSettings

SETTINGS_FILE = "promesa.toml"
MODEL_FILE = "model.toml"


def open_workspace(path: str | Path = ".", *, environ: Mapping[str, str] | None = None) -> Workspace:
    """Read and check a company's folder.

    Parameters
    ----------
    path : str or Path
        The folder that holds promesa.toml.
    environ : mapping of str to str, optional
        Where `${VAR}` is looked up; the process's environment when left out.

    Raises
    ------
    WorkspaceInvalid
        With every mistake of promesa.toml, model.toml and load/*.sql.
    """
    root = Path(path).expanduser().resolve()
    mistakes: list[Mistake] = []
    settings_place = Place(file=SETTINGS_FILE, key="", mistakes=mistakes)
    model_place = Place(file=MODEL_FILE, key="", mistakes=mistakes)
    settings_tree = _read_toml(root / SETTINGS_FILE, place=settings_place)
    if settings_tree is None and not (root / MODEL_FILE).exists():
        raise WorkspaceInvalid(mistakes)
    model_tree = _read_toml(root / MODEL_FILE, place=model_place)
    variables = os.environ if environ is None else environ
    settings = None
    if settings_tree is not None:
        settings = read_settings(settings_tree, environ=variables, place=settings_place)
    sections = read_model(model_tree, place=model_place) if model_tree is not None else None
    loads = read_loads(root, sources=settings["sources"] if settings else None, place=settings_place)
    if mistakes or settings is None or sections is None:
        raise WorkspaceInvalid(mistakes)
    return _build(root, settings, sections, loads=loads)


def _build(root: Path, settings: dict[str, dict[str, Any]], sections: Sections, *, loads: tuple[Any, ...]) -> Workspace:
    company, engine, analysis = settings["company"], settings["engine"], settings["analysis"]
    signs = signs_of(company["currency"])
    return Workspace(
        root=root,
        company=company["name"],
        brand=company["brand"] or company["name"],
        locale=company["locale"],
        time_zone=company["time_zone"],
        currency=company["currency"],
        engine=engine["url"],
        store=root / Path(settings["store"]["path"]).expanduser(),
        as_of=_as_of(analysis["as_of"], company["time_zone"]),
        confidence_level=analysis["confidence_level"],
        min_group=analysis["min_group"],
        min_cell=analysis["min_cell"],
        memory_limit=engine["memory_limit"],
        threads=engine["threads"],
        sources={name: replace(source, money_signs=signs) for name, source in settings["sources"].items()},
        loads=loads,
        model=build_model(sections),
        controller=company["controller"],
        privacy_contact=company["privacy_contact"],
        rates=settings["rates"],
        branch_time_zones=settings["branch_time_zones"],
        service=cast("ServiceSettings", settings["service"]),
        retention={name: days for name, days in settings["retention"].items() if days is not None},
    )


def _as_of(value: Any, time_zone: str) -> Any:
    """Return a time as naive UTC: one without an offset is a local time of the company's zone."""
    if not isinstance(value, datetime):
        return value
    aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(time_zone))
    return aware.astimezone(UTC).replace(tzinfo=None)


def _read_toml(file: Path, *, place: Place) -> dict[str, Any] | None:
    here = Place(file=place.file, key="file", mistakes=place.mistakes)
    try:
        text = file.read_text(encoding="utf-8-sig")
        return tomllib.loads(text, parse_float=Decimal)
    except FileNotFoundError:
        _tell_missing(file, place=here)
    except tomllib.TOMLDecodeError as error:
        here.wrong(
            what="The file is not TOML.",
            got=str(error),
            expected='[sections] and key = "value" lines, each name once',
            fix="mend the line it names: a quotation mark, an equals sign, a name given twice, a decimal comma",
        )
    except UnicodeDecodeError as error:
        here.wrong(
            what="The file is not UTF-8.",
            got=f"byte {error.start}",
            expected="a text in UTF-8",
            fix="save it as UTF-8 in the editor",
        )
    except OSError as error:
        here.wrong(
            what="The file cannot be read.",
            got=error.strerror or type(error).__name__,
            expected="a file",
            fix="check it",
        )
    return None


def _tell_missing(file: Path, *, place: Place) -> None:
    above = next((folder for folder in file.parent.parents if (folder / SETTINGS_FILE).is_file()), None)
    beside = [item.name for item in file.parent.glob("*")] if file.parent.is_dir() else []
    if not file.parent.is_dir():
        fix = "check the name of the folder, or make it with `promesa new`"
    elif above is not None and file.name == SETTINGS_FILE:
        fix = f"the workspace is {above}: go there, or name it with --workspace"
    else:
        fix = did_you_mean(
            file.name, beside, otherwise="make a workspace with `promesa new`, or name one with --workspace"
        )
    place.wrong(
        what=f"There is no {file.name} in {file.parent}.",
        got="no file" if file.parent.is_dir() else "no such folder",
        expected=f"a folder that holds {SETTINGS_FILE} and {MODEL_FILE}",
        fix=fix,
    )
