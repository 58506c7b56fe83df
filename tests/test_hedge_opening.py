"""The mode is checked before a desk trades: a mismatch refuses with the cure."""

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d
from onscreen import text, until

import nettools as nt
from nettools.errors import OutcomeUnknown
from nettools.model import Order, OrderState, PositionMode, Side
from nettools.widgets import status_view

HEDGE, ONE_WAY = PositionMode.HEDGE, PositionMode.ONE_WAY


class _Testnet(LossyVenue):
    """A venue that is not on this machine, as far as its name goes."""

    def __init__(self, answer=""):
        super().__init__(Clock())
        self.name = "binance-demo"
        self.answer = answer
        self.switches = 0

    async def set_position_mode(self, mode):
        self.switches += 1
        if self.answer != "lost request":
            await super().set_position_mode(mode)
        if self.answer:
            raise OutcomeUnknown("no answer in time")


def _order(venue, quantity, price=None):
    order = Order(
        client_order_id=f"web-{price}",
        symbol=BTC,
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
        limit_price=price and d(price),
    )
    venue.engine.place(order, venue._clock())


async def test_a_real_testnet_is_never_switched_without_being_told():
    venue = _Testnet()
    with pytest.raises(nt.InvalidInput, match="has no positions, so switch_mode=True does it"):
        await nt.Desk.open(venue, mode="hedge")
    assert (venue.switches, venue.engine.mode) == (0, ONE_WAY)


async def test_a_flat_account_is_switched_when_told_and_the_screen_says_so():
    venue = _Testnet()
    async with await nt.Desk.open(venue, mode="hedge", switch_mode=True) as desk:
        assert venue.engine.mode is HEDGE
        said = "the account was switched from one-way to hedge mode at the opening"
        assert desk.status.notes == (said,)
        assert said in text(status_view(desk))


async def test_an_account_in_the_right_mode_is_left_as_it_is():
    venue = _Testnet()
    async with await nt.Desk.open(venue, mode="one-way", switch_mode=True) as desk:
        assert (venue.switches, desk.status.notes) == (0, ())


async def test_an_account_with_a_position_is_not_switched_and_the_position_is_named():
    venue = _Testnet()
    _order(venue, "0.4")
    with pytest.raises(nt.InvalidInput, match=r"it holds BTC/USDT:USDT \+0\.4, so open it"):
        await nt.Desk.open(venue, mode="hedge", switch_mode=True)
    assert (venue.switches, venue.engine.mode) == (0, ONE_WAY)


async def test_an_account_with_a_resting_order_is_refused_by_the_venue_in_its_words():
    venue = _Testnet()
    _order(venue, "0.4", "99000")
    with pytest.raises(nt.InvalidInput, match=r"did not switch it \(.*order.*\), so open it"):
        await nt.Desk.open(venue, mode="hedge", switch_mode=True)
    assert venue.engine.mode is ONE_WAY


async def test_positions_that_cannot_be_read_are_not_taken_for_flat():
    venue = _Testnet()
    venue.fault = "blind"
    with pytest.raises(nt.VenueUnavailable):
        await nt.Desk.open(venue, mode="hedge", switch_mode=True)
    assert venue.switches == 0


@pytest.mark.parametrize(
    ("answer", "mode"), [("lost answer", HEDGE), ("lost request", ONE_WAY)]
)
async def test_a_switch_whose_answer_is_lost_is_looked_up(answer, mode):
    venue = _Testnet(answer)
    if mode is HEDGE:
        async with await nt.Desk.open(venue, mode="hedge", switch_mode=True) as desk:
            assert desk.status.mode is HEDGE
    else:
        with pytest.raises(nt.InvalidInput, match="no answer in time"):
            await nt.Desk.open(venue, mode="hedge", switch_mode=True)
    assert (venue.switches, venue.engine.mode) == (1, mode)


async def test_a_local_flat_account_is_switched_without_being_told(local_testnet):
    testnet = local_testnet(mode="one-way")
    async with await nt.Desk.open(testnet, mode="hedge") as desk:
        assert desk.status.mode is HEDGE
    assert testnet.truth()["mode"] == "hedge"
    async with await nt.Desk.open(testnet, mode="hedge") as desk:
        desk.set_target("A", BTC, "0.1")
        await desk.execute(await desk.preview())
    with pytest.raises(nt.InvalidInput, match=r"it holds BTC/USDT:USDT LONG \+0\.1"):
        await nt.Desk.open(testnet, mode="one-way", switch_mode=True)


@pytest.mark.usefixtures("no_waiting")
async def test_a_mode_switched_past_the_desk_halts_it_at_the_first_refusal():
    venue = _Testnet()
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        venue.engine.set_mode(HEDGE)
        desk.set_target("A", BTC, "1")
        report = await desk.tick()
        assert "switched to hedge mode past this desk" in report.problem
        assert "position side must be LONG or SHORT" in report.orders[0].message
        assert desk.status.state == "halted"
        with pytest.raises(nt.DeskHalted):
            await desk.tick()
        venue.engine.set_mode(ONE_WAY)
        desk.resume()
        venue._clock.go_on(1)
        await desk.tick()
        assert desk.positions() == {BTC: d(1)}


@pytest.mark.usefixtures("no_waiting")
async def test_a_desk_that_runs_by_itself_says_why_it_halted():
    venue = _Testnet()
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        venue.engine.set_mode(HEDGE)
        desk.set_target("A", BTC, "1")
        desk.run(every=0.01)
        await until(lambda: desk.status.state == "halted" and desk.status.problem)
        assert "past this desk, so it is halted" in desk.status.problem


@pytest.mark.usefixtures("no_waiting")
async def test_a_refusal_for_another_reason_does_not_halt():
    venue = _Testnet()
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        desk.set_target("A", BTC, "1")
        venue.engine.set_leverage(BTC, 1)
        venue.engine._account.wallet = d(50_000)
        report = await desk.tick()
        assert report.orders[0].state is OrderState.REJECTED
        assert desk.status.state == "idle"
