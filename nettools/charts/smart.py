"""Draws one smart order on the price: the touch, its quotes as lines, its fills as marks.

Floats are for drawing only. What is told in colors is told by form and text as well.
"""

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from nettools.charts.look import FAINT, GRID, NEUTRAL, PALETTE, plain_layout
from nettools.charts.sampling import keep_extremes
from nettools.decimals import plain
from nettools.texts import say, word

if TYPE_CHECKING:
    import pandas as pd

MOST_POINTS = 1_000
"""Touches drawn of one side; of more, those that stand out are kept."""
_FILLS = {"maker": ("diamond", PALETTE[2]), "taker": ("star", PALETTE[5])}


def smart_title(story: "pd.DataFrame") -> str:
    """Say how a smart order went: how much was filled as what, and why it ended.

    Args:
        story: as ``Desk.smart_story()`` gives it.
    """
    if story.empty:
        return say("No smart order yet")
    rests = int((story["what"] == "rest").sum())
    parts = [
        say("{number} quote", number=rests)
        if rests == 1
        else say("{number} quotes", number=rests)
    ]
    fills = story[story["what"] == "fill"]
    for liquidity in _FILLS:
        filled = sum(fills[fills["text"] == liquidity]["quantity"])
        if filled:
            parts.append(
                say(
                    "{filled} filled as {liquidity}",
                    filled=plain(filled),
                    liquidity=word(liquidity),
                )
            )
    ends = story[story["what"] == "end"]["text"].tolist()
    parts.append(say("ended: {why}", why=ends[-1]) if ends else say("at work"))
    return say(", ").join(parts)


def smart_figure(story: "pd.DataFrame") -> go.Figure:
    """Draw what a smart order did at which price, over time.

    Args:
        story: as ``Desk.smart_story()`` gives it: a row per event, oldest first, with
            ``time``, ``what``, ``price``, ``quantity``, ``bid``, ``ask`` and ``text``.
    """
    layout = {
        **plain_layout(smart_title(story), height=340),
        "margin": {"l": 72, "r": 8, "t": 40, "b": 72},
        "showlegend": True,
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "xaxis": {"title": {"text": say("time (UTC)")}, "gridcolor": GRID, "fixedrange": True},
        "yaxis": {
            "title": {"text": say("price (quote units)")},
            "gridcolor": GRID,
            "tickformat": ",.8~g",
            "fixedrange": True,
        },
    }
    rows = story.to_dict("records")
    return go.Figure(
        data=[*_touch(rows), *_quotes(rows), *_fills(rows), *_switches(rows)], layout=layout
    )


_Rows = list[dict[Any, Any]]


def _touch(rows: _Rows) -> list[go.Scatter]:
    seen = [row for row in rows if row["bid"] is not None and row["ask"] is not None]
    lines = []
    for name, color in (("bid", PALETTE[0]), ("ask", PALETTE[1])):
        times, prices = [row["time"] for row in seen], [float(row[name]) for row in seen]
        kept = keep_extremes(np.array(prices), MOST_POINTS).tolist()
        lines.append(
            go.Scatter(
                x=[times[place] for place in kept],
                y=[prices[place] for place in kept],
                name=say(name),
                mode="lines",
                line={"color": color, "width": 1, "shape": "hv"},
                hovertemplate=say(name) + " %{y:,.8~g}<extra></extra>",
            )
        )
    return lines


def _quotes(rows: _Rows) -> list[go.Scatter]:
    """Draw each quote from when it was sent to when it was gone, or to the last event."""
    gone = {row["text"]: row["time"] for row in rows if row["what"] == "gone"}
    x: list[object] = []
    y: list[float | None] = []
    for row in rows:
        if row["what"] == "rest":
            x += [row["time"], gone.get(row["text"], rows[-1]["time"]), None]
            y += [float(row["price"]), float(row["price"]), None]
    line = {"color": PALETTE[3], "width": 4}
    return [
        go.Scatter(x=x, y=y, name=say("resting"), mode="lines", line=line, hoverinfo="name+y")
    ]


def _fills(rows: _Rows) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=[row["time"] for row in mine],
            y=[float(row["price"]) for row in mine],
            name=say("filled as {liquidity}", liquidity=word(liquidity)),
            mode="markers",
            marker={"symbol": form, "color": color, "size": 11},
            hovertext=[
                html.escape(
                    say(
                        "{quantity} at {price} as {liquidity}",
                        quantity=plain(row["quantity"]),
                        price=plain(row["price"]),
                        liquidity=word(liquidity),
                    )
                )
                for row in mine
            ],
            hoverinfo="text",
        )
        for liquidity, (form, color) in _FILLS.items()
        if (mine := [row for row in rows if row["what"] == "fill" and row["text"] == liquidity])
    ]


def _switches(rows: _Rows) -> list[go.Scatter]:
    """Label every switch at the price it was made at, or at the touch that was seen."""
    mine = [
        row
        for row in rows
        if row["what"] == "switch" and (row["price"] or row["bid"]) is not None
    ]
    if not mine:
        return []
    texts = [html.escape(row["text"]) for row in mine]
    return [
        go.Scatter(
            x=[row["time"] for row in mine],
            y=[float(row["bid"] if row["bid"] is not None else row["price"]) for row in mine],
            name=say("switch"),
            mode="markers+text",
            text=texts,
            textposition="bottom right",
            textfont={"size": 10, "color": NEUTRAL},
            marker={"symbol": "line-ns-open", "color": FAINT, "size": 12, "line": {"width": 2}},
            hovertext=texts,
            hoverinfo="text",
        )
    ]
