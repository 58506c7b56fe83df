"""Draws the life of orders: a line per order, a mark for every change of its state.

Changes are evenly spaced: they come in bursts of milliseconds, which no scale of time shows.
"""

import html
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from nettools.charts.look import FAINT, GRID, NEUTRAL, PALETTE, plain_layout
from nettools.decimals import plain
from nettools.texts import count as counted
from nettools.texts import say, word

if TYPE_CHECKING:
    import pandas as pd

MOST_ORDERS = 20
"""Orders drawn, the newest; more could not be told apart."""
MOST_CHANGES = 150
"""Changes drawn, the newest."""
_TICKS = 8
_MARKS = {
    "intent": ("circle-open", NEUTRAL),
    "sent": ("triangle-right", NEUTRAL),
    "acked": ("square-open", PALETTE[0]),
    "partial": ("diamond-open", PALETTE[0]),
    "filled": ("diamond", PALETTE[2]),
    "canceled": ("x", NEUTRAL),
    "expired": ("x-open", NEUTRAL),
    "rejected": ("cross", PALETTE[5]),
    "unknown": ("triangle-up", PALETTE[5]),
    "cancel-sent": ("triangle-down-open", PALETTE[7]),
    "cancel-unknown": ("triangle-up-open", PALETTE[5]),
}
"""State → the mark's form and color: each form is another, so that color is never needed."""
_FINAL = frozenset({"filled", "canceled", "expired", "rejected"})


def timeline_title(changes: "pd.DataFrame") -> str:
    """Say how many orders there are, and where they stand.

    Args:
        changes: as ``Desk.timeline()`` gives it.
    """
    if changes.empty:
        return say("No orders yet")
    last = changes.groupby("client_order_id", sort=False)["state"].last()
    counts = [
        f"{count} {word(state)}"
        for state in _MARKS
        if (count := sum(1 for found in last if found == state))
    ]
    return f"{counted(len(last), 'order')}: {', '.join(counts)}"


def timeline_figure(changes: "pd.DataFrame", *, timed: bool = True) -> go.Figure:
    """Draw each order's changes of state from left to right, the newest order on top.

    Args:
        changes: as ``Desk.timeline()`` gives it: a row per change, oldest first, with
            ``time``, ``client_order_id``, ``symbol``, ``position_side``, ``side``,
            ``quantity``, ``state``, ``filled`` and ``evidence``.
        timed: False numbers the changes where the time would stand.
    """
    newest = list(dict.fromkeys(reversed(changes["client_order_id"].tolist())))[:MOST_ORDERS]
    drawn = changes[changes["client_order_id"].isin(newest)].tail(MOST_CHANGES)
    names = {order: number for number, order in enumerate(reversed(newest), 1)}
    rows = list(enumerate(drawn.to_dict("records"), 1))
    labels = {names[row["client_order_id"]]: _label(row) for _, row in rows}
    times = [f"{row['time']:%H:%M:%S}" if timed else str(step) for step, row in rows]
    layout = {
        **plain_layout(timeline_title(changes), height=130 + 26 * max(len(labels), 3)),
        "margin": {"l": 8, "r": 8, "t": 40, "b": 72},
        "showlegend": True,
        "legend": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"},
        "xaxis": _steps(
            times, say("time (UTC), every change one step") if timed else say("changes")
        ),
        "yaxis": {
            "tickvals": list(labels),
            "ticktext": [html.escape(label) for label in labels.values()],
            "automargin": True,
            "range": [0.4, max(len(names), 1) + 0.6],
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }
    return go.Figure(data=[*_lives(rows, names), *_marks(rows, names)], layout=layout)


_Rows = list[tuple[int, dict[Any, Any]]]


def _label(row: dict[Any, Any]) -> str:
    leg = "" if row["position_side"] == "both" else f" {row['position_side']}"
    base = str(row["symbol"]).partition("/")[0]
    return f"{word(row['side'])} {plain(row['quantity'])} {base}{leg}"


def _steps(times: list[str], title: str) -> dict[str, Any]:
    every = max(-(-len(times) // _TICKS), 1)
    shown = range(1, len(times) + 1, every)
    return {
        "tickvals": list(shown),
        "ticktext": [times[step - 1] for step in shown],
        "title": {"text": title},
        "range": [0.5, max(len(times), 1) + 0.5],
        "gridcolor": GRID,
        "zeroline": False,
        "fixedrange": True,
    }


def _lives(rows: _Rows, names: dict[str, int]) -> list[go.Scatter]:
    """Draw how long each order was about; one that is not final goes on to the edge."""
    x: list[float | None] = []
    y: list[int | None] = []
    for order, number in names.items():
        mine = [(step, row["state"]) for step, row in rows if row["client_order_id"] == order]
        if mine:
            is_over = mine[-1][1] in _FINAL
            x += [mine[0][0], mine[-1][0] if is_over else len(rows) + 0.5, None]
            y += [number, number, None]
    line = {"color": FAINT, "width": 2}
    return [go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False)]


def _marks(rows: _Rows, names: dict[str, int]) -> list[go.Scatter]:
    return [
        go.Scatter(
            x=[step for step, _ in mine],
            y=[names[row["client_order_id"]] for _, row in mine],
            name=word(state),
            mode="markers",
            marker={"symbol": form, "color": color, "size": 11, "line": {"width": 2}},
            hovertext=[html.escape(_told(row)) for _, row in mine],
            hoverinfo="text",
        )
        for state, (form, color) in _MARKS.items()
        if (mine := [(step, row) for step, row in rows if row["state"] == state])
    ]


def _told(row: dict[Any, Any]) -> str:
    known = (
        say(", known from {evidence}", evidence=word(row["evidence"]))
        if row["evidence"]
        else ""
    )
    return say(
        "{order}: {state}, filled {filled}{known}",
        order=_label(row),
        state=word(row["state"]),
        filled=plain(row["filled"]),
        known=known,
    )
