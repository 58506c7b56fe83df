"""PnL as running lines: the strategies and the residual add up to the account."""

import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import pnl_figure, pnl_title, strategy_colors
from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.figures import live_figure
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part
from nettools.widgets.proof import quote_unit_of

FASTEST_SECONDS = 0.5
"""The lines are not drawn more often than this; the eye does not follow faster."""
_MEANING = (
    "Realized + unrealized − fees + funding since the desk was opened, all at the same marks. "
    "The wide band is the account by the venue, the dashed line all accounts together: they "
    "lie on each other while the books prove."
)


def pnl_view(desk: Desk) -> Part:
    """Show what each strategy, the residual account and the whole account earned so far."""
    view = Part("PnL of a desk", desk)
    words = ui.HTML().add_class("nt-pnl-words")
    unit = quote_unit_of(view.screen)
    figure, picture = live_figure(pnl_figure(desk.history(), unit))
    drawn: list[float] = []

    def draw() -> None:
        now = view.screen.home.loop.time()
        if drawn and now - drawn[-1] < FASTEST_SECONDS:
            return
        drawn[:] = [now]
        history = desk.history()
        colors = strategy_colors(desk.targets.strategies)
        _redraw(figure, pnl_figure(history, unit, colors))
        words.value = note_html(pnl_title(history, unit), "status") + note_html(say(_MEANING))

    view.follow(draw)
    return view.show("", [picture, words])


def _redraw(figure: go.FigureWidget, new: go.Figure) -> None:
    names = [line.name for line in new.data]
    with figure.batch_update():
        if [line.name for line in figure.data] != names:
            figure.data = []
            figure.add_traces(new.data)
        for line, fresh in zip(figure.data, new.data, strict=True):
            line.x, line.y = fresh.x, fresh.y
        figure.layout.title.text = new.layout.title.text
