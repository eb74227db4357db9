"""What changes outcomes: effects adjusted for what stands behind them, and experiments."""

__all__: list[str] = []
