"""Pull the plug at any moment and start again: nothing lost, nothing doubled, no human step."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journals import crashed
from lossy import Clock, LossyVenue
from makers import BTC, d, leg, set_three

import nettools as nt
from nettools.desk import desk as desk_module
from nettools.journal import DeskState, Reading
from nettools.journal.records import Filled
from nettools.model import Order, OrderState, Side

pytestmark = pytest.mark.usefixtures("no_waiting")


async def _open(venue, path, **options):
    return await nt.Desk.open(venue, clock=venue._clock, journal=path, **options)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.sqlite"


@pytest.fixture
async def killed(tmp_path):
    """Take a desk away as a power cut does: only what is on the disk is left."""
    gone = []

    def kill(desk):
        copy = crashed(desk._manager.recorder.journal, tmp_path / f"after-{len(gone)}")
        desk_module._OPEN.pop(desk._manager.venue.account)
        gone.append(desk)
        return copy

    yield kill
    for desk in gone:
        await desk.close()


def _virtual(desk):
    rows = desk.accounts()
    return {name: held for name, held in zip(rows.strategy, rows.virtual, strict=True) if held}


def _make(venue, side, quantity, price):
    venue.engine.make(BTC, side, d(price), d(quantity), venue._clock())


def _wipe(venue):
    """Do to the exchange what a testnet's operator does every few weeks."""
    fresh = LossyVenue(venue._clock)
    venue.engine, venue.market = fresh.engine, fresh.market
    venue.engine.listen(venue._tell)


class _Plug(LossyVenue):
    """An exchange at which the desk's machine loses its power at a marked point."""

    def __init__(self):
        super().__init__(Clock())
        self.before_match = self.after_match = lambda: None

    async def send(self, order):
        self.before_match()
        report = await super().send(order)
        self.after_match()
        return report


async def _killed_while_sending(kill, path, when):
    """Give the exchange and the journal of a desk whose power went off in the middle."""
    venue, left = _Plug(), []
    desk = await _open(venue, path)

    def off():
        left.append(kill(desk))
        if when == "before_match":
            raise nt.OutcomeUnknown("the power went off, and nothing left the machine")

    setattr(venue, when, off)
    set_three(desk)
    await desk.tick()
    setattr(venue, when, lambda: None)
    return venue, left[0]


@pytest.mark.parametrize(("when", "filled"), [("before_match", "0"), ("after_match", "0.7")])
async def test_an_order_in_the_middle_of_being_sent_is_looked_up_and_never_sent_again(
    killed, path, when, filled
):
    venue, left = await _killed_while_sending(killed, path, when)
    venue._clock.go_on(60)
    async with await _open(venue, left) as desk:
        assert desk.positions().get(BTC, 0) == d(filled)
        assert sum(_virtual(desk).values()) == d(filled)
        assert desk._manager.router.unsettled == ()
        assert "resolved 1 open order" in desk.status.recovered
        assert desk.targets == desk.committed
        assert desk.breaks() == ()
        assert venue.sends == bool(d(filled))
        await desk.tick()
        assert desk.positions() == {BTC: d("0.7")}
        assert _virtual(desk) == {"A": d("1"), "B": d("0.5"), "C": d("-0.8")}
        assert all(proof.holds for proof in desk.proofs())
    assert venue.sends == 1


async def test_what_met_inside_is_crossed_although_the_desk_died_before_it_could(killed, path):
    venue, left = await _killed_while_sending(killed, path, "after_match")
    async with await _open(venue, left) as desk:
        assert _virtual(desk) == {"A": d("1"), "B": d("0.5"), "C": d("-0.8")}
        fills = len(venue.engine.fills(BTC))
        assert f"booked {fills} fill" in desk.status.recovered


