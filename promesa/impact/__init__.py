"""What changes outcomes: effects adjusted for what stands behind them, and experiments."""

from promesa.impact.effects import Effects, effects
from promesa.impact.experiments import Experiments, experiments

__all__ = ["Effects", "Experiments", "effects", "experiments"]
