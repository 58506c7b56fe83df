"""What happened: the desk as it was, the life of orders, and drills on a local testnet."""

from collections.abc import Callable
from contextlib import suppress

import ipywidgets as ui

from nettools.desk import Desk
from nettools.errors import NettoolsError
from nettools.testnet import Testnet, attach
from nettools.texts import say
from nettools.widgets.drills import drills_view
from nettools.widgets.frame import View
from nettools.widgets.incidents import incidents_view
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part, Tabs
from nettools.widgets.past import past_view
from nettools.widgets.smart import smart_view
from nettools.widgets.status import journal_words
from nettools.widgets.timeline import timeline_view


def happened_view(desk: Desk, testnet: Testnet | None = None) -> View:
    """Show the past, incidents, orders and their states, and drills, behind tabs.

    What is light comes first: a figure is made when it is first looked at.

    Args:
        desk: an open desk.
        testnet: the local testnet it trades on; by default the one that the environment
            names, when the desk trades there. Without one there are no drills.
    """
    stage = testnet or testnet_of(desk)
    makers: dict[str, Callable[[], Part]] = {
        say("As it was"): lambda: past_view(desk),
        say("Incidents"): lambda: incidents_view(desk),
        say("Orders"): lambda: timeline_view(desk),
        say("Smart orders"): lambda: smart_view(desk),
    }
    if stage is not None:
        makers[say("Drills")] = lambda: drills_view(desk, stage)
    view = View("what happened on a desk", desk)
    written = ui.HTML().add_class("nt-written")

    def draw(_: object = None) -> None:
        written.value = note_html(journal_words(view.screen.status))

    view.screen.observe(draw, "beat")
    draw()
    return view.show(say("What happened"), [written, Tabs(makers)])


def testnet_of(desk: Desk) -> Testnet | None:
    """Give the local testnet that the environment names, if this desk trades there."""
    with suppress(NettoolsError):
        found = attach()
        if desk.account.startswith(f"{found.url} "):
            return found
    return None
