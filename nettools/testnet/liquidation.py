"""What a venue does to a position whose trader did not: liquidation, ADL, settlement. Pure.

A mark that leaves too little margin, or a command, comes in; orders of the venue's own on the
trader's account go out, each with an id that says why, executed at the mark and beside the
book. Law: a forced execution is booked like any other, so that wallet and position follow
from the fills alone. Assumed: each pays the taker's fee, and a wallet may end below zero, as
there is no insurance fund here.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from nettools.decimals import ZERO, round_down
from nettools.errors import InvalidInput
from nettools.model import (
    Leg,
    Liquidity,
    Order,
    OrderState,
    PositionSide,
    Side,
    TimeInForce,
    legs_of,
)
from nettools.testnet.engine import Engine
from nettools.testnet.floor import CLOSED, Execution, Pit
from nettools.testnet.orders import ADL, LIQUIDATION, SETTLEMENT, EngineOrder


class LiquidatingEngine(Engine):
    """An engine that takes positions away from a trader who cannot hold them any more."""

    def second_passed(self, now: datetime) -> None:
        """Liquidate what the margin does not carry at the marks of this second."""
        if any(holding.quantity for holding in self._account.holdings.values()):
            self.check_margin(now)

    def check_margin(self, now: datetime) -> tuple[EngineOrder, ...]:
        """Liquidate while the margin balance is at or below what must remain.

        Open orders expire first; then goes the leg that needs most margin, and the
        next one only if that was not enough.

        Returns:
            The venue's orders, one a leg; none while the margin carries the positions.
        """
        orders: list[EngineOrder] = []
        while self.positions():
            state = self.account()
            if state.margin_balance > state.maintenance_margin:
                break
            if not orders:
                self._expire_all(self.open_orders(), "LIQUIDATION", now)
            legs = (position.leg for position in self.positions())
            worst = max(legs, key=lambda leg: self.leg_margin(leg)[1])
            orders.append(self._close(worst, abs(self._held(worst)), LIQUIDATION, now))
        return tuple(orders)

    def liquidate(self, symbol: str, now: datetime) -> tuple[EngineOrder, ...]:
        """Liquidate every leg of a symbol at its mark, whatever the margin.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
            InvalidInput: nothing is held there.
        """
        legs = self._held_legs(symbol)
        self._expire_all(self.open_orders(symbol), "LIQUIDATION", now)
        return tuple(self._close(leg, abs(self._held(leg)), LIQUIDATION, now) for leg in legs)

    def deleverage(self, symbol: str, quantity: Decimal, now: datetime) -> EngineOrder:
        """Close a part of the symbol's larger leg at its mark, for another's bankruptcy (ADL).

        Args:
            symbol: unified symbol.
            quantity: base units, at most what the leg holds.
            now: the time shown (UTC).

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
            InvalidInput: nothing is held there, or not so much, or off the grid.
        """
        leg = max(self._held_legs(symbol), key=lambda leg: abs(self._held(leg)))
        self._pit(symbol).lots(quantity)
        if quantity > abs(self._held(leg)):
            raise InvalidInput(
                f"quantity must be at most what {leg} holds, {abs(self._held(leg))}, "
                f"was {quantity}"
            )
        return self._close(leg, quantity, ADL, now)

    def close_contract(self, symbol: str, now: datetime) -> tuple[EngineOrder, ...]:
        """Settle a contract for good: orders expire, positions closed at the mark.

        Raises:
            OrderRejected: UNKNOWN_SYMBOL.
        """
        pit = self._pit(symbol)
        self._expire_all(self.open_orders(symbol), "DELISTED", now)
        legs = [leg for leg in legs_of(symbol, self.mode) if self._held(leg)]
        closed = tuple(self._close(leg, abs(self._held(leg)), SETTLEMENT, now) for leg in legs)
        pit.status = CLOSED
        return closed

    def set_status(self, symbol: str, status: str) -> None:
        """Say whether a contract trades (one of ``STATUSES``); the market follows."""
        self._pit(symbol).status = status

    def _expire_all(self, records: Iterable[EngineOrder], reason: str, now: datetime) -> None:
        for record in records:
            entry = self._log.entry(record)
            if entry is not None:
                self._take_off(self._pit(record.order.symbol), entry, now, reason)

    def _held_legs(self, symbol: str) -> list[Leg]:
        self._pit(symbol)
        legs = [leg for leg in legs_of(symbol, self.mode) if self._held(leg)]
        if not legs:
            raise InvalidInput(f"a position on {symbol} is needed, but nothing is held there")
        return legs

    def _close(self, leg: Leg, quantity: Decimal, cause: str, now: datetime) -> EngineOrder:
        pit, held = self._pit(leg.symbol), self._held(leg)
        self._order_ids += 1
        self.sequence += 1
        order_id = str(self._order_ids)
        price = self._price_at_mark(pit)
        order = Order(
            client_order_id=cause if cause == ADL else f"{cause}-{order_id}",
            symbol=leg.symbol,
            position_side=leg.position_side,
            side=Side.SELL if held > ZERO else Side.BUY,
            quantity=quantity,
            limit_price=price,
            time_in_force=TimeInForce.IOC,
            reduce_only=leg.position_side is PositionSide.BOTH,
        )
        self._log.put(  # the first the trader is told of it is its execution
            EngineOrder(
                order_id=order_id, order=order, state=OrderState.ACKED, created=now, updated=now
            )
        )
        pit.trades += 1
        execution = Execution(pit.ticks(price), pit.lots(quantity), now)
        self._settle(pit, execution, order_id, Liquidity.TAKER)
        return self._log.get(order_id)

    @staticmethod
    def _price_at_mark(pit: Pit) -> Decimal:
        return max(round_down(pit.known_price(), pit.tick), pit.tick)
