"""Incidents: what is wrong, since when, how often, what is known, what is not, what to do."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.desk.incidents import Incident
from nettools.texts import say
from nettools.widgets.frame import row
from nettools.widgets.incidents_markup import heard_html, incidents_html
from nettools.widgets.parts import Part
from nettools.widgets.screen import Screen
from nettools.widgets.twice import Twice
from nettools.widgets.words import clock

_RESET = (
    "The testnet was wiped: begin the books of this account anew; the old ones stay in the "
    "journal, and positions that are there are asked about"
)


def incidents_view(desk: Desk, *, with_past: bool = True) -> Part:
    """Show every open incident as one line, and in one quiet line that there is none.

    Args:
        desk: an open desk.
        with_past: also what lately was wrong and is over.
    """
    view = Part("incidents of a desk", desk)
    lines, heard = ui.HTML().add_class("nt-incidents"), ui.HTML().add_class("nt-heard")

    async def begin() -> None:
        async with view.screen.turn:
            await desk.begin_epoch()
        view.screen.look()

    anew = Twice(
        view,
        say("Begin new books"),
        say("Confirm: begin new books"),
        begin,
        tooltip=say(_RESET),
    )
    buttons = row(anew.command.button)

    def draw() -> None:
        found = incidents_of(view.screen)
        lines.value = incidents_html(found, with_past=with_past)
        heard.value = "" if with_past else heard_html(found)  # once on a page: in the bar
        is_reset = any(told.kind == "reset" and not told.is_over for told in found)
        anew.allow(enabled=is_reset)
        buttons.layout.display = None if is_reset else "none"

    view.follow(draw)
    return view.show("", [lines, heard, buttons])


def incidents_of(screen: Screen) -> tuple[Incident, ...]:
    """Give what the desk tells, and that this page could not read the account."""
    told, unread, seen = screen.desk.incidents(), screen.problem, screen.status.updated
    if unread is None:
        return told
    same = next((i for i in told if i.what == unread.sentence and not i.is_over), None)
    read = Incident(
        kind="read",
        subject="",
        what=unread.sentence,
        known=say("what is shown is as of {seen}", seen=clock(seen)) if seen else "",
        unknown=say("what the account holds now; it is not flat because it cannot be read"),
        to_do=say("nothing: it is read again, and nothing is planned before"),
        count=unread.count + (same.count if same else 0),
        since=same.since if same else unread.since,
        last=screen.status.time,
    )
    return (read, *(i for i in told if i is not same))
