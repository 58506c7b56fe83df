"""The exchange itself: accept, match, cancel, refuse."""

import pytest
from exchange import buy, exchange, held, offer, sell, truth
from makers import BTC, ETH, NOW, d, leg

from nettools.errors import OrderRejected
from nettools.model import Liquidity, OrderState, PositionMode, Side
from nettools.testnet.engine import Engine

# --- taking and resting


def test_a_market_order_takes_the_best_prices_first():
    engine = exchange(asks="1@100000.1 2@100000.2")
    record = engine.place(buy("1.5"), NOW)
    assert (record.state, record.filled) == (OrderState.FILLED, d("1.5"))
    assert [(f.quantity, f.price) for f in engine.fills(BTC)] == [
        (1, d("100000.1")),
        (d("0.5"), d("100000.2")),
    ]
    assert record.average_price == (d("100000.1") + d("50000.1")) / d("1.5")
    assert held(engine) == d("1.5")


def test_a_limit_order_takes_what_crosses_and_rests_with_what_is_left():
    engine = exchange(asks="1@100000.1 2@100000.2")
    record = engine.place(buy("1.5", "100000.1"), NOW)
    assert (record.state, record.filled, record.remaining) == (OrderState.PARTIAL, 1, d("0.5"))
    assert engine.depth(BTC, 1) == (((d("100000.1"), d("0.5")),), ((d("100000.2"), 2),))
    assert engine.open_orders() == (record,)


def test_whoever_runs_into_a_resting_order_makes_the_trader_the_maker():
    engine = exchange()
    order_id = engine.place(sell("1", "100000.0"), NOW).order_id
    offer(engine, Side.BUY, "0.4@100000.1")
    record = engine.find(BTC, order_id=order_id)
    (fill,) = engine.fills(BTC)
    assert (record.state, record.filled) == (OrderState.PARTIAL, d("0.4"))
    assert (fill.price, fill.liquidity, fill.fee) == (d("100000.0"), Liquidity.MAKER, d("8"))


def test_at_one_price_the_earlier_order_is_filled_first():
    engine = exchange()
    first, second = (engine.place(buy("1", "99999.5"), NOW).order_id for _ in range(2))
    assert engine.take(BTC, Side.SELL, d("6.5"), NOW) == d("6.5")
    assert engine.find(BTC, order_id=first).state is OrderState.FILLED
    assert engine.find(BTC, order_id=second).filled == d("0.5")


def test_fees_are_taken_per_execution_and_the_wallet_falls_by_them():
    engine = exchange()
    engine.place(buy("0.7"), NOW)
    (fill,) = engine.fills(BTC)
    assert (fill.fee, fill.fee_currency) == (d("35.000035"), "USDT")
    assert engine.account().wallet == 100_000 - d("35.000035")


def test_an_order_without_an_id_gets_one_and_times_are_those_of_the_caller():
    record = exchange().place(buy("1", id=""), NOW)
    assert record.order.client_order_id
    assert (record.created, record.updated) == (NOW, NOW)


# --- time in force


def test_what_an_ioc_cannot_fill_expires():
    engine = exchange(asks="1@100000.1 5@100000.9")
    record = engine.place(buy("3", "100000.5", tif="ioc"), NOW)
    assert (record.state, record.filled, record.expire_reason) == (OrderState.EXPIRED, 1, "IOC")
    assert engine.open_orders() == ()


def test_a_market_order_stops_at_the_price_band():
    engine = exchange(asks="1@100000.1 5@105000.1")
    record = engine.place(buy("3"), NOW)
    assert (record.state, record.filled) == (OrderState.EXPIRED, 1)


def test_a_fok_is_filled_wholly_or_refused_with_nothing_changed():
    engine = exchange(asks="1@100000.1 2@100000.2")
    before = truth(engine)
    with pytest.raises(OrderRejected, match="cannot be filled wholly") as refused:
        engine.place(buy("3.001", "100000.2", tif="fok"), NOW)
    assert refused.value.reason == "FOK"
    assert truth(engine) == before
    assert engine.place(buy("3", "100000.2", tif="fok"), NOW).state is OrderState.FILLED


def test_a_post_only_order_that_would_take_is_refused_and_otherwise_rests():
    engine = exchange()
    before = truth(engine)
    with pytest.raises(OrderRejected, match="would take") as refused:
        engine.place(buy("1", "100000.1", post_only=True), NOW)
    assert refused.value.reason == "WOULD_TAKE"
    assert truth(engine) == before
    assert engine.place(buy("1", "100000.0", post_only=True), NOW).is_open


