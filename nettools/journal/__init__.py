"""SQLite: every target, plan, order, fill and break, on the disk before anything is sent.

``Journal.open`` writes, ``Reading.open_to_read`` only reads; records are frozen values
(``records``), read back equal; ``DeskState`` is what they add up to.
"""

from nettools.journal.changes import target_changes
from nettools.journal.journal import CHECKPOINT_EVERY, Journal
from nettools.journal.reading import Fold, Reading, Row
from nettools.journal.state import DeskState

__all__ = [
    "CHECKPOINT_EVERY",
    "DeskState",
    "Fold",
    "Journal",
    "Reading",
    "Row",
    "target_changes",
]
