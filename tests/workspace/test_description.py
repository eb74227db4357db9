"""What `promesa check` says."""

from __future__ import annotations

import json

import pytest

from promesa.errors import WorkspaceInvalid
from promesa.words import LANGUAGES, knows
from promesa.workspace import describe
from promesa.workspace.grammar import LINKS


def section(description, name):
    """Return one section of a description."""
    return next(section for section in description.sections if section.name == name)


def test_a_promise_is_read_back_as_a_sentence(draft):
    ws = draft.open()
    (line,) = section(describe(ws, locale="en"), "promises").lines
    assert line == (
        "on_time: “It arrives by the day we gave” | owner logistics | at delivery"
        " | kept when local_day(delivered) <= local_day(promised) | falls due end_of_day(promised) | target 95 %"
    )
    assert "«Llega el día que dijimos»" in describe(ws).text()


def test_sources_say_the_files_they_find(draft):
    draft.replace("promesa.toml", "data/pedidos.csv", "data/*.csv")
    draft.write("data/otros.csv", "pedido,fecha,cliente")
    row = section(describe(draft.open()), "sources").rows[0]
    assert (row["files"], row["written"], row["loads"]) == (2, "data/*.csv", "moments.shop")


def test_a_missing_file_names_what_is_nearby(draft):
    draft.replace("promesa.toml", "data/pedidos.csv", "data/pedido.csv")
    description = describe(draft.open())
    with pytest.raises(WorkspaceInvalid):
        description.raise_mistakes()
    mistake = description.mistakes[0]
    assert mistake.key == "sources.pedidos.path"
    assert mistake.fix == "did you mean 'pedidos.csv'?"
    assert "pedidos.csv" in mistake.got


def test_a_missing_folder_names_the_variable_and_not_its_value(draft):
    draft.replace("promesa.toml", "data/pedidos.csv", "${DATOS}/pedidos.csv")
    draft.environ["DATOS"] = "/nowhere/hush"
    mistake = describe(draft.open()).mistakes[0]
    assert mistake.got == "no such folder"
    assert "DATOS" in mistake.fix
    assert "hush" not in repr(mistake)


def test_a_folder_is_no_file(draft):
    draft.replace("promesa.toml", "data/pedidos.csv", "data")
    assert describe(draft.open()).mistakes[0].got == "a folder"


def test_a_load_that_lacks_and_adds_columns(draft):
    draft.write("load/moments.shop.sql", "SELECT pedido AS id, fecha AS at, 'delivery' AS touchpont FROM pedidos")
    found = {mistake.key: mistake for mistake in describe(draft.open()).mistakes}
    assert set(found) == {"column touchpont", "column touchpoint", "column customer"}
    assert found["column touchpont"].fix == "did you mean 'touchpoint'?"
    assert found["column touchpoint"].fix == "did you mean 'touchpont'?"


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM pedidos", "SELECT *, 1 AS x FROM pedidos", "SELECT COLUMNS('.*') FROM pedidos"]
)
def test_a_star_leaves_the_columns_to_the_load(draft, sql):
    draft.write("load/moments.shop.sql", sql)
    assert describe(draft.open()).mistakes == ()


def test_the_key_of_another_system_may_be_named(draft):
    draft.replace("load/moments.shop.sql", "cliente AS customer", "cliente AS customer, 'crm' AS customer_source")
    assert describe(draft.open()).mistakes == ()


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        ("promesa.toml", "[company]", '[sources.sobra]\npath = "data/pedidos.csv"\n[company]', "source-unread"),
        ("model.toml", "target = 0.95", "", "promise-without-target"),
        ("model.toml", "target = 0.95", "target = 0.95\ncapability = 0.9", "promise-beyond-capability"),
        ("model.toml", 'owner = "Dirección de logística"', "", "function-without-owner"),
        ("model.toml", "[channels.web]", "[functions.idle]", "function-idle"),
        (
            "model.toml",
            "[channels.web]",
            '[touchpoints.shop]\nstage = "before"\nfunction = "logistics"',
            "touchpoint-bare",
        ),
        ("load/moments.shop.sql", "fecha AS at", "now() AS at", "load-unsteady"),
        ("load/moments.shop.sql", "pedido AS id", "uuid() AS id", "load-unsteady"),
    ],
)
def test_warnings(draft, name, old, new, code):
    before = {notice.code for notice in describe(draft.open()).warnings}
    draft.replace(name, old, new)
    description = describe(draft.open())
    assert {notice.code for notice in description.warnings} - before == {code}


