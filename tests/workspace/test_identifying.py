"""What model.toml and promesa.toml say of persons: identifiers, thresholds, consents, retention."""

from __future__ import annotations

import pytest

from promesa.workspace import columns_of, describe


@pytest.mark.parametrize(
    ("added", "key", "told"),
    [
        ("[identifiers.loyalty]", "identifiers.loyalty.kind", "missing"),
        ('[identifiers.loyalty]\nkind = "numbr"', "identifiers.loyalty.kind", "did you mean 'number'?"),
        ('[identifiers.shop_key]\nkind = "key"', "identifiers.shop_key.system", "system"),
        ('[identifiers.loyalty]\nkind = "number"\nsystem = "shop"', "identifiers.loyalty.system", "take system out"),
        ('[identifiers.email]\nkind = "phone"', "identifiers.email.kind", "its kind already"),
        ('[identifiers.email]\njoins = "allone"', "identifiers.email.joins", "did you mean 'alone'?"),
        ("[identifiers.email]\nmost = 1", "identifiers.email.most", "2 or more"),
        ('[identifiers.address]\nkind = "number"', "identifiers.address", "every profile"),
        ('[identity]\ncountry = "XZ"', "identity.country", "no such country"),
        ('[identity]\ncountry = "co"', "identity.country", "'CO'"),
        ('[identity]\ncompare = ["city"]', "identity.compare", "'city'"),
        ("[identity]\nreview_from = 0.995", "identity.review_from", "lies above"),
        ("[identity]\nlink_from = 99", "identity.link_from", "0.99"),
        ("[identity]\nlinkfrom = 0.9", "identity.linkfrom", "'link_from'"),
        ("[consents.news]\nneed = false", "consents.news.need", "'needs'"),
    ],
)
def test_each_mistake_names_its_key_and_its_cure(draft, added, key, told):
    draft.add("model.toml", added)
    mistake = draft.only_mistake()
    assert mistake.key == key
    assert told in f"{mistake.what} {mistake.expected} {mistake.fix}"


def test_the_three_that_everyone_has_keep_their_rules_where_only_one_is_changed(draft):
    draft.add("model.toml", '[identifiers.phone]\nmost = 9\n[identifiers.club]\nkind = "number"\nlabel = "Tarjeta"')
    found = draft.open().model.identifiers
    assert list(found) == ["document", "email", "phone", "club"]
    assert (found["phone"].most, found["phone"].joins, found["phone"].kind) == (9, "with_name", "phone")
    assert (found["club"].joins, found["club"].label.es, found["document"].joins) == ("alone", "Tarjeta", "alone")


def test_an_identifier_of_its_own_is_a_personal_column_of_profiles(draft):
    draft.add("model.toml", '[traits.city]\n[identifiers.club]\nkind = "number"\n[identifiers.email]')
    columns = {column.name: column for column in columns_of("profiles", draft.open().model)}
    assert columns["club"].personal
    assert not columns["city"].personal
    assert list(columns).count("email") == 1


@pytest.mark.parametrize("days", ["0", "-1", "29", '"5 years"', "true"])
def test_retention_has_a_floor(draft, days):
    draft.add("promesa.toml", f"[retention]\nmoments = {days}")
    assert draft.only_mistake().key == "retention.moments"


def test_retention_names_classes_of_data(draft):
    draft.add("promesa.toml", "[retention]\nmoments = 1825\ntexts = 365")
    assert draft.open().retention == {"moments": 1825, "texts": 365}
    draft.add("promesa.toml", "moment = 30")
    assert "'moments'" in draft.only_mistake().fix


def test_what_was_understood_is_read_back_in_both_languages(draft):
    draft.write("load/profiles.shop.sql", "SELECT pedido AS id, fecha AS at, cliente AS customer FROM pedidos")
    draft.add("model.toml", '[identifiers.crm]\nkind = "key"\nsystem = "crm"\n[consents.news]\nlabel = "Boletín"')
    draft.add("promesa.toml", "[retention]\ntexts = 365")
    ws = draft.open()
    for locale in ("es", "en"):
        found = {section.name: section for section in describe(ws, locale).sections}
        assert [row["name"] for row in found["identifiers"].rows] == ["document", "email", "phone", "crm"]
        assert len(found["identifiers"].lines) == 4
        assert found["consents"].rows[0]["label"] == "Boletín"
        assert found["retention"].rows == ({"name": "texts", "days": 365},)
    assert ("key-of-no-load", "crm") in {(notice.code, notice.name) for notice in describe(ws).warnings}
    draft.write(
        "load/orders.crm.sql", "SELECT pedido AS id, fecha AS at, cliente AS customer, 1 AS revenue FROM pedidos"
    )
    assert "key-of-no-load" not in {notice.code for notice in describe(draft.open()).warnings}
