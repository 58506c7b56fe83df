"""Draws what the accounts earned over time, and what netting saved."""

import html
from collections.abc import Mapping
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from nettools.charts.look import (
    FAINT,
    GRID,
    INK,
    MOST,
    NEUTRAL,
    PALETTE,
    cents,
    plain_layout,
    quantity_text,
    strategy_colors,
)
from nettools.decimals import ZERO
from nettools.texts import account as account_name
from nettools.texts import say, word

if TYPE_CHECKING:
    import pandas as pd


def pnl_title(history: "pd.DataFrame", unit: str) -> str:
    """Say what the strategies earned together, and that it is what the account earned.

    Args:
        history: as ``Desk.history()`` gives it, quote units.
        unit: the quote currency.
    """
    if history.empty:
        return say("Nothing is known yet")
    last = history.iloc[-1]
    together, account, gap = (last[name] for name in ("(together)", "(account)", "(gap)"))
    return say(
        "Strategies and residual earned {together} {unit}, the account {account}: gap {gap}",
        together=cents(together),
        unit=unit,
        account=cents(account),
        gap=quantity_text(gap),
    )


def pnl_figure(
    history: "pd.DataFrame", unit: str, colors: Mapping[str, str] | None = None
) -> go.Figure:
    """Draw what each account earned over time, and that together they are the account.

    Args:
        history: as ``Desk.history()`` gives it, quote units; with another index than time
            (``reset_index(drop=True)``) it is drawn read by read.
        unit: the quote currency.
        colors: of the strategies; by default those of the palette, in the frame's order.
    """
    names = [name for name in history.columns if not name.startswith("(")]
    known = strategy_colors(names) if colors is None else colors
    drawn = _largest(history, names)
    styles = {name: {"color": known.get(name, NEUTRAL), "width": 2} for name in drawn}
    styles["(residual)"] = {"color": NEUTRAL, "width": 2, "dash": "dot"}
    styles["(not ours)"] = {"color": NEUTRAL, "width": 2, "dash": "dashdot"}
    styles["(together)"] = {"color": INK, "width": 2, "dash": "dash"}
    lines = {"(account)": {"color": FAINT, "width": 7}, **styles}
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    layout = {
        **plain_layout(pnl_title(history, unit), height=300),
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.32, "x": 0},
        "xaxis": {**axis, "showgrid": False, "zeroline": False},
        "yaxis": {
            **axis,
            "nticks": 6,
            "title": {"text": say("{unit} since opening", unit=html.escape(unit))},
        },
    }
    is_timed = hasattr(history.index, "tz")
    times = [at.isoformat() if is_timed else at for at in history.index]
    layout["xaxis"]["title"] = {
        "text": say("time (UTC)") if is_timed else say("reads of the account")
    }
    traces = [
        go.Scatter(
            x=times,
            y=[float(amount) for amount in history[name]],
            name=html.escape(account_name(name)),
            mode="lines",
            line=line,
        )
        for name, line in lines.items()
        if name in history
    ]
    return go.Figure(data=traces, layout=layout)


def _largest(history: "pd.DataFrame", names: list[str]) -> list[str]:
    """Give the strategies drawn: all, or those that earned or lost the most."""
    if len(names) <= MOST or history.empty:
        return names
    last = history.iloc[-1]
    kept = sorted(names, key=lambda name: -abs(last[name]))[:MOST]
    return [name for name in names if name in kept]


def saving_figure(parts: Mapping[str, Decimal], unit: str, title: str) -> go.Figure:
    """Draw the columns of a saving as a waterfall; what cost money goes down.

    Args:
        parts: column → quote units, positive is saved; they add up to the total drawn last.
        unit: the quote currency.
        title: the finding.
    """
    total = sum(parts.values(), ZERO)
    amounts = [*parts.values(), total]
    labels = ["<br>".join(wrap(html.escape(word(name)), 10)) for name in (*parts, "together")]
    texts = [cents(amount) for amount in amounts]
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    bars = go.Waterfall(
        x=labels,
        y=[float(amount) for amount in amounts],
        measure=["relative"] * len(parts) + ["total"],
        text=texts,
        textposition="outside",
        cliponaxis=False,
        hovertext=[
            f"{name} {text} {html.escape(unit)}"
            for name, text in zip(labels, texts, strict=True)
        ],
        hoverinfo="text",
        increasing={"marker": {"color": PALETTE[0]}},
        decreasing={"marker": {"color": PALETTE[5]}},
        totals={"marker": {"color": NEUTRAL}},
        connector={"line": {"color": GRID}},
    )
    layout = {
        **plain_layout(title, height=280),
        "margin": {"l": 56, "r": 8, "t": 48, "b": 60},
        "xaxis": {**axis, "showgrid": False, "zeroline": False, "tickangle": 0},
        "yaxis": {
            **axis,
            "nticks": 6,
            "title": {"text": say("{unit}, cost below zero", unit=html.escape(unit))},
        },
    }
    return go.Figure(data=[bars], layout=layout)
