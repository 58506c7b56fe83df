"""Whose is what: every strategy's virtual account, the residual one, and all of the books."""

import ipywidgets as ui

from nettools.decimals import ZERO
from nettools.desk import Desk
from nettools.texts import say
from nettools.widgets.accounts_markup import Holdings, accounts_html
from nettools.widgets.breaks import breaks_view
from nettools.widgets.execution import execution_view
from nettools.widgets.frame import View
from nettools.widgets.markup import note_html
from nettools.widgets.parts import Part, Tabs
from nettools.widgets.pnl import pnl_view
from nettools.widgets.postings import postings_view
from nettools.widgets.proof import proof_view, quote_unit_of
from nettools.widgets.saving import saving_view


def accounts_view(desk: Desk, *, with_proof: bool = True) -> View:
    """Show the books: proof line, breaks to repair, and behind tabs all that is in them.

    Args:
        desk: an open desk.
        with_proof: False where the page shows the proof line already.
    """
    tabs = Tabs(
        {
            say("Accounts"): lambda: account_table(desk),
            say("PnL"): lambda: pnl_view(desk),
            say("Saving"): lambda: saving_view(desk),
            say("Execution"): lambda: execution_view(desk),
            say("Postings"): lambda: postings_view(desk),
        }
    )
    view = View("accounts of a desk", desk)
    view.show(say("Whose is what"), [breaks_view(desk, is_quiet=True), tabs])
    if with_proof:
        first, *rest = view.children  # the style sheet
        view.children = (first, proof_view(desk), *rest)
    return view


def account_table(desk: Desk) -> Part:
    """Show a row per strategy and leg, the residual account's too, beside the venue's own."""
    view = Part("account table of a desk", desk)
    table = ui.HTML().add_class("nt-accounts")

    def draw() -> None:
        seen = view.screen.view
        if seen is None:
            table.value = note_html(say("Nothing is known yet: the account has not been read."))
            return
        accounts = desk.accounts()
        view.rows = len(accounts)
        table.value = accounts_html(accounts, _holdings(desk, view))

    view.follow(draw)
    return view.show("", [table])


def _holdings(desk: Desk, view: Part) -> Holdings:
    outside = desk.baselines()
    for found in desk.breaks():
        outside[found.leg] = outside.get(found.leg, ZERO) + found.difference
    return Holdings(
        venue={leg: position.quantity for leg, position in desk.view.positions.items()},
        outside=outside,
        instruments=desk.instruments,
        unit=quote_unit_of(view.screen),
    )
