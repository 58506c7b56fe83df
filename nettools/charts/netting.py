"""Draws how the strategies' targets on one symbol become one position, or two legs."""

import html
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from nettools.charts.look import (
    FAINT,
    GRID,
    INK,
    MOST,
    NEUTRAL,
    plain_layout,
    quantity_text,
    strategy_colors,
)
from nettools.decimals import ZERO, plain, signed
from nettools.model import PositionMode
from nettools.net import NetTarget, net_target
from nettools.targets import TargetBook
from nettools.texts import say, say_each

_TOTALS = {
    PositionMode.ONE_WAY: ("long", "short", "net", "offset"),
    PositionMode.HEDGE: ("LONG", "SHORT", "net", "on both"),
}
"""What stands beside the strategies; in hedge mode the offset is held at the venue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bar:
    at: float
    label: str
    quantity: Decimal
    color: str
    pattern: str = ""


def netting_title(net: NetTarget, mode: PositionMode = PositionMode.ONE_WAY) -> str:
    """State what netting finds on one symbol, in one sentence.

    In hedge mode both legs are held at the venue, so nothing is offset inside.
    """
    unit = net.symbol.partition("/")[0]
    sides = [say("+{long} long", long=plain(net.long))] if net.long else []
    sides += [say("−{short} short", short=plain(net.short))] if net.short else []
    if not sides:
        return say("Nobody wants any {unit}", unit=unit)
    if mode is PositionMode.HEDGE and net.offset:
        return say(
            "{sides} are held as two legs, net {net} {unit}; {offset} is held on both",
            sides=say(" and ").join(sides),
            net=quantity_text(net.net),
            unit=unit,
            offset=plain(net.offset),
        )
    inside = (
        say("{offset} offset inside", offset=plain(net.offset))
        if net.offset
        else say("nothing is offset")
    )
    values = {"net": quantity_text(net.net), "unit": unit, "inside": inside}
    if len(sides) > 1:
        return say(
            "{sides} net to {net} {unit}; {inside}", sides=say(" and ").join(sides), **values
        )
    return say("{sides} nets to {net} {unit}; {inside}", sides=sides[0], **values)


def netting_figure(
    book: TargetBook, symbol: str, mode: PositionMode = PositionMode.ONE_WAY
) -> go.Figure:
    """Draw how the strategies' targets on one symbol become long, short, net and offset.

    Args:
        book: what every strategy wants; what counts is drawn (a held or flat wish is not).
        symbol: for example ``BTC/USDT:USDT``.
        mode: of the account; in hedge mode the long and the short are two legs.
    """
    net = net_target(book, symbol)
    unit = symbol.partition("/")[0]
    bars, labels = _bars(_parts(book, symbol), net, say_each(*_TOTALS[mode]))
    axis = {"gridcolor": GRID, "zerolinecolor": INK, "fixedrange": True}
    return go.Figure(
        data=[_trace(bars)],
        layout={
            **plain_layout(netting_title(net, mode)),
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
                "title": {"text": say("{unit}, short below zero", unit=html.escape(unit))},
            },
            "shapes": [_line_before_totals(len(labels) - len(_TOTALS[mode]))],
        },
    )


def _line_before_totals(strategies: int) -> dict[str, Any]:
    line = {"color": GRID, "width": 1}
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
        hovertext=[html.escape(f"{bar.label} {quantity_text(bar.quantity)}") for bar in bars],
        hoverinfo="text",
    )


def _parts(book: TargetBook, symbol: str) -> list[_Bar]:
    """Give a bar per strategy that counts; beyond ``MOST`` the small ones are added up."""
    colors = strategy_colors(book.strategies)
    parts = [
        _Bar(at=0, label=t.strategy, quantity=t.quantity, color=colors[t.strategy])
        for t in book.on(symbol)
        if t.strategy in colors
    ]
    if len(parts) <= MOST:
        return parts
    kept = sorted(parts, key=lambda part: -abs(part.quantity))[: MOST - 2]
    rest = [part.quantity for part in parts if part not in kept]
    long = sum((quantity for quantity in rest if quantity > 0), ZERO)
    short = sum((quantity for quantity in rest if quantity < 0), ZERO)
    label = say("{number} others", number=len(rest))
    return [
        *(part for part in parts if part in kept),
        _Bar(at=0, label=say("{label}, long", label=label), quantity=long, color=NEUTRAL),
        _Bar(at=0, label=say("{label}, short", label=label), quantity=short, color=NEUTRAL),
    ]


def _bars(
    parts: list[_Bar], net: NetTarget, names: tuple[str, ...]
) -> tuple[list[_Bar], dict[float, str]]:
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
    bars.append(_Bar(at=first + 2, label=say("net"), quantity=net.net, color=NEUTRAL))
    bars.append(
        _Bar(at=first + 3, label=names[3], quantity=net.offset, color=FAINT, pattern="/")
    )
    totals = (signed(net.long), signed(-net.short), signed(net.net), plain(net.offset))
    labels: dict[float, str] = {
        i: _label(p.label, signed(p.quantity)) for i, p in enumerate(parts)
    }
    for i, (name, total) in enumerate(zip(names, totals, strict=True)):
        labels[first + i] = _label(name, total)
    return bars, labels


def _label(name: str, number: str) -> str:
    return f"{html.escape(name)}<br>{number.replace('-', '−')}"
