"""The company's words for persons: what tells who a customer is, and what a customer may say yes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promesa.workspace.labels import Label

IdentifierKind = Literal["document", "email", "phone", "number", "key"]
Joins = Literal["alone", "with_name", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """A kind of value that tells who a customer is; a column of the profiles table.

    Attributes
    ----------
    kind : {"document", "email", "phone", "number", "key"}
        How its values are made comparable. ``key``: the key that another system gives the customer.
    joins : {"alone", "with_name", "never"}
        Whether two records with the same value are one person: unless their names contradict it, only if
        their names agree, or never by that alone.
    most : int
        A value that more records than this hold joins nobody: it is a shop's own, or a form's default.
    ignore : tuple of str
        Values that are nobody's.
    system : str or None
        Of a ``key``: the system whose key it is.
    """

    name: str
    label: Label
    kind: IdentifierKind
    joins: Joins
    most: int = 10
    ignore: tuple[str, ...] = ()
    system: str | None = None


BUILT_IN_IDENTIFIERS: dict[str, Identifier] = {
    "document": Identifier(name="document", label=Label(es="documento", en="document"), kind="document", joins="alone"),
    "email": Identifier(name="email", label=Label(es="correo", en="e-mail"), kind="email", joins="with_name"),
    "phone": Identifier(name="phone", label=Label(es="teléfono", en="phone"), kind="phone", joins="with_name"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """How records are told to be one person's.

    Attributes
    ----------
    country : str or None
        ISO code of the country of phones written without a code.
    country_trait : str or None
        Trait that holds each customer's own country.
    compare : tuple of str
        Traits that help to tell persons apart.
    link_from, review_from : float
        Probability from which two records are one person, and from which a person is asked.
    largest : int
        Records of one person beyond which nothing is joined without a person's word.
    block_most : int
        Records that may share a blocking key and still be compared with each other; keys that say less of a person take
        a third, a sixth or a twelfth of it.
    train_on : int
        Records whose candidate pairs the model is trained on.
    seed : int
        Of everything drawn at random.
    """

    country: str | None = None
    country_trait: str | None = None
    compare: tuple[str, ...] = ()
    link_from: float = 0.97
    review_from: float = 0.5
    largest: int = 30
    block_most: int = 60
    train_on: int = 20_000
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentPurpose:
    """What a customer may say yes or no to.

    Attributes
    ----------
    basis : str
        Ground on which the purpose rests, such as ``consent``.
    notice : str or None
        Version or address of the notice that customers are shown.
    withdraw : Label or None
        How a customer takes the consent back, in words.
    needs : bool
        Whether a yes is needed; a purpose that needs none is allowed until the customer says no.
    """

    name: str
    label: Label
    basis: str = "consent"
    notice: str | None = None
    withdraw: Label | None = None
    needs: bool = True
