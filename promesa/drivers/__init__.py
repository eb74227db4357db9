"""What goes with good and bad outcomes: importance, roles, asymmetry, synergy. Associations, and said as such."""

from promesa.drivers.importances import Drivers, importance

__all__ = ["Drivers", "importance"]
