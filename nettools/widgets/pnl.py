"""PnL as running lines: the strategies and the residual add up to the account."""

import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import SAFE_CONFIG, pnl_figure, pnl_title, strategy_colors
from nettools.desk import Desk
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
    figure = live_figure(pnl_figure(desk.history(), quote_unit_of(view.screen)))
    picture = ui.VBox([figure], layout=ui.Layout(width="100%")).add_class("nt-picture")
    drawn: list[float] = []

    def draw() -> None:
        now = view.screen.home.loop.time()
        if drawn and now - drawn[-1] < FASTEST_SECONDS:
            return
        drawn[:] = [now]
        history, unit = desk.history(), quote_unit_of(view.screen)
        colors = strategy_colors(desk.targets.strategies)
        _redraw(figure, pnl_figure(history, unit, colors))
        words.value = note_html(pnl_title(history, unit), "status") + note_html(_MEANING)

    view.follow(draw)
    return view.show("", [picture, words])


def live_figure(figure: go.Figure) -> go.FigureWidget:
    """Make a figure that is brought up to date in place and fills the width of the page."""
    live = go.FigureWidget(figure)
    calm = {"responsive": True, "displayModeBar": False}
    live._config = {**live._config, **SAFE_CONFIG, **calm}  # noqa: SLF001 - the only way there is
    return live


def _redraw(figure: go.FigureWidget, new: go.Figure) -> None:
    names = [line.name for line in new.data]
    with figure.batch_update():
        if [line.name for line in figure.data] != names:
            figure.data = []
            figure.add_traces(new.data)
        for line, fresh in zip(figure.data, new.data, strict=True):
            line.x, line.y = fresh.x, fresh.y
        figure.layout.title.text = new.layout.title.text
