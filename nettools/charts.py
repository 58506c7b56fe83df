"""Frame in, plotly figure out.

One color means one strategy in every figure; a title states the finding and axes carry units.
Figures have no background of their own, so they read well in a light and in a dark page, and
their menu cannot send anything away from this machine. Floats are for drawing only: texts are
written from the exact numbers.
"""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import plotly.io as pio

from nettools.decimals import ZERO, plain, signed
from nettools.net import NetTarget, net_target
from nettools.targets import TargetBook

if TYPE_CHECKING:
    import pandas as pd

PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7"),
    *("#56B4E9", "#D55E00", "#B8A800", "#8A5FBF"),
)
"""Told apart by color-blind readers, and readable on light and dark; one per strategy."""
NEUTRAL = "#7F868F"
"""What belongs to no single strategy: the net, the offset."""
SAFE_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
}
"""Plotly's menu would offer an upload to its cloud; ours does not."""
_INK = "#8A8F98"
_GRID = "rgba(128,128,128,0.25)"
_FAINT = "rgba(127,134,143,0.55)"
_TOTALS = ("long", "short", "net", "offset")
_MOST = 8
"""More strategies than this on one symbol are drawn as the largest ones and the rest."""

pio.renderers.default = "plotly_mimetype"  # never a script from elsewhere
pio.renderers["plotly_mimetype"].config = SAFE_CONFIG


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    at: float
    label: str
    quantity: Decimal
    color: str
    pattern: str = ""


def strategy_colors(names: Iterable[str]) -> dict[str, str]:
    """Give each strategy its color, in the order of the book; from the ninth on they repeat."""
    return {name: PALETTE[i % len(PALETTE)] for i, name in enumerate(names)}


