"""What every dialect's answers are made from: engine, market, and a little bookkeeping.

The engine's changes come in through its listener; symbols by the venue's names, the times legs
and wallet last changed, candles of a span and liquidation prices go out.
"""

from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.model import Fill, Instrument, Leg
from nettools.testnet.account import MAINTENANCE_RATE, AccountState
from nettools.testnet.candles import Candle
from nettools.testnet.engine import Engine, EngineOrder
from nettools.testnet.rows import from_millis, millis, venue_symbol
from nettools.testnet.stage import Stage


class LocalExchange:
    """One local exchange as a dialect sees it.

    Args:
        engine: orders, positions, wallet.
        market: candles and public prices.
        started: when it opened; the wallet's time until something changes it (UTC).
    """

    def __init__(self, engine: Engine, market: Stage, *, started: datetime) -> None:
        self.engine = engine
        self.market = market
        self._wallet_time = started
        self._leg_times: dict[Leg, int] = {}
        self._symbols = {venue_symbol(symbol): symbol for symbol in engine.instruments}
        engine.listen(self._note)

    @property
    def by_name(self) -> dict[str, Instrument]:
        """The contracts by the venues' names, with the filters they have now."""
        return {n: self.engine.instruments[symbol] for n, symbol in self._symbols.items()}

    def named(self, name: str) -> Instrument | None:
        """Give the contract of a venue's name, with the filters it has now; None if unknown."""
        symbol = self._symbols.get(name)
        return None if symbol is None else self.engine.instruments[symbol]

    def reset(self, now: datetime) -> None:
        """Forget the times of what the engine has forgotten."""
        self._wallet_time = now
        self._leg_times.clear()

    def leg_time(self, leg: Leg) -> int:
        """Give when a leg last changed, milliseconds; 0 when it never traded."""
        return self._leg_times.get(leg, 0)

    @property
    def wallet_time(self) -> int:
        """When a fill or a settlement last changed the wallet, milliseconds."""
        settled = self.engine.wallet_settled
        return millis(max(self._wallet_time, settled) if settled else self._wallet_time)

    def liquidation_price(self, leg: Leg, state: AccountState) -> Decimal:
        """Give the mark at which the margin runs out, all else equal; zero when none does.

        Args:
            leg: whose symbol moves.
            state: the account at the current marks.
        """
        quantity, mark = self.engine.position(leg).quantity, self.engine.mark_price(leg.symbol)
        others = state.maintenance_margin - self.engine.leg_margin(leg)[1]
        slope = quantity - abs(quantity) * MAINTENANCE_RATE
        price = (quantity * mark - state.margin_balance + others) / slope if slope else ZERO
        return max(price, ZERO)

    def candles(
        self,
        instrument: Instrument,
        minutes: int,
        limit: int,
        span: tuple[int | None, int | None],
        now: datetime,
    ) -> tuple[Candle, ...]:
        """Give the newest candles, or the first ones from a time on; oldest first.

        Args:
            instrument: whose.
            minutes: the length of each.
            limit: at most so many.
            span: first and last opening time, milliseconds; None is open.
            now: the time the newest one is labelled with (UTC).
        """
        start, end = span
        wanted = limit
        if start is not None:
            wanted = max(limit, (millis(now) - start) // (minutes * 60_000) + 2)
        rows = self.market.candles(instrument.symbol, minutes=minutes, limit=wanted, now=now)
        if start is not None:
            rows = tuple(row for row in rows if row.open_time >= from_millis(start))[:limit]
        if end is not None:
            rows = tuple(row for row in rows if row.open_time <= from_millis(end))
        return rows[-limit:]

    def _note(self, record: EngineOrder, fill: Fill | None) -> None:
        if fill is not None:
            self._wallet_time = fill.time
            self._leg_times[record.order.leg] = millis(fill.time)
