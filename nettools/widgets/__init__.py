"""The screen: ipywidgets over a desk.

``desk_view`` shows all of it; the parts can stand alone in cells of their own and follow each
other, for they share one ``screen_of(desk)``. Views hold no state: what was entered is in
``state``, what may be confirmed in ``steps``, and what is true on the desk.
"""

from nettools.widgets.activity import activity_view
from nettools.widgets.controls import controls_view
from nettools.widgets.netting import netting_view
from nettools.widgets.preview import preview_view
from nettools.widgets.status import status_view
from nettools.widgets.targets import targets_view
from nettools.widgets.whole import desk_view

__all__ = [
    "activity_view",
    "controls_view",
    "desk_view",
    "netting_view",
    "preview_view",
    "status_view",
    "targets_view",
]
