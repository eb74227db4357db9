"""Who is who among a million records, against plain Splink: ``python -m benchmarks.linkage [--records 1000000]``.

Each contender runs in a process of its own on the same raw records; Splink the way its documentation shows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promesa.engine import Embedded
    from promesa.workspace import Workspace

WORK = Path(__file__).parent / "work"
RECORD = ("customer", "person", "given", "surnames", "birth_date", "document", "phone", "email", "address", "city")
SPLINK_COLUMNS = (
    "customer, lower(strip_accents(given)) AS given, lower(strip_accents(surnames)) AS surnames, "
    "CAST(birth_date AS VARCHAR) AS birth_date, document, phone, email, lower(strip_accents(address)) AS address, city"
)
# One system writes names surnames first, with a comma; the other as they are spoken.
PROFILES = (
    "SELECT CAST(customer AS VARCHAR) AS customer, TIMESTAMP '2026-01-01' AS at, CAST(customer AS VARCHAR) AS id, "
    "CASE WHEN customer % 2 = 0 THEN surnames || ', ' || given ELSE given || ' ' || surnames END AS name, "
    "email, phone, document, address, birth_date, city"
)
NEW = 10_000
SETTINGS = """
[company]
name = "People"
time_zone = "America/Bogota"
currency = "COP"

[sources.people]
path = "data/people_*.parquet"
new_files_only = true
"""
WORDS = """
[functions.shop]
[touchpoints.shop]
stage = "before"
function = "shop"
[traits.city]
[identity]
country = "CO"
compare = ["city"]
"""


def processor_seconds() -> float:
    """Return what this process has used of the processors: what other work on the machine changes least."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def write_people(n: int, *, seed: int = 1) -> Path:
    """Return the file of `n` made-up records, written if it is not there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from benchmarks.people import people

    file = WORK / f"people-{n}-{seed}.parquet"
    if not file.exists():
        WORK.mkdir(exist_ok=True)
        made = list(people(n, seed))
        pq.write_table(pa.table({column: [getattr(record, column) for record in made] for column in RECORD}), file)
    return file


def pairwise(truth: Sequence[object], found: Sequence[object]) -> tuple[float, float, float]:
    """Return precision, recall and F1 over pairs of records put together."""

    def pairs(groups: Iterable[object]) -> int:
        return sum(count * (count - 1) // 2 for count in Counter(groups).values())

    both, right, put = pairs(zip(truth, found, strict=True)), pairs(truth), pairs(found)
    return both / max(put, 1), both / max(right, 1), 2 * both / max(right + put, 1)


def together(size: int, low: Sequence[int], high: Sequence[int]) -> list[int]:
    """Return the group of each of `size` records, given the places of those linked."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    links = coo_matrix((np.ones(len(low)), (low, high)), shape=(size, size))
    return connected_components(links, directed=False)[1].tolist()


def figures(engine: Embedded, links: str, truth: str) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the links of a SELECT (low, high) against `truth` (customer, person)."""
    engine.run(f"CREATE OR REPLACE TEMP TABLE placed AS SELECT *, row_number() OVER () - 1 AS place FROM {truth}")
    found = engine.arrow(
        f"SELECT one.place AS low, two.place AS high FROM ({links}) AS links "
        "JOIN placed AS one ON one.customer = low JOIN placed AS two ON two.customer = high"
    )
    persons = engine.arrow("SELECT person FROM placed ORDER BY place")["person"].to_pylist()
    return pairwise(persons, together(len(persons), found["low"].to_pylist(), found["high"].to_pylist()))


def splink_links(engine: Embedded, *, file: Path) -> str:
    """Train, predict and store Splink's pairs, the way of its documentation; return their table."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.backends.duckdb import DuckDBAPI

    engine.run(f"CREATE OR REPLACE TABLE plain AS SELECT {SPLINK_COLUMNS} FROM '{file}'")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="customer",
        comparisons=[
            cl.ForenameSurnameComparison("given", "surnames"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.DamerauLevenshteinAtThresholds("document", [1]),
            cl.DamerauLevenshteinAtThresholds("phone", [1]).configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
            cl.JaroWinklerAtThresholds("address", [0.95, 0.88]),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("document"), block_on("email"), block_on("phone"), block_on("given", "birth_date"),
            block_on("surnames", "birth_date"), block_on("given", "surnames"), block_on("address", "given"),
        ],
        retain_matching_columns=False,
    )  # fmt: skip
    engine.run("UPDATE plain SET phone = NULL WHERE phone IN (SELECT phone FROM plain GROUP BY 1 HAVING count(*) > 50)")
    engine.run("UPDATE plain SET email = NULL WHERE email IN (SELECT email FROM plain GROUP BY 1 HAVING count(*) > 50)")
    api = DuckDBAPI(connection=engine.connection)
    linker = Linker(api.register("plain"), settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("document"), block_on("email", "given"), block_on("given", "surnames", "birth_date")], recall=0.7
    )
    training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("given", "surnames"))
    training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    training.estimate_parameters_using_expectation_maximisation(block_on("phone"))
    predicted = linker.inference.predict(threshold_match_probability=0.05)
    return str(predicted.physical_name)


