"""Laws of the local exchange: they hold after every step of any sequence of orders."""

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal
from functools import partial

from exchange import exchange, truth
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, NOW, d

from nettools.errors import OrderRejected
from nettools.model import (
    Liquidity,
    Order,
    OrderState,
    PositionMode,
    PositionSide,
    Side,
    TimeInForce,
    legs_of,
)

DEPOSIT = d(300_000)
sides = st.sampled_from(Side)
modes = st.sampled_from(PositionMode)
quantities = st.one_of(
    st.integers(1, 9).map(Decimal),
    st.integers(1, 3000).map(lambda lots: Decimal(lots).scaleb(-3)),
)
ticks = st.integers(999_994, 1_000_006)
prices = ticks.map(lambda tick: Decimal(tick).scaleb(-1))
rates = st.integers(-500_000, 500_000).map(lambda units: Decimal(units).scaleb(-8))
ladders = st.dictionaries(st.integers(0, 6), st.integers(1, 5000), max_size=4)


@st.composite
def _orders(draw, mode):
    """Any order, most of them fit the mode and a position that may be there."""
    kind = draw(st.sampled_from(["market", "gtc", "gtc", "ioc", "fok", "post"]))
    is_hedge = mode is PositionMode.HEDGE
    fitting = [PositionSide.LONG, PositionSide.SHORT] if is_hedge else [PositionSide.BOTH]
    return Order(
        client_order_id="",
        symbol=BTC,
        position_side=draw(st.sampled_from(fitting * 4 + list(PositionSide))),
        side=draw(sides),
        quantity=draw(quantities),
        limit_price=None if kind == "market" else draw(prices),
        time_in_force=TimeInForce(kind if kind in {"ioc", "fok"} else "gtc"),
        post_only=kind == "post",
        reduce_only=not is_hedge and draw(st.booleans()),
    )


def _scripts(mode):
    steps = st.one_of(
        _orders(mode),
        _orders(mode),
        _orders(mode),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("make"), sides, prices, quantities),
        st.tuples(st.just("take"), sides, quantities),
        st.tuples(st.just("requote"), ticks, ladders, ladders),
        st.tuples(st.just("mark"), prices),
        st.tuples(st.just("settle"), rates),
    )
    return st.lists(steps, min_size=5, max_size=30)


lives = modes.flatmap(lambda mode: st.tuples(st.just(mode), _scripts(mode)))


def _do(engine, step):
    match step:
        case Order():
            engine.place(step, NOW)
        case ("cancel", number):
            engine.cancel(BTC, NOW, order_id=str(number))
        case ("make", side, price, quantity):
            engine.make(BTC, side, price, quantity, NOW)
        case ("take", side, quantity):
            engine.take(BTC, side, quantity, NOW)
        case ("requote", mid, bids, asks):
            down = [(mid - off, lots) for off, lots in bids.items()]
            up = [(mid + 1 + off, lots) for off, lots in asks.items()]
            engine.requote(BTC, down, up, NOW)
        case ("mark", price):
            engine.set_mark(BTC, price)
        case ("settle", rate):
            engine.settle(BTC, rate, engine.mark_price(BTC), NOW)


def _play(life, check):
    mode, script = life
    engine = exchange(mode=mode, deposit=DEPOSIT)
    for step in script:
        with suppress(OrderRejected):
            _do(engine, step)
        check(engine)


def _by_order(engine):
    fills = defaultdict(list)
    for fill in engine.fills(BTC):
        fills[fill.venue_order_id].append(fill)
    return [(record, fills[record.order_id]) for record in engine.orders(BTC)]


@given(lives)
def test_the_book_is_never_crossed_and_no_level_is_empty(life):
    def check(engine):
        bids, asks = engine.depth(BTC, 1000)
        assert [p for p, _ in bids] == sorted({p for p, _ in bids}, reverse=True)
        assert [p for p, _ in asks] == sorted({p for p, _ in asks})
        assert all(quantity > 0 for _, quantity in bids + asks)
        assert not (bids and asks) or bids[0][0] < asks[0][0]

    _play(life, check)


@given(lives)
def test_the_fills_of_an_order_add_up_to_what_it_says_is_filled(life):
    def check(engine):
        for record, fills in _by_order(engine):
            assert record.filled == sum(fill.quantity for fill in fills)
            assert record.filled_notional == sum(fill.notional for fill in fills)
            assert (record.state is OrderState.FILLED) is (record.remaining == 0)
            assert (record.state is OrderState.ACKED) <= (record.filled == 0)
            assert record.remaining >= 0

    _play(life, check)


@given(lives)
def test_no_fill_is_worse_than_the_limit_and_every_fill_id_is_new(life):
    def check(engine):
        for record, fills in _by_order(engine):
            order = record.order
            if order.limit_price is not None:
                worst = [order.side.sign * (f.price - order.limit_price) for f in fills]
                assert all(excess <= 0 for excess in worst)
        ids = [int(fill.fill_id) for fill in engine.fills(BTC)]
        assert ids == sorted(set(ids))

    _play(life, check)


