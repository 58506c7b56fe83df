"""Draws what each deadband costs against how far it lets the position stray."""

import html
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from nettools.charts.look import GRID, INK, NEUTRAL, PALETTE, plain_layout
from nettools.decimals import plain
from nettools.errors import InvalidInput
from nettools.texts import say, word

if TYPE_CHECKING:
    import pandas as pd

_COLORS = {"target": PALETTE[1], "edge": PALETTE[0]}
_SYMBOLS = {"target": "square", "edge": "circle"}
"""Told apart by form too, not by color alone."""
MOST = 1_000
"""Configurations that are drawn; of more, only the efficient ones."""


def recommended(sweep: "pd.DataFrame") -> Any:  # noqa: ANN401 - a row of the sweep
    """Give the row that is recommended.

    Raises:
        InvalidInput: the sweep has several symbols, or no row is recommended.
    """
    found = sweep[sweep["recommended"]]
    if len(found) != 1:
        raise InvalidInput(
            f"a frontier is of one symbol, this sweep has {len(found)}; choose the rows of one"
        )
    return found.iloc[0]


def frontier_title(sweep: "pd.DataFrame") -> str:
    """State the recommended setting, what it costs and how far it strays."""
    best, dearest = recommended(sweep), float(sweep["cost"].max())
    less = 1 - float(best["cost"]) / dearest if dearest else 0.0
    return say(
        "Deadband {deadband}, to the {way}: costs {less:.0%} less than the dearest, "
        "strays {share:.1%}",
        deadband=plain(best["deadband"]),
        way=word(best["trade_to"]),
        less=less,
        share=best["tracking_share"],
    )


def frontier_figure(sweep: "pd.DataFrame", *, unit: str = "USDT") -> go.Figure:
    """Draw every configuration: how far it strays, across; what it costs, up.

    Efficient ones are full and joined by a line; the others are hollow.

    Args:
        sweep: what ``study.deadband`` gives, of one symbol.
        unit: the quote currency.

    Raises:
        InvalidInput: the sweep has several symbols.
    """
    best = recommended(sweep)
    shown = sweep if len(sweep) <= MOST else sweep[sweep["efficient"]]
    frontier = shown[shown["efficient"]].sort_values("tracking_share")
    traces = [
        go.Scatter(
            x=_percent(frontier), y=_cost(frontier), mode="lines", hoverinfo="skip",
            line={"color": NEUTRAL, "width": 1.5}, name=say("efficient"),
        )
    ]  # fmt: skip
    for way, color in _COLORS.items():
        rows = shown[shown["trade_to"] == way]
        if len(rows):
            traces.append(_points(rows, way, color))
    traces.append(
        go.Scatter(
            x=[round(float(best["tracking_share"]) * 100, 4)],
            y=[round(float(best["cost"]), 2)],
            mode="markers",
            name=say("recommended"),
            hoverinfo="skip",
            marker={
                "symbol": "star", "size": 17, "color": PALETTE[2],
                "line": {"color": INK, "width": 1},
            },
        )
    )  # fmt: skip
    return go.Figure(data=traces, layout=_layout(frontier_title(sweep), unit))


def _points(rows: "pd.DataFrame", way: str, color: str) -> go.Scatter:
    form = _SYMBOLS[way]
    return go.Scatter(
        x=_percent(rows),
        y=_cost(rows),
        mode="markers",
        name=say("to the {way}", way=word(way)),
        marker={
            "color": color,
            "size": 8,
            "symbol": [form if good else f"{form}-open" for good in rows["efficient"]],
        },
        hovertext=[_words(row) for row in rows.itertuples()],
        hoverinfo="text",
    )


def _words(row: Any) -> str:  # noqa: ANN401 - a row of the sweep
    return html.escape(
        say(
            "deadband {deadband}, step {step}, to the {way}: {trades:,} trades, "
            "costs {cost:,.0f}, strays {share:.2%}",
            deadband=plain(row.deadband),
            step=plain(row.step_size),
            way=word(row.trade_to),
            trades=row.trades,
            cost=row.cost,
            share=row.tracking_share,
        )
    )


def _percent(rows: "pd.DataFrame") -> list[float]:
    return [round(float(share) * 100, 4) for share in rows["tracking_share"]]


def _cost(rows: "pd.DataFrame") -> list[float]:
    return [round(float(cost), 2) for cost in rows["cost"]]


def _layout(title: str, unit: str) -> dict[str, Any]:
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True, "rangemode": "tozero"}
    return {
        **plain_layout(title, height=380),
        "margin": {"l": 72, "r": 8, "t": 64, "b": 48},
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        "xaxis": {**axis, "title": {"text": say("strays, % of the PnL's own swing in a bar")}},
        "yaxis": {**axis, "title": {"text": say("fees and spread ({unit})", unit=unit)}},
    }
