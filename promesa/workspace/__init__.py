"""A company's folder, read and checked: one frozen `Workspace`."""

from promesa.workspace.description import Description, Section, describe
from promesa.workspace.grammar import IDENTITY, MODEL, OUTCOMES, SETTINGS
from promesa.workspace.grammar import SOURCE as SOURCE_FIELDS
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
from promesa.workspace.notices import Notice
from promesa.workspace.persons import BUILT_IN_IDENTIFIERS, ConsentPurpose, Identifier, IdentitySettings
from promesa.workspace.presence import missing_files
from promesa.workspace.reading import open_workspace
from promesa.workspace.scaffold import EXAMPLES, new
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
    "BUILT_IN_IDENTIFIERS",
    "CUSTOMER",
    "EXAMPLES",
    "ID",
    "IDENTITY",
    "LOCALES",
    "MODEL",
    "NO_CUSTOMER",
    "OUTCOMES",
    "RECORDED_AT",
    "SELECT_ONLY",
    "SETTINGS",
    "SOURCE",
    "SOURCE_FIELDS",
    "TABLES",
    "Channel",
    "Column",
    "Concept",
    "ConsentPurpose",
    "Description",
    "Element",
    "Function",
    "Identifier",
    "IdentitySettings",
    "Kind",
    "Label",
    "Load",
    "Model",
    "Notice",
    "Promise",
    "Purpose",
    "Section",
    "Source",
    "Touchpoint",
    "Trait",
    "Workspace",
    "columns_of",
    "describe",
    "labels_of",
    "missing_files",
    "new",
    "open_workspace",
]
