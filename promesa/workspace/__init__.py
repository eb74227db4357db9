"""A company's folder, read and checked: one frozen `Workspace`."""

from promesa.workspace.accounts import Account
from promesa.workspace.arriving import EVENT_COLUMNS, PROTOCOLS
from promesa.workspace.banding import Standard, Tier, Tiers
from promesa.workspace.banding_grammar import STANDARD, TIER, TIERS
from promesa.workspace.calendars import Calendar
from promesa.workspace.description import Description, Section, describe
from promesa.workspace.grammar import (
    CONSTRUCT,
    DRIVERS,
    IDENTITY,
    MODEL,
    OUTCOMES,
    SETTINGS,
    STUDIES,
)
from promesa.workspace.grammar import SOURCE as SOURCE_FIELDS
from promesa.workspace.journey_settings import JourneySettings
from promesa.workspace.labels import Label, labels_of
from promesa.workspace.model import (
    LOCALES,
    Channel,
    Concept,
    Element,
    Function,
    Load,
    Model,
    Promise,
    Purpose,
    Source,
    Touchpoint,
    Trait,
    Workspace,
)
from promesa.workspace.naming import as_name
from promesa.workspace.notice import Notice
from promesa.workspace.persons import BUILT_IN_IDENTIFIERS, ConsentPurpose, Identifier, IdentitySettings
from promesa.workspace.presence import missing_files
from promesa.workspace.reading import open_workspace
from promesa.workspace.scaffold import EXAMPLES, new
from promesa.workspace.service import EMBEDDED, OidcSettings, ServiceSettings
from promesa.workspace.studies import (
    BUILT_IN_CONFOUNDERS,
    OF_OPINIONS,
    OF_ORDERS,
    ConstructQuestion,
    DriverSettings,
    EffectQuestion,
    IndexSurvey,
    Outcome,
    Studies,
    Trial,
)
from promesa.workspace.tables import (
    AT,
    CUSTOMER,
    ID,
    NO_CUSTOMER,
    RECORDED_AT,
    SELECT_ONLY,
    SOURCE,
    TABLES,
    Column,
    Kind,
    columns_of,
)

__all__ = [
    "AT",
    "BUILT_IN_CONFOUNDERS",
    "BUILT_IN_IDENTIFIERS",
    "CONSTRUCT",
    "CUSTOMER",
    "DRIVERS",
    "EMBEDDED",
    "EVENT_COLUMNS",
    "EXAMPLES",
    "ID",
    "IDENTITY",
    "LOCALES",
    "MODEL",
    "NO_CUSTOMER",
    "OF_OPINIONS",
    "OF_ORDERS",
    "OUTCOMES",
    "PROTOCOLS",
    "RECORDED_AT",
    "SELECT_ONLY",
    "SETTINGS",
    "SOURCE",
    "SOURCE_FIELDS",
    "STANDARD",
    "STUDIES",
    "TABLES",
    "TIER",
    "TIERS",
    "Account",
    "Calendar",
    "Channel",
    "Column",
    "Concept",
    "ConsentPurpose",
    "ConstructQuestion",
    "Description",
    "DriverSettings",
    "EffectQuestion",
    "Element",
    "Function",
    "Identifier",
    "IdentitySettings",
    "IndexSurvey",
    "JourneySettings",
    "Kind",
    "Label",
    "Load",
    "Model",
    "Notice",
    "OidcSettings",
    "Outcome",
    "Promise",
    "Purpose",
    "Section",
    "ServiceSettings",
    "Source",
    "Standard",
    "Studies",
    "Tier",
    "Tiers",
    "Touchpoint",
    "Trait",
    "Trial",
    "Workspace",
    "as_name",
    "columns_of",
    "describe",
    "labels_of",
    "missing_files",
    "new",
    "open_workspace",
]
