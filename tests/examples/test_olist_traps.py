"""Extracts of the same data come in several forms; none of them changes an answer, and nothing is dropped unseen."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from promesa import measures, promises, value
from promesa.errors import SourceUnreadable, WorkspaceInvalid
from promesa.store import load, open_facts
from promesa.workspace import Workspace, open_workspace
from tests.examples import brute_force
from tests.examples.olist_answers import PROMISE, RECORDED_AT, copy_of, figure, rows_in, workspace_of
from tests.examples.olist_files import FILES, Tables, invent, write

if TYPE_CHECKING:
    from pathlib import Path


def as_published(tables: Tables, folder: Path) -> None:
    """Write the files as they are on Kaggle: quoted, five-digit zips, whole numbers without a point."""
    zips = tables["customers"]["customer_zip_code_prefix"].astype(str).str.zfill(5)
    counts = ["product_name_lenght", "product_description_lenght", "product_photos_qty"]
    whole = {column: tables["products"][column].str.removesuffix(".0") for column in counts}
    changed = {
        **tables,
        "customers": tables["customers"].assign(customer_zip_code_prefix=zips),
        "products": tables["products"].assign(**whole),
    }
    for name, file in FILES.items():
        changed[name].to_csv(folder / file, index=False, quoting=csv.QUOTE_ALL)


def with_bare_days(tables: Tables, folder: Path) -> None:
    """Write the columns that only hold midnights without their hour, as many tools do."""
    column = "order_estimated_delivery_date"
    orders = tables["orders"].assign(**{column: tables["orders"][column].str[:10]})
    write({**tables, "orders": orders}, folder)


def with_repeated_rows(tables: Tables, folder: Path) -> None:
    """Write every row of every file twice."""
    write({name: pd.concat([table, table]) for name, table in tables.items()}, folder)


def plain_and_gzipped(tables: Tables, folder: Path) -> None:
    """Leave the same files there in both forms."""
    write(tables, folder)
    write(tables, folder, gzipped=True)


@pytest.mark.parametrize(
    "form",
    [
        as_published,
        with_repeated_rows,
        *(pytest.param(form, marks=pytest.mark.slow) for form in (with_bare_days, plain_and_gzipped)),
    ],
)
def test_the_form_of_the_files_changes_no_answer(form, tmp_path):
    tables = invent(seed=5, orders=150)
    data = tmp_path / "data"
    data.mkdir()
    form(tables, data)
    ws = open_workspace(copy_of(tmp_path), environ={"OLIST_DATA": str(data)})
    load(ws, recorded_at=RECORDED_AT)
    totals = brute_force.totals(tables)
    assert rows_in(ws, "orders") == totals["orders"]
    assert rows_in(ws, "opinions") == totals["answers"]
    counts = brute_force.commitments(tables)["state"].value_counts()
    result = promises.kept(ws)
    for state in ("kept", "broken", "not_yet_due", "released"):
        assert figure(result, state, promise=PROMISE) == counts.get(state, 0)
    assert figure(value.margin(ws), "revenue") == pytest.approx(totals["revenue"], abs=1e-4)
    touchpoints = measures.touchpoints(ws)
    assert figure(touchpoints, "photos.mean") == pytest.approx(brute_force.element_means(tables)["photos"], abs=1e-9)
    assert zips_of(ws) == set(tables["customers"]["customer_zip_code_prefix"].astype(str).str.zfill(5))


def zips_of(ws: Workspace) -> set[str]:
    facts = open_facts(ws)
    addresses = facts.engine.fetch(facts.table("profiles").select("address")).to_pylist()
    return {row["address"].split(" ")[0] for row in addresses}


def test_rows_of_orders_that_are_not_in_the_extract_are_quarantined(tmp_path):
    tables = invent(seed=6, orders=80)
    gone = tables["items"]["order_id"].iloc[0]
    kept = tables["orders"][tables["orders"]["order_id"] != gone]
    data = write({**tables, "orders": kept}, tmp_path / "data")
    ws = open_workspace(copy_of(tmp_path), environ={"OLIST_DATA": str(data)})
    report = load(ws, recorded_at=RECORDED_AT)
    quarantined = {row["load"]: row["rules"] for row in report.rows() if row["quarantined"]}
    items = tables["items"][tables["items"]["order_id"] == gone]
    assert sum(quarantined["moments.olist.product_page"].values()) == items["product_id"].nunique()
    assert sum(quarantined["moments.olist.dispatch"].values()) == items["seller_id"].nunique()
    rest = {**tables, "orders": kept, "items": tables["items"][tables["items"]["order_id"] != gone]}
    assert figure(value.margin(ws), "revenue") == pytest.approx(brute_force.totals(rest)["revenue"], abs=1e-4)


def test_one_review_of_two_orders_and_two_reviews_of_one_order_all_count(tmp_path):
    tables = invent(seed=7, orders=80)
    reviews = tables["reviews"]
    assert reviews["review_id"].duplicated().any()
    assert reviews["order_id"].duplicated().any()
    ws = workspace_of(tables, tmp_path)
    assert rows_in(ws, "opinions") == len(reviews)
    stars = figure(measures.touchpoints(ws), "stars", touchpoint="review")
    assert stars == pytest.approx(reviews["review_score"].astype(float).mean(), abs=1e-9)


def test_a_blank_comment_is_none(tmp_path):
    tables = invent(seed=8, orders=80)
    ws = workspace_of(tables, tmp_path)
    facts = open_facts(ws)
    rows = facts.engine.fetch(facts.table("opinions").select("text", "language")).to_pylist()
    blank = (tables["reviews"]["review_comment_title"] == "") & (
        tables["reviews"]["review_comment_message"].str.strip() == ""
    )
    assert sum(row["text"] is None for row in rows) == blank.sum() > 0
    assert all((row["language"] == "pt") == (row["text"] is not None) for row in rows)
    assert any("\nobrigado, João" in (row["text"] or "") for row in rows)


def test_what_never_came_has_no_days_late(tmp_path):
    tables = invent(seed=12, orders=80)
    came = (tables["orders"]["order_delivered_customer_date"] != "").sum()
    facts = open_facts(workspace_of(tables, tmp_path))
    moments = facts.all_rows("moments")
    delivery = moments.filter(moments["touchpoint"] == "delivery")
    counts = delivery.aggregate(
        rows=delivery.count(), days_late=delivery["days_late"].count(), days_early=delivery["days_early"].count()
    )
    assert facts.engine.fetch(counts).to_pylist() == [{"rows": 80, "days_late": came, "days_early": came}]


def test_a_bank_slip_was_not_promised_in_a_day(tmp_path):
    tables = invent(seed=13, orders=120)
    orders, payments = tables["orders"], tables["payments"]
    slips = orders["order_id"].isin(payments.loc[payments["payment_type"] == "boleto", "order_id"])
    pending = (orders["order_approved_at"] == "") & orders["order_status"].isin(["canceled", "unavailable"])
    ws = workspace_of(tables, tmp_path)
    assert figure(measures.touchpoints(ws), "moments", touchpoint="bank_slip") == (slips & ~pending).sum() > 0
    result = promises.kept(ws)
    states = [figure(result, s, promise="approved_in_a_day") for s in ("kept", "broken", "released", "unknown")]
    assert sum(states) == (~slips).sum()


def test_the_variable_that_is_not_set_is_named(tmp_path):
    with pytest.raises(WorkspaceInvalid) as caught:
        open_workspace(copy_of(tmp_path), environ={})
    assert caught.value.code == "workspace-invalid"
    assert {mistake.key for mistake in caught.value.mistakes} >= {"sources.orders.path"}
    assert "OLIST_DATA" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    data = write(invent(seed=9, orders=40), tmp_path / "data")
    (data / FILES["sellers"]).unlink()
    ws = open_workspace(copy_of(tmp_path), environ={"OLIST_DATA": str(data)})
    with pytest.raises(SourceUnreadable) as caught:
        load(ws, recorded_at=RECORDED_AT)
    assert caught.value.code == "source-unreadable"
    assert FILES["sellers"] in str(caught.value)
