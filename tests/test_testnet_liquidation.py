"""What the venue does to a position whose trader did not, and the incidents around it."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from dialect import NOON, Trader
from exchange import buy, exchange, held, offer, sell
from hypothesis import given
from hypothesis import strategies as st
from makers import BTC, ETH, NOW, d
from stepped import Rig

import nettools as nt
from nettools.errors import InvalidInput, OrderRejected
from nettools.model import OrderState, PositionMode, Side
from nettools.testnet.incidents import IncidentEngine
from nettools.testnet.opening import open_exchange
from nettools.testnet.settings import Settings

LATER = NOW + timedelta(seconds=10)


def _engine(**terms):
    return exchange(kind=IncidentEngine, **terms)


def _booked(engine):
    """Law: position and wallet follow from the fills (and funding) alone."""
    held = {}
    cash = Decimal(100_000) + engine.account().funding
    for symbol in engine.instruments:
        for fill in engine.fills(symbol):
            leg = (symbol, fill.position_side)
            held[leg] = held.get(leg, Decimal(0)) + fill.signed_quantity
            cash += (fill.realized_pnl or 0) - fill.fee
    positions = {(p.symbol, p.position_side): p.quantity for p in engine.positions()}
    return {leg: q for leg, q in held.items() if q} == positions, cash


# --- liquidation


def test_a_position_is_liquidated_when_its_margin_is_gone():
    engine = _engine(deposit=d(30_000))
    engine.place(buy("5", "100000.1"), NOW)
    engine.place(buy("0.1", "90000"), NOW)
    engine.set_mark(BTC, d("94480"))
    engine.second_passed(LATER)
    assert held(engine) == 5
    engine.set_mark(BTC, d("94370"))
    engine.second_passed(LATER)
    assert held(engine) == 0
    record = engine.orders(BTC)[-1]
    assert record.order.client_order_id.startswith("autoclose-")
    assert (record.state, record.order.side) == (OrderState.FILLED, Side.SELL)
    (fill,) = (f for f in engine.fills(BTC) if f.venue_order_id == record.order_id)
    assert (fill.price, fill.quantity, fill.time) == (d("94370"), 5, LATER)
    assert [r.expire_reason for r in engine.orders(BTC)] == ["", "LIQUIDATION", ""]
    assert engine.account().wallet >= 0


def test_a_position_with_margin_left_is_kept_while_the_market_moves():
    engine = _engine()
    engine.place(buy("1"), NOW)
    for mark in ("90000", "50000", "20000"):
        engine.set_mark(BTC, d(mark))
        engine.second_passed(LATER)
    assert held(engine) == 1
    assert engine.check_margin(LATER) == ()


def test_what_needs_most_margin_goes_first_and_the_rest_only_if_it_must():
    engine = _engine()
    engine.make(ETH, Side.SELL, d("3500"), d("20"), NOW)
    engine.place(buy("5"), NOW)
    engine.place(buy("20", symbol=ETH), NOW)
    engine.set_wallet(d(3_000), NOW)
    engine.set_mark(BTC, d("99840"))
    orders = engine.check_margin(LATER)
    assert [order.order.symbol for order in orders] == [BTC]
    assert (held(engine), held(engine, symbol=ETH)) == (0, 20)


def test_lowering_the_wallet_may_be_a_margin_call():
    engine = _engine()
    engine.place(buy("5"), NOW)
    engine.set_wallet(d(1_500), LATER)
    assert held(engine) == 0
    assert [e.kind for e in engine.events][-3:] == ["transfer", "fill", "order"] or [
        e.kind for e in engine.events
    ][-2:] == ["transfer", "fill"]


def test_both_legs_of_a_hedge_can_be_liquidated_by_hand():
    engine = _engine(mode=PositionMode.HEDGE)
    engine.place(buy("1", leg="long"), NOW)
    engine.place(sell("0.5", leg="short"), NOW)
    orders = engine.liquidate(BTC, LATER)
    assert {(o.order.position_side.value, o.order.side.value) for o in orders} == {
        ("long", "sell"),
        ("short", "buy"),
    }
    assert engine.positions() == ()


def test_nothing_is_liquidated_where_nothing_is_held():
    engine = _engine()
    with pytest.raises(InvalidInput, match="nothing is held"):
        engine.liquidate(BTC, NOW)
    with pytest.raises(OrderRejected):
        engine.liquidate("DOGE/USDT:USDT", NOW)
    assert not engine.events


# --- ADL and settlement


def test_adl_takes_a_part_away():
    engine = _engine()
    engine.place(sell("1"), NOW)
    engine.set_mark(BTC, d("98000"))
    record = engine.deleverage(BTC, d("0.4"), LATER)
    assert record.order.client_order_id == "adl_autoclose"
    assert held(engine) == d("-0.6")
    for wrong, said in (("2", "at most what"), ("0.0001", "multiple")):
        with pytest.raises(InvalidInput, match=said):
            engine.deleverage(BTC, d(wrong), LATER)
    engine.deleverage(BTC, d("0.6"), LATER)
    assert held(engine) == 0


def test_a_contract_that_ends_is_settled_and_refuses_everything():
    engine = _engine()
    engine.place(buy("1"), NOW)
    engine.place(buy("0.5", "99000"), NOW)
    engine.change_status(BTC, "closed", LATER)
    assert held(engine) == 0
    assert engine.orders(BTC)[-1].order.client_order_id.startswith("settlement_autoclose-")
    assert engine.orders(BTC)[1].expire_reason == "DELISTED"
    with pytest.raises(OrderRejected) as refusal:
        engine.place(buy("1"), NOW)
    assert refusal.value.reason == "NOT_TRADING"


@pytest.mark.parametrize("status", ["paused", "settling"])
def test_a_contract_that_pauses_lets_positions_shrink_only(status):
    engine = _engine()
    engine.place(buy("1"), NOW)
    engine.change_status(BTC, status, NOW)
    with pytest.raises(OrderRejected) as refusal:
        engine.place(buy("1"), NOW)
    assert refusal.value.reason == "NOT_TRADING"
    engine.place(sell("0.4", reduce_only=True), NOW)
    assert held(engine) == d("0.6")
    engine.change_status(BTC, "trading", NOW)
    engine.place(buy("0.4"), NOW)
    assert held(engine) == 1


STEPS = st.lists(
    st.sampled_from(
        [
            *("buy", "sell", "rest", "liquidate", "adl", "fund", "second", "hold", "release"),
            *("fall", "rise", "reset"),
        ]
    ),
    max_size=30,
)


@given(STEPS, st.sampled_from(list(PositionMode)))
def test_whatever_happens_is_booked_like_a_fill(steps, mode):
    """Position and wallet follow from fills and funding; the log's last word agrees."""
    engine = _engine(mode=mode)
    is_hedged = mode is PositionMode.HEDGE
    for number, step in enumerate(steps):
        now = NOW + timedelta(seconds=number)
        _do(engine, step, now, is_hedged=is_hedged)
        agrees, cash = _booked(engine)
        assert agrees
        assert abs(cash - engine.account().wallet) < d("1e-8")
        numbers = [event.number for event in engine.events]
        assert numbers == list(range(1, len(numbers) + 1))
        if engine.events:
            assert engine.events[-1].wallet == engine.account().wallet


