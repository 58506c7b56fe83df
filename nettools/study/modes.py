"""The same target stream through a one-way and a hedged account, side by side; exact.

Target books and touches come in, bar by bar; each mode nets, plans and trades them with the
live code (net, diff, plan, crosses, allocation, ledger) and every order fills at the touch.
Law: at the same positions both modes earn the same before costs, and the same funding; what
differs is the orders they send, the fees and spread these pay, and the margin two legs hold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nettools.allocate import (
    RESIDUAL,
    Posting,
    allocate_fill,
    book_crosses,
    exact_sum,
    share_funding,
)
from nettools.decimals import ZERO
from nettools.diff import Deadband
from nettools.ledger import Ledger, post
from nettools.model import (
    Fill,
    Instrument,
    Leg,
    Liquidity,
    Order,
    PositionMode,
    Quote,
    legs_of,
)
from nettools.plan import make_plan
from nettools.snapshot import Limits, Snapshot
from nettools.style import Style
from nettools.targets import TargetBook

CENT = Decimal("1e-8")
"""What a venue rounds a funding payment to, quote units."""
MOST_PLANS = 3
"""Plans made on one bar: what opens may have to wait until what closes is filled."""
START = datetime(2000, 1, 1, tzinfo=UTC)
"""The time of the first bar, where bars have no time of their own; the rest follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The account both modes trade on; the defaults are the local testnet's."""

    instruments: Mapping[str, Instrument]
    fee_rate: Decimal = Decimal("0.0005")
    """Taker, a fraction of notional."""
    deposit: Decimal = Decimal(100_000)
    """Quote units."""
    leverage: Decimal = Decimal(20)
    """Notional per unit of margin; each leg holds its own."""
    deadbands: Mapping[str, Deadband] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one account did on one bar, and what it holds at its end."""

    orders: int
    traded: Decimal
    """Filled notional, quote units."""
    fees: Decimal
    """Quote units; positive is paid."""
    spread: Decimal
    """Paid against the mid, quote units."""
    received: Decimal
    """Funding the legs received, quote units, never negative."""
    paid: Decimal
    """Funding the legs paid, quote units, never negative."""
    refused: int
    """Orders that were not sent at the end of the bar, for instance for want of margin."""
    positions: Mapping[Leg, Decimal]
    """Signed base units; flat legs are left out."""
    margin: Decimal
    """Initial margin of all legs together, quote units."""
    pnl: Decimal
    """Since the start, before fees, spread and funding, at the mids; quote units."""


class ModeAccount:
    """One account in one mode, traded by the live rules; orders fill at the touch.

    Args:
        mode: one leg per symbol, or two.
        terms: the account's.
    """

    def __init__(self, mode: PositionMode, terms: Terms) -> None:
        self.mode = mode
        self.terms = terms
        self.ledger = Ledger()
        """What each strategy holds and earned, fees and funding too."""
        self.positions: dict[Leg, Decimal] = {}
        self.bars: list[Bar] = []
        self._plans = 0
        self._fills = 0
        self._spread = ZERO

    def step(
        self,
        book: TargetBook,
        quotes: Mapping[str, Quote],
        funding_rates: Mapping[str, Decimal] | None = None,
    ) -> Bar:
        """Settle funding on what is held, then trade to the targets; gives what was done.

        Args:
            book: what the strategies want from now on.
            quotes: the touch of each symbol in the book and of each that is held.
            funding_rates: by symbol, fractions of notional, where a settlement is due now.
        """
        settled = [
            received
            for symbol, rate in (funding_rates or {}).items()
            for received in self._settle(symbol, rate, quotes[symbol])
        ]
        for leg in self._legs(book):
            self._cross(leg, book, quotes[leg.symbol])
        before, fills = self._spread, []
        refused = 0
        for _ in range(MOST_PLANS):
            plan = make_plan(self._snapshot(book, quotes), Style())
            refused = len(plan.refusals)
            if not plan.orders:
                break
            fills += [self._fill(order, book, quotes[order.symbol]) for order in plan.orders]
        self.bars.append(
            Bar(
                orders=len(fills),
                traded=exact_sum(fill.notional for fill in fills),
                fees=exact_sum(fill.fee for fill in fills),
                spread=self._spread - before,
                received=exact_sum(amount for amount in settled if amount > 0),
                paid=exact_sum(-amount for amount in settled if amount < 0),
                refused=refused,
                positions={leg: held for leg, held in self.positions.items() if held},
                margin=self._margin(quotes),
                pnl=self._pnl(quotes),
            )
        )
        return self.bars[-1]

    def _legs(self, book: TargetBook) -> list[Leg]:
        symbols = dict.fromkeys([*book.symbols, *(leg.symbol for leg in self.positions)])
        return [leg for symbol in symbols for leg in legs_of(symbol, self.mode)]

    def _needs(self, leg: Leg, book: TargetBook) -> dict[str, Decimal]:
        virtual = self.ledger.virtual(leg)
        wanted = {t.strategy: leg.part_of(t.quantity) for t in book.on(leg.symbol)}
        names = {**wanted, **virtual, RESIDUAL: ZERO}
        return {name: wanted.get(name, ZERO) - virtual.get(name, ZERO) for name in names}

    def _cross(self, leg: Leg, book: TargetBook, quote: Quote) -> None:
        self._post(
            book_crosses(
                leg,
                self._needs(leg, book),
                price=quote.mid,
                source=f"bar {len(self.bars)}",
                policy="mid",
                time=quote.time,
            )
        )

    def _fill(self, order: Order, book: TargetBook, quote: Quote) -> Fill:
        price = quote.ask if order.side.sign > 0 else quote.bid
        self._fills += 1
        fill = Fill(
            fill_id=str(self._fills),
            client_order_id=order.client_order_id,
            venue_order_id=str(self._fills),
            symbol=order.symbol,
            position_side=order.position_side,
            side=order.side,
            quantity=order.quantity,
            price=price,
            fee=order.quantity * price * self.terms.fee_rate,
            fee_currency=self.terms.instruments[order.symbol].quote,
            liquidity=Liquidity.TAKER,
            time=quote.time,
        )
        self._post(allocate_fill(fill, self._needs(order.leg, book)))
        held = self.positions.get(order.leg, ZERO)
        self.positions[order.leg] = held + fill.signed_quantity
        self._spread += fill.signed_quantity * (price - quote.mid)
        return fill

    def _settle(self, symbol: str, rate: Decimal, quote: Quote) -> list[Decimal]:
        """Let each leg pay or receive on its own, as venues do; gives both amounts."""
        amounts = []
        for leg in legs_of(symbol, self.mode):
            held = self.positions.get(leg, ZERO)
            amounts.append(-(held * quote.mid * rate).quantize(CENT))
            self._post(
                share_funding(
                    leg,
                    self.ledger.virtual(leg),
                    paid=amounts[-1],
                    rate=rate,
                    mark_price=quote.mid,
                    source=f"bar {len(self.bars)}",
                    time=quote.time,
                )
            )
        return amounts

    def _post(self, postings: Iterable[Posting]) -> None:
        self.ledger = post(self.ledger, postings)

    def _margin(self, quotes: Mapping[str, Quote]) -> Decimal:
        value = exact_sum(
            abs(held) * quotes[leg.symbol].mid for leg, held in self.positions.items()
        )
        return value / self.terms.leverage

    def _pnl(self, quotes: Mapping[str, Quote]) -> Decimal:
        worth = [held * quotes[leg.symbol].mid for leg, held in self.positions.items()]
        return exact_sum([self.ledger.cash(), *worth, self._spread])

    def _snapshot(self, book: TargetBook, quotes: Mapping[str, Quote]) -> Snapshot:
        self._plans += 1
        subs = [sub for on in self.ledger.accounts.values() for sub in on.values()]
        fees = exact_sum(fee for sub in subs for fee in sub.fees.values())
        earned = self._pnl(quotes) - self._spread - fees + exact_sum(s.funding for s in subs)
        return Snapshot(
            desk=f"study {self.mode.value}",
            sequence=self._plans,
            mode=self.mode,
            book=book,
            positions=dict(self.positions),
            instruments=self.terms.instruments,
            quotes=quotes,
            available=max(self.terms.deposit + earned - self._margin(quotes), ZERO),
            leverage=self.terms.leverage,
            deadbands=self.terms.deadbands,
            limits=self.terms.limits,
            time=max((quote.time for quote in quotes.values()), default=START),
        )


def bar_time(number: int) -> datetime:
    """Give the time of a bar that has none of its own (UTC)."""
    return START + timedelta(minutes=number)
