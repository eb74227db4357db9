"""The files: the same for the same seed, independent of how many customers there are, refusing to overwrite."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pyarrow import parquet

from promesa.errors import ValueOutOfRange
from promesa.simulate import simulate
from promesa.simulate.block import company, draw_block
from promesa.simulate.run import END
from promesa.simulate.workbook import write_workbook
from promesa.workspace import open_workspace


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("written_as", ["files", "parquet"])
def test_same_seed_gives_the_same_bytes(tmp_path: Path, written_as: str) -> None:
    one, two, other = tmp_path / "one", tmp_path / "two", tmp_path / "other"
    simulate(one, customers=300, seed=3, written_as=written_as)
    simulate(two, customers=300, seed=3, written_as=written_as)
    simulate(other, customers=300, seed=4, written_as=written_as)
    assert digests(one) == digests(two)
    same = {name for name, digest in digests(one).items() if digests(other).get(name) == digest}
    assert {name for name in same if name.startswith("data/")} == {"data/erp/operacion.xlsx"}  # a rate, no chance in it


def test_a_block_does_not_depend_on_the_others() -> None:
    world = company(years=2, seed=5, end=END)
    alone = draw_block(world, index=1, size=400, seed=5)
    draw_block(world, index=0, size=700, seed=5)
    again = draw_block(world, index=1, size=400, seed=5)
    assert (alone.journeys.satisfaction == again.journeys.satisfaction).all()
    assert alone.people.number[0] == 5_000


def test_both_formats_hold_the_same_truth(company: Path, truth: dict, tmp_path: Path) -> None:
    other = simulate(tmp_path / "parquet", customers=3_000, seed=11, written_as="parquet").document
    for part in ("promises", "moments", "elements", "effects", "surveys", "money", "action", "persons", "consents"):
        assert other[part] == truth[part], part
    # A typed cell cannot hold a word in a number or a day that no calendar has.
    assert set(truth["dirt"]) - set(other["dirt"]) == {"text_in_number", "impossible_date"}
    files = {path.suffix for path in (tmp_path / "parquet" / "data").rglob("*") if path.is_file()}
    assert files == {".parquet", ".xlsx", ".sav", ".csv", ".jsonl"}


@pytest.mark.parametrize("written_as", ["files", "parquet"])
def test_the_workspace_opens_and_its_files_are_there(tmp_path: Path, written_as: str) -> None:
    folder = tmp_path / "empresa"
    simulate(folder, customers=200, seed=1, end=date(2025, 12, 31), written_as=written_as)
    workspace = open_workspace(folder)
    assert workspace.as_of == date(2025, 12, 31)
    tables = {"moments", "opinions", "orders", "profiles", "costs", "spend", "consents", "deeds"}
    assert {load.table for load in workspace.loads} == tables
    for source in workspace.sources.values():
        assert list(
            folder.glob(str(Path(source.path).relative_to(folder) if Path(source.path).is_absolute() else source.path))
        )


def test_names_in_truth_are_names_of_the_model(company: Path, truth: dict) -> None:
    model = open_workspace(company).model
    assert set(truth["promises"]) == set(model.promises)
    assert set(truth["elements"]) == set(model.elements)
    assert set(truth["moments"]) == set(model.touchpoints)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueOutOfRange) as raised:
        simulate(tmp_path, customers=10)
    assert raised.value.code == "value-out-of-range"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"years": 0.0}, {"years": 99.0}, {"seed": -1}])
def test_sizes_out_of_range(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(ValueOutOfRange):
        simulate(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def test_one_customer_is_a_company(tmp_path: Path) -> None:
    truth = simulate(tmp_path / "one", customers=1, seed=2)
    assert truth.moments > 0


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    simulate(tmp_path / "new", customers=5_001, years=0.3, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(5_000, 5_001), (5_001, 5_001)]


def test_systems_write_as_they_do(company: Path) -> None:
    crm = (company / "data" / "crm" / "clientes.csv").read_bytes()
    header = crm.split(b"\n", 1)[0].decode("latin-1")
    assert "dirección;ciudad;región" in header
    with pytest.raises(UnicodeDecodeError):
        crm.decode("utf-8")
    spend = (company / "data" / "mercadeo" / "inversion.csv").read_text(encoding="utf-8").splitlines()
    assert all("," in line.split(";")[5] or line.split(";")[5].lstrip("-").isdigit() for line in spend[1:])
    first = json.loads(
        (company / "data" / "call_center" / "contactos.jsonl").read_text(encoding="utf-8").splitlines()[0]
    )
    assert first["inicio"].endswith("+00:00")
    assert parquet.ParquetFile(company / "data" / "web" / "sesiones.parquet").metadata.num_rows > 0


cells = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8),
    st.none(),
)


@given(st.lists(st.tuples(st.just("x"), cells, cells), min_size=1, max_size=5))
def test_a_workbook_is_read_back_as_written(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    path = tmp_path_factory.mktemp("xlsx") / "book.xlsx"
    write_workbook(path, sheet="Hoja & más", header=("a", "b<", "c"), rows=rows)
    book = load_workbook(path)
    assert book.sheetnames == ["Hoja & más"]
    read = list(book.active.iter_rows(values_only=True, max_col=3))
    assert read[0] == ("a", "b<", "c")
    assert [tuple(row) for row in read[1:]] == [tuple(row) for row in rows]