def test_the_traders_own_resting_order_expires_instead_of_trading_with_him():
    engine = exchange()
    mine = engine.place(sell("1", "100000.0"), NOW).order_id
    assert engine.place(buy("1"), NOW).average_price == d("100000.1")
    record = engine.find(BTC, order_id=mine)
    assert (record.state, record.expire_reason) == (OrderState.EXPIRED, "SELF_TRADE")
    assert held(engine) == 1


# --- looking up and cancelling


def test_an_order_is_found_and_cancelled_by_either_id():
    engine = exchange()
    one = engine.place(buy("1", "99000", id="mine"), NOW)
    assert engine.find(BTC, client_order_id="mine") == engine.find(BTC, order_id=one.order_id)
    assert engine.cancel(BTC, NOW, client_order_id="mine").state is OrderState.CANCELED
    two = engine.place(buy("1", "99000"), NOW)
    assert engine.cancel(BTC, NOW, order_id=two.order_id).state is OrderState.CANCELED
    assert engine.open_orders() == ()
    assert [record.state for record in engine.orders(BTC)] == [OrderState.CANCELED] * 2


@pytest.mark.parametrize("known", ["other symbol", "filled", "canceled", "never sent"])
def test_only_an_open_order_can_be_cancelled(known):
    engine = exchange()
    symbol = ETH if known == "other symbol" else BTC
    if known != "never sent":
        engine.place(buy("1", None if known == "filled" else "99000", id="x"), NOW)
    if known == "canceled":
        engine.cancel(BTC, NOW, client_order_id="x")
    with pytest.raises(OrderRejected, match="may be filled") as refused:
        engine.cancel(symbol, NOW, client_order_id="x")
    assert refused.value.reason == "NOT_FOUND"


def test_cancel_all_ends_the_orders_of_one_symbol_only():
    engine = exchange()
    for _ in range(2):
        engine.place(buy("1", "99000"), NOW)
    other = engine.place(buy("1", "3400", symbol=ETH), NOW)
    assert len(engine.cancel_all(BTC, NOW)) == 2
    assert engine.open_orders() == (other,)


def test_a_client_id_can_be_used_again_once_its_order_is_final():
    engine = exchange()
    engine.place(buy("1", "99000", id="x"), NOW)
    with pytest.raises(OrderRejected) as refused:
        engine.place(sell("1", id="x"), NOW)
    assert refused.value.reason == "DUPLICATE_ID"
    engine.cancel(BTC, NOW, client_order_id="x")
    assert engine.place(buy("1", id="x"), NOW).order_id == "2"
    assert engine.find(BTC, client_order_id="x").order_id == "2"


def test_an_exchange_can_insist_on_ids_that_are_unique_for_ever():
    engine = exchange(ids_unique_forever=True)
    engine.place(buy("1", id="x"), NOW)
    with pytest.raises(OrderRejected) as refused:
        engine.place(buy("1", id="x"), NOW)
    assert refused.value.reason == "DUPLICATE_ID"


def test_fills_are_given_from_an_id_and_a_time_on():
    engine = exchange(asks="1@100000.1 1@100000.2 1@100000.3")
    engine.place(buy("3"), NOW)
    ids = [int(fill.fill_id) for fill in engine.fills(BTC)]
    assert ids == sorted(set(ids))
    assert [int(fill.fill_id) for fill in engine.fills(BTC, from_id=ids[1])] == ids[1:]
    assert len(engine.fills(BTC, since=NOW)) == 3
    assert engine.fills(BTC, since=NOW.replace(hour=13)) == ()


def test_a_listener_hears_of_every_change_in_order():
    engine, heard = exchange(asks="1@100000.1"), []
    engine.listen(lambda record, fill: heard.append((record.state, fill and fill.quantity)))
    order_id = engine.place(buy("3", "100000.1"), NOW).order_id
    engine.cancel(BTC, NOW, order_id=order_id)
    assert heard == [
        (OrderState.ACKED, None),
        (OrderState.PARTIAL, 1),
        (OrderState.CANCELED, None),
    ]


# --- reduce-only


def _long(quantity="1", **terms):
    engine = exchange(**terms)
    engine.place(buy(quantity), NOW)
    return engine


