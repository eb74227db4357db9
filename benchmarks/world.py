"""A retailer's facts as Parquet, as many as asked, and the workspace that loads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

TOUCHPOINTS, CHANNELS, MONTHS = 20, 6, 24  # 2,880 groups

_SETTINGS = """\
[company]
name = "Bench"
time_zone = "Europe/Madrid"
currency = "EUR"
locale = "en"

[engine]
memory_limit = "6GiB"

[sources.moments]
path = "moments.parquet"

[sources.orders]
path = "orders.parquet"

[sources.opinions]
path = "opinions.parquet"
"""
_LOADS = {
    "moments.shop": "SELECT id, at AS at, customer, touchpoint, channel, journey, promised_at, promised, delivered, wait FROM moments",
    "orders.shop": "SELECT id, at AS at, customer, journey, channel, revenue, cost FROM orders",
    "opinions.shop": "SELECT id, at AS at, customer, journey, concept, score, asked_at FROM opinions",
}


def write_world(folder: Path, *, moments: int) -> None:
    """Write `moments` moments over two years, a tenth as many orders, a twentieth as many opinions."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "load").mkdir(exist_ok=True)
    (folder / "promesa.toml").write_text(_SETTINGS, encoding="utf-8")
    (folder / "model.toml").write_text(_model(), encoding="utf-8")
    for name, sql in _LOADS.items():
        (folder / "load" / f"{name}.sql").write_text(sql.replace("at AS at", '"at" AS at') + "\n", encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '6GiB'")
        connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        for table, rows in (("moments", moments), ("orders", moments // 10), ("opinions", moments // 20)):
            connection.execute(
                f"COPY ({_rows(table, rows, moments)}) TO '{folder / f'{table}.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
            )


def _model() -> str:
    functions = "\n".join(f"[functions.f{i}]\nlabel = 'Function {i}'" for i in range(5))
    channels = "\n".join(f"[channels.c{i}]\nlabel = 'Channel {i}'" for i in range(CHANNELS))
    touchpoints = "\n".join(
        f"[touchpoints.t{i}]\nlabel = 'Touchpoint {i}'\nstage = '{('before', 'during', 'after')[i % 3]}'\n"
        f"function = 'f{i % 5}'"
        for i in range(TOUCHPOINTS)
    )
    names = ", ".join(f"'t{i}'" for i in range(TOUCHPOINTS))
    return f"""{functions}
{channels}
{touchpoints}
[elements.wait]
touchpoints = [{names}]
unit = "minutes"
better = "less"
[promises.on_time]
statement = "In time"
owner = "f0"
touchpoints = ["t0"]
kept = "local_day(delivered) <= local_day(promised)"
[concepts.csat]
kind = "mean"
scale = [1, 5]
"""


def _rows(table: str, rows: int, moments: int) -> str:
    """Return the SELECT that makes the rows: pseudo-random, the same each time."""
    customers = max(moments // 50, 100)

    def chance(salt: int) -> str:
        return f"(hash(i, {salt}) % 1000003) / 1000003.0"

    person = f"('c' || CAST(floor({customers} * pow({chance(1)}, 1.3)) AS BIGINT))"
    at = f"TIMESTAMP '2024-01-01' + to_seconds(CAST(floor({chance(2)} * 730 * 86400) AS BIGINT))"
    base = f"SELECT i, 'r' || i AS id, {person} AS customer, {at} AS \"at\", 'j' || (i // 10) AS journey"
    channel = f"'c' || CAST(floor({chance(4)} * {CHANNELS}) AS BIGINT) AS channel"
    if table == "orders":
        more = f"{channel}, CAST(10 + 90 * {chance(5)} AS DECIMAL(18, 2)) AS revenue, CAST(5 + 40 * {chance(6)} AS DECIMAL(18, 2)) AS cost"
    elif table == "opinions":
        more = f"'csat' AS concept, CASE WHEN {chance(7)} < 0.3 THEN 1 + floor({chance(8)} * 5) END AS score, {at} AS asked_at"
    else:
        touchpoint = f"'t' || CAST(floor({chance(3)} * {TOUCHPOINTS}) AS BIGINT)"
        more = (
            f"{touchpoint} AS touchpoint, {channel}, CASE WHEN {chance(9)} < 0.9 THEN {chance(10)} * 10 END AS wait, "
            f"CASE WHEN {touchpoint} = 't0' THEN {at} - INTERVAL 3 DAY END AS promised_at, "
            f"CASE WHEN {touchpoint} = 't0' THEN {at} + INTERVAL 1 DAY END AS promised, "
            f"CASE WHEN {touchpoint} = 't0' THEN {at} + to_hours(CAST(floor({chance(11)} * 30) AS BIGINT)) END AS delivered"
        )
    return f"SELECT * EXCLUDE (i) FROM ({base}, {more} FROM range({rows}) r(i))"
