"""The gate of the trading port: each request passes it, and may meet a fault there.

A request and the exchange's way of answering come in; the answer that the trader gets goes
out, or None for a connection that ends without one. The admin port has no gate. Law: before
the exchange answers nothing of a request has happened, afterwards all of it has.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from nettools.testnet.calls import Call, read_call
from nettools.testnet.dialect import ApiReply, ApiRequest
from nettools.testnet.faults import AFTER, BEFORE, ON_REPLY, Armed, Fault, Faults
from nettools.testnet.lines import Frame
from nettools.testnet.spoiling import Memory, edited, spoiled, words_of

_LONGEST_SILENCE = 600.0
"""Seconds after which even a request that is never answered loses its connection."""
_ORDERS = frozenset({"create", "cancel", "cancel_all"})
"""What has a latency."""
Answer = Callable[[ApiRequest], ApiReply]
"""Lets the exchange answer, now."""


class Lost(NamedTuple):
    """What the trader gets instead of the exchange's answer."""

    answer: ApiReply | None
    """None: his connection is closed."""


class Gate:
    """Lets requests through, or does to them what was asked for.

    Args:
        clock: gives the time of arrival (UTC).
        monotonic: paces the faults that end by themselves, seconds.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self.faults = Faults()
        self.received: dict[str, datetime] = {}
        """When the request of each client order id first arrived (UTC)."""
        self._clock = clock
        self._memory = Memory()
        self._monotonic = monotonic
        self._sleep = sleep
        self._released = asyncio.Event()
        self.cut: Callable[[], object] = lambda: None
        """Drops every connection to a stream."""
        self.fill: Callable[[Call, int], object] = lambda _call, _percent: None
        """Fills so many percent of the resting order a request is about."""
        self._late: dict[int, list[Frame]] = {}
        self.latency = (0.0, 0.0)
        """Seconds an order takes to the exchange, and its answer back; reads take none."""

    def clear(self) -> int:
        """Forget all faults and let go of what was never to be answered."""
        self._released.set()
        self._released = asyncio.Event()
        self._late.clear()
        return self.faults.clear()

    async def through(self, request: ApiRequest, answer: Answer) -> ApiReply | None:
        """Let a request through; None when its connection ends without an answer."""
        if request.method == "POST":
            call = read_call(request)
            if call.name == "create" and call.client_id:
                self.received.setdefault(call.client_id, self._clock())
        lost = await self.before(request)
        if lost is not None:
            return lost.answer
        reply = await self._delivered(request, answer)
        if not self.faults:
            return reply
        call = read_call(request)
        for armed in self.faults.meet(call, ON_REPLY, self._monotonic()):
            reply = await self._spoil(armed, call, reply)
        for armed in self.faults.meet(call, AFTER, self._monotonic()):
            if await self._loses(armed, call):
                return armed.fault.answer
        return reply

    async def before(self, request: ApiRequest) -> Lost | None:
        """Let a request come to the exchange (None), or say what is answered instead."""
        if self.faults:
            call = read_call(request)
            for armed in self.faults.meet(call, BEFORE, self._monotonic()):
                if await self._loses(armed, call):
                    return Lost(armed.fault.answer)
        return None

    def frames(self, frame: Frame) -> tuple[Frame, ...]:
        """Say what becomes of a frame: itself, nothing, another one, or more than one.

        One that is reordered follows the next one to the same reader.
        """
        if not self.faults and not self._late:
            return (frame,)
        told, is_late = [frame], False
        words = frozenset(words_of(frame.row))
        for armed in self.faults.meet_frame(frame.channel, words, self._monotonic()):
            fault = armed.fault
            if fault.do == "close":
                self.cut()
                return ()
            is_late = is_late or fault.do == "reorder"
            told = _told(fault, told)
        if is_late and frame.reader not in self._late:
            self._late[frame.reader] = told
            return ()
        return (*told, *self._late.pop(frame.reader, ()))

    async def _delivered(self, request: ApiRequest, answer: Answer) -> ApiReply:
        there, back = self.latency
        if not (there or back) or read_call(request).name not in _ORDERS:
            return self._answered(request, answer)
        await self._sleep(there)
        reply = self._answered(request, answer)
        await self._sleep(back)
        return reply

    def _answered(self, request: ApiRequest, answer: Answer) -> ApiReply:
        reply = answer(request)
        self._memory.note(request, reply, self._monotonic())
        return reply

    async def _spoil(self, armed: Armed, call: Call, reply: ApiReply) -> ApiReply:
        if armed.fault.do == "delay":
            await self._sleep(armed.fault.ms / 1000)
            return reply
        return spoiled(armed, call, reply, self._memory, self._monotonic())

    async def _loses(self, armed: Armed, call: Call) -> bool:
        """Say whether the trader gets the fault's answer (or none) instead of another one."""
        if armed.fault.do == "delay":
            await self._sleep(armed.fault.ms / 1000)
            return False
        if armed.fault.do == "fill":
            self.fill(call, armed.fault.percent)
            return False
        if armed.fault.do == "drop":
            waiting = asyncio.ensure_future(self._released.wait())
            await asyncio.wait([waiting], timeout=_LONGEST_SILENCE)
            waiting.cancel()
        return True


def _told(fault: Fault, frames: list[Frame]) -> list[Frame]:
    if fault.do == "drop":
        return []
    if fault.do == "dup":
        return frames * 2
    if fault.do == "reorder":
        return frames
    return [replace(frame, row=edited(fault, frame.row)) for frame in frames]
