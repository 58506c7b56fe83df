"""Draws the same target stream through one-way and hedge: position, margin, fees, funding."""

import html
from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from nettools.charts.look import GRID, INK, NEUTRAL, PALETTE, plain_layout
from nettools.study import ModeComparison
from nettools.texts import say

if TYPE_CHECKING:
    import pandas as pd

_HEDGE = PALETTE[7]
_LINES: dict[str, dict[str, Any]] = {
    "one-way": {"color": NEUTRAL, "width": 5},
    "hedge": {"color": _HEDGE, "width": 2},
    "hedge, paid": {"color": _HEDGE, "width": 2, "dash": "dot"},
}
"""One-way is drawn broad and hedge thin, so that both are seen where they agree."""
_PANELS = ("position per leg ({base})", "initial margin ({unit})", "fees ({unit})",
           "funding ({unit}), paid below zero")  # fmt: skip
_PLACES = (((0, 0.46), (0.58, 1)), ((0.54, 1), (0.58, 1)), ((0, 0.46), (0, 0.42)),
           ((0.54, 1), (0, 0.42)))  # fmt: skip


def modes_figure(compared: ModeComparison) -> go.Figure:
    """Draw both accounts over the bars: legs, margin, and fees and funding so far.

    Args:
        compared: what ``study.one_way_or_hedge`` gives.
    """
    index = [at if isinstance(at, int) else str(at) for at in compared.bars.index]
    lines = [
        (panel, name, values)
        for mode in ("one-way", "hedge")
        for panel, name, values in _lines(mode, compared.of(mode))
    ]
    shown: set[str] = set()
    traces = []
    for panel, name, values in lines:
        axis = "" if panel == 0 else str(panel + 1)
        traces.append(
            go.Scatter(
                x=index,
                y=[float(value) for value in values],
                name=say(name),
                legendgroup=name,
                showlegend=name not in shown,
                mode="lines",
                line={**_LINES[name], "shape": "hv"},
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
        shown.add(name)
    return go.Figure(data=traces, layout=_layout(compared))


def _lines(mode: str, bars: "pd.DataFrame") -> list[tuple[int, str, Sequence[Decimal]]]:
    """Give the lines of one mode's frame: panel, name, values."""
    received, paid = (list(accumulate(bars[name])) for name in ("received", "paid"))
    margin, fees = list(bars["margin"]), list(accumulate(bars["fees"]))
    common = [(1, mode, margin), (2, mode, fees)]
    if mode == "one-way":
        net = list(bars["long"] + bars["short"])
        funding = [got - gave for got, gave in zip(received, paid, strict=True)]
        return [(0, mode, net), *common, (3, mode, funding)]
    legs = [(0, mode, list(bars["long"])), (0, mode, list(bars["short"]))]
    gave = [-amount for amount in paid]
    return [*legs, *common, (3, mode, received), (3, "hedge, paid", gave)]


def _layout(compared: ModeComparison) -> dict[str, Any]:
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    layout: dict[str, Any] = {
        **plain_layout(compared.finding, height=460),
        "margin": {"l": 56, "r": 8, "t": 64, "b": 56},
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.1, "x": 0},
        "annotations": [],
    }
    words = {"base": html.escape(compared.base), "unit": html.escape(compared.unit)}
    for number, (title, (across, up)) in enumerate(zip(_PANELS, _PLACES, strict=True)):
        name = "" if number == 0 else str(number + 1)
        layout[f"xaxis{name}"] = {
            **axis,
            "domain": across,
            "anchor": f"y{name}",
            "showgrid": False,
            "zeroline": False,
            "showticklabels": number > 1,
            "nticks": 6,
            "title": {"text": say("bar") if number > 1 else ""},
        }
        layout[f"yaxis{name}"] = {**axis, "domain": up, "anchor": f"x{name}", "nticks": 5}
        layout[f"yaxis{name}"]["rangemode"] = "tozero"
        layout["annotations"].append(
            {
                "text": say(title, **words),
                "x": across[0],
                "y": up[1],
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    return layout
