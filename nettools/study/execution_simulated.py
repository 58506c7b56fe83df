"""A market that nobody recorded: seeded depth updates and trades, to study execution on.

A seed goes in, events of a tape come out, the same for the same seed. It is simple on purpose:
a fair price jumps; those who know it take; the quotes follow a moment later. So a resting
order is filled more often when the price is about to move against it, as on a real venue. What
it says about real markets is nothing: use a recording for that.
"""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from nettools.errors import InvalidInput
from nettools.model import Instrument
from nettools.tape import Event, Levels, Trade

BEGIN = 1_748_865_600_000_000_000
"""2025-06-02 12:00 UTC, ns."""
UPDATE_NS = 50_000_000
"""Between two depth updates, as on Binance's fastest public stream."""
INSTRUMENT = Instrument(
    symbol="BTC/USDT:USDT",
    step_size=Decimal("0.001"),
    tick_size=Decimal(1),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(100),
)
MIDDLE = 100_000
"""Where the price begins, ticks."""
DEPTH = 12
"""Levels a side."""
JUMPS = 0.06
"""Share of the updates with which the fair price jumps."""
JUMP = 7.0
"""Standard deviation of a jump, ticks: together about 6 bps in a minute."""
ON = 0.7
"""Share of the jumps that go the way of the last one."""
INFORMED = 0.75
"""Share of the takers who are on the side of the fair price."""
TRADES = 0.7
"""Trades per update, on average."""
RESIZED = 0.1
"""Share of the levels that change by themselves with an update."""
LONGEST_MINUTES = 24 * 60


def simulated_events(seed: int, minutes: float) -> Iterator[Event]:
    """Give the events of a simulated market, oldest first.

    Raises:
        InvalidInput: no length, or more than a day.
    """
    if not 0 < minutes <= LONGEST_MINUTES:
        raise InvalidInput(f"minutes must be above 0, at most a day, was {minutes}")
    simulated = _Simulated(Random(seed))  # noqa: S311 - a market, no secret
    yield simulated.snapshot()
    for _ in range(int(minutes * 60_000_000_000 / UPDATE_NS)):
        yield from simulated.step()


class _Simulated:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._fair = float(MIDDLE)
        self._way = 1
        self._time = BEGIN
        self._update = 1
        self._half: dict[int, dict[int, int]] = {1: {}, -1: {}}

    def snapshot(self) -> Levels:
        """Begin with a whole book."""
        self._quote()
        return Levels(
            self._time, 1, [*self._half[1].items()], [*self._half[-1].items()], is_whole=True
        )

    def step(self) -> Iterator[Event]:
        """Trade a little, then show what the book has become."""
        before = {side: dict(half) for side, half in self._half.items()}
        if self._random.random() < JUMPS:
            self._way *= 1 if self._random.random() < ON else -1
            self._fair += self._way * abs(self._random.gauss(0, JUMP))
        for _ in range(3):
            self._time += UPDATE_NS // 4
            if self._random.random() < TRADES / 3:
                yield self._trade()
        self._time += UPDATE_NS - 3 * (UPDATE_NS // 4)
        self._quote()
        self._update += 1
        bids, asks = (_changes(before[side], self._half[side]) for side in (1, -1))
        if bids or asks:
            yield Levels(self._time, self._update, bids, asks)

    def _trade(self) -> Trade:
        middle = (max(self._half[1]) + min(self._half[-1])) / 2
        is_right = self._random.random() < INFORMED
        taker = 1 if (self._fair > middle) == is_right else -1
        half = self._half[-taker]
        price = min(half) if taker > 0 else max(half)
        lots = min(half[price], int(self._random.expovariate(1 / 350)) + 1)
        half[price] -= lots
        if not half[price]:
            del half[price]  # there are a dozen more
        return Trade(self._time, taker, price, lots)

    def _quote(self) -> None:
        """Bring both halves of the book to the fair price, and let some levels change."""
        for side in (1, -1):
            best = int(self._fair) + (0 if side > 0 else 1)
            half = self._half[side]
            for price in [p for p in half if (p - best) * side > 0]:
                del half[price]
            for away in range(DEPTH):
                price = best - side * away
                if price not in half or self._random.random() < RESIZED:
                    half[price] = self._lots(away)
            for price in [p for p in half if (best - p) * side >= 2 * DEPTH]:
                del half[price]

    def _lots(self, away: int) -> int:
        return int(self._random.expovariate(1 / (4_000 + 1_000 * away))) + 20


def _changes(before: dict[int, int], now: dict[int, int]) -> list[tuple[int, int]]:
    changed = [(price, lots) for price, lots in now.items() if before.get(price) != lots]
    return [*changed, *((price, 0) for price in before if price not in now)]
