"""A recorded or simulated market as columns of whole numbers, made once and replayed often.

Events of a tape come in; rows go out: the touch after every event, the trades, and for every
price when it displayed how much. Ticks, lots and ns throughout. A replay from any moment then
needs no book of its own: what was displayed at a price is looked up.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nettools.errors import InvalidInput
from nettools.tape import Event, Levels, RecordedBook, Trade

TIME, KIND, BID, BID_LOTS, ASK, ASK_LOTS = 0, 1, 2, 3, 4, 5
"""Columns of an item; the touch is the one after it, 0 where nothing is displayed."""
SIDE, PRICE, LOTS = 6, 7, 8
"""Of a trade: the taker's side (+1 buys), ticks, lots."""
FIRST_BID, FIRST_ASK, AFTER = 6, 7, 8
"""Of an update: where its bids begin among the rows, its asks, and where both end."""
UPDATE, TRADE = 0, 1
"""Kinds of an item."""


Numbers = Any
"""A table of whole numbers: lists in Python, an array when compiled code runs on it."""


_Shown = tuple[dict[int, int], dict[int, int]]


class Market(NamedTuple):
    """A stretch of one symbol's market; arrays when compiled code runs on it, else lists."""

    items: Numbers
    """Updates and trades in the order received: rows of the columns above."""
    rows: Numbers
    """Changed levels (ticks, lots), by price within each side of an update; 0 lots: gone."""
    keys: Numbers
    """Every price that ever displayed something, ascending: 2 × ticks, + 1 for asks."""
    starts: Numbers
    """Where each key's changes begin, and where the last one's end."""
    changes: Numbers
    """Changes (number of the item, lots displayed from then on) of each key, oldest first."""

    @property
    def events(self) -> int:
        """How many levels and trades it holds."""
        trades = int((np.asarray(self.items)[:, KIND] == TRADE).sum())
        return len(self.rows) + trades

    @property
    def seconds(self) -> float:
        """From its first to its last item."""
        return float(self.items[-1][TIME] - self.items[0][TIME]) / 1e9

    def as_lists(self) -> "Market":
        """Give the same as lists, on which plain Python is several times faster."""
        return Market(*(np.asarray(part).tolist() for part in self))


def market_of(events: Iterable[Event]) -> Market:
    """Lay a market out in columns.

    The touch is that of the depth updates, as everybody sees it who follows the book.

    Raises:
        InvalidInput: there is no update with a known book.
    """
    book, items, rows = RecordedBook(), [], _Rows()
    shown: _Shown = ({}, {})
    touch = (0, 0, 0, 0)
    for event in events:
        if isinstance(event, Trade):
            items.append((event.time, TRADE, *touch, event.taker, event.price, event.lots))
        elif isinstance(event, Levels):
            book.apply(event)
            gone: _Shown = shown if event.is_whole else ({}, {})
            bids = rows.put(len(items), 0, _changed(shown[0], event.bids, [*gone[0]]))
            asks = rows.put(len(items), 1, _changed(shown[1], event.asks, [*gone[1]]))
            (bid, bid_lots), (ask, ask_lots) = book.best(1) or (0, 0), book.best(-1) or (0, 0)
            touch = (bid, bid_lots, ask, ask_lots)
            items.append((event.time, UPDATE, *touch, bids, asks, len(rows.levels)))
    if not any(item[BID] and item[ASK] for item in items):
        raise InvalidInput("the tape never shows a bid and an ask, so nothing can be studied")
    return Market(_table(items, 9), _table(rows.levels, 2), *rows.by_price())


def _changed(
    shown: dict[int, int], levels: Sequence[tuple[int, int]], gone: Sequence[int]
) -> list[tuple[int, int]]:
    """Give what an update changes of one side, sorted; ``gone`` unless it names them."""
    changed = {**dict.fromkeys(gone, 0), **dict(levels)}
    for price, lots in changed.items():
        if lots:
            shown[price] = lots
        else:
            shown.pop(price, None)
    return sorted(changed.items())


class _Rows:
    """Collects changed levels, and sorts them by price afterwards."""

    def __init__(self) -> None:
        self.levels: list[tuple[int, int]] = []
        self._where: list[tuple[int, int]] = []

    def put(self, item: int, is_ask: int, levels: list[tuple[int, int]]) -> int:
        """Add one side of an update; gives where it begins."""
        start = len(self.levels)
        self.levels += levels
        self._where += [(2 * price + is_ask, item) for price, _ in levels]
        return start

    def by_price(self) -> tuple[Numbers, Numbers, Numbers]:
        where, levels = _table(self._where, 2), _table(self.levels, 2)
        order = np.lexsort((where[:, 1], where[:, 0]))
        keys, starts = np.unique(where[order, 0], return_index=True)
        changes = np.column_stack([where[order, 1], levels[order, 1]])
        return keys, np.append(starts, len(order)), np.ascontiguousarray(changes)


def _table(rows: Sequence[tuple[int, ...]], columns: int) -> Numbers:
    return np.array(rows, dtype=np.int64).reshape(len(rows), columns)


# What compiled code asks of a market: plain loops over whole numbers.


def place_in(values: Numbers, first: int, after: int, wanted: int) -> int:
    """Give where the first of ascending values stands that is not below the wanted one."""
    while first < after:
        middle = (first + after) // 2
        if values[middle] < wanted:
            first = middle + 1
        else:
            after = middle
    return first


def displayed(market: Market, side: int, price: int, item: int) -> int:
    """Give the lots displayed at a price (ticks) of a side (+1 bids) after an item."""
    key = 2 * price + (1 if side < 0 else 0)
    at = place_in(market.keys, 0, len(market.keys), key)
    if at == len(market.keys) or market.keys[at] != key:
        return 0
    first, after = market.starts[at], market.starts[at + 1]
    start = first
    while first < after:  # the first change after the item
        middle = (first + after) // 2
        if market.changes[middle][0] <= item:
            first = middle + 1
        else:
            after = middle
    return market.changes[first - 1][1] if first > start else 0


def item_at(market: Market, moment: int) -> int:
    """Give the number of the last item received at a moment (ns) or before; -1 for none."""
    first, after = 0, len(market.items)
    while first < after:
        middle = (first + after) // 2
        if market.items[middle][0] <= moment:
            first = middle + 1
        else:
            after = middle
    return first - 1
