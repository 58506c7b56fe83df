"""Binance USD-M: which endpoints to ask, and what their rows mean."""
