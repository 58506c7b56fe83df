"""The book a recording displays, in ticks and lots. Pure.

Updates come in; the best price of a side and the lots at any price go out. Looking up the best
costs a comparison: gone prices are dropped from the top of a heap when they are met.
"""

from heapq import heapify, heappop, heappush

from nettools.tape.events import Levels, Rung

_SLACK = 4
"""A heap is made anew when it holds so many times the prices there are."""
_SMALL = 1_000


class _Half:
    __slots__ = ("heap", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels: dict[int, int] = {}
        self.heap: list[int] = []

    def put(self, rungs: list[Rung]) -> None:
        levels, heap, sign = self.levels, self.heap, -self.sign
        for price, lots in rungs:
            if not lots:
                levels.pop(price, None)
            else:
                if price not in levels:
                    heappush(heap, price * sign)
                levels[price] = lots
        if len(heap) > _SLACK * len(levels) + _SMALL:
            self.heap = [price * sign for price in levels]
            heapify(self.heap)

    def best(self) -> Rung | None:
        heap, sign = self.heap, -self.sign
        while heap:
            lots = self.levels.get(heap[0] * sign)
            if lots is not None:
                return heap[0] * sign, lots
            heappop(heap)
        return None


class RecordedBook:
    """Bids and asks of one symbol as they were displayed."""

    def __init__(self) -> None:
        self._bids, self._asks = _Half(1), _Half(-1)

    def apply(self, update: Levels) -> None:
        """Take in an update; a whole one replaces everything."""
        if update.is_whole:
            self._bids, self._asks = _Half(1), _Half(-1)
        self._bids.put(update.bids)
        self._asks.put(update.asks)

    def best(self, side: int) -> Rung | None:
        """Give price (ticks) and lots of the best bid (+1) or ask (-1); None if empty."""
        return (self._bids if side > 0 else self._asks).best()

    def lots_at(self, side: int, price: int) -> int:
        """Give the lots displayed at a price (ticks); 0 where nothing is."""
        return (self._bids if side > 0 else self._asks).levels.get(price, 0)

    @property
    def is_known(self) -> bool:
        """Say whether both sides display something."""
        return bool(self._bids.levels and self._asks.levels)
