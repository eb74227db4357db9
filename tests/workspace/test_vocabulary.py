"""Mistakes in model.toml, the rules of promises among them."""

from __future__ import annotations

import pytest

KEPT = 'kept = "local_day(delivered) <= local_day(promised)"'


@pytest.mark.parametrize(
    ("old", "new", "key", "told"),
    [
        ('stage = "after"', 'stage = "afer"', "touchpoints.delivery.stage", "did you mean 'after'?"),
        ('stage = "after"', "", "touchpoints.delivery.stage", "missing"),
        ('function = "logistics"', 'function = "logistic"', "touchpoints.delivery.function", "'logistics'"),
        ('function = "logistics"', 'function = "logistics"\ncost = -1', "touchpoints.delivery.cost", "not negative"),
        ('stage = "after"', 'stage = "after"\nlabel = { fr = "x" }', "touchpoints.delivery.label", "es = "),
        ('stage = "after"', 'stage = "after"\nlabel = {}', "touchpoints.delivery.label", "es = "),
        (
            'touchpoint = "delivery"\nunit',
            'touchpoint = "delivry"\nunit',
            "elements.days_late.touchpoint",
            "'delivery'",
        ),
        ('touchpoint = "delivery"\nunit', 'touchpoints = ["x"]\nunit', "elements.days_late.touchpoints", "'x'"),
        ('touchpoint = "delivery"\nunit', "unit", "elements.days_late", "neither touchpoint nor"),
        ('unit = "days"', 'unit = "days"\ntouchpoints = ["delivery"]', "elements.days_late", "both touchpoint and"),
        ('unit = "days"', 'units = "days"\nunit = "days"', "elements.days_late.units", "did you mean 'unit'?"),
        ('better = "less"', 'better = "lower"', "elements.days_late.better", "more, less, neither"),
        ('owner = "logistics"', 'owner = "logistica"', "promises.on_time.owner", "'logistics'"),
        ('owner = "logistics"\n', "", "promises.on_time.owner", "missing"),
        (KEPT, "", "promises.on_time.kept", "missing"),
        ("target = 0.95", "target = 95", "promises.on_time.target", "0.95"),
        ("target = 0.95", "capability = -0.1", "promises.on_time.capability", "0 to 1"),
        ("target = 0.95", 'concept = "csatt"', "promises.on_time.concept", "did you mean 'csat'?"),
        ("scale = [1, 5]", "", "concepts.csat.scale", "missing"),
        ("scale = [1, 5]", "scale = [5, 1]", "concepts.csat.scale", "lowest first"),
        ("scale = [1, 5]", "scale = [1, 5]\ntop_from = 4", "concepts.csat.top_from", "mean"),
        ("scale = [1, 5]", 'scale = [1, 5]\nlink = "satisfacton"', "concepts.csat.link", "'satisfaction'"),
        ('kind = "mean"', 'kind = "top_box"', "concepts.csat.top_from", "missing"),
        ('kind = "mean"', 'kind = "top_box"\ntop_from = 6', "concepts.csat.top_from", "1 to 5"),
        ('kind = "mean"', 'kind = "nps"', "concepts.csat.scale", "[0, 10]"),
        ("[channels.web]", "[canales.web]", "canales", "did you mean 'channels'?"),
        ("[channels.web]", '[purposes.ads]\nkind = "atract"', "purposes.ads.kind", "did you mean 'attract'?"),
        ("[channels.web]", "[purposes.ads]", "purposes.ads.kind", "missing"),
        ("[channels.web]", "[outcomes]\nreturn_within_days = 0", "outcomes.return_within_days", "1 or more"),
        ("[channels.web]", "[outcomes]\nreturn_in_days = 9", "outcomes.return_in_days", "'return_within_days'"),
        ("[channels.web]", '[journeys]\noptional = ["fax"]', "journeys.optional", "'fax'"),
        ("[channels.web]", "[journeys]\noptional = 3", "journeys.optional", "a list of texts"),
        ("[channels.web]", '[journeys]\npassages = { delivery = ["fax"] }', "journeys.passages.delivery", "'fax'"),
        ("[channels.web]", '[journeys]\npassages = { fax = ["delivery"] }', "journeys.passages.fax", "'fax'"),
        ("[channels.web]", '[journeys]\npassages = ["delivery"]', "journeys.passages", "a table of name"),
        ("[channels.web]", '[journeys]\ncontacts = ["fax"]', "journeys.contacts", "'fax'"),
        ("[channels.web]", '[journeys]\nsolved_by = "solvd"', "journeys.solved_by", "'solvd'"),
        ("[channels.web]", '[channels."Página web"]', "channels.Página web", "'pagina_web'"),
        ("[channels.web]", "[channels.by_phone]", "channels.by_phone", "'phone'"),
        ("[channels.web]", "[channels.web_]", "channels.web_", "'web'"),
        ("[channels.web]", "[channels.2web]", "channels.2web", "'n_2web'"),
        ("[channels.web]", "[channels.when]", "channels.when", "word of SQL"),
        ("[channels.web]", "[traits.email]", "traits.email", "every profile"),
        ("[channels.web]", "[traits.supplier]", "traits.supplier", "split by"),
        ("[channels.web]", "[traits.branch]", "traits.branch", "split by"),
        ("[channels.web]", "[traits.month]", "traits.month", "split by"),
        ("[channels.web]", "[traits.days_late]", "traits.days_late", "an element"),
        (
            "[channels.web]",
            '[concepts.moments]\nkind = "mean"\nscale = [0, 1]',
            "concepts.moments",
            "a measure of every touchpoint",
        ),
    ],
)
def test_each_mistake_names_its_key_and_its_cure(draft, old, new, key, told):
    draft.replace("model.toml", old, new)
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("model.toml", key)
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


