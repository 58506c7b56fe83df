"""Live and study agree, order by order: the desk on a replayed tape, the study beside it."""

import asyncio
from collections import Counter
from random import Random
from unittest.mock import patch

import pytest
import travel
from drive import HereThread
from makers import BTC, d
from taping import REAL
from travel import travels

import nettools as nt
from nettools import smart
from nettools.errors import OrderRejected, OutcomeUnknown
from nettools.journal.smart import SmartBegun, SmartEnded, Switched
from nettools.model import Liquidity
from nettools.smart import ACTIONS, REASONS, least_lots_of, rule_of
from nettools.study import execution_order as order
from nettools.study.execution_market import market_of
from nettools.study.execution_simulated import INSTRUMENT, simulated_events
from nettools.style import Style
from nettools.tape import Levels
from nettools.testnet.taped import Recording, open_recording
from nettools.venues import MemoryVenue

MS = 1_000_000
THERE, BACK = 0.0203, 0.0307
"""Seconds a request and an answer take; no sum of them is a whole millisecond, as times of the
tape are, so that no two things happen at the same moment."""
LINE = order.Line(round(THERE * 1e9), round(BACK * 1e9))
STYLES = {
    "calm": Style(name="smart", rest_seconds=d("3.0001"), timeout_seconds=d("9.0007")),
    "eager": Style(
        name="smart",
        rest_seconds=d("0.4001"),
        timeout_seconds=d("4.0007"),
        adverse_bps=d("0.5"),
        improve_ticks=1,
        imbalance=d("0.9"),
        most_requotes=3,
    ),
}


class TapedVenue(MemoryVenue):
    """A replayed tape behind a line with a fixed latency."""

    def __init__(self, recording, loop):
        super().__init__(clock=loop.now, recording=recording)
        self.loop = loop

    async def play(self):
        """Play every event at its own time."""
        begun = self.market.started
        while (moment := self.market.next_moment) is not None:
            await asyncio.sleep((moment - begun) / 1e9 - self.loop.seconds)
            self.market.play_until(moment, self.loop.now())
            self._show(BTC)

    def ns(self, moment):
        """Give a time of the desk's clock as one of the tape."""
        return smart.nanoseconds(moment) - smart.nanoseconds(travel.NOON) + self.market.started

    async def send(self, sent):
        await asyncio.sleep(THERE)
        try:
            report = await super().send(sent)
        except OrderRejected:
            await asyncio.sleep(BACK)
            raise
        await asyncio.sleep(BACK)
        return report

    async def cancel(self, sent):
        await asyncio.sleep(THERE)
        try:
            await super().cancel(sent)
        finally:
            await asyncio.sleep(BACK)

    def _tell(self, record, fill):
        self.loop.call_later(BACK, super()._tell, record, fill)


class FaultyVenue(TapedVenue):
    """The same behind a line on which requests and answers get lost, late or refused."""

    def __init__(self, recording, loop, seed):
        super().__init__(recording, loop)
        self.random = Random(seed)  # noqa: S311 - faults, no secret
        self.faults, self.most_live = Counter(), 0
        self.engine.listen(self._count)

    def _count(self, *_):
        self.most_live = max(self.most_live, len(self.engine.open_orders(BTC)))

    async def send(self, sent):
        return await self._spoiled(super().send, sent)

    async def cancel(self, sent):
        return await self._spoiled(super().cancel, sent)

    async def _spoiled(self, request, sent):
        what = self.random.choices(
            ["", "lost", "answer lost", "late", "refused"], [60, 10, 10, 15, 5]
        )[0]
        self.faults[what] += 1
        if what == "late":
            await asyncio.sleep(self.random.random() * 2)
        if what == "refused":
            await asyncio.sleep(THERE + BACK)
            raise OrderRejected("no", reason="BUSY", venue_code="-1")
        if what == "lost":
            await asyncio.sleep(1)
            raise OutcomeUnknown("no answer in time")
        answer = await request(sent)
        if what == "answer lost":
            await asyncio.sleep(1)
            raise OutcomeUnknown("no answer in time")
        return answer


