"""The desk: targets in, one calm trader out.

``manager`` holds the tick loop and lives on the desk's own thread; ``thread`` is that thread;
``desk`` is what a notebook holds; ``report`` is what it gets back.
"""

from nettools.desk.desk import Desk
from nettools.desk.manager import PositionManager
from nettools.desk.report import Activity, DeskStatus, Report, View

__all__ = ["Activity", "Desk", "DeskStatus", "PositionManager", "Report", "View"]
