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
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from promesa.engine import Embedded
    from promesa.workspace import Model

WORK = Path(__file__).parent / "work"
RECORD = ("customer", "person", "given", "surnames", "birth_date", "document", "phone", "email", "address", "city")
SPLINK_COLUMNS = (
    "customer, lower(strip_accents(given)) AS given, lower(strip_accents(surnames)) AS surnames, "
    "CAST(birth_date AS VARCHAR) AS birth_date, document, phone, email, lower(strip_accents(address)) AS address, city"
)
# One system writes names surnames first, with a comma; the other as they are spoken.
PROFILES = (
    "SELECT customer, TIMESTAMP '2026-01-01' AS at, 'shop' AS source, CAST(customer AS VARCHAR) AS id, "
    "CASE WHEN customer % 2 = 0 THEN surnames || ', ' || given ELSE given || ' ' || surnames END AS name, "
    "email, phone, document, address, birth_date, city"
)


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


def people_model() -> Model:
    """Return the model of a company that compares cities and is in Colombia."""
    from promesa.workspace import IdentitySettings, Model

    empty = {
        kind: {}
        for kind in ("functions", "channels", "touchpoints", "elements", "promises", "concepts", "traits", "purposes")
    }
    return replace(Model(**empty), identity=IdentitySettings(country="CO", compare=("city",)))


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
    start = time.perf_counter()
    table = splink_links(engine, file=file)
    seconds = time.perf_counter() - start
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
    return {"train and predict": seconds, "best threshold": best, "precision, recall, F1": tried[best]}


def run_promesa(file: Path, *, new: int = 10_000) -> dict[str, object]:
    """Measure promesa: the first link, all again with the kept model, and new records against all."""
    from promesa.engine import Embedded
    from promesa.identity.blocking import pairs
    from promesa.identity.records import make_records
    from promesa.identity.scoring import score
    from promesa.identity.training import train

    engine, model = Embedded(), people_model()
    seconds: dict[str, float] = {}

    def timed(step: str, start: float) -> float:
        now = time.perf_counter()
        seconds[step] = now - start
        return now

    now = time.perf_counter()
    make_records(engine, model, profiles=f"{PROFILES} FROM '{file}'", into="records")
    now = timed("records", now)
    link_model = train(engine, "records", model=model, seed=1)
    now = timed("train", now)
    pairs(engine, "records", new=None, into="candidates", model=model)
    now = timed("pairs", now)
    candidates = engine.value("SELECT count(*) FROM candidates")
    score(engine, "records", "candidates", link_model=link_model, into="scored", at_least=0.5)
    now = timed("score", now)
    engine.run(f"CREATE TEMP TABLE truth AS SELECT customer, person FROM '{file}'")
    tried = {
        str(at): figures(engine, f"SELECT low, high FROM scored WHERE probability >= {at}", "truth")
        for at in (0.5, 0.9, 0.95, 0.99)
    }
    engine.run(f"CREATE TEMP TABLE new AS SELECT customer FROM records ORDER BY customer LIMIT {new}")
    now = time.perf_counter()
    make_records(
        engine,
        model,
        profiles=f"{PROFILES} FROM '{file}' WHERE customer IN (SELECT customer FROM new)",
        into="new_records",
    )
    pairs(engine, "records", new="new", into="new_candidates", model=model, crossed="crossed")
    score(engine, "records", "new_candidates", link_model=link_model, into="new_scored", at_least=0.5)
    now = timed(f"{new} new", now)
    return {**seconds, "candidates": candidates, "crossed": engine.value("SELECT count(*) FROM crossed"), **tried}


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
