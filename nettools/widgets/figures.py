"""Figures that are brought up to date in place and fill the width of the page."""

import anywidget
import ipywidgets as ui
import plotly.graph_objects as go

from nettools.charts import SAFE_CONFIG

_MODULE = """
function render({ el }) {
  let box = null, width = 0, picture = null, due = 0;
  const look = () => {
    const drawn = box.querySelector(".main-svg");
    if (!drawn || (box.clientWidth === width && drawn === picture)) return;
    width = box.clientWidth;
    picture = drawn;
    clearTimeout(due);
    due = setTimeout(() => window.dispatchEvent(new Event("resize")), 50);
  };
  const sized = new ResizeObserver(look), made = new MutationObserver(look);
  const begin = () => {  // a widget is drawn before it has a place on the page
    box = el.closest(".nt-picture");
    if (!box) { due = setTimeout(begin, 50); return; }
    sized.observe(box);
    made.observe(box, { childList: true, subtree: true });
    look();
  };
  el.style.display = "none";
  begin();
  return () => { clearTimeout(due); sized.disconnect(); made.disconnect(); };
}
export default { render };
"""


class Fit(anywidget.AnyWidget):
    """Lets the figures beside it measure their place again whenever its width changes.

    A figure by itself hears only of a window that changes: not of the panel beside the
    notebook, and not of the page that was laid out after the figure was drawn.
    """

    _esm = _MODULE

    def __repr__(self) -> str:
        return "Fit()"


def live_figure(figure: go.Figure) -> tuple[go.FigureWidget, ui.VBox]:
    """Make a live figure, and the box it stands in."""
    live = go.FigureWidget(figure)
    calm = {"responsive": True, "displayModeBar": False}
    live._config = {**live._config, **SAFE_CONFIG, **calm}  # noqa: SLF001 - the only way there is
    box = ui.VBox([live, Fit()], layout=ui.Layout(width="100%")).add_class("nt-picture")
    return live, box


def redraw(live: go.FigureWidget, new: go.Figure) -> None:
    """Bring a live figure up to date: its traces, title, height and axes."""
    with live.batch_update():
        live.data = []
        live.add_traces(new.data)
        for name in ("title", "height", "xaxis", "yaxis"):
            live.layout[name] = new.layout[name]
