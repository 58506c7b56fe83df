"""Figures that are brought up to date in place and fill the width of the page."""

import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import SAFE_CONFIG

_SETTLING = 3


def live_figure(figure: go.Figure) -> tuple[go.FigureWidget, ui.VBox]:
    """Make a live figure, and the box it stands in."""
    live = go.FigureWidget(figure)
    calm = {"responsive": True, "displayModeBar": False}
    live._config = {**live._config, **SAFE_CONFIG, **calm}  # noqa: SLF001 - the only way there is
    live.layout.meta = 0
    box = ui.VBox([live], layout=ui.Layout(width="100%")).add_class("nt-picture")
    return live, box


def settle(live: go.FigureWidget) -> None:
    """Let a figure measure its place again, the first few times it is brought up to date.

    It was drawn before the page had a place for it (seen: 700 pixels in a card of 820), and
    measures anew only when something of its layout changes.
    """
    if live.layout.meta < _SETTLING:
        live.layout.meta += 1