async def test_an_unresolved_order_counts_in_full_across_a_restart(path, killed):
    venue = LossyVenue(Clock())
    desk = await _open(venue, path)
    set_three(desk)
    venue.fault = "lost request"
    await desk.tick()
    left = killed(desk)
    venue.fault = ""
    async with await _open(venue, left) as desk:  # at once: it may still be on its way
        (working,) = desk.view.working
        assert working.state is OrderState.UNKNOWN
        assert working.working_quantity == d("0.7")
        assert "resolved no open orders of 1" in desk.status.recovered
        assert (await desk.tick()).orders == ()
        venue._clock.go_on(30)
        for _ in range(3):
            await desk.refresh()
        assert (await desk.tick()).filled == d("0.7")
    assert venue.sends == 2


async def test_a_resting_order_is_followed_by_the_next_desk(path, killed):
    venue = LossyVenue(Clock())
    desk = await _open(venue, path)
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    left = killed(desk)
    price = venue.engine.open_orders(BTC)[0].order.limit_price
    _make(venue, Side.SELL, "500", price)  # it fills while nobody is there
    venue._clock.go_on(3600)
    async with await _open(venue, left) as desk:
        assert _virtual(desk) == {"A": d("0.5")}
        assert desk.view.working == ()
        assert desk.status.notes == ()
        assert (await desk.tick()).orders == ()
    assert venue.sends == 1


async def test_a_resting_order_of_the_last_desk_is_ours_and_not_foreign(path, killed):
    venue = LossyVenue(Clock())
    desk = await _open(venue, path)
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    async with await _open(venue, killed(desk)) as desk:
        assert desk.view.foreign_orders == 0
        desk.set_target("A", BTC, "-0.1")
        report = await desk.tick()
        assert [r.state for r in report.orders] == [OrderState.CANCELED]


async def test_a_partly_filled_order_goes_on_from_what_is_booked(path, killed):
    venue = LossyVenue(Clock())
    desk = await _open(venue, path, streams=False)
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    resting = venue.engine.open_orders(BTC)[0]
    price = resting.order.limit_price
    ahead = next(q for p, q in venue.engine.depth(BTC, 9)[0] if p == price) - d("0.5")
    _make(venue, Side.SELL, ahead + d("0.2"), price)
    await desk.refresh()
    assert _virtual(desk) == {"A": d("0.2")}
    left = killed(desk)
    _make(venue, Side.SELL, "0.1", price)
    async with await _open(venue, left, streams=False) as desk:
        assert _virtual(desk) == {"A": d("0.3")}
        assert desk.view.working[0].working_quantity == d("0.2")
        assert all(proof.holds for proof in desk.proofs())
        assert (await desk.tick("limit")).orders == ()


async def test_a_trade_by_hand_while_nobody_was_there_is_a_break_with_its_cause(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "1")
        await desk.tick()
    venue._clock.go_on(3600)
    by_hand = Order(client_order_id="web-1", symbol=BTC, side=Side.SELL, quantity=d("0.3"))
    venue.engine.place(by_hand, venue._clock())
    async with await _open(venue, path) as desk:
        venue._clock.go_on(1)
        await desk.refresh()
        (found,) = desk.breaks()
        assert "by hand or by another program: 1 execution" in found.cause
        assert found.difference == d("-0.3")
    async with await _open(venue, path) as desk:
        assert desk.breaks() == (found,), "an open break stays the same break"
        await desk.repair(BTC, "assign")
        assert all(proof.holds for proof in desk.proofs())


async def test_an_order_thought_lost_that_fills_much_later_is_its_strategys(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "0.5")
        venue.fault = "lost request"
        report = await desk.tick()
        order = report.orders[0].order
        venue._clock.go_on(30)
        venue.fault = ""
        for _ in range(3):
            await desk.refresh()
        assert desk.view.working == ()
        desk.set_target("A", BTC, "0")
        await desk.tick()
    venue._clock.go_on(35 * 60)
    async with await _open(venue, path, streams=False) as desk:
        venue.engine.place(order, venue._clock())  # the request arrives after all
        await desk.refresh()
        assert desk.breaks() == ()
        held = _virtual(desk)
        assert sum(held.values()) == d("0.5")
        assert all(proof.holds for proof in desk.proofs())


