"""The desk with a stream: it knows sooner, and is as right as by reading alone."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lossy import Clock
from makers import BTC, d, set_three
from wavering import DOUBLE, DROP, HOLD, PASS, WaveringVenue

import nettools as nt
from nettools import router as router_module
from nettools.desk import watch as watch_module
from nettools.errors import VenueUnavailable
from nettools.model import Leg, PositionSide, Side
from nettools.venues.streams import Gap, Live

LEG = Leg(BTC, PositionSide.BOTH)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(watch_module, "CATCH_UP", (0.0, 0.0))
    monkeypatch.setattr(router_module, "_POLLS", (0.0, 0.0, 0.0))


@pytest.fixture
def venue():
    return WaveringVenue(Clock())


@pytest.fixture
async def desk(venue):
    desk = await _open(venue)
    yield desk
    await desk.close()


async def _open(venue, **options):
    desk = await nt.Desk.open(venue, clock=venue._clock, **options)
    await _heard(desk)
    return desk


async def _heard(desk):
    """Let everything that was told until now be heard."""

    async def nothing():
        await asyncio.sleep(0)

    await desk._thread.call(nothing())


def _sell_into(venue, fill=None):
    """Let somebody sell into the resting order until so much of it is filled; all when None."""
    resting = venue.engine.open_orders(BTC)[0]
    price = resting.order.limit_price
    at_price = next(there for level, there in venue.engine.depth(BTC, 9)[0] if level == price)
    left = d(0) if fill is None else resting.remaining - d(fill)
    venue.engine.make(BTC, Side.SELL, price, at_price - left, venue._clock())


def _virtual(desk):
    accounts = desk.accounts()
    return {row.strategy: row.virtual for row in accounts.itertuples()}


async def test_a_desk_listens_unless_it_is_told_not_to(desk):
    assert desk.status.stream == "live"
    quiet = await _open(WaveringVenue(Clock()), streams=False)
    assert quiet.status.stream == "off"
    set_three(quiet)
    assert (await quiet.tick()).filled == d("0.7")
    await quiet.close()


async def test_a_venue_that_tells_nothing_is_read(venue):
    venue.is_mute = True
    desk = await _open(venue)
    assert desk.status.stream == "off"
    assert desk.status.notes == ()
    set_three(desk)
    assert (await desk.tick()).filled == d("0.7")
    await desk.close()


async def test_a_stream_that_cannot_be_opened_is_a_note_and_no_error(venue, monkeypatch):
    def _refuse(_):
        raise VenueUnavailable("streams are closed today")

    monkeypatch.setattr(venue, "listen", _refuse)
    desk = await _open(venue)
    assert desk.status.stream == "down"
    assert "closed today" in desk.status.notes[0]
    set_three(desk)
    assert (await desk.tick()).filled == d("0.7")
    await desk.close()


async def test_orders_settle_by_what_is_told_when_they_cannot_be_looked_up(desk, venue):
    set_three(desk)
    venue.orders_are_lost = True
    report = await desk.tick()
    assert report.filled == d("0.7")
    assert report.problem == ""
    assert desk.positions() == {BTC: d("0.7")}


async def test_a_lost_answer_is_cleared_up_by_the_stream(desk, venue):
    set_three(desk)
    venue.orders_are_lost, venue.fault = True, "lost answer"
    assert (await desk.tick()).filled == d("0.7")
    assert (await desk.tick()).orders == ()
    assert venue.sends == 1


async def test_a_fill_of_a_resting_order_is_shown_and_booked_as_it_is_told(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    reads = venue.reads
    _sell_into(venue)
    await _heard(desk)
    assert venue.reads == reads
    assert desk.positions() == {BTC: d("0.5")}
    assert _virtual(desk)["A"] == d("0.5")
    assert (await desk.tick("limit")).orders == ()
    assert venue.sends == 1


async def test_after_a_gap_the_account_is_read_before_the_desk_trades(desk, venue):
    set_three(desk)
    await desk.tick()
    reads = venue.reads
    await desk.tick()
    assert venue.reads == reads, "the view is young and nothing has happened"
    venue.tell(Gap(reason="the connection broke"))
    await _heard(desk)
    assert desk.status.stream == "down"
    assert "the connection broke" in desk.status.notes[0]
    await desk.tick()
    assert venue.reads == reads + 1
    venue.tell(Live())
    await _heard(desk)
    assert desk.status.stream == "live"
    assert desk.status.notes == ()
    await desk.tick()
    assert venue.reads == reads + 2
    await desk.tick()
    assert venue.reads == reads + 2


async def test_while_the_stream_is_down_an_order_that_cannot_be_looked_up_stops_the_desk(
    desk, venue
):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    venue.orders_are_lost = True
    assert (await desk.preview()).is_empty, "the stream speaks for the resting order"
    venue.tell(Gap(reason="the connection broke"))
    await _heard(desk)
    with pytest.raises(VenueUnavailable, match="cannot be looked up"):
        await desk.tick()


async def test_what_was_missed_in_a_gap_is_found_by_the_sweep(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    venue._fates = iter([DROP] * 50)
    venue.tell(Gap(reason="the connection broke"))
    _sell_into(venue)
    venue.tell(Live())
    await _heard(desk)
    assert (await desk.tick("limit")).orders == ()
    assert desk.positions() == {BTC: d("0.5")}
    assert _virtual(desk)["A"] == d("0.5")
    assert venue.sends == 1


async def test_a_trade_by_hand_that_is_told_is_judged_and_not_traded_against(desk, venue):
    set_three(desk)
    sent = (await desk.tick()).plan.orders[0]
    by_hand = replace(sent, client_order_id="by-hand", quantity=d("0.1"))
    venue.engine.place(by_hand, venue._clock())
    await _heard(desk)
    assert desk.positions() == {BTC: d("0.8")}, "shown at once"
    assert not desk.breaks(), "a break needs the account to be read"
    assert (await desk.tick()).orders == ()
    assert venue.sends == 1
    venue._clock.go_on(2)
    await desk.tick()
    assert [found.leg for found in desk.breaks()] == [LEG]


async def test_an_order_that_fills_while_positions_are_read_is_not_sent_again(
    desk, venue, monkeypatch
):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    read = venue.positions

    async def _fill_meanwhile():
        held = await read()
        if venue.engine.open_orders(BTC):
            _sell_into(venue)
        await asyncio.sleep(0)
        return held

    monkeypatch.setattr(venue, "positions", _fill_meanwhile)
    plan = await desk.preview("limit")
    assert plan.orders == ()
    assert desk.positions() == {BTC: d("0.5")}


async def test_a_leg_whose_orders_never_hold_still_is_not_traded_on(desk, venue, monkeypatch):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    read = venue.positions

    async def _fill_a_little():
        held = await read()
        _sell_into(venue, fill="0.001")
        await asyncio.sleep(0)
        return held

    monkeypatch.setattr(venue, "positions", _fill_a_little)
    desk.set_target("A", BTC, "1")
    plan = await desk.preview("limit")
    assert plan.orders == ()
    assert "changed while the account was read" in str(plan.refusals)
    assert all(proof.holds for proof in desk.proofs()), "what is of two moments proves nothing"


async def test_a_fill_whose_position_was_not_told_is_read_before_the_next_plan(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    reads = venue.reads
    venue._fates = iter([PASS, DROP, PASS])  # the fill, the position, the order
    _sell_into(venue)
    await _heard(desk)
    desk.set_target("A", BTC, "0.7")
    assert (await desk.tick()).filled == d("0.2")
    assert venue.reads > reads


async def test_a_touch_told_later_is_planned_on_and_an_old_one_is_not(desk, venue):
    set_three(desk)
    await desk.preview()
    quote = desk.quotes()[BTC]
    later = venue._clock() + watch_module.FRESH / 2
    told = replace(quote, bid=quote.bid + 10, ask=quote.ask + 10, mark_price=None, time=later)
    venue.tell(told)
    await _heard(desk)
    used = desk._manager.watch.quotes()[BTC]
    assert (used.bid, used.mark_price) == (told.bid, quote.mark_price)
    venue.tell(Gap(reason="a number was left out", symbol=BTC))
    await _heard(desk)
    assert desk._manager.watch.quotes()[BTC] == quote
    assert desk.status.stream == "live", "the account's stream is not the book's"
    venue.tell(told)
    await _heard(desk)
    venue._clock.go_on(3)
    assert desk._manager.watch.quotes()[BTC] == quote


async def test_prices_that_cannot_be_read_are_taken_from_the_stream_while_it_is_fresh(
    desk, venue, monkeypatch
):
    set_three(desk)
    await desk.preview()
    quote = desk.quotes()[BTC]

    async def _fail(_):
        raise VenueUnavailable("no prices")

    monkeypatch.setattr(venue, "quotes", _fail)
    with pytest.raises(VenueUnavailable, match="no prices"):
        await desk.preview()
    venue._clock.go_on(1)
    venue.tell(replace(quote, bid=quote.bid - 1, time=venue._clock()))
    await _heard(desk)
    assert (await desk.preview()).orders
    assert desk.quotes()[BTC].bid == quote.bid - 1
    venue._clock.go_on(3)
    with pytest.raises(VenueUnavailable, match="no prices"):
        await desk.preview()


async def test_closing_a_desk_ends_its_stream(venue):
    desk = await _open(venue)
    assert venue._streams
    await desk.close()
    assert venue._streams == []
    assert desk.status.stream == "off"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.sampled_from("ABC"), st.integers(-8, 8)),
        st.tuples(st.just("tick"), st.sampled_from(["market", "limit"]), st.just(0)),
        st.tuples(st.just("make"), st.sampled_from(["buy", "sell"]), st.integers(1, 30)),
        st.tuples(st.just("gap"), st.just(""), st.just(0)),
    ),
    min_size=3,
    max_size=12,
)
FATES = st.lists(st.sampled_from([PASS, PASS, DROP, DOUBLE, HOLD]), max_size=60)


async def _story(desk, venue, steps):
    for what, which, amount in steps:
        if what == "want":
            desk.set_target(which, BTC, d(amount) / 10)
        elif what == "tick":
            await desk.tick(which)
        elif what == "make":
            venue.engine.take(BTC, Side(which), d(amount) / 10, venue._clock())
        else:
            venue.tell(Gap(reason="cut"))
            venue.tell(Live())
        await _heard(desk)
        venue._clock.go_on(1)
    for _ in range(3):  # calm: everything is read
        venue._clock.go_on(2)
        await desk.refresh()
    return desk.positions(), _virtual(desk), venue.engine.account().wallet


@settings(max_examples=20, deadline=None)
@given(STEPS, FATES)
async def test_the_books_are_the_same_whatever_becomes_of_what_is_told(steps, fates):
    results = []
    for options in ({"streams": False}, {"streams": True}):
        venue = WaveringVenue(Clock(), tuple(fates))
        desk = await _open(venue, **options)
        for strategy in "ABC":
            desk.add_strategy(strategy)
        results.append(await _story(desk, venue, steps))
        assert desk.breaks() == ()
        assert venue.engine.positions() == () or desk.positions()
        await desk.close()
    assert results[0] == results[1]
