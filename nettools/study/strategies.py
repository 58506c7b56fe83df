"""Three example strategies, as a user of nettools could have written them.

Quotes come in once a tick, wanted positions in signed base units go out. Each remembers the mid
prices it was shown and nothing else: no clock and no randomness, so the same quotes give the
same targets. Sizes move in quarters, not with every price. They show what netting does with
strategies that disagree; none of them is meant to earn money.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from statistics import fmean, pstdev

from nettools.decimals import ZERO, exact, positive, round_toward_zero
from nettools.errors import InvalidInput
from nettools.model import Quote

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
STEP = Decimal("0.001")
"""Targets are multiples of this, base units: the step of BTC and ETH at Binance."""
QUARTERS = 4
"""A size is wanted in so many parts, so that a small move of the price changes nothing."""
STICKY = 1.3
"""Of a part: the wish must move this far before another number of parts is chosen."""
SHORTEST_WINDOW = 3
"""Prices; fewer have neither an average nor a range worth the name."""
ENOUGH = 8
"""Prices after which a strategy acts (or its whole window, when that is shorter)."""

Sizes = Mapping[str, str | int | Decimal]
"""Base units by symbol, above zero."""


class MeanReversion:
    """Sell when the price is above its recent average, buy when it is below.

    Args:
        sizes: largest |position| per symbol, base units.
        window: mid prices the average is taken over; one comes in with every tick.
        full_at: distance from the average at which the whole size is wanted, in standard
            deviations of the window.
        name: unique on the desk.

    Raises:
        InvalidInput: a size or ``full_at`` that is not above zero, or a window below 3.
    """

    def __init__(
        self,
        sizes: Sizes | None = None,
        *,
        window: int = 40,
        full_at: float = 2.0,
        name: str = "Mean reversion",
    ) -> None:
        self.name = name
        self._sizes = _read_sizes(sizes or {BTC: "1.0", ETH: "20"})
        self._recent = {symbol: _Recent(window) for symbol in self._sizes}
        self._full_at = _above_zero(full_at, "full_at")
        self._parts = dict.fromkeys(self._sizes, 0)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want short above the average, long below it, more the further away."""
        del now  # the quotes say it all
        for symbol in self._sizes.keys() & quotes.keys():
            distance = self._recent[symbol].distance(quotes[symbol].mid)
            wish = min(max(-distance / self._full_at, -1.0), 1.0)
            self._parts[symbol] = _whole_parts(wish, self._parts[symbol])
        return {s: _share(size, self._parts[s]) for s, size in self._sizes.items()}


class Breakout:
    """Go with the price when it leaves its recent range; get out in the middle of it.

    Args:
        sizes: |position| per symbol, base units.
        window: mid prices the range is taken over; one comes in with every tick.
        name: unique on the desk.

    Raises:
        InvalidInput: a size that is not above zero, or a window below 3.
    """

    def __init__(
        self, sizes: Sizes | None = None, *, window: int = 30, name: str = "Breakout"
    ) -> None:
        self.name = name
        self._sizes = _read_sizes(sizes or {BTC: "0.5", ETH: "10"})
        self._recent = {symbol: _Recent(window) for symbol in self._sizes}
        self._wanted = dict.fromkeys(self._sizes, ZERO)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want long above the range, short below it, nothing once the middle is crossed."""
        del now  # the quotes say it all
        for symbol in self._sizes.keys() & quotes.keys():
            self._look(symbol, quotes[symbol].mid)
        return dict(self._wanted)

    def _look(self, symbol: str, mid: Decimal) -> None:
        recent = self._recent[symbol]
        if recent.knows_enough:
            low, high = min(recent.mids), max(recent.mids)
            held = self._wanted[symbol]
            if mid > high:
                self._wanted[symbol] = self._sizes[symbol]
            elif mid < low:
                self._wanted[symbol] = -self._sizes[symbol]
            elif (mid - (low + high) / 2) * held < 0:
                self._wanted[symbol] = ZERO
        recent.mids.append(mid)


class Hedge:
    """Protect coins that are held elsewhere: short more of them while the price falls.

    Args:
        coins: held elsewhere per symbol, base units.
        least: share of them that is always sold short, 0 to 1.
        window: mid prices that rising and falling are judged by; one comes in with every tick.
        name: unique on the desk.

    Raises:
        InvalidInput: coins that are not above zero, a share outside 0 to 1, a window below 3.
    """

    def __init__(
        self,
        coins: Sizes | None = None,
        *,
        least: str | Decimal = "0.5",
        window: int = 40,
        name: str = "Hedge",
    ) -> None:
        self.name = name
        self._coins = _read_sizes(coins or {BTC: "0.8", ETH: "16"})
        self._least = Decimal(least)
        if not 0 <= self._least <= 1:
            raise InvalidInput(f"least must be a share from 0 to 1, was {least}")
        self._recent = {symbol: _Recent(window) for symbol in self._coins}
        self._parts = dict.fromkeys(self._coins, 0)

    def targets(self, quotes: Mapping[str, Quote], now: datetime) -> dict[str, Decimal]:
        """Want the least share short at once, and the rest of it as the price falls."""
        del now  # the quotes say it all
        for symbol in self._coins.keys() & quotes.keys():
            distance = self._recent[symbol].distance(quotes[symbol].mid)
            wish = min(max(-distance, 0.0), 1.0)
            self._parts[symbol] = _whole_parts(wish, self._parts[symbol])
        return {symbol: self._short(symbol) for symbol in self._coins}

    def _short(self, symbol: str) -> Decimal:
        always = round_toward_zero(self._coins[symbol] * self._least, STEP)
        return -always - _share(self._coins[symbol] - always, self._parts[symbol])


class _Recent:
    """The last mid prices of one symbol, quote units."""

    def __init__(self, window: int) -> None:
        if window < SHORTEST_WINDOW:
            raise InvalidInput(
                f"window must be at least {SHORTEST_WINDOW} prices, was {window}"
            )
        self.mids: deque[Decimal] = deque(maxlen=window)

    @property
    def knows_enough(self) -> bool:
        return len(self.mids) >= min(ENOUGH, self.mids.maxlen or ENOUGH)

    def distance(self, mid: Decimal) -> float:
        self.mids.append(mid)
        prices = [float(price) for price in self.mids]
        spread = pstdev(prices)
        if not self.knows_enough or spread == 0:
            return 0.0
        return (prices[-1] - fmean(prices)) / spread


def _read_sizes(sizes: Sizes) -> dict[str, Decimal]:
    return {
        symbol: positive(
            round_toward_zero(exact(size, f"size of {symbol}"), STEP), f"size of {symbol}"
        )
        for symbol, size in sizes.items()
    }


def _above_zero(value: float, name: str) -> float:
    if not value > 0:
        raise InvalidInput(f"{name} must be above zero, was {value}")
    return value


def _whole_parts(wish: float, parts: int) -> int:
    """A wish from -1 to 1 in whole parts; stays where it is until it has moved far enough."""
    return parts if abs(wish * QUARTERS - parts) < STICKY else round(wish * QUARTERS)


def _share(size: Decimal, parts: int) -> Decimal:
    return round_toward_zero(size * parts / QUARTERS, STEP)
