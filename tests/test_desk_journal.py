"""A desk and its journal: written before it is sent, the same desk again after a restart."""

import asyncio

import pytest
from lossy import Clock, LossyVenue
from makers import BTC, d, set_three

import nettools as nt
from nettools.journal import DeskState, Reading
from nettools.journal.records import Crossed, Filled, Intended, Planned, Reported, TargetsSet
from nettools.model import OrderState, Side

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "desk.sqlite"


async def _open(venue, path, **options):
    return await nt.Desk.open(venue, clock=venue._clock, journal=path, **options)


def _rows(path, *kinds):
    with Reading.open_to_read(path) as reading:
        return [row.record for row in reading.rows(kinds=kinds)]


def _replayed(path):
    state = DeskState()
    with Reading.open_to_read(path) as reading:
        for row in reading.rows():
            state.take(row)
    return state


class _Watcher(LossyVenue):
    """An exchange that looks into the journal whenever an order arrives."""

    def __init__(self, path):
        super().__init__(Clock())
        self.path = path
        self.found = []

    async def send(self, order):
        intents = [record.order for record in _rows(self.path, "intent")]
        self.found.append(order in intents and bool(_rows(self.path, "plan", "targets")))
        return await super().send(order)


async def test_targets_plan_and_every_order_are_on_the_disk_before_the_venue_hears_of_them(
    path,
):
    venue = _Watcher(path)
    async with await _open(venue, path) as desk:
        set_three(desk)
        await desk.tick()
    assert venue.found == [True]
    kinds = [
        type(record) for record in _rows(path, "targets", "plan", "intent", "cross", "fill")
    ]
    assert kinds[:4] == [TargetsSet, Planned, Intended, Crossed]
    assert set(kinds[4:]) == {Filled}


async def test_what_became_of_an_order_is_written_with_its_evidence(venue, path):
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick("limit")
        await asyncio.wrap_future(desk.halt())
    reports = [record for record in _rows(path, "report") if isinstance(record, Reported)]
    assert [report.state for report in reports] == [
        OrderState.ACKED, OrderState.CANCEL_SENT, OrderState.CANCELED,
    ]  # fmt: skip
    assert [report.evidence for report in reports[:2]] == [
        "the venue's answer", "we asked for a cancel",
    ]  # fmt: skip
    assert reports[2].evidence in {"looked up", "the stream"}


async def test_a_desk_opened_again_has_the_same_books_targets_and_saving(venue, path):
    async with await _open(venue, path) as desk:
        set_three(desk)
        await desk.tick()
        desk.set_state("C", "flat")
        venue._clock.go_on(1)
        await desk.tick()
        before = desk.accounts(), desk.saving(), desk.targets, desk.postings()
    sends = venue.sends
    async with await _open(venue, path) as desk:
        assert desk.accounts().equals(before[0])
        assert desk.saving() == before[1]
        assert desk.targets == desk.committed == before[2]
        assert desk.postings().equals(before[3])
        assert desk.breaks() == ()
        assert all(proof.holds for proof in desk.proofs())
        assert desk.status.recovered == "resolved no open orders, booked no fills, no breaks"
        assert (await desk.tick()).orders == ()
    assert venue.sends == sends


async def test_a_target_that_was_set_but_not_traded_is_there_again_and_held(venue, path):
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "0.3")
        venue._clock.go_on(1)
    async with await _open(venue, path) as desk:
        assert desk.targets.target("A", BTC).wanted == d("0.3")
        assert venue.sends == 0
        assert (await desk.execute(await desk.preview())).filled == d("0.3")


async def test_a_strategy_that_was_brought_back_is_added_again_without_complaint(venue, path):
    class Steady:
        name = "A"

        def targets(self, quotes, now):  # noqa: ARG002 - as strategies are asked
            return {BTC: "0.4"}

    async with await _open(venue, path) as desk:
        desk.add_strategy(Steady())
        await desk.tick()
    async with await _open(venue, path) as desk:
        desk.add_strategy(Steady())
        assert (await desk.tick()).orders == ()
        with pytest.raises(nt.InvalidInput, match="already in the book"):
            desk.add_strategy("A")


async def test_a_journal_that_cannot_be_written_means_nothing_is_sent_and_the_desk_halts(
    venue, path, monkeypatch
):
    async with await _open(venue, path) as desk:
        set_three(desk)
        plan = await desk.preview()
        store = desk._manager.recorder.journal._store
        monkeypatch.setattr(store, "append", _full)
        with pytest.raises(nt.JournalError, match="disk is full"):
            await desk.execute(plan)
        assert venue.sends == 0
        assert desk.status.state == "halted"
        assert "disk is full" in desk.status.problem
        monkeypatch.undo()
        desk.resume()
        venue._clock.go_on(1)
        assert (await desk.tick()).filled == d("0.7")
    assert venue.sends == 1


def _full(*_):
    raise nt.JournalError("the disk is full: nothing was written, so nothing may be sent")


async def test_a_fill_that_cannot_be_written_is_booked_when_it_can_again(
    venue, path, monkeypatch
):
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "0.5")
        await desk.tick("limit")
        monkeypatch.setattr(desk._manager.recorder.journal._store, "append", _full)
        order = venue.engine.open_orders(BTC)[0]
        price = order.order.limit_price
        venue.engine.make(BTC, Side.SELL, price, d("500"), venue._clock())
        venue._clock.go_on(1)
        with pytest.raises(nt.JournalError):
            await desk.refresh()
        assert desk.accounts().virtual.sum() == 0, "not written, so not booked"
        assert desk.status.state == "halted"
        monkeypatch.undo()
        desk.resume()
        await desk.refresh()
        assert desk.accounts().virtual.sum() == desk.positions()[BTC] > 0
    assert _replayed(path).ledger == desk._manager.books.ledger


