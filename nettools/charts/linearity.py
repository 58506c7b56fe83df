"""Draws what strategies earn alone and netted: one line before costs, two after."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from nettools.charts.look import GRID, INK, PALETTE, plain_layout
from nettools.charts.sampling import MOST_POINTS, keep_extremes
from nettools.texts import say

if TYPE_CHECKING:
    import pandas as pd

_LINES: dict[str, dict[str, Any]] = {
    "Σ alone": {"color": PALETTE[4], "width": 6},
    "netted": {"color": PALETTE[0], "width": 2},
    "Σ alone after costs": {"color": PALETTE[5], "width": 2, "dash": "dot"},
    "netted after costs": {"color": PALETTE[2], "width": 2},
}
"""The sum is drawn broad and the net thin on it, so that both are seen where they agree."""

_WITHIN = ((1e-6, "a millionth"), (1e-2, "a hundredth"))
"""Rounding differs a little from machine to machine; what is said of it does not."""


def earned_title(earned: "pd.DataFrame", unit: str = "USDT") -> str:
    """State how far the lines before costs are apart, and what netting saved."""
    apart = float((earned["Σ alone"] - earned["netted"]).abs().max())
    last = earned.iloc[-1]
    saved = last["netted after costs"] - last["Σ alone after costs"]
    within = next(
        (say(words) for bound, words in _WITHIN if apart <= bound), f"{apart:,.2f} {unit}"
    )
    same = say("the same within {within}", within=within) if apart else say("exactly the same")
    return say(
        "Before costs {same}; after costs netting is {saved:,.0f} {unit} better",
        same=same,
        saved=saved,
        unit=unit,
    )


def earned_figure(
    earned: "pd.DataFrame", *, unit: str = "USDT", most: int = MOST_POINTS
) -> go.Figure:
    """Draw what was earned up to each bar, alone and netted.

    Args:
        earned: what ``study.earned_over_time`` gives.
        unit: the quote currency.
        most: points a line; the extremes of every stretch are among them.
    """
    traces = []
    for name, line in _LINES.items():
        values = np.round(earned[name].to_numpy(dtype=np.float64), 2)
        kept = keep_extremes(values, most)
        traces.append(
            go.Scatter(
                x=[_when(at) for at in earned.index[kept]],
                y=values[kept].tolist(),
                name=say(name),
                mode="lines",
                line=line,
            )
        )
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    layout = {
        **plain_layout(earned_title(earned, unit), height=340),
        "margin": {"l": 72, "r": 8, "t": 64, "b": 48},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "xaxis": {**axis, "showgrid": False, "title": {"text": say("time (UTC)")}},
        "yaxis": {**axis, "title": {"text": say("earned since the start ({unit})", unit=unit)}},
    }
    return go.Figure(data=traces, layout=layout)


def _when(at: object) -> object:
    return f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at