@given(lives)
def test_a_position_is_the_sum_of_its_signed_fills_and_a_hedge_leg_keeps_its_sign(life):
    def check(engine):
        for leg in legs_of(BTC, engine.mode):
            fills = [f for f in engine.fills(BTC) if f.position_side is leg.position_side]
            quantity = sum(fill.signed_quantity for fill in fills)
            assert engine.position(leg).quantity == quantity
            assert leg.position_side is not PositionSide.LONG or quantity >= 0
            assert leg.position_side is not PositionSide.SHORT or quantity <= 0

    _play(life, check)


@given(lives)
def test_the_wallet_is_the_deposit_plus_realized_minus_fees_plus_funding_exactly(life):
    def check(engine):
        fills, state = engine.fills(BTC), engine.account()
        funding = sum(
            payment.received
            for settlement in engine.settlements(BTC)
            for payment in settlement.payments
        )
        cash = sum(-fill.signed_quantity * fill.price - fill.fee for fill in fills)
        held = sum(fill.signed_quantity for fill in fills) * engine.mark_price(BTC)
        earned = sum(fill.realized_pnl - fill.fee for fill in fills)
        assert state.funding == funding
        assert state.wallet == DEPOSIT + earned + funding
        assert state.margin_balance == DEPOSIT + cash + held + funding

    _play(life, check)


@given(lives)
def test_a_settlement_moves_cash_by_the_signed_position_and_nothing_else(life):
    mode, script = life
    engine = exchange(mode=mode, deposit=DEPOSIT)
    for step in script:
        before, wallet = engine.positions(), engine.account().wallet
        with suppress(OrderRejected):
            _do(engine, step)
        if isinstance(step, tuple) and step[0] == "settle":
            due = [-p.quantity * p.mark_price * step[1] for p in before]
            received = engine.account().wallet - wallet
            assert engine.positions() == before
            assert abs(received - sum(due)) <= len(due) * d("0.5e-8")
            assert received == received.quantize(d("1e-8"))


@given(lives)
def test_open_orders_are_what_rests_and_hold_the_margin_the_account_states(life):
    def check(engine):
        exposures = []
        for leg in legs_of(BTC, engine.mode):
            value = engine.position(leg).quantity * engine.mark_price(BTC)
            reach = {Side.BUY: value, Side.SELL: value}
            for record in engine.open_orders(BTC):
                order = record.order
                closes = order.reduce_only or _closes(order)
                if order.leg == leg and not closes:
                    reach[order.side] += record.remaining * order.limit_price * order.side.sign
            exposures.append(max(abs(value), *map(abs, reach.values())))
        levels = dict(engine.depth(BTC, 1000)[0] + engine.depth(BTC, 1000)[1])
        for record in engine.open_orders(BTC):
            assert 0 < record.remaining <= levels[record.order.limit_price]
        assert engine.account().initial_margin == sum(exposures) / 20

    _play(life, check)


def _closes(order):
    closing = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}
    return order.side is closing.get(order.position_side)


@st.composite
def _reducing(draw):
    """A long position, reduce-only sells resting above it, then what could turn it over."""
    make = partial(Order, client_order_id="", symbol=BTC, side=Side.SELL)
    reducing = partial(make, reduce_only=True)
    resting = st.builds(reducing, quantity=quantities, limit_price=prices)
    after = st.one_of(
        st.builds(make, quantity=quantities),
        st.tuples(st.just("take"), sides, quantities),
        st.tuples(st.just("make"), st.just(Side.BUY), prices, quantities),
        _orders(PositionMode.ONE_WAY),
    )
    opening = make(side=Side.BUY, quantity=draw(quantities))
    return [opening, *draw(st.lists(resting, max_size=4)), *draw(st.lists(after, min_size=2))]


@given(_reducing())
def test_a_reduce_only_order_never_grows_a_position(script):
    def check(engine):
        flags = {record.order_id: record.order.reduce_only for record in engine.orders(BTC)}
        position = Decimal(0)
        for fill in engine.fills(BTC):
            after = position + fill.signed_quantity
            if flags[fill.venue_order_id]:
                assert abs(after) < abs(position)
                assert after * position >= 0
            position = after

    _play((PositionMode.ONE_WAY, script), check)


@given(lives)
def test_post_only_never_takes_and_fok_is_all_or_nothing(life):
    def check(engine):
        for record, fills in _by_order(engine):
            if record.order.post_only:
                assert all(fill.liquidity is Liquidity.MAKER for fill in fills)
            if record.order.time_in_force is TimeInForce.FOK:
                assert record.state is OrderState.FILLED

    _play(life, check)


@given(lives)
def test_a_refusal_changes_nothing(life):
    mode, script = life
    engine = exchange(mode=mode, deposit=DEPOSIT)
    for step in script:
        before = truth(engine)
        try:
            _do(engine, step)
        except OrderRejected:
            assert truth(engine) == before


@given(lives)
@settings(max_examples=25)
def test_the_same_calls_give_the_same_exchange(life):
    mode, script = life
    truths = []
    for _ in range(2):
        engine = exchange(mode=mode, deposit=DEPOSIT)
        for step in script:
            with suppress(OrderRejected):
                _do(engine, step)
        truths.append(truth(engine))
    assert truths[0] == truths[1]
