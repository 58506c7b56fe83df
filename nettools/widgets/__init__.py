"""The screen: ipywidgets over a desk.

``desk_view`` shows all of it; the parts can stand alone in cells of their own and follow each
other, for they share one ``screen_of(desk)``. Views hold no state: what was entered is in
``state``, what may be confirmed in ``steps``, and what is true on the desk.
"""

from nettools.widgets.accounts import account_table, accounts_view
from nettools.widgets.activity import activity_view
from nettools.widgets.breaks import breaks_view
from nettools.widgets.controls import controls_view
from nettools.widgets.drills import drills_view
from nettools.widgets.execution import execution_view
from nettools.widgets.frontier import frontier_view
from nettools.widgets.happened import happened_view
from nettools.widgets.incidents import incidents_view
from nettools.widgets.modes import modes_view
from nettools.widgets.netting import netting_view
from nettools.widgets.past import past_view
from nettools.widgets.pnl import pnl_view
from nettools.widgets.postings import postings_view
from nettools.widgets.preview import preview_view
from nettools.widgets.proof import proof_view
from nettools.widgets.saving import saving_view
from nettools.widgets.sets import sets_view
from nettools.widgets.smart import at_work_view, smart_view
from nettools.widgets.status import status_view
from nettools.widgets.targets import targets_view
from nettools.widgets.timeline import timeline_view
from nettools.widgets.whatif import whatif_view
from nettools.widgets.whole import desk_view

__all__ = [
    "account_table",
    "accounts_view",
    "activity_view",
    "at_work_view",
    "breaks_view",
    "controls_view",
    "desk_view",
    "drills_view",
    "execution_view",
    "frontier_view",
    "happened_view",
    "incidents_view",
    "modes_view",
    "netting_view",
    "past_view",
    "pnl_view",
    "postings_view",
    "preview_view",
    "proof_view",
    "saving_view",
    "sets_view",
    "smart_view",
    "status_view",
    "targets_view",
    "timeline_view",
    "whatif_view",
]
