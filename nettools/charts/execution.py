"""Cost against waiting time: where resting first pays, and where it does not."""

import html

import plotly.graph_objects as go
from pandas import DataFrame

from nettools.charts.look import GRID, INK, NEUTRAL, PALETTE, plain_layout
from nettools.texts import say

_BETTER, _WORSE = PALETTE[2], PALETTE[5]
_DIGITS = 6
"""Of what is drawn: the last digits of a mean differ from machine to machine."""
_SURE = 1.96
"""Standard errors on either side of a mean: 95 of 100."""


def execution_title(table: DataFrame) -> str:
    """State what resting first gained or lost against taking at once, in one sentence.

    Args:
        table: of ``study.execution``: the first row is what is compared with.
    """
    tried = table.iloc[1:]
    if tried.empty or not tried["starts"].any():
        return say("Nothing was tried beside taking at once")
    gains, errors = tried["gained_bps"].tolist(), tried["gained_error"].tolist()
    best, worst = gains.index(max(gains)), gains.index(min(gains))
    if gains[best] - _SURE * errors[best] > 0:
        gained = f"{gains[best]:.2f} ± {errors[best]:.2f} bps"
        return say(
            "Resting first gained {gained} at best ({best})",
            gained=gained,
            best=tried.index[best],
        )
    if max(g + _SURE * e for g, e in zip(gains, errors, strict=True)) < 0:
        lost = f"{-gains[worst]:.2f} ± {errors[worst]:.2f} bps"
        return say(
            "Resting first lost in every style, up to {lost} ({worst})",
            lost=lost,
            worst=tried.index[worst],
        )
    return say("No style differs from taking at once by more than chance")


def execution_figure(table: DataFrame, said: str = "") -> go.Figure:
    """Draw the mean cost of every configuration against how long its orders waited.

    Bars are 95 % intervals of the mean. The line across is taking at once: below it resting
    first paid, above it it did not.

    Args:
        table: of ``study.execution``.
        said: what was studied, added to the title of the horizontal axis.
    """
    base = table.iloc[0]
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    across = say("mean wait from decision to end, seconds")
    if said:
        across = f"{across} ({html.escape(said)})"
    return go.Figure(
        data=[_points(table, base["cost_bps"])],
        layout={
            **plain_layout(execution_title(table), height=340),
            "xaxis": {**axis, "rangemode": "tozero", "title": {"text": across}},
            "yaxis": {**axis, "title": {"text": say("cost beyond the arrival mid, bps")}},
            "shapes": [
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": round(base["cost_bps"], _DIGITS),
                    "y1": round(base["cost_bps"], _DIGITS),
                    "line": {"color": NEUTRAL, "width": 1, "dash": "dot"},
                }
            ],
        },
    )


def _points(table: DataFrame, base: float) -> go.Scatter:
    colors = [NEUTRAL, *(_BETTER if c < base else _WORSE for c in table["cost_bps"].iloc[1:])]
    symbols = ["diamond", *("circle" if color == _BETTER else "x" for color in colors[1:])]
    hover = [
        html.escape(
            say(
                "{name}: {cost:.2f} ± {error:.2f} bps, waited {waited:.1f} s, "
                "{maker:.0%} as a maker",
                name=name,
                cost=row.cost_bps,
                error=row.cost_error,
                waited=row.waited_seconds,
                maker=row.maker_share,
            )
        )
        for name, row in zip(table.index, table.itertuples(), strict=True)
    ]
    return go.Scatter(
        x=table["waited_seconds"].round(_DIGITS).tolist(),
        y=table["cost_bps"].round(_DIGITS).tolist(),
        error_y={
            "array": (_SURE * table["cost_error"]).round(_DIGITS).tolist(),
            "color": INK,
            "thickness": 1,
        },
        mode="markers+text",
        text=[html.escape(str(name)) for name in table.index],
        textposition=[_side(x, table["waited_seconds"].max()) for x in table["waited_seconds"]],
        cliponaxis=False,
        marker={"color": colors, "symbol": symbols, "size": 10},
        hovertext=hover,
        hoverinfo="text",
    )


def _side(waited: float, longest: float) -> str:
    """Write to the left of a point in the right half, where there is no room to its right."""
    return "top left" if waited > longest / 2 else "top right"
