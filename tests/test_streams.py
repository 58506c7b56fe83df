"""What a stream tells: evidence like any other, late, doubled and swapped as it may come."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lossy import Clock
from makers import BTC, d
from wavering import WaveringVenue

import nettools.router
from nettools.errors import OutcomeUnknown
from nettools.model import Fill, Order, OrderReport, OrderState, Quote, Side, TimeInForce
from nettools.router import OrderRouter
from nettools.venues.streams import Live


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(nettools.router, "_POLLS", (0.0,) * 3)


def _order(number, side, quantity, price, tif):
    return Order(
        client_order_id=f"nt-{number}",
        symbol=BTC,
        side=side,
        quantity=d(quantity),
        limit_price=d(price),
        time_in_force=tif,
    )


SIDES = st.sampled_from(Side)
QUANTITIES = st.sampled_from(["0.1", "0.5", "2"])
PRICES = st.sampled_from(["99000", "99999", "100001", "100100"])
ORDERS = st.tuples(
    SIDES, QUANTITIES, PRICES, st.sampled_from([TimeInForce.GTC, TimeInForce.IOC])
)
MOVES = st.lists(st.sampled_from(["buy", "sell", "cancel"]), max_size=6)


class _Recorded(WaveringVenue):
    """Writes down what a stream would tell; the answers to sends may get lost."""

    def __init__(self):
        super().__init__(Clock())
        self.told = []
        self.engine.listen(self._record)

    def _record(self, record, fill):
        report = OrderReport(
            order=record.order,
            state=record.state,
            venue_order_id=record.order_id,
            filled=record.filled,
            average_price=record.average_price,
        )
        self.told += [report] if fill is None else [fill, report]


async def _live_through(orders, moves, *, lost):
    """Send orders through a router that cannot look anything up, then let the market move."""
    venue = _Recorded()
    router = OrderRouter(venue, venue._clock)
    venue.orders_are_lost = True
    venue.fault = "lost answer" if lost else ""
    sent = []
    for number, terms in enumerate(orders):
        order = _order(number, *terms)
        await router.send(order)
        sent.append(order)
    for move in moves:
        now = venue._clock()
        if move == "cancel":
            for open_order in venue.engine.open_orders(BTC)[:1]:
                venue.engine.cancel(BTC, now, order_id=open_order.order_id)
        else:
            price = "100050" if move == "buy" else "99500"
            venue.engine.make(BTC, Side(move), d(price), d("40"), now)
    return venue, router, sent


def _agrees(router, venue, sent):
    """Say whether the router knows every order as the exchange does, to the last execution."""
    for order in sent:
        record = venue.engine.find(BTC, client_order_id=order.client_order_id)
        known = router.report(order.client_order_id)
        if record is None:
            assert known.state is OrderState.REJECTED
            continue
        assert (known.state, known.filled) == (record.state, record.filled)
    ids = [fill.fill_id for fill in router.fills_of(sent)]
    ours = {order.client_order_id for order in sent}
    assert sorted(ids) == sorted(
        f.fill_id for f in venue.engine.fills(BTC) if f.client_order_id in ours
    )
    assert sorted(ids) == sorted(fill.fill_id for fill in router.fresh_fills)
    assert {r.order.client_order_id for r in router.working} == {
        r.order.client_order_id for r in venue.engine.open_orders(BTC)
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(ORDERS, min_size=1, max_size=3), MOVES, st.booleans(), st.randoms())
async def test_a_stream_alone_tells_everything_in_any_order_and_however_often(
    orders, moves, lost, shuffled
):
    venue, router, sent = await _live_through(orders, moves, lost=lost)
    told = venue.told + [shuffled.choice(venue.told) for _ in venue.told]
    shuffled.shuffle(told)
    for event in told:
        router.take(event)
    _agrees(router, venue, sent)
    assert {r.order.client_order_id for r in router.unsettled} == {
        r.order.client_order_id for r in router.working
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(ORDERS, min_size=1, max_size=3), MOVES, st.booleans(), st.randoms())
async def test_what_a_stream_loses_is_found_by_looking(orders, moves, lost, shuffled):
    venue, router, sent = await _live_through(orders, moves, lost=lost)
    told = [event for event in venue.told if shuffled.random() < 0.5]
    shuffled.shuffle(told)
    for event in told:
        router.take(event)
    venue.orders_are_lost = False
    await router.refresh()
    _agrees(router, venue, sent)


@settings(max_examples=40, deadline=None)
@given(st.lists(ORDERS, min_size=1, max_size=3), MOVES, st.randoms())
async def test_what_was_filled_never_falls_and_what_is_final_stays(orders, moves, shuffled):
    venue, router, sent = await _live_through(orders, moves, lost=True)
    told = venue.told * 2
    shuffled.shuffle(told)
    for event in told:
        before = [router.report(order.client_order_id) for order in sent]
        router.take(event)
        for known, order in zip(before, sent, strict=True):
            now = router.report(order.client_order_id)
            assert now.filled >= known.filled
            assert now.state is known.state or not known.state.is_final
            assert abs(now.working_quantity) <= abs(known.working_quantity)


def _heard():
    venue = WaveringVenue(Clock())
    router = OrderRouter(venue, venue._clock)

    def hear(event):
        if isinstance(event, OrderReport | Fill):
            router.take(event)
        router.hears_all |= isinstance(event, Live)

    return venue, router, venue.listen(hear)


async def test_an_order_is_settled_by_what_is_told_without_a_single_look():
    venue, router, stream = _heard()
    router.hears_all = True
    order = _order(1, Side.BUY, "0.7", "100200", TimeInForce.IOC)
    report = await router.send(order)
    assert report.state is OrderState.FILLED
    assert sum(fill.quantity for fill in router.fills_of([order])) == d("0.7")
    assert venue.looks == 0
    await stream.close()


async def test_a_lost_answer_is_cleared_up_by_the_stream_when_nothing_can_be_looked_up():
    venue, router, stream = _heard()
    venue.orders_are_lost, venue.fault = True, "lost answer"
    order = _order(1, Side.BUY, "0.7", "100200", TimeInForce.IOC)
    assert (await router.send(order)).state is OrderState.FILLED
    assert router.unsettled == ()
    assert venue.sends == 1
    await stream.close()


async def test_an_order_heard_of_before_its_answer_is_not_unknown_again(monkeypatch):
    venue, router, stream = _heard()
    order = _order(1, Side.BUY, "0.5", "99000", TimeInForce.GTC)

    async def _send_and_lose(order):
        router.take(OrderReport(order=order, state=OrderState.ACKED, venue_order_id="7"))
        raise OutcomeUnknown("no answer in time")

    monkeypatch.setattr(venue, "send", _send_and_lose)
    report = await router.send(order)
    assert report.state is OrderState.ACKED
    assert router.working[0].working_quantity == d("0.5")
    await stream.close()


async def test_an_order_given_up_as_never_arrived_counts_again_when_it_is_heard_of():
    venue, router, stream = _heard()
    venue.fault = "lost request"
    order = _order(1, Side.BUY, "0.5", "99000", TimeInForce.GTC)
    await router.send(order)
    venue._clock.go_on(21)
    await router.refresh()
    assert router.working == ()
    late = OrderReport(order=order, state=OrderState.ACKED, venue_order_id="7")
    router.take(late)
    assert router.working[0].working_quantity == d("0.5")
    await stream.close()


async def test_an_execution_that_is_not_ours_is_left_alone():
    venue, router, stream = _heard()
    order = _order(1, Side.BUY, "0.5", "99000", TimeInForce.GTC)
    await router.send(order)
    by_hand = _order(2, Side.BUY, "0.1", "100200", TimeInForce.IOC)
    venue.engine.place(replace(by_hand, client_order_id="by-hand"), venue._clock())
    for fill in venue.engine.fills(BTC):
        router.take(fill)
    assert router.fresh_fills == ()
    assert router.fills_of([order]) == ()
    await stream.close()


async def test_nothing_is_told_after_a_stream_is_closed_and_closing_twice_is_safe():
    venue = WaveringVenue(Clock())
    heard = []
    stream = venue.listen(heard.append)
    stream.follow([BTC])
    await stream.close()
    await stream.close()
    venue.advance(60)
    await venue.send(_order(1, Side.BUY, "0.5", "99000", TimeInForce.GTC))
    assert heard == []


async def test_the_touch_of_a_followed_symbol_is_told_when_it_moves():
    venue = WaveringVenue(Clock())
    heard = []
    stream = venue.listen(heard.append)
    venue.advance(60)
    stream.follow([BTC])
    venue.advance(60)
    await nettools.router.asyncio.sleep(0)
    quotes = [event for event in heard if isinstance(event, Quote)]
    assert quotes == [venue._quote(BTC)]
    await stream.close()
