"""The moving picture of the page: one small SVG a symbol, drawn anew with every tick.

Above the price, below it every strategy's wish, the net target and the position. Wishes are
stairs and only their corners are written, so a picture is a few kilobytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nettools.charts import strategy_colors
from nettools.render import escape
from nettools.texts import say
from nettools.widgets.demo.parts import clock_of, extent
from nettools.widgets.demo.scene import Moment, Scene, SymbolScene

WIDTH, HEIGHT = 620, 196
LEFT, RIGHT = 46, 612
PRICE_TOP, PRICE_BOTTOM = 16, 52
TOP, BOTTOM = 64, 178
FEWEST = 30
"""Moments the width is made for at least; fewer begin at the right edge."""


class Point(NamedTuple):
    """A place in the picture, pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    moments: tuple[Moment, ...]
    largest: float

    def x(self, index: int) -> float:
        steps = max(len(self.moments), FEWEST) - 1
        return RIGHT - (len(self.moments) - 1 - index) * (RIGHT - LEFT) / steps

    def y(self, amount: float) -> float:
        middle = (TOP + BOTTOM) / 2
        return middle - amount / self.largest * (BOTTOM - TOP) / 2

    def stairs(self, values: Iterable[float]) -> str:
        amounts = [self.y(value) for value in values]
        path = f"M{self.x(0):.1f} {amounts[0]:.1f}"
        for index in range(1, len(amounts)):
            if amounts[index] != amounts[index - 1]:
                path += f"H{self.x(index):.1f}V{amounts[index]:.1f}"
        return f"{path}H{RIGHT}"


def picture_html(scene: Scene) -> str:
    """Draw the last minutes of every symbol, side by side, with one legend."""
    panels = "".join(_panel(scene, one) for one in scene.symbols)
    colors = strategy_colors(scene.book.strategies)
    keys = "".join(
        f'<span><i class="nt-key" style="background:{color}"></i>{escape(name)}</span>'
        for name, color in colors.items()
    )
    marks = (("net", "net target"), ("held", "position on the exchange"), ("price", "price"))
    more = "".join(
        f'<span><i class="nt-key nt-key-{mark}"></i>{escape(say(words))}</span>'
        for mark, words in marks
    )
    return f'<div class="nt-legend">{keys}{more}</div><div class="nt-panels">{panels}</div>'


def _panel(scene: Scene, one: SymbolScene) -> str:
    symbol, base = one.net.symbol, one.instrument.base
    frame = _Frame(moments=scene.trail, largest=float(extent(scene, symbol)) or 1.0)
    colors = strategy_colors(scene.book.strategies)
    wishes = "".join(
        f'<path d="{stairs}" class="nt-wish" stroke="{color}"/>'
        for name, color in colors.items()
        for stairs in [frame.stairs(m.wishes.get((name, symbol), 0.0) for m in scene.trail)]
    )
    net = frame.stairs(m.nets.get(symbol, 0.0) for m in scene.trail)
    held = frame.stairs(m.positions.get(symbol, 0.0) for m in scene.trail)
    words = say(
        "{base}: wishes, net target and position over the last minutes of market time",
        base=base,
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words)}">'
        f"{_axis(frame, base)}{_price(scene.trail, symbol, frame)}"
        f'<path d="{held}" class="nt-position"/>{wishes}<path d="{net}" class="nt-net"/></svg>'
    )


def _axis(frame: _Frame, base: str) -> str:
    most = f"{frame.largest:.3g}"
    marks = zip((TOP, (TOP + BOTTOM) / 2, BOTTOM), (f"+{most}", "0", f"−{most}"), strict=True)
    lines = "".join(
        f'<path d="M{LEFT} {y:.1f}H{RIGHT}" class="nt-line"/>'
        f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{shown}</text>'
        for y, shown in marks
    )
    first, last = frame.moments[0].market_seconds, frame.moments[-1].market_seconds
    return (
        f"{lines}"
        f'<text x="{frame.x(0):.1f}" y="{HEIGHT - 4}">{clock_of(first)}</text>'
        f'<text x="{RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{clock_of(last)}</text>'
        f'<text x="{LEFT}" y="11" class="nt-unit">{escape(base)}</text>'
    )


def _price(moments: Sequence[Moment], symbol: str, frame: _Frame) -> str:
    known = [(i, m.mids[symbol]) for i, m in enumerate(moments) if symbol in m.mids]
    if not known:
        return ""
    low, high = min(mid for _, mid in known), max(mid for _, mid in known)
    scale = (PRICE_BOTTOM - PRICE_TOP) / (high - low or 1.0)
    points = [Point(frame.x(i), PRICE_BOTTOM - (mid - low) * scale) for i, mid in known]
    path = "L".join(f"{point.x:.1f} {point.y:.1f}" for point in points)
    return (
        f'<path d="M{path}" class="nt-price"/>'
        f'<text x="{RIGHT}" y="11" text-anchor="end">{known[-1][1]:,.2f} USDT</text>'
    )
