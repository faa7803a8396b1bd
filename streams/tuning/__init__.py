"""What a backtest, and what analysts made of its alerts, say about the settings."""
