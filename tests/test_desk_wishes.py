"""What strategies want, for how long it counts, and what becomes of one that falls silent."""

from datetime import timedelta

import pytest
from lossy import LossyVenue
from makers import BTC, ETH, NOW, d

import nettools as nt
from nettools.desk.wishes import Wishes, read_ttl
from nettools.errors import InvalidInput
from nettools.model import Side


class _Mood:
    """A strategy that says what it is told to say, or raises it."""

    name = "mood"

    def __init__(self, says) -> None:
        self.says = says

    def targets(self, quotes, now):  # noqa: ARG002 - it does not look
        """Say it."""
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def _target(desk, strategy="A", symbol=BTC):
    return desk.targets.target(strategy, symbol)


async def test_a_target_without_a_time_to_live_counts_for_ever(desk, venue):
    desk.set_target("A", BTC, "0.5")
    venue._clock.go_on(10**6)
    assert (await desk.preview()).orders


async def test_a_stale_target_holds_its_strategy_where_it_is_and_says_so(desk, venue):
    desk.set_target("A", BTC, "0.5", ttl=5)
    await desk.tick()
    desk.set_target("A", BTC, "0.9", ttl=5)
    desk.set_target("B", BTC, "0.1")
    venue._clock.go_on(6)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.6")}  # B goes on
    stale = _target(desk)
    assert (stale.wanted, stale.quantity) == (d("0.9"), d("0.5"))
    assert stale.unknown == "stale: said last at 12:00:00 UTC, counts 5 s"
    (told,) = [one for one in desk.incidents() if one.kind == "strategy"]
    assert told.subject == "A"
    assert any("A on BTC/USDT:USDT is unknown: stale" in note for note in desk.status.notes)


async def test_a_target_that_is_said_again_counts_again(desk, venue):
    desk.set_target("A", BTC, "0.5", ttl=5)
    venue._clock.go_on(6)
    await desk.tick()
    assert desk.positions() == {}
    desk.set_target("A", BTC, "0.5", ttl=5)
    await desk.tick()
    assert desk.positions() == {BTC: d("0.5")}
    assert not _target(desk).unknown


async def test_saying_the_same_again_makes_no_shown_plan_stale_and_is_not_written(desk, venue):
    desk.set_target("A", BTC, "0.5", ttl=60)
    plan = await desk.preview()
    desk._manager.recorder.flush()
    venue._clock.go_on(1)
    desk.set_target("A", BTC, "0.5", ttl=60)
    assert desk._manager.recorder.outstanding() == ()
    await desk.execute(plan)
    assert desk.positions() == {BTC: d("0.5")}


async def test_a_target_that_goes_stale_makes_a_shown_plan_stale(desk, venue):
    desk.set_target("A", BTC, "0.5", ttl=5)
    plan = await desk.preview()
    venue._clock.go_on(6)
    with pytest.raises(nt.StalePlan, match="the targets changed"):
        await desk.execute(plan)


async def test_what_rests_for_a_stale_target_is_canceled_and_what_it_filled_is_kept(
    desk, venue
):
    desk.set_target("A", BTC, "0.5", ttl=5)
    await desk.tick("limit")
    (resting,) = venue.engine.open_orders()
    price, ahead = resting.order.limit_price, venue.engine.depth(BTC, 1)[0][0][1]
    venue.engine.make(BTC, Side.SELL, price, ahead - d("0.3"), venue._clock())
    venue._clock.go_on(6)
    for _ in range(3):
        await desk.tick("limit")
    assert venue.engine.open_orders() == ()
    assert desk.positions() == {BTC: d("0.2")}
    assert _target(desk).quantity == d("0.2")


@pytest.mark.parametrize("state", ["hold", "flat"])
async def test_a_frozen_wish_does_not_go_stale(desk, venue, state):
    desk.set_target("A", BTC, "0.5", ttl=5)
    await desk.tick()
    desk.set_state("A", state)
    venue._clock.go_on(60)
    await desk.tick()
    assert not _target(desk).unknown
    assert desk.positions() == ({BTC: d("0.5")} if state == "hold" else {})