async def test_a_fill_that_nobody_told_is_found_when_the_positions_differ(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path, streams=False) as desk:
        desk.set_target("A", BTC, "0.5")
        venue.fault = "lost request"
        report = await desk.tick()
        venue._clock.go_on(30)
        venue.fault = ""
        for _ in range(3):
            await desk.refresh()
        venue.engine.place(report.orders[0].order, venue._clock())
        await desk.refresh()
        assert _virtual(desk) == {"A": d("0.5")}
        assert (desk.breaks(), desk.frozen) == ((), {})


async def test_a_wiped_testnet_sends_nothing_until_the_trader_confirms(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path) as desk:
        set_three(desk)
        await desk.tick()
    _wipe(venue)
    venue._clock.go_on(5)
    async with await _open(venue, path) as desk:
        assert desk.status.state == "halted"
        assert "probably reset" in desk.status.problem
        with pytest.raises(nt.DeskHalted, match="begin_epoch"):
            await desk.tick()
        desk.resume()
        with pytest.raises(nt.DeskHalted, match="begin_epoch"):
            await desk.tick()
        assert [i.kind for i in desk.incidents() if not i.is_over][-1] == "reset"
        assert venue.sends == 1
        await desk.begin_epoch()
        assert (desk.breaks(), desk.status.state) == ((), "idle")
        assert (await desk.tick()).filled == d("0.7")
        assert all(proof.holds for proof in desk.proofs())
        with pytest.raises(nt.InvalidInput, match="was not reset"):
            await desk.begin_epoch()
    with Reading.open_to_read(path) as reading:
        rows = list(reading.rows(kinds=["epoch"]))
        state = DeskState()
        reading.restore(state, at=rows[-2].time - timedelta(seconds=1))
    assert [row.record.number for row in rows] == [1, 1, 2, 2]
    assert state.ledger.position(leg()) == d("0.7"), "the old books are kept"


async def test_a_wiped_testnet_is_noticed_while_the_desk_runs(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path, streams=False) as desk:
        set_three(desk)
        await desk.tick()
        _wipe(venue)
        venue._clock.go_on(5)
        await desk.refresh()
        with pytest.raises(nt.DeskHalted, match="probably reset"):
            await desk.tick()
    assert venue.sends == 1


async def test_a_read_that_hides_our_trades_for_a_moment_is_no_reset(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path) as desk:
        set_three(desk)
        await desk.tick()
    venue.fault = "late fills"
    async with await _open(venue, path) as desk:
        assert desk.status.state == "idle"
        assert desk.breaks() == ()


async def test_books_that_hold_something_do_not_change_their_mode(path):
    venue = LossyVenue(Clock())
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick()
        desk.set_target("A", BTC, "0")
        await desk.tick()
    async with await _open(venue, path, mode="hedge", switch_mode=True) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick()
        assert all(proof.holds for proof in desk.proofs())
    with pytest.raises(nt.InvalidInput, match=r"it holds BTC/USDT:USDT LONG \+0\.5"):
        await _open(venue, path, switch_mode=True)
    _wipe(venue)  # one-way and flat: the account would take it, the books do not
    with pytest.raises(nt.InvalidInput, match='open the desk with mode="hedge"'):
        await _open(venue, path)


async def test_a_cell_run_twice_goes_on_with_the_same_desk(path):
    venue = LossyVenue(Clock())
    first = await _open(venue, path)
    set_three(first)
    await first.tick()
    async with await _open(venue, path) as desk:
        assert first.status.state == "closed"
        assert _virtual(desk) == {"A": d("1"), "B": d("0.5"), "C": d("-0.8")}


