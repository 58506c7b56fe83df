"""The Bybit v5 linear dialect: translation between the venue's API and the engine."""
