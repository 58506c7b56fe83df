"""Orders and what became of them: a line each in the picture, a row for every change."""

import ipywidgets as ui

from nettools.charts import timeline_figure
from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.figures import live_figure, redraw
from nettools.widgets.parts import Part
from nettools.widgets.timeline_markup import timeline_html


def timeline_view(desk: Desk) -> Part:
    """Show the life of the newest orders, of all symbols or of one."""
    view = Part("orders of a desk", desk)
    choice = ui.Dropdown(
        options=[(say("all symbols"), None)],
        description=say("symbol"),
        style={"description_width": "initial"},
    )
    table = ui.HTML().add_class("nt-timeline")
    figure, picture = live_figure(timeline_figure(desk.timeline()))
    drawn: list[object] = []

    def draw() -> None:
        status = view.screen.status
        written = status.updated if status.journal is None else status.journal_synced
        now = (written, choice.value, desk.targets.symbols)
        if drawn == [now]:
            return
        drawn[:] = [now]
        changes = desk.timeline(choice.value)
        options = ((say("all symbols"), None), *((name, name) for name in desk.targets.symbols))
        if choice.options != options:
            chosen = choice.value
            choice.options = options
            choice.value = chosen if chosen in desk.targets.symbols else None
        redraw(figure, timeline_figure(changes))
        table.value = timeline_html(changes)

    choice.observe(view.screen.home.bring(draw), "value")
    view.follow(draw)
    return view.show("", [choice, picture, table])