@pytest.mark.parametrize("order", [buy("1", reduce_only=True), sell("1", reduce_only=True)])
def test_reduce_only_needs_a_position_to_reduce(order):
    engine = exchange() if order.side is Side.SELL else _long()
    before = truth(engine)
    with pytest.raises(OrderRejected) as refused:
        engine.place(order, NOW)
    assert (refused.value.reason, refused.value.venue_code) == ("REDUCE_ONLY", "-2022")
    assert truth(engine) == before


def test_a_reduce_only_order_larger_than_the_position_is_clipped():
    engine = _long()
    record = engine.place(sell("3", reduce_only=True), NOW)
    assert (record.order.quantity, record.state) == (1, OrderState.FILLED)
    assert held(engine) == 0


def test_resting_reduce_only_orders_use_up_the_allowance():
    engine = _long()
    engine.place(sell("0.6", "101000", reduce_only=True), NOW)
    assert engine.place(sell("0.6", "102000", reduce_only=True), NOW).order.quantity == d("0.4")
    with pytest.raises(OrderRejected) as refused:
        engine.place(sell("0.1", reduce_only=True), NOW)
    assert (refused.value.reason, refused.value.venue_code) == ("REDUCE_ONLY", "-4118")


def test_a_cancelled_reduce_only_order_gives_its_allowance_back():
    engine = _long()
    for _ in range(3):
        engine.place(sell("1", "101000", reduce_only=True, id="x"), NOW)
        engine.cancel(BTC, NOW, client_order_id="x")
    assert engine.place(sell("1", reduce_only=True), NOW).state is OrderState.FILLED


def test_a_resting_reduce_only_order_never_fills_more_than_the_position_and_then_expires():
    engine = _long()
    order_id = engine.place(sell("1", "100500", reduce_only=True), NOW).order_id
    engine.place(sell("0.7"), NOW)
    offer(engine, Side.BUY, "5@100500")
    record = engine.find(BTC, order_id=order_id)
    assert (record.filled, record.state) == (d("0.3"), OrderState.EXPIRED)
    assert record.expire_reason == "REDUCE_ONLY"
    assert held(engine) == 0


def test_resting_reduce_only_orders_expire_when_the_position_turns_over():
    engine = _long()
    order_id = engine.place(sell("1", "101000", reduce_only=True), NOW).order_id
    engine.place(sell("1.5"), NOW)
    assert engine.find(BTC, order_id=order_id).expire_reason == "REDUCE_ONLY"
    assert held(engine) == d("-0.5")


def test_a_reduce_only_order_may_be_below_the_minimum_notional():
    engine = _long("0.002")
    engine.set_mark(BTC, d("50000"))
    with pytest.raises(OrderRejected) as refused:
        engine.place(sell("0.001"), NOW)
    assert refused.value.reason == "MIN_NOTIONAL"
    engine.set_mark(BTC, d("100000"))
    engine.place(sell("0.001", "95000", reduce_only=True), NOW)
    assert held(engine) == d("0.001")


# --- one-way and hedge


def test_in_hedge_mode_long_and_short_are_held_side_by_side():
    engine = exchange(mode=PositionMode.HEDGE)
    engine.place(buy("1", leg="long"), NOW)
    engine.place(sell("0.4", leg="short"), NOW)
    assert (held(engine, "long"), held(engine, "short")) == (1, d("-0.4"))
    assert [p.position_side.name for p in engine.positions()] == ["LONG", "SHORT"]


def test_a_sell_on_the_long_leg_never_opens_a_short():
    engine = exchange(mode=PositionMode.HEDGE)
    engine.place(buy("1", leg="long"), NOW)
    before = truth(engine)
    with pytest.raises(OrderRejected) as refused:
        engine.place(sell("1.001", leg="long"), NOW)
    assert (refused.value.reason, refused.value.venue_code) == ("REDUCE_ONLY", "-2022")
    assert truth(engine) == before
    engine.place(sell("1", leg="long"), NOW)
    assert engine.positions() == ()


def test_closing_orders_that_rest_use_up_a_hedge_leg():
    engine = exchange(mode=PositionMode.HEDGE)
    engine.place(sell("1", leg="short"), NOW)
    engine.place(buy("0.7", "99000", leg="short"), NOW)
    with pytest.raises(OrderRejected) as refused:
        engine.place(buy("0.7", leg="short"), NOW)
    assert (refused.value.reason, refused.value.venue_code) == ("REDUCE_ONLY", "-4118")


