"""What becomes of orders when answers get lost: nothing doubled, nothing taken for granted."""

from dataclasses import replace

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d

import nettools.router
from nettools.desk.report import outcome_of
from nettools.errors import VenueUnavailable
from nettools.model import Order, OrderState, Side, TimeInForce
from nettools.router import OrderRouter


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(nettools.router, "_POLLS", (0.0,) * 4)


def _buy(quantity="0.7", *, price="100200", tif=TimeInForce.IOC, name="nt-1-1"):
    return Order(
        client_order_id=name,
        symbol=BTC,
        side=Side.BUY,
        quantity=d(quantity),
        limit_price=d(price),
        time_in_force=tif,
    )


def _desk_with(fault=""):
    clock = Clock()
    venue = LossyVenue(clock)
    venue.fault = fault
    return venue, OrderRouter(venue, clock), clock


async def test_a_filled_order_is_settled_when_its_fills_add_up():
    _, router, _ = _desk_with()
    report = await router.send(_buy())
    assert report.state is OrderState.FILLED
    assert sum(f.quantity for f in router.fills_of([_buy()])) == d("0.7")
    assert router.working == router.unsettled == ()


async def test_fills_read_twice_count_once():
    _, router, _ = _desk_with()
    await router.send(_buy())
    fills = router.fills_of([_buy()])
    assert len({fill.fill_id for fill in fills}) == len(fills)


async def test_a_lost_answer_is_looked_up_and_never_sent_again():
    venue, router, _ = _desk_with("lost answer")
    report = await router.send(_buy())
    assert report.state is OrderState.FILLED
    assert venue.sends == 1
    assert sum(f.quantity for f in router.fills_of([_buy()])) == d("0.7")


async def test_a_lost_request_counts_in_full_until_the_venue_said_no_often_and_late_enough():
    venue, router, clock = _desk_with("lost request")
    report = await router.send(_buy())
    assert report.state is OrderState.UNKNOWN
    assert router.working[0].working_quantity == d("0.7")
    assert "may be live" in outcome_of(report)
    await router.refresh()  # many "not found", but all too soon after the send
    assert router.report("nt-1-1").state is OrderState.UNKNOWN
    clock.go_on(21)
    await router.refresh()
    assert router.report("nt-1-1").state is OrderState.CANCELED
    assert "never arrived" in router.report("nt-1-1").message
    assert router.working == ()
    assert venue.sends == 1


async def test_reads_that_fail_are_no_evidence_that_an_order_never_arrived():
    venue, router, clock = _desk_with("lost request")
    await router.send(replace(_buy(), client_order_id="nt-2-1"))
    venue.fault = "blind"
    clock.go_on(600)
    with pytest.raises(VenueUnavailable):
        await router.refresh()
    assert router.report("nt-2-1").state is OrderState.UNKNOWN


async def test_a_venue_that_is_down_gets_nothing_and_the_order_is_closed_as_never_sent():
    _, router, _ = _desk_with("down")
    with pytest.raises(VenueUnavailable, match="nothing was sent"):
        await router.send(_buy())
    assert router.report("nt-1-1").message == "never sent"
    assert router.working == ()


async def test_an_id_the_venue_already_knows_is_our_order_and_not_a_refusal():
    _, router, _ = _desk_with("duplicate")
    assert (await router.send(_buy())).state is OrderState.FILLED


async def test_a_refused_order_is_final_and_carries_the_venues_reason():
    _, router, _ = _desk_with()
    report = await router.send(_buy("0.0007"))
    assert report.state is OrderState.REJECTED
    assert report.message
    assert router.working == ()


async def test_a_final_order_stays_unsettled_until_its_fills_are_there():
    venue, router, _ = _desk_with("late fills")
    report = await router.send(_buy())
    assert report.state is OrderState.FILLED
    assert router.working == ()
    assert [r.order for r in router.unsettled] == [_buy()]
    venue.fault = ""
    await router.refresh()
    assert router.unsettled == ()


async def test_a_resting_order_works_until_its_cancel_is_seen_to_be_done():
    _, router, _ = _desk_with()
    order = _buy("0.5", price="99000", tif=TimeInForce.GTC)
    assert (await router.send(order)).state is OrderState.ACKED
    assert router.working[0].working_quantity == d("0.5")
    assert (await router.cancel(order)).state is OrderState.CANCELED
    assert router.working == ()


async def test_a_cancel_that_comes_too_late_shows_the_fill():
    venue, router, _ = _desk_with()
    order = _buy("0.5", price="99990", tif=TimeInForce.GTC)
    await router.send(order)
    venue.engine.make(BTC, Side.SELL, d("99990"), d("500"), venue._clock())
    report = await router.cancel(order)
    assert report.state is OrderState.FILLED
    assert report.filled == d("0.5")
    assert sum(f.quantity for f in router.fills_of([order])) == d("0.5")


async def test_a_cancel_nobody_answers_leaves_the_order_counting_in_full():
    venue, router, _ = _desk_with()
    order = _buy("0.5", price="99000", tif=TimeInForce.GTC)
    await router.send(order)
    venue.fault = "blind"
    report = await router.cancel(order)
    assert report.state is OrderState.CANCEL_SENT
    assert router.working[0].working_quantity == d("0.5")
