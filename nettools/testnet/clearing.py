"""The account's side of the exchange: what is held, its margin and its funding. Pure.

Executions and resting orders are booked by ``Engine``; here they are valued at the marks,
margined at the leverage of each symbol, and charged or paid funding.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import Instrument, Leg, Position, PositionMode, Side, legs_of
from nettools.testnet.account import (
    CENT,
    MAINTENANCE_RATE,
    Account,
    AccountState,
    LegExposure,
)
from nettools.testnet.displayed import DisplayedFloor
from nettools.testnet.funding import FundingLog, Payment, Settlement
from nettools.testnet.orders import Resting
from nettools.testnet.rules import check_margin

LARGEST_LEVERAGE = 125
SIDES = (Side.BUY, Side.SELL)


class Clearing(DisplayedFloor):
    """A floor with one trader's account, cross margin.

    Args:
        instruments: what can be traded.
        mode: one net position per symbol, or long and short apart.
        deposit: the wallet at the start, quote units.
        leverage: of every symbol until ``set_leverage``.
    """

    mode: PositionMode
    wallet_settled: datetime | None
    """When funding last moved the wallet (UTC); None before."""

    def __init__(
        self,
        instruments: Iterable[Instrument],
        *,
        mode: PositionMode,
        deposit: Decimal,
        leverage: int,
    ) -> None:
        super().__init__(instruments)
        self.mode = mode
        self._leverages = dict.fromkeys(self.instruments, leverage)
        self._account = Account(deposit)
        self._funding = FundingLog()
        self.wallet_settled = None
        self._settlement_listeners: list[Callable[[Settlement], None]] = []
        self._resting: dict[tuple[Leg, Side], Resting] = {}

    def position(self, leg: Leg) -> Position:
        """Give one leg at the current mark; a flat leg has no average price."""
        holding, mark = self._account.holding(leg), self.mark_price(leg.symbol)
        return Position(
            symbol=leg.symbol,
            position_side=leg.position_side,
            quantity=holding.quantity,
            average_price=holding.average_price,
            mark_price=mark,
            unrealized_pnl=holding.unrealized_pnl(mark),
        )

    def positions(self) -> tuple[Position, ...]:
        """Give every leg that is not flat, in the order of the instruments, LONG first."""
        legs = (leg for symbol in self.instruments for leg in legs_of(symbol, self.mode))
        return tuple(self.position(leg) for leg in legs if self._held(leg))

    def account(self) -> AccountState:
        """Give wallet, unrealized PnL and margins at the current marks."""
        used = dict.fromkeys((*self._account.holdings, *(leg for leg, _ in self._resting)))
        exposures = ((self._exposure(leg), self._leverages[leg.symbol]) for leg in used)
        return self._account.state(exposures, self.mark_price)

    def leg_margin(self, leg: Leg) -> tuple[Decimal, Decimal]:
        """Give initial and maintenance margin of one leg's position, quote units."""
        notional = abs(self._exposure(leg).value)
        return notional / self.leverage(leg.symbol), notional * MAINTENANCE_RATE

    def leverage(self, symbol: str) -> int:
        """Give the leverage margin is computed with on a symbol."""
        self._pit(symbol)
        return self._leverages[symbol]

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change the leverage of a symbol.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL; BAD_PARAMETER outside 1 to 125;
                INSUFFICIENT_MARGIN when positions and orders would need more than there is.
        """
        if not 1 <= leverage <= LARGEST_LEVERAGE:
            raise OrderRejected(
                f"leverage must be between 1 and {LARGEST_LEVERAGE}, was {leverage}",
                reason="BAD_PARAMETER",
            )
        margin = sum((self._exposure(leg).worst for leg in legs_of(symbol, self.mode)), ZERO)
        needed = margin / leverage - margin / self.leverage(symbol)
        if needed > 0:
            check_margin(needed, self.account().free, f"leverage {leverage} on {symbol}")
        self._leverages[symbol] = leverage

    # --- funding

    def settle(self, symbol: str, rate: Decimal, mark: Decimal, now: datetime) -> Settlement:
        """Settle funding on a symbol: each leg that is held pays or receives on its own.

        A leg receives -(signed quantity × mark × rate), rounded to 8 decimals as the venue
        shows it, and the wallet moves by exactly that.

        Args:
            symbol: unified symbol.
            rate: a fraction of notional; positive: longs pay shorts.
            mark: quote units, above zero.
            now: the time shown; a moment later when the settlement before has it already.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
            InvalidInput: a mark that is not above zero.
        """
        self._pit(symbol)
        if mark <= 0:
            raise InvalidInput(f"mark price of {symbol} must be above zero, was {mark}")
        settlement = Settlement(
            symbol=symbol,
            rate=rate,
            mark_price=mark,
            time=self._funding.time_for(symbol, now),
            payments=tuple(self._payments(symbol, mark * rate)),
        )
        if settlement.payments:
            self._account.receive_funding(settlement.received)
            self.wallet_settled = settlement.time
        self._funding.add(settlement)
        for listener in self._settlement_listeners:
            listener(settlement)
        return settlement

    def listen_settlements(self, listener: Callable[[Settlement], None]) -> None:
        """Call ``listener`` on every settlement, in order, after the wallet moved."""
        self._settlement_listeners.append(listener)

    def _payments(self, symbol: str, per_unit: Decimal) -> Iterable[Payment]:
        for leg in legs_of(symbol, self.mode):
            quantity = self._held(leg)
            received = -(quantity * per_unit).quantize(CENT)
            if received:
                yield Payment(
                    payment_id=self._funding.next_id(),
                    position_side=leg.position_side,
                    quantity=quantity,
                    received=received,
                )

    def settlements(self, symbol: str) -> tuple[Settlement, ...]:
        """Give the settlements on a symbol, oldest first, at most the newest 10,000.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
        """
        self._pit(symbol)
        return self._funding.of(symbol)

    # --- exposure

    def _held(self, leg: Leg) -> Decimal:
        return self._account.holding(leg).quantity

    def _exposure(self, leg: Leg) -> LegExposure:
        pit = self._pit(leg.symbol)
        unit = pit.tick * pit.step
        buys, sells = (self._resting.get((leg, side)) for side in SIDES)
        return LegExposure(
            value=self._held(leg) * pit.known_price(),
            opening_buys=ZERO if buys is None else buys.opening * unit,
            opening_sells=ZERO if sells is None else sells.opening * unit,
        )
