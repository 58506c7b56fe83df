"""History and example strategies: the same rules over months of data."""

from nettools.study.loading import (
    History,
    check_history,
    read_candles,
    read_funding,
    read_prices,
    read_targets,
)
from nettools.study.loading_grid import common_grid
from nettools.study.loading_report import Fault, LoadReport
from nettools.study.modes import Bar, ModeAccount, Terms
from nettools.study.netted import Netting, netting
from nettools.study.side_by_side import ModeComparison, SideBySide, one_way_or_hedge
from nettools.study.strategies import Breakout, Hedge, MeanReversion

__all__ = [
    "Bar",
    "Breakout",
    "Fault",
    "Hedge",
    "History",
    "LoadReport",
    "MeanReversion",
    "ModeAccount",
    "ModeComparison",
    "Netting",
    "SideBySide",
    "Terms",
    "check_history",
    "common_grid",
    "netting",
    "one_way_or_hedge",
    "read_candles",
    "read_funding",
    "read_prices",
    "read_targets",
]
