"""The whole desk on one screen, composed of its parts."""

import ipywidgets as ui

from nettools.desk import Desk
from nettools.testnet import Testnet
from nettools.widgets.accounts import accounts_view
from nettools.widgets.controls import controls_view
from nettools.widgets.frame import View
from nettools.widgets.happened import happened_view
from nettools.widgets.incidents import incidents_view
from nettools.widgets.netting import netting_view
from nettools.widgets.preview import preview_view
from nettools.widgets.proof import proof_view
from nettools.widgets.sets import sets_view
from nettools.widgets.smart import at_work_view
from nettools.widgets.status import status_view
from nettools.widgets.targets import targets_view
from nettools.widgets.whatif import whatif_view


def desk_view(
    desk: Desk, *, confirm_seconds: float = 30.0, testnet: Testnet | None = None
) -> View:
    """Show a desk: halt, status, proof and incidents on top; all the rest below.

    Args:
        desk: an open desk.
        confirm_seconds: how long a preview may be confirmed.
        testnet: the local testnet the desk trades on, for drills; by default the one that
            the environment names, as under ``nettools lab``.

    Raises:
        InvalidInput: made outside a notebook, where no event loop runs.
    """
    halves = [part(desk).add_class("nt-half") for part in (targets_view, netting_view)]
    aids = [part(desk).add_class("nt-half") for part in (whatif_view, sets_view)]
    bar = [
        controls_view(desk),
        status_view(desk, with_problems=False),
        proof_view(desk),
        incidents_view(desk, with_past=False),
    ]
    return View("desk view", desk).compose(
        [
            ui.VBox(bar).add_class("nt-bar"),
            ui.HBox(halves).add_class("nt-columns"),
            ui.HBox(aids).add_class("nt-columns"),
            preview_view(desk, confirm_seconds=confirm_seconds),
            at_work_view(desk),
            accounts_view(desk, with_proof=False),
            happened_view(desk, testnet),
        ]
    )