@pytest.mark.parametrize(
    ("table", "sql", "model", "told"),
    [
        ("orders", "SELECT pedido AS id, fecha AS at, cliente AS customer, 1 AS revenue FROM pedidos", "", True),
        (
            "orders",
            "SELECT pedido AS id, fecha AS at, cliente AS customer, 1 AS revenue, 1 AS cost FROM pedidos",
            "",
            False,
        ),
        ("orders", "SELECT * FROM pedidos", "", False),
        ("profiles", "SELECT cliente AS id, fecha AS at, cliente AS customer, '1' AS phone FROM pedidos", "", True),
        (
            "profiles",
            "SELECT cliente AS id, fecha AS at, cliente AS customer, '1' AS phone FROM pedidos",
            '[identity]\ncountry = "CO"',
            False,
        ),
    ],
)
def test_a_margin_without_costs_and_telephones_without_a_country_are_told(draft, table, sql, model, told):
    draft.write(f"load/{table}.extra.sql", sql)
    if model:
        draft.add("model.toml", model)
    codes = {notice.code for notice in describe(draft.open()).warnings}
    assert ({"orders": "no-cost-of-goods", "profiles": "phones-of-no-country"}[table] in codes) == told


def test_every_warning_link_and_direction_has_words_in_both_languages(draft):
    (draft.root / "load/moments.shop.sql").unlink()
    draft.write("model.toml", '[functions.a]\n[touchpoints.b]\nstage = "after"\nfunction = "a"')
    description = describe(draft.open())
    assert {"no-loads", "source-unread", "no-promises", "no-concepts", "touchpoint-bare"} <= {
        notice.code for notice in description.warnings
    }
    for locale in LANGUAGES:
        assert all(notice.in_locale(locale) for notice in description.warnings)
        assert all(knows(f"workspace.link.{link}", locale) for link in LINKS)


def test_the_document_is_json_with_the_same_keys_in_each_language(draft):
    ws = draft.open()
    documents = [json.loads(json.dumps(describe(ws, locale=locale).to_document())) for locale in LANGUAGES]
    assert documents[0].keys() == documents[1].keys()
    assert documents[0]["company"]["currency"] == "COP"
    assert documents[0]["promises"][0]["target"] == 0.95
    assert documents[0]["promises"][0].keys() == documents[1]["promises"][0].keys()


def test_the_description_shows_no_password(draft):
    draft.replace("promesa.toml", 'path = "data/pedidos.csv"', 'url = "postgresql://u:${P}@h/d"\nquery = "t"')
    draft.add("promesa.toml", '[sources.otra]\nurl = "postgresql://u:secreta@h/d"\nquery = "t"')
    draft.environ["P"] = "hush"
    description = describe(draft.open())
    assert "hush" not in description.text() + json.dumps(description.to_document())
    assert "secreta" not in description.text() + json.dumps(description.to_document())


STUDIES = """
    [touchpoints.support]
    stage = "after"
    function = "logistics"
    [elements.wait]
    touchpoint = "support"
    unit = "minutes"
    better = "less"
    [concepts.nps]
    kind = "nps"
    [traits.region]
    [outcomes.satisfied]
    label = "Satisfaction"
    kind = "score"
    concept = "csat"
    [outcomes.recommends]
    label = "Recommends"
    kind = "promoter"
    concept = "nps"
    [outcomes.contact]
    label = "Has to call"
    kind = "complaint"
    touchpoints = ["support"]
    [outcomes.back]
    label = "Buys again"
    kind = "return"
    [outcomes.spent]
    label = "Spends"
    kind = "revenue"
    within_days = 30
    [drivers]
    unit = "quarter"
    confounders = ["price", "region"]
    [effects.late]
    label = "Late"
    promise = "on_time"
    outcomes = ["satisfied"]
    adjust_for = ["wait"]
    by = "region"
    [effects.waiting]
    label = "Waiting"
    element = "wait"
    [experiments.mail]
    label = "Letter"
    arms = ["letter"]
    control = "nothing"
    by = "region"
    [indices.national]
    label = "Index"
    arrows = ["image -> loyalty"]
    survey = "wave"
    [indices.national.constructs.image]
    items = ["csat"]
    [indices.national.constructs.loyalty]
    items = ["nps"]
    mode = "B"
    """