@pytest.mark.parametrize(
    ("mode", "order", "reason"),
    [
        ("one-way", buy("1", leg="long"), "POSITION_SIDE"),
        ("hedge", buy("1"), "POSITION_SIDE"),
        ("hedge", sell("1", leg="long", reduce_only=True), "BAD_PARAMETER"),
    ],
)
def test_the_position_side_must_fit_the_mode(mode, order, reason):
    engine = exchange(mode=PositionMode(mode))
    with pytest.raises(OrderRejected) as refused:
        engine.place(order, NOW)
    assert refused.value.reason == reason


def test_the_mode_changes_only_without_orders_and_positions():
    engine = exchange()
    with pytest.raises(OrderRejected, match="already") as refused:
        engine.set_mode(PositionMode.ONE_WAY)
    assert refused.value.reason == "NO_CHANGE"
    engine.place(buy("1", "99000", id="x"), NOW)
    with pytest.raises(OrderRejected, match="orders are open") as refused:
        engine.set_mode(PositionMode.HEDGE)
    assert (refused.value.reason, refused.value.venue_code) == ("POSITION_MODE", "-4067")
    engine.cancel(BTC, NOW, client_order_id="x")
    engine.place(buy("1"), NOW)
    with pytest.raises(OrderRejected, match="positions are held") as refused:
        engine.set_mode(PositionMode.HEDGE)
    assert refused.value.venue_code == "-4068"
    engine.place(sell("1"), NOW)
    engine.set_mode(PositionMode.HEDGE)
    assert engine.mode is PositionMode.HEDGE


# --- margin


def test_the_seed_story_fits_the_default_account():
    engine = exchange()
    engine.place(buy("0.7"), NOW)
    state = engine.account()
    assert (state.position_margin, state.maintenance_margin) == (3500, 280)
    assert engine.leg_margin(leg()) == (3500, 280)


def test_an_order_beyond_the_margin_is_refused_with_its_numbers():
    engine = exchange(asks="50@100000", deposit=d(5000))
    before = truth(engine)
    with pytest.raises(OrderRejected, match="needs 5005 more margin, but 5000") as refused:
        engine.place(buy("1.001"), NOW)
    assert refused.value.reason == "INSUFFICIENT_MARGIN"
    assert truth(engine) == before
    assert engine.place(buy("1"), NOW).state is OrderState.FILLED


def test_resting_orders_hold_margin_and_give_it_back():
    engine = exchange()
    engine.place(buy("1", "98000", id="x"), NOW)
    assert engine.account().order_margin == 4900
    engine.place(sell("1", "101000"), NOW)
    assert engine.account().order_margin == 5050
    engine.cancel_all(BTC, NOW)
    assert engine.account().available == 100_000


def test_a_position_can_be_closed_even_when_no_margin_is_left():
    engine = _long(deposit=d(5100))
    engine.set_mark(BTC, d("97000"))
    assert engine.account().available == 0
    with pytest.raises(OrderRejected):
        engine.place(buy("0.1"), NOW)
    assert engine.place(sell("1"), NOW).state is OrderState.FILLED


def test_leverage_changes_the_margin_and_is_refused_when_there_is_too_little():
    engine = _long(deposit=d(6000))
    engine.set_leverage(BTC, 100)
    assert engine.leverage(BTC) == 100
    assert engine.account().position_margin == 1000
    assert engine.leverage(ETH) == 20
    for leverage, reason in ((0, "BAD_PARAMETER"), (126, "BAD_PARAMETER"), (10, None)):
        with pytest.raises(OrderRejected) as refused:
            engine.set_leverage(BTC, leverage)
        assert refused.value.reason == (reason or "INSUFFICIENT_MARGIN")
    assert engine.leverage(BTC) == 100


# --- the public side


def test_the_quote_is_the_touch_and_there_is_none_without_two_sides():
    quote = exchange().quote(BTC, NOW)
    assert (quote.bid, quote.ask, quote.mark_price) == (d("99999.9"), d("100000.1"), 100_000)
    assert exchange(bids="").quote(BTC, NOW) is None


def test_before_the_first_mark_and_trade_there_is_no_price():
    engine = Engine(exchange().instruments.values())
    assert engine.mark_price(BTC) == 0
    offer(engine, Side.SELL, "1@100")
    engine.take(BTC, Side.BUY, d(1), NOW)
    assert engine.mark_price(BTC) == engine.last_price(BTC) == 100