def run_splink(file: Path) -> dict[str, object]:
    """Measure plain Splink."""
    from promesa.engine import Embedded

    engine = Embedded()
    start, before = time.perf_counter(), processor_seconds()
    table = splink_links(engine, file=file)
    seconds, processor = time.perf_counter() - start, processor_seconds() - before
    engine.run(f"CREATE TEMP TABLE truth AS SELECT customer, person FROM '{file}'")
    tried = {
        str(at): figures(
            engine,
            f"SELECT customer_l AS low, customer_r AS high FROM {table} WHERE match_probability >= {at}",
            "truth",
        )
        for at in (0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
    }
    best = max(tried, key=lambda at: tried[at][2])
    return {
        "train and predict": seconds,
        "processor": processor,
        "best threshold": best,
        "precision, recall, F1": tried[best],
    }


def run_promesa(file: Path) -> dict[str, object]:
    """Measure promesa: the first link, all again with the kept model, and new records against all.

    The whole of `promesa link` is timed, from the profiles in the store to the persons in it; loading is not.
    """
    from datetime import datetime

    from promesa.identity import link
    from promesa.store import load
    from promesa.workspace import open_workspace

    ws = open_workspace(write_company(file))
    seconds: dict[str, object] = {}
    processor: dict[str, float] = {}
    steps: dict[str, float] = {}
    for day, (step, options) in enumerate(
        (("first link", {}), ("all again, model kept", {"full": True}), (f"{NEW} new", {}), ("nothing new", {}))
    ):
        if day in (0, 2):
            write_part(ws.root, file, new=day == 2)
            started = time.perf_counter()
            load(ws, recorded_at=datetime(2026, 1, 2 + day))  # noqa: DTZ001
            steps[f"load {day}"] = time.perf_counter() - started
        started, before = time.perf_counter(), processor_seconds()
        last = started

        def told(sentence: str, _share: float | None, step: str = step) -> None:
            nonlocal last
            now = time.perf_counter()
            steps[f"{step}: until {sentence}"] = round(now - last, 2)
            last = now

        link(ws, recorded_at=datetime(2026, 1, 2 + day), progress=told, **options)  # noqa: DTZ001
        seconds[step] = time.perf_counter() - started
        processor[step] = processor_seconds() - before
    return {**seconds, "processor": processor, "precision, recall, F1": judged(ws, file), "steps": steps}


def write_company(file: Path) -> Path:
    """Write, anew, a workspace whose one source is the records; return its folder."""
    import shutil

    folder = WORK / f"linkage-{file.stem}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "load").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "promesa.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "model.toml").write_text(WORDS, encoding="utf-8")
    (folder / "load" / "profiles.shop.sql").write_text(f"{PROFILES} FROM people", encoding="utf-8")
    return folder


def write_part(folder: Path, file: Path, *, new: bool) -> None:
    """Write one of the two files of the company: the last records, or all before them."""
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    cut = table.num_rows - NEW
    part = table.slice(cut) if new else table.slice(0, cut)
    pq.write_table(part, folder / "data" / f"people_{int(new)}.parquet")


def judged(ws: Workspace, file: Path) -> tuple[float, float, float]:
    """Return precision, recall and F1 of the persons of the store against the truth."""
    from promesa.store import inspect_store

    with inspect_store(ws) as look:
        joined = f"SELECT customer, person FROM ({look.rows('persons')}) WHERE until > TIMESTAMP '9000-01-01'"
        found = look.engine.arrow(
            f"SELECT t.person AS truth, coalesce(p.person, i.customer) AS found FROM ({look.rows('identities')}) i "
            f"JOIN '{file}' t ON CAST(t.customer AS VARCHAR) = i.key LEFT JOIN ({joined}) p ON p.customer = i.customer"
        )
    return pairwise(found["truth"].to_pylist(), found["found"].to_pylist())


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("splink", "promesa"))
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    file = write_people(asked.records)
    if asked.inside:
        found = run_splink(file) if asked.only == "splink" else run_promesa(file)
        found["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps(found))
        return
    for name in [asked.only] if asked.only else ["splink", "promesa"]:
        command = [
            sys.executable,
            "-m",
            "benchmarks.linkage",
            "--inside",
            "--only",
            name,
            "--records",
            str(asked.records),
        ]
        print(
            name,
            subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1],
            flush=True,
        )


if __name__ == "__main__":
    main()
