"""Smart orders: a line for each at work, and what each did drawn on the price."""

from typing import Any

import ipywidgets as ui

from nettools.charts import smart_figure
from nettools.decimals import plain
from nettools.desk import Desk
from nettools.texts import say, word
from nettools.widgets.figures import live_figure, redraw
from nettools.widgets.frame import View
from nettools.widgets.parts import Part
from nettools.widgets.smart_markup import at_work_html, story_html

_NEWEST = ("the newest", "")
MOST_LISTED = 30
"""Smart orders that can be chosen, the newest."""


def at_work_view(desk: Desk) -> View:
    """Show a line for each smart order at work: where it rests, what it filled, how long."""
    view = View("smart orders of a desk", desk)
    lines = ui.HTML().add_class("nt-at-work")

    def draw(_: object = None) -> None:
        lines.value = at_work_html(desk.smart_orders())

    view.screen.observe(draw, "beat")
    draw()
    return view.show(say("Smart orders at work"), [lines])


def smart_view(desk: Desk) -> Part:
    """Show what a smart order did: its quotes and fills on the price, every switch and why."""
    view = Part("story of a smart order", desk)
    choice = ui.Dropdown(
        options=[_NEWEST],
        description=say("order"),
        style={"description_width": "initial"},
        layout=ui.Layout(width="460px"),
    )
    table = ui.HTML().add_class("nt-story")
    figure, picture = live_figure(smart_figure(desk.smart_story()))
    drawn: list[object] = []

    def draw() -> None:
        history = desk.smart_history()
        options = (_NEWEST, *_options(history.head(MOST_LISTED).to_dict("records")))
        if choice.options != options:
            chosen = choice.value
            choice.options = options
            choice.value = chosen if chosen in {name for _, name in options} else ""
        story = desk.smart_story(choice.value)
        now = (choice.value, len(story), None if story.empty else story["time"].iloc[-1])
        if drawn != [now]:
            drawn[:] = [now]
            redraw(figure, smart_figure(story))
            table.value = story_html(story)

    choice.observe(view.screen.home.bring(draw), "value")
    view.follow(draw)
    return view.show("", [choice, picture, table])


def _options(rows: list[dict[Any, Any]]) -> list[tuple[str, str]]:
    return [(_name(row), str(row["client_order_id"])) for row in rows]


def _name(row: dict[Any, Any]) -> str:
    what = f"{word(row['side'])} {plain(row['quantity'])} {row['symbol']}"
    return f"{row['time']:%H:%M:%S} {what} ({row['ended'] or say('at work')})"
