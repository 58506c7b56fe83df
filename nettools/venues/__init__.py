"""The door to any exchange: one protocol, a ccxt venue and an in-memory venue behind it."""
