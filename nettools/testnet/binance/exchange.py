"""What every Binance answer is made from: engine, market, and a little bookkeeping.

The engine's changes come in through its listener; symbols by the venue's names and the times
legs and wallet last changed go out.
"""

from datetime import datetime

from nettools.model import Fill, Instrument, Leg
from nettools.testnet.binance.errors import INVALID_SYMBOL, ApiError
from nettools.testnet.binance.request import Params
from nettools.testnet.binance.shapes import millis, venue_symbol
from nettools.testnet.engine import Engine, EngineOrder
from nettools.testnet.stage import Stage


class Exchange:
    """One local exchange as the dialect sees it.

    Args:
        engine: orders, positions, wallet.
        market: candles and public prices.
        max_open_orders: per symbol, as the engine was told; shown in ``exchangeInfo``.
        started: when it opened; the wallet's time until something changes it (UTC).
    """

    def __init__(
        self, engine: Engine, market: Stage, *, max_open_orders: int, started: datetime
    ) -> None:
        self.engine = engine
        self.market = market
        self.max_open_orders = max_open_orders
        self.by_name = {venue_symbol(i.symbol): i for i in engine.instruments.values()}
        self._wallet_time = started
        self._leg_times: dict[Leg, int] = {}
        engine.listen(self._note)

    def instrument(self, params: Params) -> Instrument:
        """Give the contract named by ``symbol``; raises -1102 when absent, -1121 if unknown."""
        found = self.by_name.get(params.text("symbol"))
        if found is None:
            raise ApiError(*INVALID_SYMBOL)
        return found

    def instruments(self, params: Params) -> tuple[Instrument, ...]:
        """Give the contract named by ``symbol``, or all when it was not sent."""
        if "symbol" in params:
            return (self.instrument(params),)
        return tuple(self.by_name.values())

    def leg_time(self, leg: Leg) -> int:
        """Give when a leg last changed, milliseconds; 0 when it never traded."""
        return self._leg_times.get(leg, 0)

    @property
    def wallet_time(self) -> int:
        """When a fill or a settlement last changed the wallet, milliseconds."""
        settled = self.engine.wallet_settled
        return millis(max(self._wallet_time, settled) if settled else self._wallet_time)

    def _note(self, record: EngineOrder, fill: Fill | None) -> None:
        if fill is not None:
            self._wallet_time = fill.time
            self._leg_times[record.order.leg] = millis(fill.time)
