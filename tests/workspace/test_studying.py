"""What model.toml says of outcomes, drivers, effects, experiments and index surveys."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from promesa.workspace import BUILT_IN_CONFOUNDERS, labels_of

MORE = """
    [touchpoints.support]
    stage = "after"
    function = "logistics"

    [touchpoints.browse]
    stage = "before"
    function = "logistics"

    [elements.photos]
    touchpoint = "browse"
    unit = "count"
    better = "more"

    [concepts.effort]
    label = { es = "Esfuerzo", en = "Effort" }
    kind = "mean"
    scale = [1, 7]
    better = "less"

    [concepts.nps]
    kind = "nps"

    [traits.region]
    """
INDEX = """
    [indices.national]
    arrows = ["image -> satisfaction", "satisfaction -> loyalty"]
    [indices.national.constructs.image]
    items = ["effort"]
    [indices.national.constructs.satisfaction]
    items = ["csat"]
    [indices.national.constructs.loyalty]
    items = ["nps"]
    """
TRIAL = '[experiments.mail]\narms = ["letter"]\ncontrol = "nothing"\n'
FIRST = '[outcomes.first]\nkind = "return"\n'


@pytest.fixture
def full(draft):
    """Return a draft with enough words to study."""
    draft.add("model.toml", MORE)
    return draft


def test_everything_is_read(full):
    full.add(
        "model.toml",
        """
        [outcomes]
        return_within_days = 45
        [outcomes.satisfied]
        label = { es = "Satisfacción", en = "Satisfaction" }
        kind = "score"
        concept = "csat"
        [outcomes.eased]
        kind = "score"
        concept = "effort"
        [outcomes.contact]
        kind = "complaint"
        touchpoints = "support"
        [outcomes.spent]
        kind = "revenue"
        within_days = 10

        [drivers]
        unit = "month"
        confounders = ["price", "region"]
        leave_out = ["photos", "support"]
        most_rows = 2000

        [effects.late]
        promise = "on_time"
        outcomes = ["satisfied", "spent"]
        adjust_for = ["photos", "browse"]
        by = "region"
        [effects.days]
        element = "days_late"
        by = "channel"

        [experiments.mail]
        arms = ["letter", "call"]
        control = "nothing"
        kind = "sent"
        shares = [0.5, 0.25, 0.25]
        by = "region"
        """,
    )
    full.add("model.toml", INDEX)
    model = full.open().model
    studies = model.studies
    assert model.return_within_days == 45
    assert list(studies.outcomes) == ["satisfied", "eased", "contact", "spent"]
    assert [outcome.better for outcome in studies.outcomes.values()] == ["more", "less", "less", "more"]
    assert studies.outcomes["eased"].label == model.concepts["effort"].label
    assert studies.outcomes["contact"].touchpoints == ("support",)
    assert studies.outcomes["spent"].within_days == 10
    assert asdict(studies.drivers) == {
        "unit": "month", "confounders": ("price", "region"), "leave_out": ("photos", "support"), "most_rows": 2000,
        "bootstraps": 200, "seed": 1,
    }  # fmt: skip
    assert (studies.effects["late"].promise, studies.effects["late"].element) == ("on_time", None)
    assert studies.effects["late"].adjust_for == ("photos", "browse")
    assert studies.effects["days"].by == "channel"
    assert studies.experiments["mail"].shares == (0.5, 0.25, 0.25)
    index = studies.indices["national"]
    assert index.arrows == (("image", "satisfaction"), ("satisfaction", "loyalty"))
    assert list(index.constructs) == ["image", "satisfaction", "loyalty"]
    assert (index.scheme, index.constructs["image"].mode) == ("path", "A")


def test_outcomes_stand_where_none_is_declared(full):
    studies = full.open().model.studies
    assert {name: outcome.kind for name, outcome in studies.outcomes.items()} == {
        "satisfaction": "score", "comes_back": "return", "margin_after": "margin",
    }  # fmt: skip
    assert studies.outcomes["satisfaction"].concept == "csat"
    full.add("model.toml", '[effects.late]\npromise = "on_time"\noutcomes = ["satisfaction", "comes_back"]')
    assert full.open().model.studies.effects["late"].outcomes == ("satisfaction", "comes_back")


def test_where_nobody_is_asked_there_is_no_satisfaction(draft):
    draft.replace(
        "model.toml", '[concepts.csat]\n    kind = "mean"'.replace("    ", ""), "[concepts.csat]\nkind = 'mean'"
    )
    draft.replace("model.toml", "scale = [1, 5]", 'scale = [1, 5]\nlink = "emotion"')
    assert list(draft.open().model.studies.outcomes) == ["comes_back", "margin_after"]
    draft.add("model.toml", '[effects.late]\npromise = "on_time"\noutcomes = ["satisfaction"]')
    assert draft.only_mistake().key == "effects.late.outcomes"


def test_the_first_concept_of_satisfaction_says_which_direction_is_good(draft):
    draft.replace("model.toml", "scale = [1, 5]", 'scale = [1, 5]\nbetter = "less"')
    assert draft.open().model.studies.outcomes["satisfaction"].better == "less"


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        ("[outcomes]\nreturn_within_day = 60", "outcomes.return_within_day", "did you mean 'return_within_days'?"),
        ('[outcomes]\nsatisfied = "csat"', "outcomes.satisfied", "write [outcomes.satisfied] above its keys"),
        ("[outcomes]\nreturn_within_days = 0.5", "outcomes.return_within_days", "whole number"),
        ("[outcomes.return_within_days]\nkind = 'return'", "outcomes.return_within_days", "whole number"),
        ("[outcomes.a]", "outcomes.a.kind", "missing"),
        ("[outcomes.a]\nkind = 'scor'", "outcomes.a.kind", "did you mean 'score'?"),
        ("[outcomes.a]\nkind = 'score'", "outcomes.a.concept", "add concept = "),
        ("[outcomes.a]\nkind = 'score'\nconcept = 'csatt'", "outcomes.a.concept", "did you mean 'csat'?"),
        ("[outcomes.a]\nkind = 'promoter'", "outcomes.a.concept", "add concept = "),
        ("[outcomes.a]\nkind = 'promoter'\nconcept = 'effort'", "outcomes.a.concept", "more is better"),
        ("[outcomes.a]\nkind = 'complaint'", "outcomes.a.touchpoints", "add touchpoints = "),
        ("[outcomes.a]\nkind = 'complaint'\ntouchpoints = ['suport']", "outcomes.a.touchpoints", "'support'"),
        ("[outcomes.a]\nkind = 'return'\nconcept = 'csat'", "outcomes.a.concept", "take it out"),
        ("[outcomes.a]\nkind = 'margin'\ntouchpoints = ['support']", "outcomes.a.touchpoints", "['support']"),
        ("[outcomes.a]\nkind = 'score'\nconcept = 'csat'\nwithin_days = 9", "outcomes.a.within_days", "in days"),
        ("[outcomes.a]\nkind = 'return'\nwithin_days = 0", "outcomes.a.within_days", "1 or more"),
        ("[outcomes.a]\nkind = 'return'\nbetter = 'neither'", "outcomes.a.better", "more, less"),
        ("[outcomes.a]\nkind = 'return'\ndays = 9", "outcomes.a.days", "within_days"),
        ("[outcomes.delivery]\nkind = 'return'", "outcomes.delivery", "the name of a touchpoint"),
        ("[outcomes.days_late]\nkind = 'return'", "outcomes.days_late", "the name of an element"),
        ("[outcomes.on_time]\nkind = 'return'", "outcomes.on_time", "the name of a promise"),
        ("[outcomes.region]\nkind = 'return'", "outcomes.region", "the name of a trait"),
        ('[outcomes."Volver"]\nkind = "return"', "outcomes.Volver", "'volver'"),
        ("[drivers]\nunit = 'week'", "drivers.unit", "month"),
        ("[drivers]\nconfounders = ['prices']", "drivers.confounders", "did you mean 'price'?"),
        ("[drivers]\nconfounders = ['regoin']", "drivers.confounders", "did you mean 'region'?"),
        ("[drivers]\nleave_out = ['photo']", "drivers.leave_out", "did you mean 'photos'?"),
        ("[drivers]\nmost_rows = 10", "drivers.most_rows", "1000 or more"),
        ("[drivers]\nbootstrap = 10", "drivers.bootstrap", "'bootstraps'"),
        ("[driver]\nunit = 'month'", "driver", "did you mean 'drivers'?"),
        ("[effects.a]", "effects.a", "neither promise nor element"),
        ("[effects.a]\npromise = 'on_time'\nelement = 'photos'", "effects.a", "both promise and element"),
        ("[effects.a]\npromise = 'in_time'", "effects.a.promise", "did you mean 'on_time'?"),
        ("[effects.a]\nelement = 'photo'", "effects.a.element", "did you mean 'photos'?"),
        ("[effects.a]\npromise = 'on_time'\noutcomes = ['comes_bak']", "effects.a.outcomes", "'comes_back'"),
        ("[effects.a]\npromise = 'on_time'\noutcomes = ['x']\n" + FIRST, "effects.a.outcomes", "one of first"),
        ("[effects.a]\npromise = 'on_time'\nadjust_for = ['photo']", "effects.a.adjust_for", "'photos'"),
        ("[effects.a]\npromise = 'on_time'\nadjust_for = ['on_time']", "effects.a.adjust_for", "what acts"),
        ("[effects.a]\npromise = 'on_time'\nby = 'regoin'", "effects.a.by", "did you mean 'region'?"),
        ("[effects.photos]\nelement = 'photos'", "effects.photos", "the name of an element"),
        ("[effects]\na = 3", "effects.a", "not a table"),
        ("[experiments.a]\ncontrol = 'none'", "experiments.a.arms", "missing"),
        ("[experiments.a]\narms = []\ncontrol = 'none'", "experiments.a.arms", "at least one arm"),
        ("[experiments.a]\narms = ['x']", "experiments.a.control", "missing"),
        ("[experiments.a]\narms = ['x', 'none']\ncontrol = 'none'", "experiments.a.control", "one of the arms"),
        (TRIAL + "shares = [0.5, 0.6]", "experiments.mail.shares", "add up to 1.1"),
        (TRIAL + "shares = [1.0]", "experiments.mail.shares", "2 fractions"),
        (TRIAL + "shares = [0, 1]", "experiments.mail.shares", "above 0"),
        (TRIAL + "shares = [50, 50]", "experiments.mail.shares", "fractions from 0 to 1"),
        (TRIAL + "by = 'channel'", "experiments.mail.by", "one of region"),
        (TRIAL + "outcomes = ['returns']", "experiments.mail.outcomes", "one of comes_back"),
        ("[traits.price]", "traits.price", "adjusted for already"),
        ("[traits.tenure]", "traits.tenure", "adjusted for already"),
        ("[traits.feature]", "traits.feature", "key of every answer"),
    ],
)
def test_each_mistake_names_its_key_and_its_cure(full, text, key, told):
    full.add("model.toml", text)
    mistake = full.only_mistake()
    assert (mistake.file, mistake.key) == ("model.toml", key)
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ('arrows = ["image -> satisfaction", "satisfaction -> loyalty"]', "", "arrows", "missing"),
        ("image -> satisfaction", "image, satisfaction", "arrows", "cannot be read"),
        ("image -> satisfaction", "image -> satisfaction -> loyalty", "arrows", "cannot be read"),
        ("image -> satisfaction", "image -> image", "arrows", "cannot be read"),
        ("image -> satisfaction", "-> satisfaction", "arrows", "cannot be read"),
        ("image -> satisfaction", "imag -> satisfaction", "arrows", "did you mean 'image'?"),
        ("image -> satisfaction", "loyalty -> satisfaction", "arrows", "loyalty -> satisfaction -> loyalty"),
        ('"image -> satisfaction", ', "", "constructs.image", "No arrow leads"),
        ('items = ["effort"]', "", "constructs.image", "no items"),
        ('items = ["effort"]', 'items = ["efort"]', "constructs.image.items", "did you mean 'effort'?"),
        ('items = ["effort"]', 'items = ["effort"]\nmode = "C"', "constructs.image.mode", "A, B"),
        ('items = ["nps"]', 'items = ["nps", "effort"]', "constructs.loyalty.items", "image and loyalty"),
        ("arrows =", 'scheme = "centre"\narrows =', "scheme", "centroid"),
        ("[indices.national.constructs.image]", "[indices.national.constructs.Image]", "constructs.Image", "'image'"),
    ],
)
def test_each_mistake_of_an_index_names_its_key_and_its_cure(full, old, new, key, told):
    full.add("model.toml", INDEX)
    full.replace("model.toml", old, new)
    found = full.mistakes()
    assert ("model.toml", f"indices.national.{key}") in found, found
    assert len(found) <= (2 if "Image" in new else 1)
    mistake = found["model.toml", f"indices.national.{key}"]
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


def test_an_index_of_one_construct(full):
    full.add("model.toml", '[indices.a]\narrows = []\n[indices.a.constructs.b]\nitems = ["csat"]')
    assert full.only_mistake().key == "indices.a.constructs"


def test_a_word_of_the_model_keeps_its_label(full):
    full.add("model.toml", INDEX)
    full.add("model.toml", '[outcomes.nps]\nlabel = "x"\nkind = "promoter"\nconcept = "nps"')
    full.add("model.toml", '[outcomes.back]\nlabel = { es = "Vuelve", en = "Returns" }\nkind = "return"')
    workspace = full.open()
    labels = labels_of(workspace)
    assert labels["nps"]["en"] == workspace.model.concepts["nps"].label.en
    assert labels["back"] == {"es": "Vuelve", "en": "Returns"}
    assert labels["image"]["en"] == "image"


def test_every_built_in_confounder_may_be_named(full):
    names = ", ".join(f'"{name}"' for name in (*BUILT_IN_CONFOUNDERS, "product", "region"))
    full.add("model.toml", f"[drivers]\nconfounders = [{names}]")
    assert full.open().model.studies.drivers.confounders == (*BUILT_IN_CONFOUNDERS, "product", "region")
