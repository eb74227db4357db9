"""Extracts in the shape of Olist's data: invented, or real ones perturbed, and their answers by brute force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "orders": "olist_orders_dataset.csv",
    "items": "olist_order_items_dataset.csv",
    "payments": "olist_order_payments_dataset.csv",
    "reviews": "olist_order_reviews_dataset.csv",
    "customers": "olist_customers_dataset.csv",
    "products": "olist_products_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
}
ZONE = "America/Sao_Paulo"
AS_OF = pd.Timestamp("2018-10-15")
ORDER_TIMES = [
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
]
Tables = dict[str, pd.DataFrame]


def read(folder: Path) -> Tables:
    """Return every file of an extract as text."""
    return {
        name: pd.read_csv(next(iter(sorted(folder.glob(f"{file}*")))), dtype=str, keep_default_na=False)
        for name, file in FILES.items()
    }


def write(tables: Tables, folder: Path, *, gzipped: bool = False) -> Path:
    """Write an extract, plain or gzipped."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in FILES.items():
        tables[name].to_csv(folder / (f"{file}.gz" if gzipped else file), index=False)
    return folder


def perturb(tables: Tables, *, seed: int) -> Tables:
    """Return another extract: orders drawn anew under new ids, dates moved, prices rescaled, some cancelled."""
    random = np.random.default_rng(seed)
    drawn = tables["orders"].sample(frac=1, replace=True, random_state=seed).reset_index(drop=True)
    drawn["copy"] = "c" + drawn.index.astype(str)
    drawn["old_order"], drawn["old_customer"] = drawn["order_id"], drawn["customer_id"]
    drawn["order_id"] = drawn["order_id"] + drawn["copy"]
    drawn["customer_id"] = drawn["customer_id"] + drawn["copy"]
    arrived = pd.to_datetime(drawn["order_delivered_customer_date"], errors="coerce")
    arrived += pd.to_timedelta(random.integers(0, 15, len(drawn)) * (random.random(len(drawn)) < 0.3), unit="D")
    arrived = arrived.where((random.random(len(drawn)) > 0.05) & (arrived < AS_OF))
    drawn["order_delivered_customer_date"] = arrived.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    never_came = drawn["order_delivered_customer_date"] == ""
    drawn.loc[never_came & (drawn["order_status"] == "delivered"), "order_status"] = "shipped"
    drawn.loc[never_came & (random.random(len(drawn)) < 0.3), "order_status"] = "canceled"
    drawn.loc[never_came & (random.random(len(drawn)) < 0.2), "order_estimated_delivery_date"] = "2018-11-05 00:00:00"
    keys = drawn[["old_order", "order_id"]]
    changed = {"orders": drawn[tables["orders"].columns]}
    for name in ("items", "payments", "reviews"):
        old = tables[name].rename(columns={"order_id": "old_order"})
        changed[name] = old.merge(keys, on="old_order")[tables[name].columns]
    prices = changed["items"]["price"].astype(float) * random.choice([0.5, 1.0, 3.0], len(changed["items"]))
    changed["items"] = changed["items"].assign(price=prices.round(2))
    customers = tables["customers"].rename(columns={"customer_id": "old_customer"})
    merged = customers.merge(drawn[["old_customer", "customer_id"]], on="old_customer")
    changed["customers"] = merged[tables["customers"].columns]
    return {**tables, **changed}


def _stamps(start: pd.Series, days: np.ndarray) -> pd.Series:
    return (start + pd.to_timedelta((days * 86400).round(), unit="s")).dt.strftime("%Y-%m-%d %H:%M:%S")


def invent(*, seed: int, orders: int = 400) -> Tables:
    """Return an invented extract with the traps of the real one, for machines without the real data."""
    random = np.random.default_rng(seed)
    index = pd.RangeIndex(orders)
    ids = index.map(lambda i: f"{i:032x}").to_series(index=index)
    bought = pd.Series(pd.Timestamp("2017-09-20 08:00:00"), index=index) + pd.to_timedelta(
        random.integers(0, 365 * 86400, orders), unit="s"
    )
    status = pd.Series(
        random.choice(["delivered", "shipped", "canceled", "unavailable"], orders, p=[0.9, 0.04, 0.03, 0.03])
    )
    took = random.gamma(4, 3, orders)
    came = (status == "delivered") & (bought + pd.to_timedelta(took, unit="D") < AS_OF)
    status = status.where(came | (status != "delivered"), "shipped")
    handed = came | (status == "shipped")
    order_table = pd.DataFrame(
        {
            "order_id": ids,
            "customer_id": "customer-" + ids,
            "order_status": status,
            "order_purchase_timestamp": _stamps(bought, np.zeros(orders)),
            "order_approved_at": _stamps(bought, random.gamma(0.5, 0.8, orders)).where(
                random.random(orders) > 0.02, ""
            ),
            "order_delivered_carrier_date": _stamps(bought, took * 0.4).where(handed, ""),
            "order_delivered_customer_date": _stamps(bought, took).where(came, ""),
            "order_estimated_delivery_date": _stamps(bought.dt.normalize(), random.integers(8, 40, orders)),
        }
    )
    open_still = (status == "shipped") & (random.random(orders) < 0.5)
    order_table.loc[open_still, "order_estimated_delivery_date"] = "2018-11-05 00:00:00"
    return {"orders": order_table, **_invent_rest(order_table, random)}