def _do(engine, step, now, *, is_hedged):
    long, short = ({"leg": "long"}, {"leg": "short"}) if is_hedged else ({}, {})
    offer(engine, Side.BUY, "2@99999.9")
    offer(engine, Side.SELL, "2@100000.1")
    actions = {
        "buy": lambda: engine.place(buy("0.5", **long), now),
        "sell": lambda: engine.place(sell("0.3", **short), now),
        "rest": lambda: engine.place(buy("0.2", "99000", **long), now),
        "liquidate": lambda: engine.liquidate(BTC, now),
        "adl": lambda: engine.deleverage(BTC, d("0.1"), now),
        "fund": lambda: engine.settle(BTC, d("0.0001"), d(100_000), now),
        "second": lambda: engine.second_passed(now),
        "hold": lambda: engine.hold_fills(1, timedelta(seconds=3)),
        "release": lambda: engine.release(now),
        "fall": lambda: engine.set_mark(BTC, d(80_000)),
        "rise": lambda: engine.set_mark(BTC, d(100_000)),
        "reset": lambda: engine.reset(now),
    }
    try:
        actions[step]()
    except (InvalidInput, OrderRejected):
        return


# --- late fills


def test_a_late_fill_comes_when_its_time_has_come():
    engine = _engine()
    engine.hold_fills(1, timedelta(seconds=5))
    record = engine.place(buy("0.5", id="late"), NOW)
    assert (record.state, record.filled, held(engine)) == (OrderState.ACKED, 0, 0)
    assert engine.open_orders(BTC) == (record,)
    engine.place(buy("0.1"), NOW)
    assert held(engine) == d("0.1")
    engine.release(NOW + timedelta(seconds=4))
    assert held(engine) == d("0.1")
    engine.release(NOW + timedelta(seconds=5))
    assert held(engine) == d("0.6")
    assert engine.open_orders(BTC) == ()
    assert engine.find(BTC, client_order_id="late").updated == NOW + timedelta(seconds=5)


