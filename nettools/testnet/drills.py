"""What a handle of a testnet can do to it: let things go wrong, on demand.

Each call sends one admin command and waits for it, as every call of the handle does. Numbers
go out and come back as text.
"""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Any


class Drills(ABC):
    """The part of a testnet's handle that makes things go wrong.

    Every method raises ``InvalidInput`` for what cannot be meant, ``OrderRejected`` where the
    exchange refuses, and ``VenueUnavailable`` when the testnet does not answer.
    """

    __slots__ = ()

    @abstractmethod
    def _call(
        self, method: str, path: str, command: object = None, *, timeout: float = 10.0
    ) -> dict[str, Any]: ...

    # --- faults of requests, answers and streams

    def fault(self, call: str = "", do: str | None = None, **rule: object) -> int:
        """Set a fault on the trading port; give its number.

        Args:
            call: what it happens to, the same on every venue: ``"create"``, ``"cancel"``,
                ``"order"``, ``"open_orders"``, ``"positions"``, ``"trades"``, ``"balance"``,
                ``"book"``, ``"stream"`` …; or say ``method=`` and ``path=``.
            do: ``"drop"`` (no answer), ``"close"`` (no answer, and the connection ends),
                ``"delay"`` (``ms=``), ``"reply"`` (``reply="unknown-503"``, or ``status=``,
                ``body=``, ``headers=``), ``"fill"`` (``percent=`` of the resting order the
                request is about: a race with a cancel). Of the exchange's own answer:
                ``"cut"`` and ``"tear"`` (``bytes=``), ``"corrupt"``, ``"dup"``,
                ``"reorder"``, ``"hide"`` (``last=``), ``"partial"`` (``keep=``),
                ``"stale"`` (``age=`` seconds), ``"freeze"``, ``"omit"``
                (``name=``), ``"put"`` (``name=``, ``value=``).
            rule: ``phase=`` ``"before_match"`` (the exchange never saw it) or
                ``"after_match"`` (it did), ``"on_reply"``, ``"on_stream"``; ``symbol=``,
                ``client_id=``, ``channel=``; ``nth=`` the first match it happens to,
                ``times=`` how often (0: until cleared), ``seconds=`` how long,
                ``probability=`` with ``seed=``.
        """
        command = {"call": call, **rule}
        if do is not None:
            command["do"] = do
        return int(self._call("POST", "/faults", command)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Tell which faults are set, and how often each was met and happened."""
        found: list[dict[str, Any]] = self._call("GET", "/faults")["faults"]
        return found

    def clear_faults(self) -> int:
        """Forget all faults, and let go of every request held up; give how many there were."""
        return int(self._call("DELETE", "/faults")["cleared"])

    def late_fill(self, seconds: float, orders: int = 1) -> None:
        """Let the next orders be open and unfilled for so long after they were accepted."""
        self._call("POST", "/late", {"seconds": str(seconds), "orders": orders})

    def fill(self, client_order_id: str, percent: int = 100) -> dict[str, Any]:
        """Let somebody trade against a resting order; give the order as in ``truth``.

        Args:
            client_order_id: of an order in the book.
            percent: of what is left of it, from 1 to 100.
        """
        command = {"client_order_id": client_order_id, "percent": percent}
        return self._call("POST", "/fill", command)

    def duplicate_fills(self, times: int = 1) -> tuple[int, int]:
        """Tell fills twice, in history and over the stream; give the two faults' numbers.

        Args:
            times: answers and frames it happens to; 0 is until cleared.
        """
        channel = "execution" if self.venue == "bybit" else "ORDER_TRADE_UPDATE"
        return (
            self.fault("trades", "dup", times=times),
            self.fault("stream", "dup", channel=channel, times=times),
        )

    def skew(self, seconds: float) -> None:
        """Set the testnet's clock ahead of ours, or behind it (below zero); 0 is right."""
        self._call("POST", "/skew", {"seconds": str(seconds)})

    # --- what a venue does to an account

    def settle_funding(
        self, symbol: str | None = None, rate: Decimal | str | None = None
    ) -> list[dict[str, Any]]:
        """Settle funding at once, at the mark; the schedule goes on as it was.

        Args:
            symbol: unified symbol; all of them when None.
            rate: a fraction of notional, positive: longs pay shorts; the market's when None.

        Returns:
            Each settlement as in ``truth``: symbol, rate, mark_price, received, time and the
            payments of the legs. Numbers are text; ``received`` is negative when paid.

        Raises:
            InvalidInput: a symbol that is not traded, or a rate beyond ±0.1 or 8 decimals.
        """
        command = {"symbol": symbol, "rate": None if rate is None else str(rate)}
        settled: list[dict[str, Any]] = self._call("POST", "/funding", command)["settlements"]
        return settled

    def trade_by_hand(
        self,
        symbol: str,
        side: str,
        quantity: Decimal | str,
        position_side: str | None = None,
    ) -> dict[str, Any]:
        """Trade on the account as somebody would on the venue's own page, past any desk.

        A market order with a client id like ``web_00000001``, which no desk knows.

        Args:
            symbol: unified symbol.
            side: ``"buy"`` or ``"sell"``.
            quantity: base units.
            position_side: ``"long"`` or ``"short"`` on a hedged account; without it a buy
                opens the long leg and a sell the short one.

        Returns:
            The order as in ``truth``, numbers as text.

        Raises:
            OrderRejected: the exchange refused it, with the reason.
            InvalidInput: a symbol, side or quantity that cannot be meant.
            VenueUnavailable: the testnet does not answer.
        """
        command = {"symbol": symbol, "side": side, "quantity": str(quantity)}
        if position_side is not None:
            command["position_side"] = position_side
        return self._call("POST", "/foreign", command)

    def cut_streams(self) -> int:
        """Cut every WebSocket without goodbye; give how many. Raises VenueUnavailable."""
        return int(str(self._call("POST", "/streams", {"cut": True})["cut"]))

    def liquidate(self, symbol: str) -> list[dict[str, Any]]:
        """Liquidate all that is held on a symbol at its mark; give the venue's orders."""
        orders: list[dict[str, Any]] = self._call("POST", "/liquidate", {"symbol": symbol})[
            "orders"
        ]
        return orders

    def adl(self, symbol: str, quantity: Decimal | str) -> dict[str, Any]:
        """Deleverage: close so many base units at the mark, for another's bankruptcy."""
        return self._call("POST", "/adl", {"symbol": symbol, "quantity": str(quantity)})

    def set_wallet(self, wallet: Decimal | str) -> None:
        """Set the wallet, quote units, as if money had been moved in or out."""
        self._call("POST", "/wallet", {"wallet": str(wallet)})

    def set_leverage(self, symbol: str, leverage: int) -> None:
        """Change the leverage of a symbol behind the desk's back."""
        self._call("POST", "/leverage", {"symbol": symbol, "leverage": leverage})

    def set_fees(
        self,
        maker: Decimal | str,
        taker: Decimal | str,
        coin: str = "",
        price: Decimal | str = "1",
    ) -> None:
        """Change what executions cost from now on.

        Args:
            maker: a fraction of notional; negative is a rebate.
            taker: likewise.
            coin: fees are paid in, from a purse beside the wallet; empty for the wallet's own.
            price: of that coin, quote units.
        """
        command = {"maker": str(maker), "taker": str(taker), "coin": coin, "price": str(price)}
        self._call("POST", "/fees", command)

    def set_mode(self, mode: str) -> None:
        """Switch to ``"one-way"`` or ``"hedge"`` behind the desk's back, when all is flat."""
        self._call("POST", "/mode", {"mode": mode})

    def reset(self) -> None:
        """Reset the testnet: history, positions and ids are gone, the first deposit is back."""
        self._call("POST", "/reset", {})

    # --- what happens to a market

    def move_price(self, symbol: str, percent: Decimal | str | float) -> Decimal:
        """Let a price gap by so many percent, mark and index too; give the new mark."""
        command = {"symbol": symbol, "percent": str(percent)}
        return Decimal(self._call("POST", "/price", command)["mark_price"])

    def thin_book(self, symbol: str, side: str | None) -> None:
        """Let the makers leave the ``"buy"`` or the ``"sell"`` side; None brings them back."""
        self._call("POST", "/thin", {"symbol": symbol, "side": side})

    def change_filters(self, symbol: str, **rules: Decimal | str) -> dict[str, Any]:
        """Change filters of a contract; give those changed.

        Args:
            symbol: unified symbol.
            rules: ``tick_size``, ``step_size`` (multiples of the first ones),
                ``min_quantity``, ``max_quantity``, ``max_market_quantity``,
                ``min_notional``, ``price_band``.
        """
        told = {name: str(value) for name, value in rules.items()}
        return self._call("POST", "/filters", {"symbol": symbol, "rules": told})

    def change_status(self, symbol: str, status: str) -> None:
        """Make a contract ``"trading"``, ``"paused"``, ``"settling"`` or ``"closed"``.

        Only what reduces is accepted of one that is paused or settling. A closed one is
        settled: its orders expire and its positions are closed at the mark.
        """
        self._call("POST", "/status", {"symbol": symbol, "status": status})

    # --- the truth

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """Tell every event of the account after a number, oldest first, at most 100,000.

        Returns:
            Each with number, kind (order, fill, funding, transfer, filters, status, reset),
            time, leg, ids, and the leg's position and the wallet after it.
        """
        found: list[dict[str, Any]] = self._call("POST", "/events", {"since": since})["events"]
        return found

    @property
    @abstractmethod
    def venue(self) -> str:
        """Whose dialect it speaks."""
