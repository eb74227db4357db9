"""What goes with good and bad outcomes: importance, roles, asymmetry, synergy. Associations, and said as such."""

__all__: list[str] = []
