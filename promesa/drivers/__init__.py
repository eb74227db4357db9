"""What goes with good and bad outcomes: importance, roles, asymmetry, synergy. Associations, and said as such."""

from promesa.drivers.asymmetries import Asymmetry, asymmetry
from promesa.drivers.groupings import Roles, roles
from promesa.drivers.importances import Drivers, importance
from promesa.drivers.synergies import Synergies, synergy

__all__ = ["Asymmetry", "Drivers", "Roles", "Synergies", "asymmetry", "importance", "roles", "synergy"]