async def test_a_strategy_has_a_time_to_live_for_all_its_targets(desk, venue):
    desk.add_strategy("A", ttl=5)
    desk.set_target("A", BTC, "0.5")
    venue._clock.go_on(6)
    await desk.refresh()
    assert "stale" in _target(desk).unknown


async def test_a_strategy_that_raises_for_too_long_is_held_at_what_it_has(desk, venue):
    mood = _Mood({BTC: "0.5"})
    desk.add_strategy(mood, ttl=5)
    await desk.tick()
    mood.says = {BTC: "0.9"}
    venue.fault = "lost request"
    await desk.tick()
    venue.fault, mood.says = "", RuntimeError("no data")
    for _ in range(30):
        venue._clock.go_on(1)
        await desk.tick()
    assert _target(desk, "mood").unknown == "RuntimeError: no data"
    assert desk.positions() == {BTC: d("0.5")}
    mood.says = {BTC: "0.9"}
    await desk.tick()
    assert desk.positions() == {BTC: d("0.9")}


async def test_a_symbol_that_is_left_out_is_said_again_with_the_answer(desk, venue):
    mood = _Mood({BTC: "0.5", ETH: "2"})
    desk.add_strategy(mood, ttl=5)
    await desk.tick()
    mood.says = {ETH: "3"}
    for _ in range(10):
        venue._clock.go_on(1)
        await desk.tick()
    assert desk.positions() == {BTC: d("0.5"), ETH: d(3)}
    assert not _target(desk, "mood").unknown


async def test_a_stale_target_is_held_after_a_restart_until_it_is_said_again(tmp_path):
    venue = LossyVenue()
    options = {"clock": venue._clock, "journal": tmp_path / "desk.sqlite", "streams": False}
    async with await nt.Desk.open(venue, **options) as desk:
        desk.set_target("A", BTC, "0.5", ttl=60)
        await desk.tick()
        desk.set_target("A", BTC, "0.9", ttl=60)
    venue._clock.go_on(3600)
    async with await nt.Desk.open(venue, **options) as desk:
        await desk.tick()
        assert desk.positions() == {BTC: d("0.5")}
        assert "stale" in _target(desk).unknown
        desk.set_target("A", BTC, "0.9", ttl=60)
        await desk.tick()
        assert desk.positions() == {BTC: d("0.9")}


async def test_a_desk_that_is_halted_asks_nobody_and_flags_nobody(desk, venue):
    desk.set_target("A", BTC, "0.5", ttl=5)
    desk.halt().result(5)
    venue._clock.go_on(60)
    await desk.refresh()
    assert not _target(desk).unknown


def test_answers_in_the_loop_count_for_three_of_its_steps_and_ten_seconds_at_least():
    wishes = Wishes(lambda *_: None)
    wishes.add("mine", None, timedelta(seconds=2))
    assert wishes.ttl_of("A") is None
    assert wishes.ttl_of("A", 0.5) == timedelta(seconds=10)
    assert wishes.ttl_of("A", 60) == timedelta(minutes=3)
    assert wishes.ttl_of("mine", 60) == timedelta(seconds=2)
    wishes.remove("mine")
    assert wishes.ttl_of("mine") is None


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_time_to_live_is_above_zero_seconds(seconds):
    with pytest.raises(InvalidInput, match="above zero"):
        read_ttl(seconds)


def test_only_a_wish_with_a_time_to_live_goes_stale():
    book = nt.TargetBook().set("A", BTC, "1", ttl=timedelta(seconds=5), said=NOW)
    book = book.set("B", BTC, "1")
    later = NOW + timedelta(seconds=6)
    assert [t.strategy for t in book if t.is_stale(later)] == ["A"]
    assert book.with_stale_held(NOW, lambda *_: d(0)) == book
    held = book.with_stale_held(later, lambda *_: d("0.4"))
    assert held.target("A", BTC).quantity == d("0.4")
    assert held.target("B", BTC).quantity == 1
