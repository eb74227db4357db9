"""What the levels of a pair weigh: exactly, and at best where some are not known yet."""

from __future__ import annotations

from math import log, log2
from typing import TYPE_CHECKING, Any

from promesa.engine import name
from promesa.identity.shortcuts import in_codes, only_equalities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.identity.kept_model import LinkModel

Settings = dict[str, Any]
_LONG = ("email", "address")  # texts that cost most to bring together and to compare: only where they can matter
_AT_BEST = "at_best"  # beside a long text's level: the one that it can have at best
_WIDEST = 2**62  # patterns are whole numbers of 64 bits


def gamma_column(comparison: Mapping[str, Any]) -> str:
    """Return the column of a comparison's level: -1 unknown, 0 differs, higher is more alike."""
    return f"gamma_{comparison['output_column_name']}"


def exponents(link_model: LinkModel) -> tuple[str, str]:
    """Return SQL of Splink's match weight, log2 odds against strangers, and of the log odds against relatives."""
    prior = link_model.settings["probability_two_random_records_match"]
    weights, kin = [repr(log2(prior / (1 - prior)))], [repr(-log(link_model.relatives_per_match))]
    for comparison in link_model.settings["comparisons"]:
        _, *levels = comparison["comparison_levels"]
        field, gamma = comparison["output_column_name"], name(gamma_column(comparison))
        against, among = "", ""
        for value, level, share in zip(
            range(len(levels) - 1, -1, -1), levels, link_model.relatives[field], strict=True
        ):
            m, u = level["m_probability"], level["u_probability"]
            apart, home = f"({log2(m / u)!r})", f"({log(m / share)!r})"
            if column := level.get("tf_adjustment_column"):
                frequency = name(f"tf_{column}")
                apart = f"({log2(m)!r} - coalesce({frequency}, {log2(u)!r}))"
                # What many have, two of one home have as easily as two strangers.
                home = f"({log(m)!r} - ln(greatest({share!r}, coalesce(pow(2, {frequency}), 0))))"
            against += f" WHEN {value} THEN {apart}"
            among += f" WHEN {value} THEN {home}"
        weights.append(f"CASE {gamma}{against} ELSE 0 END")
        kin.append(f"CASE {gamma}{among} ELSE 0 END")
    return " + ".join(weights), " + ".join(kin)


def first_compared(comparisons: Sequence[Settings]) -> list[Settings]:
    """Return the comparisons that are made before the others, as many as one number holds.

    Of short values they are made in full. Of long texts it is asked whether they are equal, by a number for each text:
    that tells the level that they can have at best.
    """
    chosen: list[Settings] = []
    width = 1
    for comparison in comparisons:
        width *= len(comparison["comparison_levels"])
        if width < _WIDEST:
            chosen.append(_at_best(comparison) if comparison["output_column_name"] in _LONG else comparison)
    return chosen


def _at_best(comparison: Settings) -> Settings:
    levels = [
        {**level, "sql_condition": in_codes(only_equalities(level["sql_condition"]))}
        for level in comparison["comparison_levels"]
    ]
    return {
        **comparison,
        "output_column_name": f"{comparison['output_column_name']} {_AT_BEST}",
        "comparison_levels": levels,
    }


def packed(comparisons: Sequence[Settings]) -> tuple[str, dict[str, str]]:
    """Return SQL of the levels as one number, and SQL of each level, by its column, from that number `pattern`."""
    terms, levels, unit = ["CAST(0 AS BIGINT)"], {}, 1
    for comparison in comparisons:
        gamma, size = name(gamma_column(comparison)), len(comparison["comparison_levels"])
        terms.append(f"({gamma} + 1) * CAST({unit} AS BIGINT)")
        levels[gamma] = f"CAST(pattern // {unit} % {size} - 1 AS TINYINT)"
        unit *= size
    return " + ".join(terms), levels


def at_best_weights(link_model: LinkModel, known: Sequence[Settings]) -> tuple[str, str]:
    """Return SQL of what `exponents` can give at most, where only the levels of some comparisons are known."""
    prior = link_model.settings["probability_two_random_records_match"]
    weights, kin = [repr(log2(prior / (1 - prior)))], [repr(-log(link_model.relatives_per_match))]
    exact = {comparison["output_column_name"] for comparison in known}
    for comparison in link_model.settings["comparisons"]:
        for told, shares in zip((weights, kin), _level_weights(link_model, comparison), strict=True):
            if comparison["output_column_name"] in exact:
                told.append(_by_level(gamma_column(comparison), shares))
            elif f"{comparison['output_column_name']} {_AT_BEST}" in exact:
                # Of its levels below, the one that weighs most: it may be any of them.
                best = [max(shares[place:]) for place in range(len(shares))]
                told.append(_by_level(f"{gamma_column(comparison)} {_AT_BEST}", best))
            else:
                told.append(repr(max(0.0, *shares)))
    return f"({' + '.join(weights)})", f"({' + '.join(kin)})"


def _level_weights(link_model: LinkModel, comparison: Settings) -> tuple[list[float], list[float]]:
    """Return what each level, most alike first, weighs at most against strangers and against relatives."""
    apart: list[float] = []
    home: list[float] = []
    _, *levels = comparison["comparison_levels"]
    for level, share in zip(levels, link_model.relatives[comparison["output_column_name"]], strict=True):
        m, u = level["m_probability"], level["u_probability"]
        frequent: Mapping[str, float] = link_model.common.get(level.get("tf_adjustment_column") or "", {})
        apart.append(log2(m) - min(log2(u), *(log2(listed) for listed in frequent.values()), log2(u)))
        home.append(log(m / share))
    return apart, home


def _by_level(gamma: str, weights: Sequence[float]) -> str:
    whens = " ".join(f"WHEN {value} THEN ({weight!r})" for value, weight in enumerate(reversed(weights)))
    return f"CASE {name(gamma)} {whens} ELSE 0 END"