WISHES = st.sampled_from(("-0.7", "-0.2", "0", "0.3", "0.5", "1"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("want"), st.sampled_from("ABC"), WISHES),
        st.tuples(st.just("tick"), st.sampled_from(("market", "limit"))),
        st.tuples(st.just("move"), st.integers(1, 60)),
        st.tuples(st.just("fault"), st.sampled_from(("", "lost answer", "lost request"))),
        st.tuples(st.just("by hand"), st.sampled_from(("-0.1", "0.2"))),
        st.tuples(st.just("repair"), st.sampled_from(("assign", "baseline", "flatten"))),
        st.tuples(st.just("remove"), st.sampled_from("ABC")),
        st.tuples(st.just("restart")),
        st.tuples(st.just("kill")),
    ),
    max_size=12,
)


class _Session:
    """A desk in an eventful session; after every step its journal says what it knows."""

    def __init__(self, folder):
        self.venue = LossyVenue(Clock())
        self.folder = folder
        self.path = folder / "desk.sqlite"
        self.count = 0
        self.gone = []

    async def open(self):
        self.desk = await _open(self.venue, self.path)

    async def want(self, name, quantity):
        self.desk.set_target(name, BTC, quantity)

    async def tick(self, style):
        try:
            await self.desk.tick(style)
        except nt.NettoolsError:
            self.count += 1

    async def move(self, seconds):
        self.venue.advance(seconds)
        self.venue._clock.go_on(seconds)
        await self.desk.refresh()

    async def fault(self, fault):
        self.venue.fault = fault

    async def by_hand(self, quantity):
        self.count += 1
        self.venue.engine.place(
            Order(
                client_order_id=f"web-{self.count}",
                symbol=BTC,
                side=Side.of(d(quantity)),
                quantity=abs(d(quantity)),
            ),
            self.venue._clock(),
        )
        await self.desk.refresh()

    async def repair(self, how):
        for broken in self.desk.breaks():
            await self.desk.repair(broken, how)

    async def remove(self, name):
        if name in self.desk.targets.strategies:
            self.desk.remove_strategy(name)

    async def restart(self):
        await self.desk.close()
        await self.open()

    async def kill(self):
        self.count += 1
        journal = self.desk._manager.recorder.journal
        self.path = crashed(journal, self.folder / f"after-{self.count}")
        desk_module._OPEN.pop(self.venue.account)
        self.gone.append(self.desk)
        await self.open()

    async def check(self):
        recorder = self.desk._manager.recorder

        async def replayed():
            recorder.flush()
            state = DeskState()
            with Reading.open_to_read(recorder.journal.path) as reading:
                for row in reading.rows():
                    state.take(row)
            return repr(state), repr(recorder.state)

        on_disk, in_memory = await self.desk._thread.call(replayed())
        assert on_disk == in_memory
        fills = {
            (fill.symbol, fill.fill_id): fill.signed_quantity
            for fill in self.venue.engine.fills(BTC)
        }
        booked = {row.record.key for row in recorder.rows([Filled])}
        ours = sum(q for (symbol, name), q in fills.items() if f"{symbol} {name}" in booked)
        taken = sum(
            row.record.found.difference
            for row in recorder.rows()
            if row.kind == "adjustment" and row.record.postings
        )
        held = sum(self.desk._manager.books.expected().values())
        aside = sum(self.desk.baselines().values())
        assert held - aside == ours + taken

    async def close(self):
        for desk in (self.desk, *self.gone):
            await desk.close()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_after_every_step_the_journal_says_what_the_desk_knows(tmp_path_factory, steps):
    async def live():
        session = _Session(tmp_path_factory.mktemp("life"))
        await session.open()
        try:
            for name, *arguments in steps:
                await getattr(session, name.replace(" ", "_"))(*arguments)
                await session.check()
        finally:
            await session.close()
        assert len(_ids(session.venue)) == len(set(_ids(session.venue)))

    asyncio.run(live())


def _ids(venue):
    return [record.order.client_order_id for record in venue.engine.orders(BTC)]