def test_studies_are_read_back_as_sentences(draft):
    draft.add("model.toml", STUDIES)
    description = describe(draft.open(), locale="en")
    assert section(description, "outcomes").lines == (
        "satisfied: Satisfaction, mean score of csat (more is better)",
        "recommends: Recommends, whether nps is scored 9 or more (more is better)",
        "contact: Has to call, whether the customer comes to support (less is better)",
        "back: Buys again, whether the customer orders again within 90 days (more is better)",
        "spent: Spends, revenue of the orders of the 30 days after (more is better)",
    )
    (drivers,) = section(description, "drivers").lines
    assert drivers == (
        "One row is a customer's quarter; adjusted for price, region; a sample by customer above 500,000 rows"
    )
    assert section(description, "effects").lines == (
        "late: Late, of breaking on_time on satisfied | adjusted for wait | for each region",
        "waiting: Waiting, of wait on satisfied, recommends, contact, back, spent",
    )
    assert section(description, "experiments").lines == (
        "mail: Letter, letter against nothing | on satisfied, recommends, contact, back, spent | for each region",
    )
    assert section(description, "indices").lines == (
        "national: Index | image -> loyalty | survey wave",
        "  image: image, reflected by csat",
        "  loyalty: loyalty, formed by nps",
    )
    document = description.to_document()
    assert json.loads(json.dumps(document)) == document
    assert document["drivers"]["unit"] == "quarter"
    assert [row["acts_on"] for row in document["indices"]] == ["loyalty", None]
    assert {row["within_days"] for row in document["outcomes"]} == {None, 90, 30}


@pytest.mark.parametrize("locale", LANGUAGES)
def test_slips_of_studies_are_told(draft, locale):
    draft.add("model.toml", STUDIES)
    warnings = {(w.code, w.name): w for w in describe(draft.open(), locale=locale).warnings}
    assert ("outcome-without-orders", "back") in warnings
    assert ("outcome-without-opinions", "satisfied") in warnings
    assert warnings["effect-adjusts-for-later", "late"].detail == "wait"
    assert warnings["effect-on-itself", "waiting"].detail == "contact"
    assert ("item-of-no-load", "national") not in warnings
    text = "SELECT pedido AS id, fecha AS at, cliente AS customer, '{}' AS concept, 5 AS score FROM pedidos"
    draft.write("load/opinions.shop.sql", text.format("csat"))
    draft.replace("model.toml", 'unit = "quarter"', 'unit = "quarter"\nleave_out = ["wait"]')
    warnings = {(w.code, w.name): w for w in describe(draft.open(), locale=locale).warnings}
    assert warnings["outcome-of-no-load", "recommends"].detail == "nps"
    assert warnings["item-of-no-load", "national"].detail == "nps"
    assert warnings["left-out", ""].detail == "wait"
    assert ("outcome-without-opinions", "satisfied") not in warnings
    assert all("wait" in w.in_locale(locale) for w in warnings.values() if w.code == "left-out")
    draft.write("load/opinions.shop.sql", text.replace("'{}'", "pregunta"))  # named in the data
    codes = {w.code for w in describe(draft.open(), locale=locale).warnings}
    assert not codes & {"outcome-of-no-load", "item-of-no-load"}


def test_outcomes_that_nobody_declared_are_shown_and_not_warned_of(draft):
    description = describe(draft.open(), locale="en")
    assert [row["outcome"] for row in section(description, "outcomes").rows] == [
        "satisfaction", "comes_back", "margin_after",
    ]  # fmt: skip
    assert not {w.code for w in description.warnings} & {"outcome-without-orders", "outcome-without-opinions"}