def test_a_late_order_can_be_canceled_before_it_fills():
    engine = _engine()
    engine.hold_fills(2, timedelta(seconds=5))
    engine.place(buy("0.5", id="a"), NOW)
    engine.place(buy("0.5", id="b"), NOW)
    assert engine.cancel(BTC, NOW, client_order_id="a").state is OrderState.CANCELED
    assert [r.order.client_order_id for r in engine.cancel_all(BTC, NOW)] == ["b"]
    engine.release(LATER)
    assert held(engine) == 0
    with pytest.raises(OrderRejected):
        engine.cancel(BTC, NOW, client_order_id="a")


def test_what_would_flip_or_take_by_then_expires_instead():
    engine = _engine()
    engine.place(buy("0.5"), NOW)
    engine.hold_fills(3, timedelta(seconds=5))
    reducing = engine.place(sell("0.5", reduce_only=True), NOW)
    passive = engine.place(buy("0.5", "99999.9", post_only=True), NOW)
    whole = engine.place(buy("4", tif="fok", price="100000.1"), NOW)
    engine.place(sell("0.5"), NOW)
    engine.take(BTC, Side.BUY, d("4"), NOW)
    offer(engine, Side.SELL, "9@99999.9")
    engine.release(LATER)
    reasons = [engine.find(BTC, order_id=r.order_id) for r in (reducing, passive, whole)]
    assert [r.expire_reason for r in reasons] == ["REDUCE_ONLY", "WOULD_TAKE", ""]
    assert held(engine) == 4


# --- filters, resets


def test_a_coarser_grid_holds_for_new_orders_and_leaves_old_fills_exact():
    engine = _engine(asks="0.003@100000.1 9@100000.3")
    engine.place(buy("0.003"), NOW)
    engine.change_filters(BTC, NOW, step_size=d("0.01"), tick_size=d("0.5"), min_notional=d(5))
    for order, reason in (
        (buy("0.015"), "STEP_SIZE"),
        (buy("0.01", "100000.3"), "TICK_SIZE"),
    ):
        with pytest.raises(OrderRejected) as refusal:
            engine.place(order, NOW)
        assert refusal.value.reason == reason
    engine.place(buy("0.01", "100000.5"), NOW)
    assert [(f.quantity, f.price) for f in engine.fills(BTC)] == [
        (d("0.003"), d("100000.1")),
        (d("0.01"), d("100000.3")),
    ]
    with pytest.raises(InvalidInput, match=r"multiple of 0\.001"):
        engine.change_filters(BTC, NOW, step_size=d("0.0005"))