def plain_layout(title: str, *, height: int = 230) -> dict[str, Any]:
    """Give what every figure of ours has: no background, quiet ink, room for the title."""
    return {
        "template": go.layout.Template(),
        "title": {
            "text": html.escape(title),
            "font": {"size": 14},
            "x": 0.01,
            "xanchor": "left",
        },
        "font": {"color": _INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "autosize": True,
        "height": height,
        "margin": {"l": 56, "r": 8, "t": 40, "b": 44},
        "showlegend": False,
        "hoverlabel": {"align": "left"},
    }


def netting_title(net: NetTarget) -> str:
    """State what netting finds on one symbol, in one sentence."""
    unit = net.symbol.partition("/")[0]
    sides = [f"+{plain(net.long)} long"] if net.long else []
    sides += [f"−{plain(net.short)} short"] if net.short else []
    if not sides:
        return f"Nobody wants any {unit}"
    verb = "net" if len(sides) > 1 else "nets"
    inside = f"{plain(net.offset)} offset inside" if net.offset else "nothing is offset"
    return f"{' and '.join(sides)} {verb} to {_shown(net.net)} {unit}; {inside}"


def netting_figure(book: TargetBook, symbol: str) -> go.Figure:
    """Draw how the strategies' targets on one symbol become long, short, net and offset.

    Args:
        book: what every strategy wants; what counts is drawn (a held or flat wish is not).
        symbol: for example ``BTC/USDT:USDT``.
    """
    net = net_target(book, symbol)
    unit = symbol.partition("/")[0]
    bars, labels = _bars(_parts(book, symbol), net)
    axis = {"gridcolor": _GRID, "zerolinecolor": _INK, "fixedrange": True}
    return go.Figure(
        data=[_trace(bars)],
        layout={
            **plain_layout(netting_title(net)),
            "barmode": "relative",
            "bargap": 0.25,
            "xaxis": {
                **axis,
                "tickvals": list(labels),
                "ticktext": list(labels.values()),
                "showgrid": False,
                "zeroline": False,
                "tickangle": 0,
            },
            "yaxis": {
                **axis,
                "nticks": 6,
                "title": {"text": f"{html.escape(unit)}, short below zero"},
            },
            "shapes": [_line_before_totals(len(labels) - len(_TOTALS))],
        },
    )


def _line_before_totals(strategies: int) -> dict[str, Any]:
    line = {"color": _GRID, "width": 1}
    at = strategies - 0.25
    return {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _trace(bars: list[_Bar]) -> go.Bar:
    return go.Bar(
        x=[bar.at for bar in bars],
        y=[float(bar.quantity) for bar in bars],
        marker={
            "color": [bar.color for bar in bars],
            "pattern": {"shape": [bar.pattern for bar in bars], "fillmode": "overlay"},
        },
        hovertext=[html.escape(f"{bar.label} {_shown(bar.quantity)}") for bar in bars],
        hoverinfo="text",
    )


def _parts(book: TargetBook, symbol: str) -> list[_Bar]:
    """Give a bar per strategy that counts; beyond ``_MOST`` the small ones are added up."""
    colors = strategy_colors(book.strategies)
    parts = [
        _Bar(at=0, label=t.strategy, quantity=t.quantity, color=colors[t.strategy])
        for t in book.on(symbol)
        if t.strategy in colors
    ]
    if len(parts) <= _MOST:
        return parts
    kept = sorted(parts, key=lambda part: -abs(part.quantity))[: _MOST - 2]
    rest = [part.quantity for part in parts if part not in kept]
    long = sum((quantity for quantity in rest if quantity > 0), ZERO)
    short = sum((quantity for quantity in rest if quantity < 0), ZERO)
    label = f"{len(rest)} others"
    return [
        *(part for part in parts if part in kept),
        _Bar(at=0, label=f"{label}, long", quantity=long, color=NEUTRAL),
        _Bar(at=0, label=f"{label}, short", quantity=short, color=NEUTRAL),
    ]


def _bars(parts: list[_Bar], net: NetTarget) -> tuple[list[_Bar], dict[float, str]]:
    """Place the bars from left to right: strategies, then long, short, net and offset."""
    first = len(parts) + 0.5
    bars = [
        _Bar(at=i, label=part.label, quantity=part.quantity, color=part.color)
        for i, part in enumerate(parts)
    ]
    for i, sign in enumerate((1, -1)):
        bars += [
            _Bar(at=first + i, label=part.label, quantity=part.quantity, color=part.color)
            for part in parts
            if part.quantity * sign > 0
        ]
    bars.append(_Bar(at=first + 2, label="net", quantity=net.net, color=NEUTRAL))
    bars.append(
        _Bar(at=first + 3, label="offset", quantity=net.offset, color=_FAINT, pattern="/")
    )
    totals = (signed(net.long), signed(-net.short), signed(net.net), plain(net.offset))
    labels: dict[float, str] = {
        i: _label(p.label, signed(p.quantity)) for i, p in enumerate(parts)
    }
    for i, (name, total) in enumerate(zip(_TOTALS, totals, strict=True)):
        labels[first + i] = _label(name, total)
    return bars, labels


def _label(name: str, number: str) -> str:
    return f"{html.escape(name)}<br>{number.replace('-', '−')}"


def _shown(quantity: Decimal) -> str:
    return signed(quantity).replace("-", "−")


def pnl_title(history: "pd.DataFrame", unit: str) -> str:
    """Say what the strategies earned together, and that it is what the account earned.

    Args:
        history: as ``Desk.history()`` gives it, quote units.
        unit: the quote currency.
    """
    if history.empty:
        return "Nothing is known yet"
    last = history.iloc[-1]
    together, account, gap = (last[name] for name in ("(together)", "(account)", "(gap)"))
    return (
        f"Strategies and residual earned {_cents(together)} {unit}, the account "
        f"{_cents(account)}: gap {_shown(gap)}"
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
    styles["(together)"] = {"color": _INK, "width": 2, "dash": "dash"}
    lines = {"(account)": {"color": _FAINT, "width": 7}, **styles}
    axis = {"gridcolor": _GRID, "zerolinecolor": _INK, "fixedrange": True}
    layout = {
        **plain_layout(pnl_title(history, unit), height=300),
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.32, "x": 0},
        "xaxis": {**axis, "showgrid": False, "zeroline": False},
        "yaxis": {**axis, "nticks": 6, "title": {"text": f"{html.escape(unit)} since opening"}},
    }
    is_timed = hasattr(history.index, "tz")
    times = [at.isoformat() if is_timed else at for at in history.index]
    layout["xaxis"]["title"] = {"text": "time (UTC)" if is_timed else "reads of the account"}
    traces = [
        go.Scatter(
            x=times,
            y=[float(amount) for amount in history[name]],
            name=html.escape(name),
            mode="lines",
            line=line,
        )
        for name, line in lines.items()
        if name in history
    ]
    return go.Figure(data=traces, layout=layout)


def _largest(history: "pd.DataFrame", names: list[str]) -> list[str]:
    """Give the strategies drawn: all, or those that earned or lost the most."""
    if len(names) <= _MOST or history.empty:
        return names
    last = history.iloc[-1]
    kept = sorted(names, key=lambda name: -abs(last[name]))[:_MOST]
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
    labels = ["<br>".join(wrap(html.escape(name), 10)) for name in (*parts, "together")]
    texts = [_cents(amount) for amount in amounts]
    axis = {"gridcolor": _GRID, "zerolinecolor": _INK, "fixedrange": True}
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
        connector={"line": {"color": _GRID}},
    )
    layout = {
        **plain_layout(title, height=280),
        "margin": {"l": 56, "r": 8, "t": 48, "b": 60},
        "xaxis": {**axis, "showgrid": False, "zeroline": False, "tickangle": 0},
        "yaxis": {
            **axis,
            "nticks": 6,
            "title": {"text": f"{html.escape(unit)}, cost below zero"},
        },
    }
    return go.Figure(data=[bars], layout=layout)


def _cents(amount: Decimal) -> str:
    rounded = amount.quantize(Decimal("0.01"))
    return f"{rounded:+,.2f}".replace("-", "−") if rounded else "0.00"
