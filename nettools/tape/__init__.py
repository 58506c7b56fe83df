"""A recorded market: its events in whole numbers, its book, and what it fills of an order.

``TapeReader`` reads a recording, ``RecordedBook`` is what it displays, and the functions of
``nettools.tape.queue`` say what a resting order would have got. It stands left of both who use
it: studies over a tape, and the local testnet that replays one.
"""

from nettools.tape.book import RecordedBook
from nettools.tape.events import Event, Grid, Levels, Touch, Trade, rows
from nettools.tape.queue import BUY, SELL, fill_by_quote, fill_by_trade, queue_after_level
from nettools.tape.reading import Label, TapeReader, is_tape, label_of

__all__ = [
    "BUY",
    "SELL",
    "Event",
    "Grid",
    "Label",
    "Levels",
    "RecordedBook",
    "TapeReader",
    "Touch",
    "Trade",
    "fill_by_quote",
    "fill_by_trade",
    "is_tape",
    "label_of",
    "queue_after_level",
    "rows",
]
