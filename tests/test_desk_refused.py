"""What the venue refused is not sent at every step; what still works goes on."""

from dataclasses import replace

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, ETH, d

import nettools as nt
from nettools.desk.refused import MOST_TRIES, TRIES
from nettools.errors import OrderRejected
from nettools.model import OrderReport
from nettools.venues.protocol import Balance


class _Strict(LossyVenue):
    """The in-memory venue, refusing what it is told to refuse."""

    def __init__(self) -> None:
        super().__init__(Clock())
        self.reason = ""
        self.reloads = 0
        self.deposited = d(0)
        self.refused: list[object] = []

    async def send(self, order) -> OrderReport:
        """Send, unless it is refused."""
        if self.reason and not (self.reason == "INSUFFICIENT_MARGIN" and order.reduce_only):
            self.refused.append(order)
            raise OrderRejected(f"refused: {self.reason}", reason=self.reason)
        return await super().send(order)

    async def balance(self) -> Balance:
        """Tell the money, with what was paid in."""
        told = await super().balance()
        return replace(told, available=told.available + self.deposited)

    async def reload_instruments(self) -> None:
        """Count it."""
        self.reloads += 1


@pytest.fixture
def venue():
    return _Strict()


async def _tick(desk, venue, seconds=60, every=1):
    for _ in range(seconds // every):
        await desk.tick()
        venue._clock.go_on(every)


def _refusals(desk):
    return [one for one in desk.incidents() if one.kind == "refused" and not one.is_over]


async def test_what_the_venue_refuses_is_tried_twice_a_minute_and_said_once(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "INSUFFICIENT_MARGIN"
    await _tick(desk, venue)
    assert len(venue.refused) == TRIES
    (told,) = _refusals(desk)
    assert told.count == TRIES
    assert "refuses to grow BTC/USDT:USDT: refused: INSUFFICIENT_MARGIN" in told.what
    assert "reducing orders still work" in told.to_do
    await _tick(desk, venue)
    assert len(venue.refused) == 2 * TRIES
    venue.reason = ""
    venue._clock.go_on(60)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.5")}
    assert _refusals(desk) == []


async def test_the_plan_says_why_it_holds_an_order_back(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "INSUFFICIENT_MARGIN"
    await _tick(desk, venue, 3)
    plan = await desk.preview()
    (refusal,) = plan.refusals
    assert refusal.reason == "REFUSED_BEFORE"
    assert "refused it 2 times" in refusal.message
    assert "12:01:00" in refusal.message
    assert plan.is_empty


async def test_another_target_is_worth_another_try_but_not_without_end(desk, venue):
    venue.reason = "INSUFFICIENT_MARGIN"
    for number in range(1, 40):
        desk.set_target("A", BTC, d("0.5") + d("0.01") * number)
        await _tick(desk, venue, 1)
    assert len(venue.refused) == MOST_TRIES


@pytest.mark.usefixtures("no_waiting")
async def test_a_restart_is_no_reason_to_try_what_was_refused_again(venue, tmp_path):
    path, options = tmp_path / "desk.sqlite", {"clock": venue._clock}
    venue.reason = "INSUFFICIENT_MARGIN"
    async with await nt.Desk.open(venue, journal=path, **options) as desk:
        desk.set_target("A", BTC, "0.5")
        await _tick(desk, venue, 10)
    for _ in range(3):  # and none of them may wear it out
        async with await nt.Desk.open(venue, journal=path, **options) as desk:
            await _tick(desk, venue, 10)
            assert len(venue.refused) == TRIES
            (told,) = _refusals(desk)
            assert (told.count, "INSUFFICIENT_MARGIN" in told.what) == (TRIES, True)
    venue._clock.go_on(20)
    venue.reason = ""
    async with await nt.Desk.open(venue, journal=path, **options) as desk:
        await desk.tick()
        assert desk.positions() == {BTC: d("0.5")}


async def test_reducing_goes_on_while_growing_is_stopped(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    venue.reason = "INSUFFICIENT_MARGIN"
    desk.set_target("A", BTC, "0.9")
    await _tick(desk, venue, 5)
    desk.set_target("A", BTC, "0.2")
    await desk.tick()
    assert desk.positions() == {BTC: d("0.2")}


async def test_of_a_flip_that_is_refused_the_closing_part_is_traded(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    venue.reason = "INSUFFICIENT_MARGIN"
    desk.set_target("A", BTC, "-0.4")
    await _tick(desk, venue, 5)
    assert desk.positions() == {}
    assert len(venue.refused) <= 2 * TRIES


async def test_another_contract_trades_on(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "NOT_TRADING"
    await _tick(desk, venue, 3)
    venue.reason = ""
    desk.set_target("A", ETH, "2")
    await desk.tick()
    assert desk.positions() == {ETH: d(2)}
    assert _refusals(desk)[0].subject == f"{BTC} grow"


async def test_the_other_parts_of_a_refused_order_are_not_sent(desk, venue):
    await desk.refresh()
    instruments = venue.engine.instruments
    small = replace(instruments[BTC], max_quantity=d("0.1"))
    venue.instruments = lambda: {**instruments, BTC: small}
    desk.set_target("A", BTC, "0.5")
    venue.reason = "INSUFFICIENT_MARGIN"
    report = await desk.tick()
    assert len(venue.refused) == 1
    assert [one.state.value for one in report.orders] == ["rejected", *["canceled"] * 4]
    assert "not sent" in repr(report)
    venue.reason = ""
    await desk.tick()
    assert desk.positions() == {BTC: d("0.5")}


async def test_rules_that_changed_are_read_again_once(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "STEP_SIZE"
    await _tick(desk, venue, 20)
    assert venue.reloads == 1


async def test_the_rules_are_read_again_every_hour(desk, venue):
    venue._clock.go_on(3601)
    await desk.refresh()
    await desk.refresh()
    assert venue.reloads == 1


async def test_a_refused_reduction_cancels_what_rests_there_before_the_next_try(desk, venue):
    desk.set_target("A", BTC, "0.5")
    await desk.tick()
    desk.set_target("A", BTC, "0.3")
    await desk.tick(nt.Style.read("limit"))
    (resting,) = desk.view.working or desk._manager.router.working
    venue.reason = "REDUCE_ONLY"
    desk.set_target("A", BTC, "0")
    await desk.tick()
    assert len(venue.refused) == 1
    assert desk._manager.router.report(resting.order.client_order_id).state.is_final
    venue.reason = ""
    await _tick(desk, venue, 3)
    assert desk.positions() == {}


async def test_more_money_is_worth_a_try_at_once(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "INSUFFICIENT_MARGIN"
    await _tick(desk, venue, 5)
    venue.reason = ""
    venue.deposited = d(100_000)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.5")}


async def test_an_order_that_would_have_taken_is_quoted_again_at_once(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue.reason = "WOULD_TAKE"
    await _tick(desk, venue, 10)
    assert len(venue.refused) == 10
    assert _refusals(desk) == []


async def test_a_first_target_beyond_the_cap_is_refused_once_there_is_a_price(venue):
    limits = nt.Limits(strategy_notional=d(10_000))
    async with await nt.Desk.open(venue, clock=venue._clock, limits=limits) as desk:
        desk.set_target("A", BTC, "0.5")  # no price of it was ever read
        plan = await desk.preview()
        (refusal,) = plan.refusals
        assert refusal.reason == "STRATEGY_LIMIT"
        assert "the target of A is worth 50,000, above the cap of 10,000" in refusal.message
        assert plan.is_empty
