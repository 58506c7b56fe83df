"""Figures that are brought up to date in place and fill the width of the page.

The page gets what draws them once, not once for each figure. It is 5 MB: a page that read it
for one figure after another could miss the two seconds anywidget allows a widget to be made
in, and a figure so missed never follows its desk.
"""

import anywidget
import ipywidgets as ui
import plotly.graph_objects as go
from ipywidgets import Widget, widget_serialization
from traitlets import Instance, Unicode, default

from nettools.charts import SAFE_CONFIG

_MODULE = """
function render({ el }) {
  let box = null, width = 0, picture = null, due = 0;
  const look = () => {
    const plot = box.querySelector(".js-plotly-plot"), title = box.querySelector(".gtitle");
    if (plot && title) { plot.role = "img"; plot.ariaLabel = title.textContent; }
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


_DRAWN_BY = """
const KEY = Symbol.for("nettools.plotly");
const TOLD = ["addTraces", "deleteTraces", "moveTraces", "restyle", "relayout", "update",
  "removeLayoutProps", "removeTraceProps"]
  .map(name => `_py2js_${name}`);
async function load(model) {
  const name = model.get("source").replace("IPY_MODEL_", "");
  const source = await model.widget_manager.get_model(name);
  const text = new Blob([source.get("text")], { type: "text/javascript" });
  const address = URL.createObjectURL(text);
  try { return (await import(address)).default; } finally { URL.revokeObjectURL(address); }
}
function drawing(model) {
  globalThis[KEY] ??= load(model).catch(error => { delete globalThis[KEY]; throw error; });
  return globalThis[KEY];
}
async function begin(model) {
  const early = [];  // what the desk says before the figure can hear it
  const hear = TOLD.map(name => () => {
    const told = model.get(name);
    if (told) early.push([name, told]);
  });
  TOLD.forEach((name, i) => model.on(`change:${name}`, hear[i]));
  const figure = (await drawing(model))();
  TOLD.forEach((name, i) => model.off(`change:${name}`, hear[i]));
  await figure.initialize({ model });
  for (const [name, told] of early) {
    model.set(name, null);
    model.set(name, told);
    model.set(name, null);
  }
  return figure;
}
export default () => {
  let figure;
  return {
    initialize({ model }) { figure = begin(model); figure.catch(() => {}); },
    async render(place) { return (await figure).render(place); },
  };
};
"""


class Source(Widget):  # type: ignore[misc]  # ipywidgets comes without types
    """The text of what draws figures; sent once, whatever the number of figures."""

    text = Unicode(str(go.FigureWidget._esm)).tag(sync=True)  # noqa: SLF001 - plotly's own text


class Figure(go.FigureWidget):  # type: ignore[misc]  # plotly comes without types
    """A live figure; what draws it is on the page once for all figures."""

    _esm = _DRAWN_BY
    source = Instance(Source).tag(sync=True, **widget_serialization)

    @default("source")
    def _one_for_all(self) -> Source:
        global _source  # noqa: PLW0603 - one per kernel, made again when all widgets were closed
        if _source is None or _source.comm is None:
            _source = Source()
        return _source


_source: Source | None = None


class Fit(anywidget.AnyWidget):
    """Lets the figures beside it measure their place again whenever its width changes.

    It also tells a screen reader the title of each, which says what there is to see.

    A figure by itself hears only of a window that changes: not of the panel beside the
    notebook, and not of the page that was laid out after the figure was drawn.
    """

    _esm = _MODULE

    def __repr__(self) -> str:
        return "Fit()"


def live_figure(figure: go.Figure) -> tuple[go.FigureWidget, ui.VBox]:
    """Make a live figure, and the box it stands in."""
    live = Figure(figure)
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
