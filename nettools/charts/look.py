"""What every figure of ours has in common: colors, layout, how numbers are written.

Figures have no background of their own, so they read well in a light and in a dark page, and
their menu cannot send anything away from this machine.
"""

import html
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from nettools.decimals import signed

PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7"),
    *("#56B4E9", "#D55E00", "#904830", "#9030F0"),
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
INK, GRID, FAINT = "#8A8F98", "rgba(128,128,128,0.25)", "rgba(127,134,143,0.55)"
"""Text and axes, grid lines, and what stands behind something else."""
MOST = 8
"""More strategies than this are drawn as the largest ones, and perhaps the rest."""


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """Let a module look as if it were not installed."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # how Python itself marks an absent one
    try:
        yield
    finally:
        del sys.modules[module]


# Plotly asks for nbformat, which asks for jsonschema, which takes this as an extra and then
# compiles a grammar of web addresses: a third of the time the first cell takes, for nothing.
with _absent("rfc3987_syntax"):
    pio.renderers.default = "plotly_mimetype"  # never a script from elsewhere
    pio.renderers["plotly_mimetype"].config = SAFE_CONFIG


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
        "font": {"color": INK, "size": 12},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "autosize": True,
        "height": height,
        "margin": {"l": 56, "r": 8, "t": 40, "b": 44},
        "showlegend": False,
        "hoverlabel": {"align": "left"},
    }


def quantity_text(quantity: Decimal) -> str:
    """Write a signed quantity with a typeset minus."""
    return signed(quantity).replace("-", "−")


def cents(amount: Decimal) -> str:
    """Write an amount of quote currency with its sign, to the cent."""
    rounded = amount.quantize(Decimal("0.01"))
    return f"{rounded:+,.2f}".replace("-", "−") if rounded else "0.00"