def _invent_rest(orders: pd.DataFrame, random: np.random.Generator) -> Tables:
    count = len(orders)
    with_items = orders[orders["order_status"] != "unavailable"].reset_index(drop=True)
    lines = with_items.loc[with_items.index.repeat(random.integers(1, 4, len(with_items)))].reset_index(drop=True)
    sent = pd.to_datetime(lines["order_purchase_timestamp"])
    items = pd.DataFrame(
        {
            "order_id": lines["order_id"],
            "order_item_id": lines.groupby("order_id").cumcount() + 1,
            "product_id": random.choice([f"product-{i}" for i in range(60)], len(lines)),
            "seller_id": random.choice([f"seller-{i}" for i in range(8)], len(lines)),
            "shipping_limit_date": _stamps(sent, random.integers(3, 9, len(lines)).astype(float)),
            "price": random.gamma(2, 60, len(lines)).round(2),
            "freight_value": random.gamma(2, 10, len(lines)).round(2),
        }
    )
    payments = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "payment_sequential": 1,
            "payment_type": random.choice(["credit_card", "boleto", "voucher"], count),
            "payment_installments": random.integers(0, 6, count),
            "payment_value": random.gamma(2, 70, count).round(2),
        }
    ).iloc[1:]
    answered = orders[random.random(count) < 0.95].reset_index(drop=True)
    asked = pd.to_datetime(answered["order_purchase_timestamp"]).dt.normalize()
    reviews = pd.DataFrame(
        {
            "review_id": "review-" + answered["order_id"],
            "order_id": answered["order_id"],
            "review_score": random.integers(1, 6, len(answered)),
            "review_comment_title": random.choice(["", "ótimo", "recomendo"], len(answered)),
            "review_comment_message": random.choice(["", "\n", ' chegou "antes";\nobrigado, João '], len(answered)),
            "review_creation_date": _stamps(asked, np.full(len(answered), 1.0)),
            "review_answer_timestamp": _stamps(asked, np.full(len(answered), 1.6)),
        }
    )
    # One review for two orders, and one order with two reviews.
    reviews.loc[1, "review_id"] = reviews.loc[0, "review_id"]
    reviews = pd.concat([reviews, reviews.iloc[[5]].assign(review_id="review-again", review_score=1)])
    persons = random.integers(0, int(count * 0.9), count)
    customers = pd.DataFrame(
        {
            "customer_id": orders["customer_id"],
            "customer_unique_id": [f"person-{i}" for i in persons],
            "customer_zip_code_prefix": random.integers(1000, 99999, count),
            "customer_city": "são paulo",
            "customer_state": random.choice(["SP", "RJ", "AM"], count, p=[0.6, 0.3, 0.1])[persons],
        }
    )
    known = random.random(60) < 0.95
    products = pd.DataFrame(
        {
            "product_id": [f"product-{i}" for i in range(60)],
            "product_category_name": np.where(known, random.choice(["beleza_saude", "brinquedos"], 60), ""),
            "product_name_lenght": np.where(known, "40.0", ""),
            "product_description_lenght": np.where(known, "500.0", ""),
            "product_photos_qty": np.where(known, random.integers(1, 6, 60).astype(float).astype(str), ""),
            "product_weight_g": 700.0,
            "product_length_cm": 20.0,
            "product_height_cm": 10.0,
            "product_width_cm": 15.0,
        }
    )
    sellers = pd.DataFrame(
        {
            "seller_id": [f"seller-{i}" for i in range(8)],
            "seller_zip_code_prefix": 1001,
            "seller_city": "sao paulo",
            "seller_state": ["SP", "SP", "SP", "RJ", "RJ", "AM", "AM", "SP"],
        }
    )
    return {
        "items": items,
        "payments": payments,
        "reviews": reviews,
        "customers": customers,
        "products": products,
        "sellers": sellers,
    }
