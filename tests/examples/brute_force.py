"""What the Olist workspace must answer, worked out in pandas straight from the files, by another road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tests.examples.olist_files import AS_OF, ORDER_TIMES, ZONE

if TYPE_CHECKING:
    from tests.examples.olist_files import Tables

REVIEW = ["review_id", "order_id"]


def _parsed(tables: Tables) -> Tables:
    parsed = {name: table.astype(str).replace("", None).drop_duplicates() for name, table in tables.items()}
    for column in ORDER_TIMES:
        parsed["orders"][column] = pd.to_datetime(parsed["orders"][column])
    items = parsed["items"]
    items["price"], items["freight_value"] = items["price"].astype(float), items["freight_value"].astype(float)
    items["shipping_limit_date"] = pd.to_datetime(items["shipping_limit_date"])
    parsed["reviews"]["review_score"] = parsed["reviews"]["review_score"].astype(float)
    return parsed


def totals(tables: Tables) -> dict[str, float]:
    """Return counts and sums over orders, items, reviews and people."""
    parsed = _parsed(tables)
    items = parsed["items"]
    people = parsed["orders"].merge(parsed["customers"], on="customer_id")["customer_unique_id"]
    return {
        "orders": len(parsed["orders"]),
        "customers": people.nunique(),
        "revenue": items["price"].sum() + items["freight_value"].sum(),
        "cost": items["freight_value"].sum(),
        "items": len(items),
        "answers": len(parsed["reviews"].drop_duplicates(REVIEW)),
        "stars": parsed["reviews"]["review_score"].mean(),
        "payments": parsed["payments"]["order_id"].nunique(),
        "pages": len(items.drop_duplicates(["order_id", "product_id"])),
        "parcels": len(items.drop_duplicates(["order_id", "seller_id"])),
    }


def commitments(tables: Tables, *, as_of: pd.Timestamp = AS_OF) -> pd.DataFrame:
    """Return one row an order made by `as_of`: state of the promise of the date, region, days late."""
    parsed = _parsed(tables)
    orders = parsed["orders"].merge(parsed["customers"][["customer_id", "customer_state"]], on="customer_id")
    orders = orders[orders["order_purchase_timestamp"].dt.normalize() <= as_of].reset_index(drop=True)
    came = orders["order_delivered_customer_date"].dt.normalize()
    came = came.where(came <= as_of)
    day = orders["order_estimated_delivery_date"].dt.normalize()
    state = pd.Series("broken", index=orders.index)
    state[came.isna() & (day > as_of)] = "not_yet_due"
    state[came <= day] = "kept"
    state[orders["order_status"] == "canceled"] = "released"
    return pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "state": state,
            "came": came.notna(),
            "region": orders["customer_state"],
            "month": orders["order_estimated_delivery_date"].dt.strftime("%Y-%m"),
            "days_late": (came - day).dt.days.clip(lower=0),
            "days_early": (day - came).dt.days.clip(lower=0),
        }
    )


def stars_after(tables: Tables) -> dict[str, tuple[float, int]]:
    """Return (mean, answers) after kept, after late and after broken (late or never came)."""
    parsed = _parsed(tables)
    joined = parsed["reviews"].drop_duplicates(REVIEW).merge(commitments(tables), on="order_id")
    groups = {
        "kept": joined["state"] == "kept",
        "late": (joined["state"] == "broken") & joined["came"],
        "broken": joined["state"] == "broken",
    }
    return {name: (joined[rows]["review_score"].mean(), int(rows.sum())) for name, rows in groups.items()}


def dispatches(tables: Tables) -> pd.DataFrame:
    """Return one row for each order and seller: state of the promise of the limit."""
    parsed = _parsed(tables)
    limits = parsed["items"].groupby(["order_id", "seller_id"], as_index=False)["shipping_limit_date"].min()
    rows = limits.merge(parsed["orders"], on="order_id")
    handed, limit = rows["order_delivered_carrier_date"], rows["shipping_limit_date"]
    state = pd.Series("broken", index=rows.index)
    state[handed.isna() & (limit >= AS_OF + pd.Timedelta(days=1))] = "not_yet_due"
    state[handed <= limit] = "kept"
    state[rows["order_status"] == "canceled"] = "released"
    return pd.DataFrame({"supplier": rows["seller_id"], "state": state})


def approvals(tables: Tables) -> tuple[pd.Series, pd.Series]:
    """Return (state of each 24-hour commitment, hours to approval of each order paid without a slip)."""
    parsed = _parsed(tables)
    orders, payments = parsed["orders"], parsed["payments"]
    slips = orders["order_id"].isin(payments.loc[payments["payment_type"] == "boleto", "order_id"])
    approved = orders["order_approved_at"]
    hours = _hours(orders["order_purchase_timestamp"], approved)
    went_on = approved.isna() & ~orders["order_status"].isin(["created", "canceled", "unavailable"])
    state = pd.Series("broken", index=orders.index)
    state[went_on] = "unknown"
    state[hours <= 24] = "kept"
    state[orders["order_status"] == "canceled"] = "released"
    return state[~slips], hours[~slips].dropna()


def _hours(first: pd.Series, last: pd.Series) -> pd.Series:
    """Return true hours between two local times; of a time that occurs twice the later is meant."""
    zoned = [
        column.dt.tz_localize(ZONE, ambiguous=np.zeros(len(column), dtype=bool), nonexistent="shift_forward")
        for column in (first, last)
    ]
    return (zoned[1] - zoned[0]).dt.total_seconds() / 3600


def element_means(tables: Tables) -> dict[str, float]:
    """Return the mean of elements that are worked out of several files."""
    parsed = _parsed(tables)
    items, orders = parsed["items"], parsed["orders"]
    baskets = items.groupby("order_id")[["price", "freight_value"]].sum()
    pages = items.drop_duplicates(["order_id", "product_id"]).merge(parsed["products"], on="product_id")
    paid = parsed["payments"].assign(n=parsed["payments"]["payment_installments"].astype(float))
    late = commitments(tables)
    with_items = items[items["order_id"].isin(orders["order_id"])].groupby("order_id")
    parcels = items.drop_duplicates(["order_id", "seller_id"]).merge(orders, on="order_id")
    to_carrier = _hours(parcels["order_approved_at"], parcels["order_delivered_carrier_date"])
    with_carrier = _hours(orders["order_delivered_carrier_date"], orders["order_delivered_customer_date"]) / 24
    return {
        # An order of times that cannot be is missing, not negative.
        "dispatch_hours": to_carrier[to_carrier >= 0].mean(),
        "carrier_days": with_carrier[with_carrier >= 0].mean(),
        "freight_share": (baskets["freight_value"] / baskets.sum(axis=1)).mean(),
        "item_count": with_items.size().mean(),
        "seller_count": with_items["seller_id"].nunique().mean(),
        "photos": pages["product_photos_qty"].astype(float).mean(),
        "instalments": paid[paid["n"] > 0].groupby("order_id")["n"].max().mean(),
        "days_late": late["days_late"].mean(),
        "days_early": late["days_early"].mean(),
    }
