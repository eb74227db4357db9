"""Writes a simulated company: a workspace, the files of its systems, and what is true of it."""

from __future__ import annotations

import re
import shutil
from datetime import date
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from promesa.errors import ValueOutOfRange
from promesa.simulate import account_tables, company_files, dirt
from promesa.simulate.block import company, company_seed, draw_blocks
from promesa.simulate.company import BLOCK, COMPETITORS, World
from promesa.simulate.complaints import tally_complaints
from promesa.simulate.consents import tally_consents
from promesa.simulate.document import Truth, make_document, write_document
from promesa.simulate.effects import tally_effects
from promesa.simulate.files import SHAPES, Format, block_tables, kind_of, open_writers, write_block
from promesa.simulate.shop_tables import draw_baskets
from promesa.simulate.truth import Tally, mean_of, new_tally, tally_block, tally_persons
from promesa.simulate.writers import FileShape, FileWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from promesa.simulate.block import Block

END = date(2026, 6, 30)


def simulate(
    folder: Path,
    *,
    customers: int = 20_000,
    years: float = 2,
    seed: int = 7,
    end: date = END,
    written_as: Format = "files",
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Write the simulated company "Casa Lumbre" into a folder.

    Parameters
    ----------
    folder : Path
        Becomes a workspace: promesa.toml, model.toml, load/, data/; beside them truth.json and
        truth/true_persons.parquet, which no load reads. It must be empty or not there.
    customers : int, default 20_000
        Persons. Each brings about 21 moments in two years.
    years : float, default 2
        Length of the window.
    seed : int, default 7
        The same seed and settings give the same bytes in every file.
    end : date
        Last day of the window.
    written_as : {"files", "parquet"}, default "files"
        In the formats of the company's systems, or all that grows with the customers as Parquet. Cells
        of the wrong type exist only in text files.
    progress : callable, optional
        Called with (customers written, customers in all).

    Returns
    -------
    Truth
        Also written to ``truth.json``.

    Raises
    ------
    ValueOutOfRange
        If a size is out of range, or the folder holds anything.
    """
    from promesa.simulate.population import known_population

    _check(folder, customers=customers, years=years, seed=seed)
    world, tally = company(years=years, seed=seed, end=end), new_tally()
    data = folder / "data"
    writers = open_writers(data, written_as)
    persons = FileWriter(folder / "truth", FileShape(path="true_persons"), "parquet")
    try:
        for block in draw_blocks(world, customers=customers, seed=seed):
            _write_one(world, block, writers, persons, tally)
            if progress:
                progress(min(customers, (block.index + 1) * BLOCK), customers)
        _write_company(world, data, writers, tally, customers=customers, seed=seed)
        _write_test_accounts(world, writers, persons, tally, customers=customers)
    finally:
        for writer in (*writers.values(), persons):
            writer.close()
    _write_workspace(folder, end=end, written_as=written_as)
    document = make_document(
        world,
        tally,
        run={"customers": customers, "years": years, "seed": seed, "end": end.isoformat(), "format": written_as},
        population=known_population(years=years, end=end),
    )
    write_document(folder / "truth.json", document)
    return Truth(folder=folder, document=document)


def blocks(*, customers: int = 20_000, years: float = 2, seed: int = 7, end: date = END) -> Iterator[Block]:
    """Draw the latent truth of the same customers that `simulate` writes, block by block, without files."""
    return draw_blocks(company(years=years, seed=seed, end=end), customers=customers, seed=seed)


def _check(folder: Path, *, customers: int, years: float, seed: int) -> None:
    limits = (("customers", customers, 1, 20_000_000), ("years", years, 0.25, 10), ("seed", seed, 0, 2**63))
    for name, value, low, high in limits:
        if not low <= value <= high:
            raise ValueOutOfRange(
                what=f"`{name}` is out of range.",
                got=f"{value}",
                expected=f"from {low} to {high}",
                fix=f"pass another `{name}`",
            )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueOutOfRange(
            what="The folder to write into is not empty; nothing was overwritten.",
            got=str(folder),
            expected="an empty folder, or a name that is still free",
            fix="name another folder",
        )


def _write_one(world: World, block: Block, writers: dict[str, FileWriter], persons: FileWriter, tally: Tally) -> None:
    baskets = draw_baskets(world, block)
    tally_block(world, block, baskets, tally)
    tally_effects(block.journeys, tally)
    write_block(block, block_tables(world, block, baskets, tally), writers, tally)
    persons.append(account_tables.person_table(world, block))
    tally_persons(world, block, tally)
    tally_consents(world, block, tally)
    tally_complaints(world, block, tally)
    tally["dirt.typos.clientes"] += int(block.people.twice_in_crm.sum())


def _write_company(
    world: World, data: Path, writers: dict[str, FileWriter], tally: Tally, *, customers: int, seed: int
) -> None:
    rng = np.random.default_rng(company_seed(seed).spawn(1)[0])
    company_files.write_products(data / "erp" / "productos.xlsx", world)
    company_files.write_operation(data / "erp" / "operacion.xlsx", world, customers)
    spend = company_files.spend_table(world, customers, rng)
    tally["files.inversion"] += spend.num_rows + 2
    writers["inversion"].append(dirt.negative_spend(spend, tally))
    answers, areas = company_files.staff_answers(customers, rng)
    company_files.write_staff(data / "personal" / "encuesta_personal.sav", world, answers, areas)
    mean_of(tally, "belief.top", (answers >= 4).astype(float))
    reviews = company_files.competitor_reviews(world, customers, rng)
    writers["resenas"].append(reviews)
    tally["files.resenas"] += reviews.num_rows
    brand = np.array(reviews.column("marca").to_pylist())
    for name in COMPETITORS:
        mean_of(tally, f"reviews.{name}", reviews.column("estrellas").to_numpy()[brand == name].astype(float))


def _write_test_accounts(
    world: World, writers: dict[str, FileWriter], persons: FileWriter, tally: Tally, *, customers: int
) -> None:
    accounts = account_tables.test_account_table(world, customers=customers)
    writers["cuentas"].append(accounts)
    persons.append(account_tables.nobody_table(customers=customers))
    tally["files.cuentas"] += accounts.num_rows
    tally["persons.test_accounts"] += accounts.num_rows


def _write_workspace(folder: Path, *, end: date, written_as: Format) -> None:
    template = files("promesa.simulate").joinpath("workspace")
    with as_file(template) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    settings = folder / "promesa.toml"
    text = re.sub(r"(?m)^as_of = .*$", f"as_of = {end:%Y-%m-%d}", settings.read_text(encoding="utf-8"))
    if written_as == "parquet":
        text = _as_parquet(text)
    settings.write_text(text, encoding="utf-8")


def _as_parquet(settings: str) -> str:
    """Return the settings with Parquet paths in place of the text files that grow with the customers."""
    for name, shape in SHAPES.items():
        if kind_of(name, "parquet") == "parquet":
            natural = shape.name(shape.natural)
            settings = settings.replace(f'"data/{natural}"', f'"data/{shape.name("parquet")}"')
            ending = natural.removeprefix(shape.path)
            settings = settings.replace(f'"data/{shape.path}*{ending}"', f'"data/{shape.path}*.parquet"')
    return _without_text_options(settings)


def _without_text_options(settings: str) -> str:
    kept: list[str] = []
    for section in re.split(r"(?m)^(?=\[)", settings):
        text_file = '.parquet"' in section
        lines = section.splitlines(keepends=True)
        kept += [
            line for line in lines
            if not (text_file and re.match(r"(delimiter|encoding|dates|decimal|types|format) =", line))
        ]  # fmt: skip
    return "".join(kept)