def test_makers_that_requote_through_a_resting_order_fill_it_at_its_price():
    engine = exchange(bids="", asks="")
    engine.requote(BTC, [(999_990, 5000)], [(1_000_010, 5000)], NOW)
    order_id = engine.place(buy("3", "100000.0"), NOW).order_id
    engine.requote(BTC, [(999_900, 5000)], [(999_910, 1000), (999_920, 500)], NOW)
    record = engine.find(BTC, order_id=order_id)
    assert (record.filled, record.average_price) == (d("1.5"), d("100000.0"))
    assert engine.depth(BTC) == (
        ((d("100000.0"), d("1.5")), (d("99990.0"), d("5"))),
        (),
    )


def test_every_change_of_a_book_raises_the_sequence():
    engine = exchange()
    seen = [engine.sequence]
    for change in (
        lambda: engine.place(buy("1", "99000", id="x"), NOW),
        lambda: engine.cancel(BTC, NOW, client_order_id="x"),
        lambda: engine.take(BTC, Side.BUY, d(1), NOW),
        lambda: engine.requote(BTC, [], [], NOW),
    ):
        change()
        seen.append(engine.sequence)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "ask",
    [
        lambda engine: engine.place(buy("1", symbol="DOGE/USDT:USDT"), NOW),
        lambda engine: engine.mark_price("DOGE/USDT:USDT"),
        lambda engine: engine.set_leverage("DOGE/USDT:USDT", 5),
        lambda engine: engine.cancel_all("DOGE/USDT:USDT", NOW),
    ],
    ids=["place", "mark", "leverage", "cancel"],
)
def test_an_unknown_symbol_is_refused_and_the_known_ones_are_named(ask):
    with pytest.raises(OrderRejected, match="BTC/USDT:USDT, ETH") as refused:
        ask(exchange())
    assert refused.value.reason == "UNKNOWN_SYMBOL"


# --- acknowledged first, entered later


def test_an_acknowledged_order_changes_nothing_until_it_is_entered():
    engine = exchange()
    before = truth(engine)
    order = buy("1", "99000")
    order_id = engine.acknowledge(order)
    assert truth(engine) == before
    other = engine.place(buy("1", "98000"), NOW)
    record = engine.enter(order, order_id, NOW)
    assert (record.order_id, record.state) == (order_id, OrderState.ACKED)
    assert other.order_id != order_id
    assert engine.place(buy("1", "97000"), NOW).order_id not in {order_id, other.order_id}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (buy("1", "100001", post_only=True), "WOULD_TAKE"),
        (buy("9", "100001", tif="fok"), "FOK"),
    ],
)
def test_what_only_the_book_refuses_is_acknowledged_and_refused_on_record(order, reason):
    engine = exchange()
    told = []
    engine.listen(lambda record, _fill: told.append(record))
    before = engine.sequence
    record = engine.enter(order, engine.acknowledge(order), NOW)
    assert (record.state, record.expire_reason) == (OrderState.REJECTED, reason)
    assert told == [record]
    assert engine.find(BTC, client_order_id=order.client_order_id) == record
    assert (engine.open_orders(), engine.sequence) == ((), before)


def test_what_is_wrong_already_is_not_acknowledged():
    engine = exchange(ids_unique_forever=True)
    engine.place(buy("1", "99000", id="a"), NOW)
    before = truth(engine)
    for order, reason in (
        (buy("1.0005", "99000"), "STEP_SIZE"),
        (buy("21", "99000"), "INSUFFICIENT_MARGIN"),
        (sell("1", "101000", reduce_only=True), "REDUCE_ONLY"),
        (buy("1", "99000", id="a"), "DUPLICATE_ID"),
    ):
        with pytest.raises(OrderRejected) as refused:
            engine.acknowledge(order)
        assert refused.value.reason == reason
    assert truth(engine) == before


def test_reduce_only_beside_a_side_is_taken_where_the_venue_takes_it():
    engine = exchange(mode=PositionMode.HEDGE, reduce_only_in_hedge=True)
    engine.place(buy("1", leg="long"), NOW)
    with pytest.raises(OrderRejected) as refused:
        engine.place(buy("1", leg="long", reduce_only=True), NOW)
    assert refused.value.reason == "REDUCE_ONLY"
    record = engine.place(sell("5", leg="long", reduce_only=True), NOW)
    assert (record.filled, held(engine, "long")) == (1, 0)
