"""History and example strategies: the same rules over months of data."""

from nettools.study.strategies import Breakout, Hedge, MeanReversion

__all__ = ["Breakout", "Hedge", "MeanReversion"]
