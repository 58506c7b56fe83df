"""The proof line: whether the books add up to what the venue says, and what fails if not."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.books_markup import proof_html
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part
from nettools.widgets.screen import Screen
from nettools.widgets.words import clock


def proof_view(desk: Desk) -> Part:
    """Show in one line that the books prove; red, and why, the moment they do not."""
    view = Part("proof of a desk", desk)
    line, read = ui.HTML().add_class("nt-grow"), ui.HTML()

    def draw() -> None:
        line.value = proof_html(desk.proofs(), desk.breaks(), quote_unit_of(view.screen))
        when = view.screen.status.updated
        read.value = note_html("" if when is None else say("as of {when}", when=clock(when)))

    view.follow(draw)
    return view.show("", [ui.HBox([line, read]).add_class("nt-row")])


def quote_unit_of(screen: Screen) -> str:
    """Give the account's own currency."""
    return "USDT" if screen.view is None else screen.view.balance.currency
