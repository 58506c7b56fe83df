"""The netting picture: strategies become long, short and net; what is offset stays inside."""

import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import netting_figure
from nettools.decimals import plain, signed
from nettools.desk import Desk
from nettools.model import PositionMode
from nettools.net import net_target
from nettools.targets import TargetBook
from nettools.texts import say
from nettools.widgets.figures import live_figure
from nettools.widgets.frame import View
from nettools.widgets.markup import note_html, table_html

MOST = 8
"""Strategies that are named beside a symbol when there are many."""
_TITLES = {
    PositionMode.ONE_WAY: "Netting: what meets inside is not sent",
    PositionMode.HEDGE: "Two legs: long and short are both held at the venue",
}


def netting_view(desk: Desk) -> View:
    """Show how the targets net, as a picture that follows them and as a table in words."""
    view = View("netting picture of a desk", desk)
    form = view.screen.targets
    choice = ui.Dropdown(description=say("symbol"), style={"description_width": "initial"})
    words = ui.HTML().add_class("nt-netting-words")
    mode = desk.status.mode
    figure, picture = live_figure(netting_figure(form.book, _first(form.symbols), mode))

    def draw(_: object = None) -> None:
        symbols = form.symbols
        chosen = choice.value if choice.value in symbols else _first(symbols)
        if choice.options != symbols:
            choice.options = symbols
            choice.value = chosen if symbols else None
        choice.layout.display = None if len(symbols) > 1 else "none"
        picture.layout.display = None if symbols else "none"
        words.value = netting_html(form.book, symbols, mode)  # seen while the picture is made
        redraw(figure, netting_figure(form.book, chosen, mode))

    form.observe(draw, ["book", "chosen"])
    choice.observe(view.screen.home.bring(draw), "value")
    draw()
    return view.show(say(_TITLES[mode]), [choice, picture, words])


def redraw(figure: go.FigureWidget, new: go.Figure) -> None:
    """Bring a live figure up to date in place, in one message."""
    bar, fresh = figure.data[0], new.data[0]
    with figure.batch_update():
        for name in ("x", "y", "hovertext"):
            setattr(bar, name, getattr(fresh, name))
        bar.marker.color = fresh.marker.color
        bar.marker.pattern.shape = fresh.marker.pattern.shape
        figure.layout.title.text = new.layout.title.text
        figure.layout.xaxis.tickvals = new.layout.xaxis.tickvals
        figure.layout.xaxis.ticktext = new.layout.xaxis.ticktext
        figure.layout.yaxis.title.text = new.layout.yaxis.title.text
        figure.layout.shapes = new.layout.shapes


def netting_html(
    book: TargetBook, symbols: tuple[str, ...], mode: PositionMode = PositionMode.ONE_WAY
) -> str:
    """Say in words and numbers what the picture shows."""
    if not symbols:
        return note_html(say("No targets yet: what the strategies want will add up here."))
    rows = []
    for symbol in symbols:
        net = net_target(book, symbol)
        wishes = _wishes(book, symbol)
        numbers = (plain(net.long), plain(net.short), signed(net.net), plain(net.offset))
        rows.append((symbol, wishes or say("nobody"), *numbers))
    names = {PositionMode.ONE_WAY: say("offset"), PositionMode.HEDGE: say("held on both")}
    headers = (
        say("symbol"),
        say("strategies"),
        say("long"),
        say("short"),
        say("net"),
        names[mode],
    )
    return table_html(say("Net"), headers, rows)


def _wishes(book: TargetBook, symbol: str) -> str:
    """Name who wants how much; of many the largest, and how many others there are."""
    present = set(book.strategies)
    targets = [target for target in book.on(symbol) if target.strategy in present]
    kept = targets
    if len(targets) > MOST:
        kept = sorted(targets, key=lambda target: -abs(target.quantity))[:MOST]
    shown = [f"{target.strategy} {signed(target.quantity)}" for target in kept]
    others = len(targets) - len(kept)
    shown += [say("{number} others", number=others)] if others else []
    return say(", ").join(shown)


def _first(symbols: tuple[str, ...]) -> str:
    return symbols[0] if symbols else "/"
