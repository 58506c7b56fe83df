"""What any venue must do, card by card: in memory, and ccxt against both local testnets.

Each card says what is promised and when it does not apply; numbers leave room in between.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from faulty import FaultyServer
from makers import BTC, ETH, d
from speaking import venue_on

from nettools.decimals import round_up
from nettools.errors import InvalidInput, OrderRejected, VenueUnavailable
from nettools.model import (
    Instrument,
    Liquidity,
    Order,
    OrderReport,
    OrderState,
    PositionMode,
    PositionSide,
    Quote,
    Side,
    TimeInForce,
)
from nettools.testnet.server import utc_now
from nettools.testnet.stage import Stage
from nettools.venues import MemoryVenue, Venue
from nettools.venues.protocol import Balance

XRP = "XRP/USDT:USDT"
AN_HOUR_AGO = utc_now() - timedelta(hours=1)
TAKER_FEES = {"binance": d("0.0005"), "bybit": d("0.00055"), "memory": d("0.0005")}


@dataclass
class Account:
    """A fresh account on one kind of venue, and short ways to trade on it."""

    venue: Venue
    mode: PositionMode
    move: Callable[[int], object]
    """Lets the market go on by so many seconds."""
    ids: count
    market: Stage
    """What moves its prices and settles its funding."""
    rules: Mapping[str, Instrument]
    """What the exchange behind it trades, as it was set up."""
    kind: str
    """``"memory"``, ``"binance"`` or ``"bybit"``."""

    @property
    def taker_fee(self) -> Decimal:
        return TAKER_FEES[self.kind]

    @property
    def is_hedged(self) -> bool:
        return self.mode is PositionMode.HEDGE

    async def quote(self, symbol: str = BTC) -> Quote:
        return (await self.venue.quotes([symbol]))[symbol]

    def order(self, side: str, quantity: str, price: Decimal | None = None, **more) -> Order:
        if self.is_hedged:
            more.setdefault("position_side", PositionSide.LONG)
        more.setdefault("client_order_id", f"nt1-card-{next(self.ids)}")
        more.setdefault("symbol", BTC)
        return Order(side=Side(side), quantity=d(quantity), limit_price=price, **more)

    async def resting(self, quantity: str = "0.01", **more) -> Order:
        bid = (await self.quote()).bid
        return self.order("buy", quantity, bid - 1000, **more)

    async def send(self, order: Order) -> OrderReport:
        """Send, and ask until the venue has done more than acknowledge it."""
        report = await self.venue.send(order)
        return await self.sent(order) if report.state is OrderState.SENT else report

    async def sent(self, order: Order) -> OrderReport:
        """Ask until an acknowledged order is shown."""
        return await self._asked(order, lambda report: report is not None)

    async def cancel(self, order: Order) -> OrderReport:
        """Cancel, and ask until it is done: a request to cancel is not a cancel."""
        await self.venue.cancel(order)
        return await self._asked(order, lambda report: report.state.is_final)

    async def _asked(self, order: Order, is_enough: Callable[..., bool]) -> OrderReport:
        for _ in range(1000):
            report = await self.venue.find_order(order)
            if is_enough(report):
                return report
            await asyncio.sleep(0.005)
        raise AssertionError(f"the venue never got there: {report}")

    async def take(self, side: str, quantity: str, **more) -> Order:
        """Trade at once, and see that it was done."""
        order = self.order(side, quantity, **more)
        report = await self.send(order)
        assert report.state is OrderState.FILLED
        return order

    def settle(self, symbol: str = BTC, *, rate: str) -> None:
        """Let funding settle now."""
        self.market.settle(symbol, utc_now(), d(rate))

    async def held(self) -> dict[PositionSide, Decimal]:
        return {p.position_side: p.quantity for p in await self.venue.positions()}

    async def refusal(self, order: Order) -> str:
        """Send what must be refused, at once or after it was acknowledged; give our reason."""
        try:
            report = await self.send(order)
        except OrderRejected as refused:
            return refused.reason
        assert (report.state, report.filled) == (OrderState.REJECTED, 0)
        assert await self.venue.find_order(order) == report
        return report.reason

    async def leaves_nothing(self, order: Order) -> bool:
        """Say whether a refused order is not there, or there as one that never was open."""
        found = await self.venue.find_order(order)
        return found is None or (found.state, found.filled) == (OrderState.REJECTED, 0)


@pytest.fixture(params=["one-way", "hedge"])
def mode(request) -> PositionMode:
    return PositionMode.read(request.param)


@pytest.fixture(params=["memory", "binance", "bybit"])
async def account(request, mode) -> AsyncIterator[Account]:
    kind = request.param
    if kind == "memory":
        venue = MemoryVenue(mode=mode)
        await venue.connect()
        rules = venue.engine.instruments
        yield Account(venue, mode, venue.advance, count(), venue.market, rules, kind)
        return
    async with FaultyServer(mode.value, venue=kind) as server:
        venue = venue_on(server)
        await venue.connect()
        market, rules = server.market, server.engine.instruments

        def move(seconds: int) -> None:
            market.advance(seconds, server._clock())

        yield Account(venue, mode, move, count(), market, rules, kind)
        await venue.close()


def _only_one_way(account: Account) -> None:
    if account.is_hedged:
        pytest.skip("one-way accounts only")


def _only_hedged(account: Account) -> None:
    if not account.is_hedged:
        pytest.skip("hedged accounts only")


# --- what is there


async def test_the_venue_states_its_contracts_and_their_rules(account):
    """VC-010. Rules come from the venue, exactly. Skip when: never."""
    assert account.venue.instruments() == account.rules
    btc = account.venue.instruments()[BTC]
    assert (btc.step_size, btc.tick_size, btc.contract_size) == (d("0.001"), d("0.1"), 1)
    assert {BTC, ETH, "SOL/USDT:USDT", "BNB/USDT:USDT", XRP} <= set(account.venue.instruments())


async def test_the_venue_tells_the_time(account):
    """VC-020. UTC, close to ours on a testnet of this machine. Skip when: another machine."""
    gap = await account.venue.server_time() - utc_now()
    assert abs(gap) < timedelta(seconds=5)


async def test_a_fresh_account_has_its_money_its_fees_and_its_mode(account):
    """VC-030. Skip when: the account was used before."""
    assert await account.venue.balance() == Balance(
        currency="USDT", wallet=d(100_000), available=d(100_000)
    )
    rates = await account.venue.fee_rates(BTC)
    assert (rates.maker, rates.taker) == (d("0.0002"), account.taker_fee)
    assert await account.venue.position_mode() is account.mode


async def test_a_flat_account_is_credibly_flat(account):
    """VC-040. Nothing held, nothing resting, nothing traded. Skip when: it was used before."""
    assert await account.venue.positions() == ()
    assert await account.venue.open_orders(BTC) == ()
    assert await account.venue.fills(BTC, AN_HOUR_AGO) == ()


async def test_quotes_of_many_symbols_come_together(account):
    """VC-050. A touch and a mark each; nothing asked, nothing told. Skip when: never."""
    quotes = await account.venue.quotes([BTC, ETH, XRP])
    assert list(quotes) == [BTC, ETH, XRP]
    for symbol, quote in quotes.items():
        assert quote.symbol == symbol
        assert abs(quote.mark_price / quote.mid - 1) < d("0.01")
        assert abs(quote.time - utc_now()) < timedelta(seconds=5)
    assert await account.venue.quotes([]) == {}
    last = await account.venue.last_prices([BTC, ETH])
    assert list(last) == [BTC, ETH]
    assert all(price > 0 for price in last.values())


async def test_a_symbol_the_venue_does_not_trade_is_named(account):
    """VC-060. Skip when: never."""
    stranger = "DOGE2/USDT:USDT"
    for ask in (
        account.venue.quotes([BTC, stranger]),
        account.venue.open_orders(stranger),
        account.venue.fills(stranger, AN_HOUR_AGO),
        account.venue.funding(stranger, AN_HOUR_AGO),
        account.venue.fee_rates(stranger),
        account.venue.set_leverage(stranger, 5),
        account.venue.send(account.order("buy", "1", d(1), symbol=stranger)),
    ):
        with pytest.raises(InvalidInput, match="DOGE2"):
            await ask


# --- orders


async def test_a_resting_order_is_shown_until_it_is_canceled(account):
    """VC-100. Skip when: never."""
    order = await account.resting()
    sent = await account.send(order)
    assert (sent.state, sent.filled, sent.order) == (OrderState.ACKED, 0, order)
    (shown,) = await account.venue.open_orders(BTC)
    assert (shown.order, shown.venue_order_id) == (order, sent.venue_order_id)
    assert await account.venue.find_order(order) == shown
    found = await account.cancel(order)
    assert await account.venue.open_orders(BTC) == ()
    assert (found.state, found.filled) == (OrderState.CANCELED, 0)
    assert await account.venue.open_orders(ETH) == ()


async def test_taking_orders_fill_and_their_fills_add_up(account):
    """VC-110. Quantity, price, fee and liquidity of each execution. Skip when: never."""
    ask = (await account.quote()).ask
    orders = [
        account.order("buy", "1.5", ask + 100, time_in_force=TimeInForce.IOC),
        account.order("buy", "0.7"),
        account.order("buy", "0.3", ask + 100, time_in_force=TimeInForce.FOK),
    ]
    for order in orders:
        report = await account.send(order)
        assert (report.state, report.filled) == (OrderState.FILLED, order.quantity)
        fills = [
            fill
            for fill in await account.venue.fills(BTC, AN_HOUR_AGO)
            if fill.venue_order_id == report.venue_order_id
        ]
        assert sum(fill.quantity for fill in fills) == order.quantity
        assert {(f.symbol, f.position_side, f.side) for f in fills} == {
            (*order.leg, order.side)
        }
        average = sum(fill.notional for fill in fills) / order.quantity
        assert abs(average - report.average_price) <= d("0.00001")
        for fill in fills:
            assert fill.liquidity is Liquidity.TAKER
            assert (fill.fee, fill.fee_currency) == (fill.notional * account.taker_fee, "USDT")
    (position,) = await account.venue.positions()
    assert position.quantity == d("2.5")


async def test_what_an_ioc_order_cannot_take_expires_and_its_fill_counts(account):
    """VC-120. `filled` is read on every final state. Skip when: never."""
    order = account.order(
        "buy", "9", (await account.quote()).ask, time_in_force=TimeInForce.IOC
    )
    report = await account.send(order)
    assert report.state is OrderState.EXPIRED
    assert 0 < report.filled < order.quantity
    assert await account.venue.find_order(order) == report
    assert (await account.held()).popitem()[1] == report.filled


async def test_a_fill_or_kill_order_that_cannot_fill_leaves_nothing(account):
    """VC-130. Skip when: never."""
    ask = (await account.quote()).ask
    order = account.order("buy", "9", ask, time_in_force=TimeInForce.FOK)
    assert await account.refusal(order) == "FOK"
    assert await account.leaves_nothing(order)
    assert await account.held() == {}


async def test_a_post_only_order_never_takes(account):
    """VC-140. Refused with our reason, at once or a moment later. Skip when: never."""
    order = account.order("buy", "0.1", (await account.quote()).ask + 10, post_only=True)
    assert await account.refusal(order) == "WOULD_TAKE"
    assert await account.leaves_nothing(order)
    assert await account.venue.open_orders(BTC) == ()


async def test_a_resting_order_that_is_hit_pays_the_maker_fee(account):
    """VC-150. The market comes to the order. Skip when: the market cannot be moved."""
    order = account.order("buy", "0.002", (await account.quote()).bid, post_only=True)
    sent = await account.send(order)
    assert (sent.state, sent.order.post_only) == (OrderState.ACKED, True)
    for _ in range(300):
        account.move(10)
        found = await account.venue.find_order(order)
        if found.state.is_final:
            break
    assert (found.state, found.filled) == (OrderState.FILLED, order.quantity)
    fills = await account.venue.fills(BTC, AN_HOUR_AGO)
    assert {(fill.liquidity, fill.price) for fill in fills} == {
        (Liquidity.MAKER, order.limit_price)
    }
    assert sum(f.fee for f in fills) == order.quantity * order.limit_price * d("0.0002")


async def test_an_id_that_is_open_is_not_taken_twice(account):
    """VC-200. The second is refused and the first stays alone. Skip when: never."""
    order = await account.resting()
    await account.send(order)
    assert await account.refusal(order) == "DUPLICATE_ID"
    assert len(await account.venue.open_orders(BTC)) == 1


async def test_an_id_the_venue_never_saw_is_said_to_be_unknown(account):
    """VC-210. Not found is None; canceling it is NOT_FOUND. Skip when: never."""
    order = await account.resting()
    assert await account.venue.find_order(order) is None
    with pytest.raises(OrderRejected) as refused:
        await account.venue.cancel(order)
    assert refused.value.reason == "NOT_FOUND"


async def test_canceling_a_filled_order_says_to_look(account):
    """VC-220. NOT_FOUND, and looking shows that it filled. Skip when: never."""
    order = await account.take("buy", "0.01")
    with pytest.raises(OrderRejected) as refused:
        await account.venue.cancel(order)
    assert refused.value.reason == "NOT_FOUND"
    assert (await account.venue.find_order(order)).state is OrderState.FILLED


async def test_nothing_is_rounded_silently(account):
    """VC-230. Off the grid is refused, before or by the venue. Skip when: never."""
    price = (await account.quote()).bid - 1000
    assert await account.refusal(account.order("buy", "0.0105", price)) == "STEP_SIZE"
    fine = account.order("buy", "0.01", price + d("0.06"))
    assert await account.refusal(fine) == "TICK_SIZE"
    assert await account.venue.open_orders(BTC) == ()


@pytest.mark.parametrize(
    ("symbol", "quantity", "away", "reason"),
    [
        (BTC, "0.0009", "0.99", "STEP_SIZE"),
        (XRP, "0.1", "0.99", "MIN_NOTIONAL"),
        (BTC, "0.01", "1.06", "PRICE_BAND"),
        (BTC, "2000", "0.99", "MAX_QUANTITY"),
        (BTC, "100", "0.99", "INSUFFICIENT_MARGIN"),
    ],
)
async def test_what_the_venue_refuses_has_our_reason(account, symbol, quantity, away, reason):
    """VC-240. Grid, minimum, band, maximum, margin; nothing rests. Skip when: never."""
    price = (await account.quote(symbol)).bid * d(away)
    price = round_up(price, account.rules[symbol].tick_size)
    order = account.order("buy", quantity, price, symbol=symbol)
    assert await account.refusal(order) == reason
    assert await account.venue.open_orders(symbol) == ()


# --- reducing, and legs


async def test_a_reducing_order_may_be_worth_less_than_the_minimum(account):
    """VC-300. The exemption of reduce-only, or of closing a leg. Skip when: never."""
    await account.take("buy", "4", symbol=XRP)
    await account.take("sell", "1", symbol=XRP, reduce_only=True)
    assert (await account.held()).popitem()[1] == 3


async def test_a_reduce_only_order_never_opens(account):
    """VC-310. Flat: refused. Skip when: never."""
    order = account.order("sell", "0.01", reduce_only=True)
    assert await account.refusal(order) == "REDUCE_ONLY"
    assert await account.held() == {}


async def test_a_reduce_only_order_never_flips(account):
    """VC-320. Too large: refused or cut to what there is, never past zero. Skip when: never."""
    await account.take("buy", "0.01")
    order = account.order("sell", "0.03", reduce_only=True)
    with contextlib.suppress(OrderRejected):
        await account.send(order)
    assert set((await account.held()).values()) <= {d("0.01")}


async def test_one_position_flips_through_zero_when_it_may(account):
    """VC-330. Skip when: hedged."""
    _only_one_way(account)
    await account.take("buy", "0.01")
    await account.take("sell", "0.03")
    assert await account.held() == {PositionSide.BOTH: d("-0.02")}


async def test_long_and_short_are_held_apart(account):
    """VC-340. Short legs are negative; closing one leaves the other. Skip when: one-way."""
    _only_hedged(account)
    short = {"position_side": PositionSide.SHORT}
    await account.take("buy", "0.02")
    await account.take("sell", "0.03", **short)
    held = {PositionSide.LONG: d("0.02"), PositionSide.SHORT: d("-0.03")}
    assert await account.held() == held
    await account.take("buy", "0.03", reduce_only=True, **short)
    assert await account.held() == {PositionSide.LONG: d("0.02")}
    assert {fill.position_side for fill in await account.venue.fills(BTC, AN_HOUR_AGO)} == {
        PositionSide.LONG,
        PositionSide.SHORT,
    }


async def test_reduce_only_on_the_growing_side_of_a_leg_is_refused(account):
    """VC-350. Skip when: one-way."""
    _only_hedged(account)
    order = account.order("buy", "0.02", reduce_only=True)
    assert await account.refusal(order) == "REDUCE_ONLY"


async def test_an_order_for_a_leg_the_account_does_not_keep_is_refused(account):
    """VC-360. Never turned into another leg. Skip when: never."""
    wrong = PositionSide.BOTH if account.is_hedged else PositionSide.SHORT
    order = account.order("sell", "0.01", position_side=wrong)
    assert await account.refusal(order) == "POSITION_SIDE"
    assert await account.held() == {}


# --- the account


async def test_the_mode_changes_only_while_nothing_is_held_or_resting(account):
    """VC-400. Unchanged is fine. Skip when: never."""
    other = PositionMode.ONE_WAY if account.is_hedged else PositionMode.HEDGE
    await account.venue.set_position_mode(account.mode)
    order = await account.resting()
    await account.send(order)
    with pytest.raises(OrderRejected) as refused:
        await account.venue.set_position_mode(other)
    assert refused.value.reason == "POSITION_MODE"
    await account.cancel(order)
    await account.take("buy", "0.01")
    with pytest.raises(OrderRejected) as refused:
        await account.venue.set_position_mode(other)
    assert refused.value.reason == "POSITION_MODE"
    await account.take("sell", "0.01")
    await account.venue.set_position_mode(other)
    assert await account.venue.position_mode() is other


async def test_leverage_decides_the_margin(account):
    """VC-410. And is a whole number from 1 to 125. Skip when: never."""
    await account.venue.set_leverage(BTC, 5)
    await account.take("buy", "1")
    balance = await account.venue.balance()
    used = balance.wallet - balance.available
    assert d(19_000) < used < d(21_000)
    for wrong in (0, 126):
        with pytest.raises(InvalidInput, match=f"was {wrong}"):
            await account.venue.set_leverage(BTC, wrong)


async def test_the_wallet_changes_by_realized_pnl_and_fees_exactly(account):
    """VC-420. A round trip while the market moves. Skip when: never."""
    before = (await account.venue.balance()).wallet
    await account.take("buy", "0.7")
    account.move(60)
    await account.take("sell", "0.7")
    fills = await account.venue.fills(BTC, AN_HOUR_AGO)
    earned = -sum(fill.signed_quantity * fill.price + fill.fee for fill in fills)
    told = [fill.realized_pnl for fill in fills if fill.realized_pnl is not None]
    assert sum(told) in {earned + sum(fill.fee for fill in fills), 0}
    earned += sum(one.received for one in await account.venue.funding(BTC, AN_HOUR_AGO))
    after = (await account.venue.balance()).wallet
    assert abs(after - before - earned) <= d("1e-8") * len(fills)
    assert sum(fill.signed_quantity for fill in fills) == 0


async def test_a_position_shows_its_price_and_what_it_earned(account):
    """VC-430. Signed; at the mark, which may be shown on the tick. Skip when: never."""
    await account.take("buy", "0.7")
    account.move(30)
    (position,) = await account.venue.positions()
    fills = await account.venue.fills(BTC, AN_HOUR_AGO)
    entry = sum(fill.notional for fill in fills) / d("0.7")
    assert abs(position.average_price - entry) < d("0.0001")
    earned = (position.mark_price - entry) * d("0.7")
    assert abs(position.unrealized_pnl - earned) < d("0.7") * account.rules[BTC].tick_size


async def test_fills_are_told_from_a_moment_on_in_order_and_once(account):
    """VC-440. Skip when: never."""
    await account.take("buy", "0.5")
    first = await account.venue.fills(BTC, AN_HOUR_AGO)
    later = first[-1].time + timedelta(milliseconds=1)
    while await account.venue.server_time() <= later:
        pass
    await account.take("sell", "0.5")
    both = await account.venue.fills(BTC, AN_HOUR_AGO)
    assert both[: len(first)] == first
    assert await account.venue.fills(BTC, later) == both[len(first) :]
    assert len({fill.fill_id for fill in both}) == len(both)
    assert [fill.time for fill in both] == sorted(fill.time for fill in both)
    assert await account.venue.fills(ETH, AN_HOUR_AGO) == ()


async def test_a_settlement_pays_by_the_signed_position_at_the_mark(account):
    """VC-460. Longs pay a positive rate; the wallet moves by what is told. Skip when: never."""
    await account.take("buy", "0.7")
    wallet = (await account.venue.balance()).wallet
    account.settle(rate="0.0001")
    account.settle(rate="-0.005")
    mark = (await account.quote()).mark_price
    first, second = await account.venue.funding(BTC, AN_HOUR_AGO)
    assert (first.symbol, first.rate, second.rate) == (BTC, d("0.0001"), d("-0.005"))
    assert first.mark_price == second.mark_price == mark
    assert first.received == -(d("0.7") * mark * d("0.0001")).quantize(d("1e-8"))
    assert second.received == (d("0.7") * mark * d("0.005")).quantize(d("1e-8"))
    after = (await account.venue.balance()).wallet
    assert after - wallet == first.received + second.received


async def test_a_flat_account_sees_the_settlement_and_receives_nothing(account):
    """VC-461. Told all the same, on its own symbol only. Skip when: never."""
    assert await account.venue.funding(BTC, AN_HOUR_AGO) == ()
    account.settle(rate="0.0003")
    (settled,) = await account.venue.funding(BTC, AN_HOUR_AGO)
    assert (settled.rate, settled.received) == (d("0.0003"), 0)
    assert abs(settled.time - utc_now()) < timedelta(seconds=5)
    assert await account.venue.funding(ETH, AN_HOUR_AGO) == ()
    assert (await account.venue.balance()).wallet == 100_000


async def test_settlements_are_told_after_a_moment_in_order_and_once(account):
    """VC-462. At that very moment is not after it. Skip when: never."""
    await account.take("buy", "0.3")
    for rate in ("0.0001", "0.0002", "0.0003"):
        account.settle(rate=rate)
    told = await account.venue.funding(BTC, AN_HOUR_AGO)
    assert [one.rate for one in told] == [d("0.0001"), d("0.0002"), d("0.0003")]
    for index, one in enumerate(told):
        assert await account.venue.funding(BTC, one.time) == told[index + 1 :]


async def test_the_legs_of_a_hedged_account_pay_and_receive_apart_and_are_told_as_one(account):
    """VC-463. Each leg is rounded on its own. Skip when: one-way."""
    _only_hedged(account)
    await account.take("buy", "0.7")
    await account.take("sell", "0.3", position_side=PositionSide.SHORT)
    account.settle(rate="0.00012345")
    (settled,) = await account.venue.funding(BTC, AN_HOUR_AGO)
    due = [
        -(quantity * settled.mark_price * settled.rate).quantize(d("1e-8"))
        for quantity in (d("0.7"), d("-0.3"))
    ]
    assert due[0] < 0 < due[1]
    assert settled.received == sum(due)


async def test_funding_settles_on_schedule_on_every_symbol(account):
    """VC-464. At each multiple of the interval. Skip when: the market cannot be moved."""
    await account.take("buy", "0.7")
    wallet = (await account.venue.balance()).wallet
    account.market.settle_every(60)
    account.move(180)
    told = {s: await account.venue.funding(s, AN_HOUR_AGO) for s in (BTC, ETH, XRP)}
    assert [len(settlements) for settlements in told.values()] == [3, 3, 3]
    assert all(one.received for one in told[BTC])
    assert not any(one.received for one in told[ETH])
    after = (await account.venue.balance()).wallet
    assert after == wallet + sum(one.received for one in told[BTC])


async def test_many_calls_at_once_each_get_their_own_answer(account):
    """VC-450. Twenty orders, twenty answers, nothing mixed up. Skip when: never."""
    bid = (await account.quote()).bid
    orders = [account.order("buy", "0.002", bid - 1000 - k) for k in range(20)]
    wrong = account.order("buy", "2000", bid - 1000)
    answers = await asyncio.gather(
        *(account.venue.send(order) for order in [*orders, wrong]),
        *(account.venue.find_order(order) for order in [wrong]),
        return_exceptions=True,
    )
    assert [answer.order for answer in answers[:20]] == orders
    assert isinstance(answers[20], OrderRejected)
    assert answers[21] is None
    assert {(await account.sent(order)).state for order in orders} == {OrderState.ACKED}
    assert len(await account.venue.open_orders(BTC)) == 20


async def test_a_closed_venue_says_so_and_closes_twice(account):
    """VC-500. Skip when: there is no connection to close (in memory)."""
    if isinstance(account.venue, MemoryVenue):
        pytest.skip("nothing to close")
    await account.venue.close()
    await account.venue.close()
    with pytest.raises(VenueUnavailable, match="connect first"):
        await account.venue.positions()
    await account.venue.connect()
    assert await account.venue.positions() == ()
