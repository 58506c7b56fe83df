"""Smart orders at any moment of a tape, on a line that loses things: none twice, none left."""

import asyncio
import contextlib
from random import Random
from unittest.mock import patch

import pytest
import travel
from drive import HereThread
from makers import BTC, d
from taped import TapedVenue
from taping import wild
from travel import travels

import nettools as nt
from nettools.errors import NettoolsError
from nettools.model import PositionMode
from nettools.style import Style
from nettools.testnet.taped import Recording, open_recording

SMART = Style(
    name="smart", rest_seconds=d("0.5"), timeout_seconds=d(3), adverse_bps=d(1), most_requotes=4
)
QUIET = 90.0
"""Seconds after the last fault within which all must be on target."""
MODES = [PositionMode.ONE_WAY, PositionMode.HEDGE]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Make two tapes of two minutes."""
    folder = tmp_path_factory.mktemp("tapes")
    found = []
    for seed in range(2):
        recording = open_recording(wild(seed, 150).save(folder / f"{seed}.gz"))
        found.append(Recording(recording.instrument, list(recording.events)))
    return found


class Story:
    """A desk whose target moves at random while a tape plays."""

    def __init__(self, recording, mode, seed, faults):
        self.loop = asyncio.get_running_loop()
        self.rng = Random(seed)  # noqa: S311 - numbers for a test
        self.venue = TapedVenue(recording, self.loop, seed=seed, mode=mode)
        self.faults = faults
        self.wanted = d(0)

    def held(self):
        return sum((p.quantity for p in self.venue.engine.positions()), d(0))

    async def tell(self, starts):
        limits = nt.Limits(orders_per_minute=100_000)
        mode = self.venue.engine.mode.value
        opened = await nt.Desk.open(
            self.venue, mode=mode, clock=self.loop.now, limits=limits, journal=False
        )
        async with opened as desk:
            playing = self.loop.create_task(self.venue.play())
            desk.set_target("A", BTC, "0")
            self.venue.faults = self.faults
            for _ in range(starts):
                await self._start(desk)
            await self._settle(desk)
            playing.cancel()

    async def _start(self, desk):
        self.wanted = d(self.rng.randint(-400, 400)) / 1000
        desk.set_target("A", BTC, self.wanted)
        end = self.loop.time() + self.rng.uniform(0.1, 4)
        while self.loop.time() < end:
            await self._tick(desk)
            await asyncio.sleep(self.rng.uniform(0.05, 0.6))

    async def _tick(self, desk):
        with contextlib.suppress(NettoolsError):  # it says what it does not know
            await desk.tick(SMART)

    async def _settle(self, desk):
        self.venue.faults = 0.0
        end = self.loop.time() + QUIET
        while self.loop.time() < end and (
            self.venue.engine.open_orders() or self.held() != self.wanted
        ):
            await self._tick(desk)
            await asyncio.sleep(0.5)
        await asyncio.wrap_future(desk.halt())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(2))
@travels
async def test_smart_orders_on_a_line_that_loses_things(recordings, mode, seed):
    with (
        patch("nettools.desk.desk.DeskThread", HereThread),
        patch.object(travel, "_GRACE", 0.0),
    ):
        story = Story(recordings[seed], mode, seed, faults=0.15)
        await story.tell(starts=12)
    assert story.venue.wrong == []
    assert len(story.venue.happened) > 10
    assert story.venue.engine.open_orders() == ()
    assert story.held() == story.wanted
