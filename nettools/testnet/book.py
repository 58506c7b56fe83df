"""One symbol's order book: price levels, first come first served within each.

Whole numbers only: prices in ticks, quantities in steps (lots), so every comparison is exact
and cheap. It keeps and finds resting entries; who trades with whom is the engine's business.
Placing costs one binary search and cancelling the same, however many orders rest.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, field

from nettools.model import Side


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """Something resting in the book."""

    key: int
    """Unique in its book; the order id when it is the trader's."""
    side: Side
    price: int
    """Ticks."""
    lots: int
    """Steps still to be filled; above zero while it rests."""
    is_own: bool
    """The trader's order; otherwise the makers'."""
    ahead: int = 0
    """Steps displayed at its price that a replayed tape must trade first; the trader's only."""


@dataclass(slots=True)
class _Level:
    entries: OrderedDict[int, Entry]  # a plain dict would rescan its deleted front entries
    lots: int = 0


@dataclass(slots=True, eq=False)
class Watch:
    """The prices (ticks) at which a book changed since they were last taken."""

    touched: dict[Side, set[int]] = field(
        default_factory=lambda: {Side.BUY: set(), Side.SELL: set()}
    )


class _Half:
    """One side of a book; ``sign`` +1 for bids, -1 for asks, so the best rank is last."""

    __slots__ = ("levels", "ranks", "sign", "watches")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels: dict[int, _Level] = {}
        self.ranks: list[int] = []
        self.watches: tuple[set[int], ...] = ()

    def add(self, entry: Entry) -> None:
        level = self.levels.get(entry.price)
        if level is None:
            level = self.levels[entry.price] = _Level(OrderedDict())
            insort(self.ranks, entry.price * self.sign)
        level.entries[entry.key] = entry
        level.lots += entry.lots
        self.touch(entry.price)

    def touch(self, price: int) -> None:
        for touched in self.watches:
            touched.add(price)

    def shrink(self, entry: Entry, lots: int) -> None:
        self.touch(entry.price)
        level = self.levels[entry.price]
        entry.lots -= lots
        level.lots -= lots
        if entry.lots:
            return
        del level.entries[entry.key]
        if not level.entries:
            del self.levels[entry.price]
            rank = entry.price * self.sign
            if self.ranks[-1] == rank:
                self.ranks.pop()
            else:
                del self.ranks[bisect_left(self.ranks, rank)]

    def best(self) -> int | None:
        return self.ranks[-1] * self.sign if self.ranks else None

    def reaches(self, limit: int | None) -> bool:
        """Say whether its best price satisfies a taker with this limit (None: any)."""
        if not self.ranks:
            return False
        return limit is None or self.ranks[-1] >= limit * self.sign


