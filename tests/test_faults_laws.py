"""Any call may fail, any two faults may meet, a desk may die at any call: the laws still hold.

One short story is told again and again: set targets, execute, change them, execute, rest, go
flat. What is spoiled differs each time, and the oracle watches all of it.
"""

import asyncio
import contextlib
import os
from itertools import combinations

import pytest
from drive import PHASES, VENUES, Drive
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from makers import BTC, d
from travel import TravelLoop, travels

from nettools.errors import InvalidInput
from nettools.testnet.faults import Fault
from nettools.testnet.replies import named_reply

CALLS = 90
"""More than the story makes, so that every one of them has its turn."""
KINDS = ("close", "drop", "html", "unknown")
LONG = os.environ.get("FAULTS") == "all"
"""All combinations instead of a sample of them; takes an hour."""


async def _story(drive):
    """Tell the story; faults may hit any of it."""
    drive.want(a="1.0", b="0.5", c="-0.8")
    await drive.tick()
    await asyncio.sleep(1)
    drive.want(c="-0.2")
    await drive.tick()
    await asyncio.sleep(1)
    drive.want(a="1.4")
    await drive.tick("limit")
    await asyncio.sleep(1)
    if drive.engine.open_orders():
        drive.fill(40)
    drive.want(a="0", b="0", c="0")
    await drive.tick()


async def _end(drive):
    """All is flat within a minute, whatever happened."""
    await drive.settle()
    assert drive.position() == 0


def _arm(drive, kind, phase, nth):
    """Spoil the n-th call, whatever it is."""
    answer = None if kind in {"close", "drop"} else named_reply(drive.venue, kind)
    do = "reply" if answer else kind
    drive.server.gate.faults.add(Fault(do=do, phase=phase, nth=nth, answer=answer))


def _sample(combinations_of, every):
    rows = list(combinations_of)
    return rows if LONG else rows[::every]


NTH = [
    (venue, kind, phase, nth)
    for venue in VENUES
    for nth in range(1, CALLS + 1)
    for kind in KINDS
    for phase in PHASES
]


@pytest.mark.parametrize("part", range(16))
@travels
async def test_any_call_may_fail(part):
    """Loop 2: the n-th call of the story, for n = 1 to the last, each in its own way."""
    for venue, kind, phase, nth in _sample(NTH, 11)[part::16]:
        async with Drive(venue) as drive:
            _arm(drive, kind, phase, nth)
            await _story(drive)
            await _end(drive)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("part", range(4))
@travels
async def test_a_desk_may_die_at_any_call_and_goes_on(venue, phase, part):
    """Row 4, loop 3 without the process: it dies at the n-th call and is opened again."""
    for nth in range(1 + part, CALLS, 4 if LONG else 12):
        async with Drive(venue) as drive:
            drive.server.gate.faults.add(Fault(do="drop", phase=phase, nth=nth))
            telling = asyncio.create_task(_story(drive))
            await drive.until_fired(telling)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            await drive.crash()
            drive.heal()
            await drive.open()
            drive.want(a="0", b="0", c="0")
            await _end(drive)


SINGLE = (
    {"call": "create", "do": "close", "phase": "after_match"},
    {"call": "create", "do": "close", "phase": "before_match"},
    {"call": "create", "reply": "unknown", "phase": "after_match", "nth": 2},
    {"call": "order", "do": "close", "times": 4},
    {"call": "trades", "do": "hide", "last": 2, "seconds": 10},
    {"call": "trades", "do": "dup", "times": 0},
    {"call": "positions", "reply": "html", "times": 3},
    {"call": "positions", "do": "stale", "age": 2, "times": 2},
    {"call": "open_orders", "do": "partial", "keep": 0, "times": 0},
    {"call": "cancel", "do": "close", "phase": "before_match"},
    {"call": "cancel", "do": "close", "phase": "after_match"},
    {"call": "cancel", "do": "fill", "percent": 60},
    {"call": "balance", "reply": "throttled"},
    {"call": "ticker", "do": "drop", "nth": 3},
)


@pytest.mark.parametrize("part", range(8))
@travels
async def test_any_two_faults_may_meet(part):
    """Loop 5."""
    pairs = [(venue, *pair) for venue in VENUES for pair in combinations(SINGLE, 2)]
    for venue, one, other in _sample(pairs, 2)[part::8]:
        async with Drive(venue) as drive:
            for fault in (one, other):
                drive.fault(may_miss=True, **fault)
            await _story(drive)
            await drive.go_on(5)
            await _end(drive)


# --- any story


class BadDays(RuleBasedStateMachine):
    """Loop 6: targets, ticks, fills, faults, crashes and other hands in any order."""

    def __init__(self):
        super().__init__()
        self._runner = asyncio.Runner(loop_factory=TravelLoop)
        self._drive = None
        self._hands = 0

    def _do(self, work):
        return self._runner.run(work)

    @initialize(venue=st.sampled_from(VENUES), streams=st.booleans())
    def begin(self, venue, streams):
        self._drive = Drive(venue, streams=streams)
        self._do(self._drive.__aenter__())

    @rule(
        who=st.sampled_from("abc"),
        lots=st.integers(-8, 8),
        style=st.sampled_from(["market", "limit"]),
    )
    def trade(self, who, lots, style):
        self._do(self._trade(who, lots, style))

    async def _trade(self, who, lots, style):
        self._drive.want(**{who: str(d(lots) / 10)})
        await self._drive.tick(style)

    @rule(seconds=st.sampled_from([0.2, 1, 5, 12]))
    def wait(self, seconds):
        self._do(self._drive.go_on(seconds, every=max(seconds / 5, 0.2)))

    @rule(percent=st.integers(1, 100))
    def fill(self, percent):
        async def _fill():
            if self._drive.engine.open_orders():
                with contextlib.suppress(InvalidInput):  # a fill of it is held back already
                    self._drive.fill(percent)

        self._do(_fill())

    @rule(fault=st.sampled_from(SINGLE))
    def spoil(self, fault):
        self._drive.fault(may_miss=True, **fault)

    @rule()
    def heal(self):
        async def _heal():
            self._drive.heal()

        self._do(_heal())

    @rule()
    def cut(self):
        async def _cut():
            self._drive.server.hub.cut()

        self._do(_cut())

    @rule(seconds=st.sampled_from([1, 8]))
    def hold(self, seconds):
        self._drive.late_fill(seconds)

    @rule(percent=st.sampled_from(["-2", "0.3", "2"]))
    def move(self, percent):
        self._do(self._drive.command("/price", symbol=BTC, percent=percent))

    @precondition(lambda self: self._hands == 0)
    @rule()
    def crash(self):
        async def _crash():
            await self._drive.crash()
            self._drive.heal()
            await self._drive.open()

        self._do(_crash())

    @invariant()
    def holds(self):
        if self._drive is not None:
            self._drive.oracle.check()

    def teardown(self):
        if self._drive is not None:
            self._do(self._drive.finish())
        self._runner.close()


def test_any_story_of_bad_days_ends_well():
    """Some dozen stories for every commit, thousands when they are asked for."""
    run_state_machine_as_test(
        BadDays,
        settings=settings(
            max_examples=2_000 if LONG else 12,
            stateful_step_count=15,
            deadline=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
        ),
    )
