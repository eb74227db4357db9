"""What model.toml says of tiers and standards."""

from __future__ import annotations

import pytest

from promesa.workspace import describe, labels_of

TRAIT = "[traits.segment]\n"
TIERS = """
[tiers]
horizon_days = 180
[tiers.gold]
label = { es = "Oro", en = "Gold" }
from = 100
keep_from = 90
[tiers.silver]
from = 50
flags = { segment = ["company", "state"] }
[tiers.basic]
"""
STANDARD = """
[standards.prompt]
label = "Prompt"
touchpoints = ["delivery"]
kept = "local_day(delivered) <= local_day(promised)"
target = 0.9
tiers = { gold = "delivered <= promised" }
"""


@pytest.fixture
def full(draft):
    """Return a draft with a trait."""
    draft.add("model.toml", TRAIT)
    return draft


def test_tiers_are_read_from_the_highest_down(full):
    full.add("model.toml", TIERS)
    ws = full.open()
    tiers = ws.model.tiers
    assert tiers is not None
    assert (tiers.by, tiers.horizon_days, tiers.measured, tiers.names, tiers.lowest) == (
        "expected_profit",
        180,
        "amount",
        ("gold", "silver", "basic"),
        "basic",
    )
    assert [(band.enter, band.keep) for band in tiers.bands.values()] == [(100.0, 90.0), (50.0, 40.0), (None, None)]
    assert tiers.bands["silver"].flags == {"segment": ("company", "state")}
    assert labels_of(ws)["gold"] == {"es": "Oro", "en": "Gold"}


def test_shares_hold_those_above_them_and_members_longer(full):
    full.add("model.toml", "[tiers.a]\nshare = 0.05\n[tiers.b]\nshare = 0.9\n[tiers.c]\n")
    tiers = full.open().model.tiers
    assert tiers.measured == "share"
    assert [(band.enter, band.keep) for band in tiers.bands.values()][:2] == [(0.05, 0.0625), (0.9, 1.0)]


def test_nothing_is_declared_where_nothing_is_said(full):
    ws = full.open()
    assert ws.model.tiers is None
    assert ws.model.standards == {}


def test_a_standard_holds_for_everybody_and_levels_for_those_from_there_up(full):
    full.add("model.toml", TIERS + STANDARD)
    model = full.open().model
    standard = model.standards["prompt"]
    assert standard.due == "coalesce(end_of_day(promised), at)"
    assert standard.level_of("gold", model.tiers) == "gold"
    assert standard.level_of("silver", model.tiers) is None


@pytest.mark.parametrize(
    ("text", "key", "what"),
    [
        ("[tiers.gold]\nfrom = 5\n", "tiers", "at least two tiers"),
        ("[tiers]\nby = 'margin'\n", "tiers", "at least two tiers"),
        ("[tiers]\nby = 'luck'\n[tiers.a]\nfrom = 5\n[tiers.b]\n", "tiers.by", "does not fit"),
        ("[tiers]\nhorizon = 3\n[tiers.a]\nfrom = 5\n[tiers.b]\n", "tiers.horizon", "neither a setting"),
        ("[tiers.a]\n[tiers.b]\n", "tiers.a", "begins somewhere"),
        ("[tiers.a]\nfrom = 5\nshare = 0.1\n[tiers.b]\n", "tiers.a", "begins somewhere"),
        ("[tiers.a]\nfrom = 5\n[tiers.b]\nshare = 0.1\n[tiers.c]\n", "tiers.b", "begins somewhere"),
        ("[tiers.a]\nfrom = 5\n[tiers.b]\nfrom = 2\n", "tiers.b.from", "everybody else"),
        ("[tiers.a]\nfrom = 5\n[tiers.b]\nfrom = 5\n[tiers.c]\n", "tiers.b", "do not go down"),
        ("[tiers.a]\nshare = 0.2\n[tiers.b]\nshare = 0.1\n[tiers.c]\n", "tiers.b", "do not go down"),
        ("[tiers.a]\nshare = 0.0\n[tiers.b]\n", "tiers.a.share", "no tier"),
        ("[tiers.a]\nfrom = 5\nkeep_from = 6\n[tiers.b]\n", "tiers.a.keep_from", "at least as long"),
        ("[tiers.a]\nfrom = 5\nkeep_share = 0.6\n[tiers.b]\n", "tiers.a.keep_share", "at least as long"),
        ("[tiers.a]\nfrom = -5\n[tiers.b]\n", "tiers.a.from", "does not fit"),
        ("[tiers.a]\nfrom = 5\nflags = { moon = ['x'] }\n[tiers.b]\n", "tiers.a.flags", "no trait called 'moon'"),
        ("[tiers.a]\nfrom = 5\nflags = { segment = [] }\n[tiers.b]\n", "tiers.a.flags", "does not fit"),
        ("[tiers.delivery]\nfrom = 5\n[tiers.b]\n", "tiers.delivery", "has the name of a touchpoint"),
        ("[standards.p]\nkept = 'true'\n", "standards.p.touchpoints", "at which touchpoints"),
        ("[standards.p]\ntouchpoints = ['moon']\nkept = 'true'\n", "standards.p.touchpoints", "no touchpoint"),
        ("[standards.p]\ntouchpoints = ['delivery']\nkept = 'wrong <= 1'\n", "standards.p.kept", "no column"),
        ("[standards.p]\ntouchpoints = ['delivery']\nkept = '1'\n", "standards.p.kept", "not a condition"),
        (
            "[standards.p]\ntouchpoints = ['delivery']\nkept = 'true'\nreleased = \"wrong = 'x'\"\n",
            "standards.p.released",
            "no column",
        ),
        (
            "[standards.p]\ntouchpoints = ['delivery']\nkept = 'true'\ntiers = { gold = 'true' }\n",
            "standards.p.tiers.gold",
            "no tier called 'gold'",
        ),
        (
            TIERS + "[standards.p]\ntouchpoints = ['delivery']\nkept = 'true'\ntiers = { basic = 'true' }\n",
            "standards.p.tiers.basic",
            "lowest tier gets the minimum",
        ),
        ("[traits.tier]\n", "traits.tier", "split by already"),
    ],
)
def test_mistakes_are_told_where_they_stand(full, text, key, what):
    full.add("model.toml", text)
    found = [(mistake.key, mistake.what) for mistake in full.mistakes().values()]
    assert any(key == k and what in w for k, w in found), found


def test_everything_is_said_back(full):
    full.add("model.toml", TIERS + STANDARD)
    for locale, words in (
        ("en", ("everybody else", "at delivery everybody gets")),
        ("es", ("todos los demás", "todos reciben")),
    ):
        text = describe(full.open(), locale).text()
        for said in ("gold", "segment = company, state", *words):
            assert said in text
