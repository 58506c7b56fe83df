"""Evidence that comes late, twice, from a clock that is behind, or under an id of ours."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from journals import intent, opened, records
from lossy import Clock, LossyVenue
from makers import BTC, NOW, d

import nettools as nt
from nettools.desk.recovery import look_up
from nettools.errors import OutcomeUnknown
from nettools.journal import DeskState
from nettools.model import Fill, Liquidity, Order, OrderReport, OrderState, Side, TimeInForce
from nettools.router import OrderRouter

pytestmark = pytest.mark.usefixtures("no_waiting")
BEHIND = timedelta(seconds=10)
"""How far the exchange's clock is behind ours, where it is."""


def _buy(quantity="0.7", *, price="100200", tif=TimeInForce.IOC, name="nt-1-1"):
    return Order(
        client_order_id=name,
        symbol=BTC,
        side=Side.BUY,
        quantity=d(quantity),
        limit_price=d(price),
        time_in_force=tif,
    )


class _Forgetful(LossyVenue):
    """Takes an order, answers nothing, and shows neither it nor its trades for a while."""

    forgets = True

    async def send(self, order):
        """Take it, and let the answer get lost."""
        await super().send(order)
        raise OutcomeUnknown("no answer in time")

    def listen(self, _hear):
        """Tell nothing by itself."""
        return

    async def find_order(self, order):
        """Know no such id, for a while."""
        return None if self.forgets else await super().find_order(order)

    async def fills(self, symbol, since):
        """Hide the trades, for a while."""
        return () if self.forgets else await super().fills(symbol, since)


async def test_an_order_with_a_fill_was_there_however_often_the_venue_denies_it():
    clock = Clock()
    venue = LossyVenue(clock)
    venue.fault = "lost request"
    router = OrderRouter(venue, clock)
    await router.send(_buy())
    part = Fill(
        fill_id="1", venue_order_id="17", client_order_id="nt-1-1", symbol=BTC, side=Side.BUY,
        quantity=d("0.2"), price=d("100000"), fee=d("4"), fee_currency="USDT",
        liquidity=Liquidity.TAKER, time=NOW,
    )  # fmt: skip
    router.take(part)
    clock.go_on(60)
    for _ in range(5):
        await router.refresh()
    report = router.report("nt-1-1")
    assert (report.state, report.filled) == (OrderState.PARTIAL, d("0.2"))
    assert report.working_quantity == d("0.5")
    assert not router.is_settled(_buy())


async def test_an_order_of_somebody_else_under_our_id_says_nothing_of_ours():
    clock = Clock()
    router = OrderRouter(LossyVenue(clock), clock)
    ours = await router.send(_buy(price="99000", tif=TimeInForce.GTC))
    theirs = replace(ours, venue_order_id="another", state=OrderState.CANCELED)
    router.take(theirs)
    router.show([theirs])
    assert router.report("nt-1-1") == ours
    assert router.working == (ours,)
    router.take(replace(ours, state=OrderState.CANCELED))
    assert router.working == ()


async def test_the_opening_finds_a_trade_that_the_venues_slower_clock_puts_before_it():
    clock = Clock()
    venue = LossyVenue(clock)
    given_up = _buy()
    resting = _buy("0.5", price="99000", tif=TimeInForce.GTC, name="nt-2-1")
    venue.engine.place(given_up, NOW)
    venue.engine.place(resting, NOW)
    router = OrderRouter(venue, clock)
    never = OrderReport(order=given_up, state=OrderState.CANCELED)
    router.adopt(never, sent=NOW, booked=d("0"))
    shown = await venue.find_order(resting)
    router.adopt(shown, sent=NOW, booked=d("0"))
    left = NOW + BEHIND  # by our clock the last desk ended after the trade; by theirs before
    assert await look_up(router, venue, DeskState(), left) == (1, 1)
    assert sum(fill.quantity for fill in router.fresh_fills) == d("0.7")


async def test_orders_of_the_last_minute_count_after_a_restart_too(tmp_path):
    venue, path = LossyVenue(Clock()), tmp_path / "desk.sqlite"
    limits = nt.Limits(orders_per_minute=1)
    options = {"clock": venue._clock, "journal": path, "limits": limits}
    async with await nt.Desk.open(venue, **options) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick()
    assert venue.sends == 1
    async with await nt.Desk.open(venue, **options) as again:
        again.set_target("A", BTC, "0.8")
        await again.tick()
        assert venue.sends == 1
        venue._clock.go_on(61)
        await again.tick()
        assert again.positions() == {BTC: d("0.8")}
    assert venue.sends == 2


async def test_funding_that_the_venues_slower_clock_puts_before_our_last_question_is_booked():
    venue = LossyVenue(Clock())
    clock = venue._clock
    async with await nt.Desk.open(venue, clock=clock) as desk:
        desk.set_target("A", BTC, "1")
        desk.set_target("B", BTC, "-1")
        await desk.tick()  # net flat: the money adds up whatever is forgotten
        clock.go_on(60)
        await desk.refresh()
        clock.now -= BEHIND
        venue.settle_funding(BTC, d("0.001"))
        clock.now += BEHIND
        clock.go_on(60)
        await desk.refresh()
        funding = dict(zip(desk.accounts().strategy, desk.accounts().funding, strict=True))
        assert funding["A"] < 0 < funding["B"]
        assert sum(funding.values()) == 0


def test_an_interrupt_just_after_the_disk_took_a_row_leaves_a_journal_that_goes_on(
    tmp_path, monkeypatch
):
    with opened(tmp_path / "desk.sqlite") as journal:
        journal.append(intent(1))
        real = journal._store._transaction

        @contextmanager
        def interrupted():
            with real():
                yield
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(journal._store, "_transaction", interrupted)
            with pytest.raises(KeyboardInterrupt):
                journal.append(intent(2))
        journal.append(intent(3))
        assert records(journal) == [intent(1), intent(2), intent(3)]


async def test_a_position_that_an_order_in_doubt_may_explain_is_no_break():
    venue = _Forgetful(Clock())
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick()
        for _ in range(2):  # a break is what differs twice, a second apart
            venue._clock.go_on(1.5)
            await desk.refresh()
            assert [r.state for r in desk.view.working] == [OrderState.UNKNOWN]
            assert desk.breaks() == ()
            assert desk.frozen == {}
        venue.forgets = False
        venue._clock.go_on(1)
        await desk.refresh()
        assert desk.positions() == {BTC: d("0.5")}
        assert desk.breaks() == ()
        assert desk.view.working == ()