class _Own:
    """The trader's entries of one side, by price; ``sign`` as in ``_Half``."""

    __slots__ = ("levels", "ranks", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.levels: dict[int, dict[int, Entry]] = {}
        self.ranks: list[int] = []

    def add(self, entry: Entry) -> None:
        if entry.price not in self.levels:
            self.levels[entry.price] = {}
            insort(self.ranks, entry.price * self.sign)
        self.levels[entry.price][entry.key] = entry

    def drop(self, entry: Entry) -> None:
        level = self.levels[entry.price]
        del level[entry.key]
        if not level:
            del self.levels[entry.price]
            del self.ranks[bisect_left(self.ranks, entry.price * self.sign)]

    def reached(self, price: int) -> Iterator[Entry]:
        for rank in reversed(self.ranks):
            if rank < price * self.sign:
                return
            yield from self.levels[rank * self.sign].values()


@dataclass(slots=True)
class Tape:
    """What was executed since it was last taken; prices in ticks, quantities in steps."""

    first: int | None = None
    last: int | None = None
    """Carried over from before when nothing was executed, unlike the others."""
    high: int | None = None
    low: int | None = None
    lots: int = 0
    notional: int = 0
    """Ticks × steps."""
    count: int = 0
    """Executions."""

    def add(self, price: int, lots: int) -> None:
        """Note one execution."""
        self.first = price if self.first is None else self.first
        self.last = price
        self.high = price if self.high is None else max(self.high, price)
        self.low = price if self.low is None else min(self.low, price)
        self.lots += lots
        self.notional += price * lots
        self.count += 1


class Book:
    """Bids and asks of one symbol."""

    def __init__(self) -> None:
        self._bids = _Half(1)
        self._asks = _Half(-1)
        self._makers: dict[Side, dict[int, Entry]] = {Side.BUY: {}, Side.SELL: {}}
        self._own = {side: _Own(side.sign) for side in Side}
        self._keys = 0
        self.tape = Tape()

    def _half(self, side: Side) -> _Half:
        return self._bids if side is Side.BUY else self._asks

    def _against(self, side: Side) -> _Half:
        return self._asks if side is Side.BUY else self._bids

    def best(self, side: Side) -> int | None:
        """Give the best price of a side in ticks; None when it is empty."""
        return self._half(side).best()

    def crosses(self, side: Side, limit: int | None) -> bool:
        """Say whether an order with this limit (ticks; None for any) would take."""
        return self._against(side).reaches(limit)

    def first_against(self, side: Side, limit: int | None) -> Entry | None:
        """Give the entry an order of this side and limit trades with next."""
        half = self._against(side)
        if not half.reaches(limit):
            return None
        level = half.levels[half.ranks[-1] * half.sign]
        return next(iter(level.entries.values()))

    def fillable(self, side: Side, limit: int | None, lots: int) -> bool:
        """Say whether the makers alone could fill so many lots at this limit at once."""
        half = self._against(side)
        for rank in reversed(half.ranks):
            if limit is not None and rank < limit * half.sign:
                return False
            for entry in half.levels[rank * half.sign].entries.values():
                lots -= 0 if entry.is_own else entry.lots
            if lots <= 0:
                return True
        return False

    def add(self, entry: Entry) -> None:
        """Let an entry rest behind those at its price."""
        if entry.is_own:
            displayed = self._makers[entry.side].get(entry.price)
            entry.ahead = 0 if displayed is None else displayed.lots
            self._own[entry.side].add(entry)
        self._half(entry.side).add(entry)

    def shrink(self, entry: Entry, lots: int) -> None:
        """Take lots off an entry, executed or withdrawn; at zero it leaves the book."""
        self._half(entry.side).shrink(entry, lots)
        if entry.lots:
            return
        if entry.is_own:
            self._own[entry.side].drop(entry)
            return
        makers = self._makers[entry.side]
        if makers.get(entry.price) is entry:
            del makers[entry.price]

    def remove(self, entry: Entry) -> None:
        """Take an entry out, whatever is left of it."""
        self.shrink(entry, entry.lots)

    def join(self, side: Side, price: int, lots: int) -> Entry:
        """Let anonymous lots rest behind those at a price, outside the makers' ladder."""
        self._keys -= 1  # below zero: never an order id
        entry = Entry(key=self._keys, side=side, price=price, lots=lots, is_own=False)
        self._half(side).add(entry)
        return entry

    def provide(self, side: Side, price: int, lots: int) -> None:
        """Bring the makers' entry at a price up to so many lots.

        It keeps its place in the queue, and grows only while nobody stands behind it.
        """
        entry = self._makers[side].get(price)
        if entry is None:
            self._makers[side][price] = self.join(side, price, lots)
            return
        half = self._half(side)
        level = half.levels[price]
        if lots > entry.lots and next(reversed(level.entries)) == entry.key:
            level.lots += lots - entry.lots
            entry.lots = lots
            half.touch(price)

    def withdraw(self, side: Side, ladder: Mapping[int, int]) -> None:
        """Shrink the makers' entries to what the new ladder (price to lots) still wants."""
        half, makers = self._half(side), self._makers[side]
        for price, entry in list(makers.items()):
            excess = entry.lots - ladder.get(price, 0)
            if excess > 0:
                half.shrink(entry, excess)
                if not entry.lots:
                    del makers[price]

    # --- what a recorded book displays

    def display(self, side: Side, price: int, lots: int) -> None:
        """Let the makers display so many lots at a price, whatever was taken of them before."""
        half, makers = self._half(side), self._makers[side]
        entry = makers.get(price)
        if entry is None:
            if lots:
                makers[price] = self.join(side, price, lots)
        elif not lots:
            half.shrink(entry, entry.lots)
            del makers[price]
        elif lots != entry.lots:
            half.levels[price].lots += lots - entry.lots
            entry.lots = lots
            half.touch(price)

    def displayed(self, side: Side) -> tuple[int, ...]:
        """Give the prices (ticks) at which the makers of a side display anything."""
        return tuple(self._makers[side])

    def best_displayed(self, side: Side) -> int | None:
        """Give the best price (ticks) at which the makers display anything."""
        half, makers = self._half(side), self._makers[side]
        prices = (rank * half.sign for rank in reversed(half.ranks))
        return next((price for price in prices if price in makers), None)

    def own_reached(self, side: Side, price: int) -> tuple[Entry, ...]:
        """Give the trader's entries at a price or better, best first, then oldest first."""
        return tuple(self._own[side].reached(price))

    def own_at(self, side: Side, price: int) -> Iterable[Entry]:
        """Give the trader's entries at a price, oldest first."""
        return self._own[side].levels.get(price, {}).values()

    def own_prices(self, side: Side) -> KeysView[int]:
        """Give the prices at which the trader's orders rest."""
        return self._own[side].levels.keys()

    @property
    def is_crossed(self) -> bool:
        """Say whether the best bid is not below the best ask."""
        bids, asks = self._bids.ranks, self._asks.ranks
        return bool(bids and asks) and bids[-1] >= -asks[-1]

    def levels(self, side: Side, limit: int) -> Iterator[tuple[int, int]]:
        """Give the first ``limit`` levels of a side, best first: (ticks, lots)."""
        half = self._half(side)
        for rank in half.ranks[: -limit - 1 : -1]:
            price = rank * half.sign
            yield price, half.levels[price].lots

    def lots_at(self, side: Side, price: int) -> int:
        """Give what rests at a price (ticks); zero when nothing does."""
        level = self._half(side).levels.get(price)
        return 0 if level is None else level.lots

    def watch(self) -> Watch:
        """Note from now on at which prices the book changes, until ``unwatch``."""
        watch = Watch()
        for side, touched in watch.touched.items():
            half = self._half(side)
            half.watches = (*half.watches, touched)
        return watch

    def unwatch(self, watch: Watch) -> None:
        """Stop noting for a watch."""
        for side, touched in watch.touched.items():
            half = self._half(side)
            half.watches = tuple(kept for kept in half.watches if kept is not touched)

    def take_tape(self) -> Tape:
        """Give the tape and begin a new one; the last price carries over."""
        tape, self.tape = self.tape, Tape(last=self.tape.last)
        return tape
