"""History and example strategies: the same rules over months of data."""

from nettools.study.modes import Bar, ModeAccount, Terms
from nettools.study.side_by_side import ModeComparison, SideBySide, one_way_or_hedge
from nettools.study.strategies import Breakout, Hedge, MeanReversion

__all__ = [
    "Bar",
    "Breakout",
    "Hedge",
    "MeanReversion",
    "ModeAccount",
    "ModeComparison",
    "SideBySide",
    "Terms",
    "one_way_or_hedge",
]