def _in_milliseconds(events, seconds):
    """Let a tape's times be whole milliseconds after its first snapshot, so long at most."""
    first, told = None, []
    for event in events:
        if first is None and isinstance(event, Levels) and event.is_whole:
            first = event.time
        if first is None:
            continue
        if event.time - first >= seconds * 1_000 * MS:
            break
        told.append(event._replace(time=first + (event.time - first) // MS * MS))
    return told


async def _live(recording, style, starts, size):
    """Trade on the tape; gives a story per start: its begin, quantity, requests and fills."""
    loop = asyncio.get_running_loop()
    venue = TapedVenue(recording, loop)
    limits = nt.Limits(orders_per_minute=100_000, plan_age_seconds=d(600))
    stories = []
    async with await nt.Desk.open(venue, clock=loop.now, limits=limits) as desk:
        playing = loop.create_task(venue.play())
        desk.set_target("A", BTC, "0")
        await desk.refresh()
        for number in range(starts):
            await asyncio.sleep(0.8 + 0.0005 - loop.seconds % 0.001)
            desk.set_target("A", BTC, size if number % 2 == 0 else "0")
            report = await desk.execute(await desk.preview(style))
            assert not report.problem
            stories.append(_story(desk, venue, report))
        playing.cancel()
    return venue, stories


def _story(desk, venue, report):
    rows = [*desk._manager.recorder.rows((SmartBegun, Switched, SmartEnded))]
    begun = max(n for n, row in enumerate(rows) if isinstance(row.record, SmartBegun))
    whole, *switches, end = rows[begun:]
    grid = smart.Grid.of(desk.instruments[BTC])
    return {
        "began": venue.ns(switches[0].time - switches[0].record.elapsed),
        "side": whole.record.order.side.sign,
        "lots": grid.lots(whole.record.order.quantity),
        "requests": [
            (venue.ns(row.time), row.record.action, int(row.record.price / grid.tick_size))
            if row.record.child
            else (venue.ns(row.time), "cancel", 0)
            for row in switches
        ],
        "fills": [
            (
                venue.ns(fill.time),
                int(fill.price / grid.tick_size),
                grid.lots(fill.quantity),
                int(fill.liquidity is Liquidity.MAKER),
            )
            for fill in sorted(report.fills, key=lambda fill: int(fill.fill_id))
        ],
        "ended": (venue.ns(end.time), end.record.reason),
    }


def _studied(market, style, instrument, story):
    """Work the same order in the study; gives its story."""
    quantity = story["lots"] * instrument.step_size
    rules = [
        rule_of(
            style,
            story["side"],
            least_lots=least_lots_of(
                style, instrument, quantity=quantity, price=d(50_000), reduces=False
            ),
            data_age_seconds=d(5),
        )
    ]
    row, fills = [0] * order.PLACES, [[0] * 5 for _ in range(order.MOST_FILLS)]
    names, requests, ask = {order.CANCEL: "cancel"}, [], order.ask

    def noted(line, row, what, price):
        requests.append((row[order.NOW], names.get(what) or ACTIONS[what], price))
        ask(line, row, what, price)

    order.begin(market, row, story["began"], story["lots"], 1)
    with patch.object(order, "ask", noted):
        order.work(market, rules[0], LINE, row, fills)
    return {
        "began": row[order.STARTED],
        "side": story["side"],
        "lots": row[order.QUANTITY],
        "requests": requests,
        "fills": [(f[0], f[1], f[2], f[4]) for f in fills[: row[order.FILLS]]],
        "ended": (row[order.ENDED], REASONS[row[order.WHY_STOPPED]]),
    }


async def _agree(recording, style, starts, size):
    with (
        patch.object(travel, "_MOMENT", 0.0),
        patch.object(travel, "_GRACE", 0.0),
        patch("nettools.desk.desk.DeskThread", HereThread),
    ):
        venue, stories = await _live(recording, style, starts, size)
    market = market_of(recording.events).as_lists()
    instrument = venue.engine.instruments[BTC]
    for story in stories:
        assert story == _studied(market, style, instrument, story)
    return stories


@pytest.mark.parametrize("name", STYLES)
@travels
async def test_live_and_study_send_the_same_orders_and_get_the_same_fills(name):
    events = _in_milliseconds(simulated_events(seed=21, minutes=3), 170)
    stories = await _agree(Recording(INSTRUMENT, events), STYLES[name], 20, "0.9")
    assert len(stories) == 20
    asked = {request[1] for story in stories for request in story["requests"]}
    assert {"rest", "cancel"} <= asked


@pytest.mark.skipif(not REAL.exists(), reason="the recording is not here")
@travels
async def test_live_and_study_agree_on_a_recording_of_binance():
    recorded = open_recording(REAL)
    events = _in_milliseconds(recorded.events, 150)
    stories = await _agree(recorded._replace(events=events), STYLES["eager"], 20, "0.4")
    assert len(stories) == 20


@travels
async def test_two_different_lines_would_not_agree():
    """The comparison can fail: a study with another latency tells another story."""
    events = _in_milliseconds(simulated_events(seed=21, minutes=1), 50)
    with patch(f"{__name__}.LINE", order.Line(0, 0)), pytest.raises(AssertionError):
        await _agree(Recording(INSTRUMENT, events), STYLES["eager"], 3, "0.9")


@pytest.mark.parametrize("seed", [1, 2])
@travels
async def test_through_the_desk_faults_overfill_nothing_and_leave_nothing_behind(seed):
    """End to end: the desk, its minder and router, and a replayed book on a bad line."""
    events = _in_milliseconds(simulated_events(seed=seed, minutes=8), 470)
    loop = asyncio.get_running_loop()
    limits = nt.Limits(orders_per_minute=100_000, plan_age_seconds=d(600))
    with (
        patch.object(travel, "_MOMENT", 0.0),
        patch.object(travel, "_GRACE", 0.0),
        patch("nettools.desk.desk.DeskThread", HereThread),
    ):
        venue = FaultyVenue(Recording(INSTRUMENT, events), loop, seed)
        async with await nt.Desk.open(venue, clock=loop.now, limits=limits) as desk:
            playing = loop.create_task(venue.play())
            for target in ("0.9", "-0.4", "0", "0.7", "0.2", "-0.5", "0.6", "0"):
                desk.set_target("A", BTC, target)
                plan = await desk.preview(STYLES["eager"])
                wanted = sum(o.quantity for o in plan.orders)
                report = await desk.execute(plan)
                while desk.smart_orders() or desk._manager.router.unsettled:
                    await asyncio.sleep(1)
                    await desk.refresh()
                assert sum(fill.quantity for fill in report.fills) <= wanted
                assert venue.engine.open_orders(BTC) == ()
                held = sum((p.quantity for p in venue.engine.positions()), d(0))
                booked = sum((f.signed_quantity for f in venue.engine.fills(BTC)), d(0))
                assert desk.positions().get(BTC, d(0)) == held == booked
            assert desk.breaks() == ()
            playing.cancel()
    assert venue.most_live == 1
    assert {"lost", "answer lost", "late"} <= venue.faults.keys()
