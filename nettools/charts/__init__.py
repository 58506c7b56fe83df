"""Frame in, plotly figure out.

One color means one strategy in every figure; a title states the finding and axes carry units.
Floats are for drawing only: texts are written from the exact numbers.
"""

from nettools.charts.execution import execution_figure, execution_title
from nettools.charts.frontier import frontier_figure, frontier_title
from nettools.charts.linearity import earned_figure, earned_title
from nettools.charts.look import NEUTRAL, PALETTE, SAFE_CONFIG, plain_layout, strategy_colors
from nettools.charts.modes import modes_figure
from nettools.charts.netting import netting_figure, netting_title
from nettools.charts.pnl import pnl_figure, pnl_title, saving_figure
from nettools.charts.sampling import keep_extremes
from nettools.charts.smart import smart_figure, smart_title
from nettools.charts.timeline import timeline_figure, timeline_title

__all__ = [
    "NEUTRAL",
    "PALETTE",
    "SAFE_CONFIG",
    "earned_figure",
    "earned_title",
    "execution_figure",
    "execution_title",
    "frontier_figure",
    "frontier_title",
    "keep_extremes",
    "modes_figure",
    "netting_figure",
    "netting_title",
    "plain_layout",
    "pnl_figure",
    "pnl_title",
    "saving_figure",
    "smart_figure",
    "smart_title",
    "strategy_colors",
    "timeline_figure",
    "timeline_title",
]
