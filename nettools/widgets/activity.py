"""What was sent since the desk was opened, beside what netting made unnecessary."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.frame import View
from nettools.widgets.markup import activity_html


def activity_view(desk: Desk) -> View:
    """Show what was sent since the desk was opened, and what netting made unnecessary."""
    view = View("activity of a desk", desk)
    table = ui.HTML().add_class("nt-activity")

    def draw(_: object = None) -> None:
        money_now = view.screen.view
        unit = "USDT" if money_now is None else money_now.balance.currency
        table.value = activity_html(desk.activity, unit)

    view.screen.observe(draw, "beat")
    draw()
    return view.show(say("Sent, and not sent"), [table])