def test_a_reset_forgets_history_and_starts_the_ids_again():
    engine = _engine()
    first = engine.place(buy("1", id="x"), NOW)
    engine.place(buy("1", "99000"), NOW)
    (fill,) = engine.fills(BTC)
    engine.settle(BTC, d("0.01"), d(100_000), NOW)
    engine.reset(LATER)
    assert engine.positions() == engine.open_orders() == engine.orders(BTC) == ()
    assert engine.fills(BTC) == engine.settlements(BTC) == ()
    assert engine.account().wallet == 100_000
    assert engine.account().initial_margin == 0
    again = engine.place(buy("1", id="x"), LATER)
    assert again.order_id == first.order_id
    assert engine.fills(BTC)[0].fill_id == fill.fill_id


# --- as the venues show it


def test_binance_shows_whose_order_it_was():
    trader = Trader()
    engine = trader.engine
    incident = open_exchange(Settings(speed=0), "k" * 64, "s" * 64, NOON)
    trader.engine, trader.dialect = incident.engine, incident.dialect
    assert engine is not trader.engine
    trader.order(quantity="1", type="MARKET")
    trader.engine.deleverage(BTC, d("0.3"), trader.now)
    trader.engine.liquidate(BTC, trader.now)
    ids = [row["clientOrderId"] for row in trader.ask("GET", "v1/forceOrders")[1]]
    assert (ids[0], ids[1][:10]) == ("adl_autoclose", "autoclose-")
    only = trader.ask("GET", "v1/forceOrders", symbol="BTCUSDT", autoCloseType="ADL")[1]
    assert [row["clientOrderId"] for row in only] == ["adl_autoclose"]
    assert trader.code("GET", "v1/forceOrders", autoCloseType="X") == -1130
    assert len(trader.ask("GET", "v1/userTrades", symbol="BTCUSDT")[1]) >= 3
    assert trader.ask("GET", "v3/positionRisk")[1] == []


async def test_bybit_shows_what_kind_of_execution_it_was():
    async with Rig("bybit") as rig:
        await rig.trader.create("mine", quantity="1")
        await rig.operator("POST", "/adl", symbol=BTC, quantity="0.3")
        await rig.operator("POST", "/liquidate", symbol=BTC)
        rows = await rig.trader.read("trades")
        kinds = [(row["execType"], row["orderLinkId"], row["createType"]) for row in rows]
        assert kinds[:2] == [
            ("BustTrade", "", "CreateByLiq"),
            ("AdlTrade", "", "CreateByAdl_PassThrough"),
        ]
        assert {kind[:2] for kind in kinds[2:]} == {("Trade", "mine")}
        assert await rig.trader.read("positions") == []


# --- as the desk sees it


@pytest.mark.parametrize("venue", ["binance", "bybit"])
@pytest.mark.parametrize("mode", ["one-way", "hedge"])
async def test_the_desk_says_who_took_the_position_and_does_not_buy_it_back(
    local_testnet, venue, mode
):
    """A forced execution is a break with its own cause; a trade by hand is another one."""
    net = local_testnet(venue=venue, mode=mode)
    async with await nt.Desk.open(net) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.refresh()
        await desk.tick()
        for act, cause in (
            (lambda: net.adl(BTC, "0.1"), "closed by the venue's ADL"),
            (lambda: net.liquidate(BTC), "liquidated by the venue"),
        ):
            act()
            await _confirmed(desk)
            (found,) = desk.breaks()
            assert cause in found.cause
        await desk.tick()
        assert net.truth()["positions"] == []


async def _confirmed(desk):
    """Read until a difference has been seen twice, a second apart."""
    for _ in range(30):
        await desk.refresh()
        if desk.breaks() and not desk.view.working:
            held = sum((p.quantity for p in desk.view.positions.values()), Decimal(0))
            (found,) = desk.breaks()
            if found.found == held:
                return
        await asyncio.sleep(0.1)
    raise AssertionError("no break was found")
