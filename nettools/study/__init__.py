"""History and example strategies: the same rules over months of data."""

from nettools.study.earned import earned_over_time
from nettools.study.execution import ExecutionStudy, StudyMarket, execution, smart_grid
from nettools.study.execution_order import Line
from nettools.study.loading import (
    History,
    check_history,
    read_candles,
    read_funding,
    read_prices,
    read_targets,
)
from nettools.study.loading_grid import common_grid, read_folder
from nettools.study.loading_report import Fault, LoadReport
from nettools.study.modes import Bar, ModeAccount, Terms
from nettools.study.netted import netting
from nettools.study.netting_result import Netting
from nettools.study.sample import sample_prices
from nettools.study.side_by_side import ModeComparison, SideBySide, one_way_or_hedge
from nettools.study.strategies import Breakout, Hedge, MeanReversion
from nettools.study.strategies_correlated import Correlated, correlated_strategies, targets_of
from nettools.study.sweep import deadband

__all__ = [
    "Bar",
    "Breakout",
    "Correlated",
    "ExecutionStudy",
    "Fault",
    "Hedge",
    "History",
    "Line",
    "LoadReport",
    "MeanReversion",
    "ModeAccount",
    "ModeComparison",
    "Netting",
    "SideBySide",
    "StudyMarket",
    "Terms",
    "check_history",
    "common_grid",
    "correlated_strategies",
    "deadband",
    "earned_over_time",
    "execution",
    "netting",
    "one_way_or_hedge",
    "read_candles",
    "read_folder",
    "read_funding",
    "read_prices",
    "read_targets",
    "sample_prices",
    "smart_grid",
    "targets_of",
]
