"""What a workspace without mistakes becomes, and the mistakes of its files as files."""

from __future__ import annotations

import pickle
from datetime import date, datetime
from decimal import Decimal

import pytest

from promesa.errors import WorkspaceInvalid
from promesa.workspace import Label, open_workspace


def test_defaults_stand_in_for_what_is_not_said(draft):
    ws = draft.open()
    assert (ws.company, ws.brand, ws.locale, ws.engine) == ("Café Ñandú", "Café Ñandú", "es", "duckdb")
    assert ws.store == draft.root.resolve() / ".promesa/store"
    assert (ws.as_of, ws.confidence_level, ws.min_group, ws.min_cell) == (None, 0.95, 30, 5)
    promise = ws.model.promises["on_time"]
    assert promise.due == "end_of_day(promised)"
    assert promise.touchpoints == ("delivery",)
    assert ws.model.touchpoints["delivery"].label == Label(es="delivery", en="delivery")
    assert ws.model.elements["days_late"].label.es == "days late"
    assert ws.model.return_within_days == 90
    assert ws.sources["pedidos"].null_words == ("",)


def test_a_load_knows_its_table_its_source_and_what_it_reads(draft):
    draft.write("load/opinions.survey.old-tool.sql", "SELECT id, at, 'csat' AS concept FROM Pedidos;")
    loads = {load.name: load for load in draft.open().loads}
    load = loads["opinions.survey.old-tool"]
    assert (load.table, load.source, load.reads) == ("opinions", "survey", ("pedidos",))
    assert not load.sql.endswith(";")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-06-30", date(2026, 6, 30)),
        ('"2026-06-30"', date(2026, 6, 30)),
        ("2026-06-30T12:00:00", datetime(2026, 6, 30, 17)),  # local time of Bogotá
        ("2026-06-30T12:00:00+02:00", datetime(2026, 6, 30, 10)),
    ],
)
def test_as_of_is_a_local_day_or_an_instant_in_utc(draft, written, read):
    draft.add("promesa.toml", f"[analysis]\nas_of = {written}")
    as_of = draft.open().as_of
    assert as_of == read
    assert type(as_of) is type(read)


def test_a_label_in_one_language_stands_for_both(draft):
    draft.replace(
        "model.toml", "[channels.web]", '[channels.web]\nlabel = { es = "Página" }\n[channels.app]\nlabel = "App"'
    )
    channels = draft.open().model.channels
    assert channels["web"].label == Label(es="Página", en="Página")
    assert channels["app"].label == Label(es="App", en="App")


def test_amounts_are_exact(draft):
    draft.replace("model.toml", 'stage = "after"', 'stage = "after"\ncost = 0.1')
    assert draft.open().model.touchpoints["delivery"].cost == Decimal("0.1")


def test_purpose_kind_and_nps_scale_need_not_be_said(draft):
    draft.add("model.toml", '[purposes.attract]\n[purposes.ads]\nkind = "attract"\n[concepts.nps]\nkind = "nps"')
    model = draft.open().model
    assert {purpose.kind for purpose in model.purposes.values()} == {"attract"}
    assert model.concepts["nps"].scale == (0, 10)


def test_the_order_of_the_file_is_kept(draft):
    draft.add("model.toml", "[traits.zone]\n[traits.age_band]\n[traits.city]")
    assert list(draft.open().model.traits) == ["zone", "age_band", "city"]


def test_a_byte_order_mark_is_no_mistake(draft):
    for name in ("promesa.toml", "model.toml", "load/moments.shop.sql"):
        file = draft.root / name
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert draft.open().loads[0].sql.startswith("SELECT")


def test_a_workspace_can_be_opened_without_its_data(draft):
    (draft.root / "data/pedidos.csv").unlink()
    assert draft.open().sources["pedidos"].path == "data/pedidos.csv"


def test_mistakes_of_all_files_come_together(draft):
    draft.replace("promesa.toml", 'currency = "COP"', 'currency = "COPP"')
    draft.replace("model.toml", 'better = "less"', 'better = "fewer"')
    draft.write("load/moments.shop.sql", "SELECT (1 FROM pedidos")
    draft.write("load/order.shop.sql", "SELECT 1 AS id FROM pedidos")
    files = {file for file, _ in draft.mistakes()}
    assert files == {"promesa.toml", "model.toml", "load/moments.shop.sql", "load/order.shop.sql"}


def test_the_error_prints_every_mistake_and_survives_pickling(draft):
    draft.replace("promesa.toml", 'currency = "COP"', 'currency = "COPP"')
    draft.replace("model.toml", 'better = "less"', 'better = "fewer"')
    with pytest.raises(WorkspaceInvalid) as caught:
        draft.open()
    again = pickle.loads(pickle.dumps(caught.value))
    assert "company.currency" in str(again)
    assert "elements.days_late.better" in str(again)
    assert len(again.to_dict()["mistakes"]) == 2


def test_toml_syntax_is_told_with_its_line(draft):
    draft.write("promesa.toml", '[company]\nname = "Café')
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("promesa.toml", "file")
    assert "line 2" in mistake.got


def test_a_name_given_twice_is_told_with_its_line(draft):
    draft.add("model.toml", "[channels.web]")
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("model.toml", "file")
    assert "web" in mistake.got
    assert "line" in mistake.got


def test_a_file_that_is_not_utf8(draft):
    (draft.root / "model.toml").write_bytes("[functions.a]\nlabel = 'Área'".encode("latin-1"))
    assert draft.only_mistake().what == "The file is not UTF-8."
    draft.write("model.toml", "[touchpoints]")
    (draft.root / "load/moments.shop.sql").write_bytes("SELECT 'á' FROM pedidos".encode("latin-1"))
    assert ("load/moments.shop.sql", "file") in draft.mistakes()


def test_no_workspace_here(draft, tmp_path):
    with pytest.raises(WorkspaceInvalid, match=r"promesa\.toml"):
        open_workspace(tmp_path / "nowhere")
    inside = draft.root / "load"
    with pytest.raises(WorkspaceInvalid) as caught:
        open_workspace(inside)
    assert str(draft.root) in caught.value.mistakes[0].fix


def test_missing_model(draft):
    (draft.root / "model.toml").rename(draft.root / "modelo.toml")
    mistake = draft.only_mistake()
    assert mistake.file == "model.toml"
    assert "modelo.toml" in mistake.fix


@pytest.mark.parametrize("text", ["", "[functions.logistics]", "[touchpoints]"])
def test_an_empty_model(draft, text):
    draft.write("model.toml", text)
    assert draft.only_mistake().key == "touchpoints"