@pytest.mark.parametrize("name", ["channel", "promised", "id", "recorded_at", "due", "status", "version"])
def test_an_element_cannot_take_the_name_of_a_column(draft, name):
    draft.add("model.toml", f'[elements.{name}]\ntouchpoint = "delivery"\nunit = "days"\nbetter = "less"')
    assert draft.only_mistake().key == f"elements.{name}"


def test_a_name_spoilt_elsewhere_still_counts_as_declared(draft):
    draft.replace("model.toml", 'unit = "days"\n', "")
    draft.replace("model.toml", KEPT, 'kept = "days_late <= 0"')
    assert draft.only_mistake().key == "elements.days_late.unit"


def test_all_mistakes_of_one_table_come_together(draft):
    draft.replace("model.toml", 'better = "less"', 'better = "lower"\nlable = "x"')
    draft.replace("model.toml", 'unit = "days"', "unit = 1")
    assert {key for _, key in draft.mistakes()} == {
        "elements.days_late.better",
        "elements.days_late.lable",
        "elements.days_late.unit",
    }


GOOD = [
    "days_late <= 0",
    "local_day(delivered) <= local_day(promised) + 1",
    "delivered <= promised + INTERVAL 2 HOUR AND (outcome IS NULL OR outcome <> 'returned')",
    "CASE WHEN channel = 'web' THEN days_late <= 0 ELSE days_late <= 1 END",
    "coalesce(days_late, 0) BETWEEN 0 AND 2",
    "channel IN ('web', 'app') AND lower(outcome) LIKE 'ok%'",
    "date_diff('minute', promised_at, delivered) < 30",
    "NOT (Days_Late > 0)",
    "(days_late <= 0)",
]


@pytest.mark.parametrize("rule", GOOD)
def test_rules_that_are_fine(draft, rule):
    draft.replace("model.toml", KEPT, f'kept = "{rule}"\nreleased = "{rule}"')
    assert draft.open().model.promises["on_time"].kept == rule


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("days_late <=", "something is missing"),
        ("(days_late <= 0", "line 1"),
        ("days_late <= 0 AND 'x", "does not end"),
        ("days_late <= 0; true", "one expression"),
        ("days_late <= 0 AS kept", "one expression"),
        ("*", "one expression"),
        ("days_lat <= 0", "did you mean 'days_late'?"),
        ("moments.days_late <= 0", "moments.days_late"),
        ("customer = 1", "no column 'customer'"),
        ("recorded_at > at", "no column 'recorded_at'"),
        ('outcome = \\"done\\"', "'done'"),
        ("days_late <= (SELECT 1)", "asks a query"),
        ("EXISTS (SELECT 1 FROM moments)", "asks a query"),
        ("days_late IN (SELECT 1)", "asks a query"),
        ("DROP TABLE moments", "asks a query"),
        ("avg(days_late) <= 1", "sums up"),
        ("row_number() OVER (ORDER BY at) = 1", "sums up"),
        ("days_late <= $1", "which columns"),
        ("delivered <= now()", "present time"),
        ("delivered <= current_timestamp", "present time"),
        ("local_day(delivered) <= today()", "present time"),
        ("random() < days_late", "chance"),
        ("read_text('/etc/passwd') = 'x'", "reads a file"),
        ("read_csv('x.csv') = 'x'", "reads a file"),
        ("localday(delivered) = local_day(promised)", "did you mean 'local_day'?"),
        ("local_day(delivered, promised) = 1", "takes one time"),
        ("days_late", "not a condition"),
        ("days_late + 1", "not a condition"),
        ("'yes'", "not a condition"),
        ("local_day(delivered)", "not a condition"),
    ],
)
def test_rules_that_are_not(draft, rule, told):
    draft.replace("model.toml", KEPT, f'kept = "{rule}"')
    mistake = draft.only_mistake()
    assert (mistake.file, mistake.key) == ("model.toml", "promises.on_time.kept")
    assert told in f"{mistake.what} | {mistake.got} | {mistake.expected} | {mistake.fix}"


@pytest.mark.parametrize("key", ["due", "promised", "delivered"])
def test_a_value_is_not_a_condition(draft, key):
    draft.replace("model.toml", KEPT, f'{KEPT}\n{key} = "promised < delivered"')
    assert draft.only_mistake().key == f"promises.on_time.{key}"


@pytest.mark.parametrize("value", ["end_of_day(promised)", "promised + INTERVAL 1 DAY", "at", "coalesce(promised, at)"])
def test_values_that_are_fine(draft, value):
    draft.replace("model.toml", KEPT, f'{KEPT}\ndue = "{value}"')
    assert draft.open().model.promises["on_time"].due == value


@pytest.mark.parametrize("name", ["n", "unit", "note", "owner", "estimate"])
def test_a_trait_cannot_take_the_name_of_a_key_of_rows(draft, name):
    draft.add("model.toml", f'[traits.{name}]\nlabel = "X"\n')
    assert draft.only_mistake().key == f"traits.{name}"
