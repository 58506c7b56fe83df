"""Bybit v5 linear: which endpoints to ask, and what their rows mean."""