async def test_a_halt_outlives_a_restart_until_it_is_resumed(venue, path):
    async with await _open(venue, path) as desk:
        set_three(desk)
        await asyncio.wrap_future(desk.halt())
    async with await _open(venue, path) as desk:
        assert desk.status.state == "halted"
        assert desk.status.problem == "halted by hand"
        with pytest.raises(nt.DeskHalted):
            await desk.tick()
        desk.resume()
        await desk.tick()
    async with await _open(venue, path) as desk:
        assert desk.status.state == "idle"


async def test_the_next_plan_never_has_the_id_of_an_earlier_one(venue, path):
    ids = set()
    for _ in range(3):
        async with await _open(venue, path) as desk:
            desk.set_target("A", BTC, "0.4" if len(ids) % 2 else "0")
            desk.set_target("A", BTC, f"0.{len(ids) + 2}")
            report = await desk.tick()
            ids |= {order.order.client_order_id for order in report.orders}
    assert len(ids) == 3
    assert len({i.order.client_order_id for i in _rows(path, "intent")}) == 3


async def test_without_a_journal_nothing_is_written_and_the_status_says_so(venue, tmp_path):
    async with await nt.Desk.open(venue, clock=venue._clock, journal=False) as desk:
        assert desk.status.journal is None
    async with await _open(venue, tmp_path / "desk.sqlite") as desk:
        assert desk.status.journal == tmp_path / "desk.sqlite"
        assert desk.status.journal_bytes > 0
        assert desk.status.journal_synced is not None


async def test_an_idle_tick_writes_nothing(venue, path):
    async with await _open(venue, path) as desk:
        set_three(desk)
        await desk.tick()
        await asyncio.sleep(0.1)
        rows = len(_rows(path))
        for _ in range(5):
            venue._clock.go_on(1)
            await desk.tick()
        assert len(_rows(path)) == rows


@pytest.mark.parametrize("how", ["adopt", "assign", "baseline", "flatten"])
async def test_a_repair_outlives_a_restart(venue, path, how):
    async with await _open(venue, path) as desk:
        desk.set_target("A", BTC, "1")
        await desk.tick()
        by_hand = nt.Order(
            client_order_id="web-1", symbol=BTC, side=Side.SELL, quantity=d("0.1")
        )
        venue.engine.place(by_hand, venue._clock())
        await desk.refresh()
        venue._clock.go_on(1)
        await desk.refresh()
        await desk.repair(BTC, how, "A")
        before = desk.accounts(), desk.targets, desk.baselines()
    async with await _open(venue, path) as desk:
        assert desk.breaks() == ()
        after = desk.accounts(), desk.targets, desk.baselines()
        assert after[0].equals(before[0])
        assert after[1:] == before[1:]
        await desk.tick()
        held = {"adopt": "0.9", "assign": "0.9", "baseline": "0.9", "flatten": "1"}[how]
        assert desk.positions() == {BTC: d(held)}
        assert all(proof.holds for proof in desk.proofs())


async def test_a_desk_that_trades_for_days_stays_small(venue, path, monkeypatch):
    monkeypatch.setattr("nettools.router.MOST_SETTLED", 20)
    monkeypatch.setattr("nettools.desk.recorder.RECENT", 50)
    limits = nt.Limits(orders_per_minute=10_000)
    async with await _open(venue, path, limits=limits) as desk:
        for number in range(60):
            desk.set_target("A", BTC, f"0.{number % 2 + 1}")
            venue._clock.go_on(1)
            await desk.tick()
        router, recorder = desk._manager.router, desk._manager.recorder
        kept = (router._reports, router._fills, router._sent_at, router._ours, router._settled)
        assert {len(memory) for memory in kept} == {20}
        assert len(recorder.recent) == 50
        assert recorder._once == {}
        assert recorder.state.orders == {}
        rows = desk.postings()
        assert len(rows) == desk.newest_postings()[1] > 50, "all of it is in the journal"
        assert rows.quantity.sum() == d("0.2")


async def test_funding_long_past_is_shared_by_what_was_held_then(venue, path, monkeypatch):
    monkeypatch.setattr("nettools.desk.recorder.RECENT", 4)
    async with await _open(venue, path) as desk:
        for wanted in ("1", "0.5", "0.7", "0.1", "0.3"):
            desk.set_target("A", BTC, wanted)
            await desk.tick()
            if wanted == "0.5":
                venue._clock.go_on(60)
                venue.engine.settle(
                    BTC, d("0.001"), desk.quotes()[BTC].mark_price, venue._clock()
                )
                moment = venue._clock()
            venue._clock.go_on(60)
        await desk.refresh()
        books = desk._manager.books
        (at_the_time,) = books.virtual_at(next(iter(books.ledger.legs)), moment).values()
        assert at_the_time == d("0.5")
        assert all(proof.holds for proof in desk.proofs())


async def _until(desk, happens):
    """Wait for something to happen on the desk."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    undo = desk.subscribe(lambda: loop.call_soon_threadsafe(changed.set))
    async with asyncio.timeout(10):
        while not happens():
            changed.clear()
            await changed.wait()
    undo()


async def test_after_a_long_sleep_the_account_is_read_before_anything_is_sent(venue, path):
    async with await _open(venue, path) as desk:
        set_three(desk)
        desk.run(every=0.02)
        await _until(desk, desk.positions)
        venue._clock.go_on(7200)
        await _until(desk, lambda: "sleep" in {told.kind for told in desk.incidents()})
        await desk.stop()
        (slept,) = [incident for incident in desk.incidents() if incident.kind == "sleep"]
        assert "slept for 7200 s" in slept.what
        assert venue.sends == 1
