"""Smart orders on a drive, and what is read of them in tests."""

import asyncio
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import pytest
from drive import VENUES, Drive
from makers import BTC, d

from nettools.errors import OrderRejected
from nettools.journal.smart import SmartEnded, Switched
from nettools.model import Order
from nettools.style import Style
from nettools.testnet import engine

SHORT = Style(name="smart", timeout_seconds=d(10), rest_seconds=d(1))
"""Patient for ten seconds only, so that stories stay short."""
both_venues = pytest.mark.parametrize("venue", VENUES)
in_turn = pytest.mark.parametrize(
    ("venue", "mode"), [("binance", "one-way"), ("bybit", "hedge")]
)
"""Both venues and both modes, not each with each."""
everywhere = pytest.mark.parametrize("mode", ["one-way", "hedge"])


def driven(venue: str, mode: str = "one-way", style: Style = SHORT, **more: Any) -> Drive:
    """Make a drive whose desk trades in the smart style."""
    return Drive(venue, mode, style=style, **more)


def minders(drive: Drive) -> Any:
    """Give the smart orders at work."""
    return drive.desk._manager.minders


def told(drive: Drive, *kinds: type) -> list[Any]:
    """Give what was written of smart orders, oldest first."""
    rows = drive.desk._manager.recorder.recent
    return [row.record for row in rows if isinstance(row.record, kinds or (Switched,))]


def switches(drive: Drive) -> list[str]:
    """Give every switch in short, ``take: timeout``; cancels before one are left out."""
    return [
        f"{switch.action}: {switch.reason}"
        for switch in told(drive)
        if switch.child or switch.action == "stop"
    ]


def ends(drive: Drive) -> list[str]:
    """Give why each that is done has ended."""
    return [ended.reason for ended in told(drive, SmartEnded)]


def resting(drive: Drive) -> list[Order]:
    """Give what rests on the exchange."""
    return [record.order for record in drive.engine.open_orders()]


def side(drive: Drive, leg: str = "long") -> str:
    """Name the leg a position is on in the drive's mode."""
    return leg if drive.mode == "hedge" else "both"


async def begin(drive: Drive, **targets: str) -> None:
    """Let strategies want something, and the smart order rest."""
    drive.want(**(targets or {"a": "1.0", "b": "0.5", "c": "-0.8"}))
    await drive.tick()
    await asyncio.sleep(0.5)
    assert len(resting(drive)) == 1


async def done(drive: Drive, within: float = 30) -> None:
    """Wait until nothing is at work any more."""
    async with asyncio.timeout(within):
        while not minders(drive).is_idle:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)


async def move(drive: Drive, percent: str) -> None:
    """Let the market jump by so many percent."""
    await drive.command("/price", symbol=BTC, percent=percent)


def refusing(times: int) -> AbstractContextManager[object]:
    """Let the exchange refuse so many post-only orders, wherever they are."""
    real, left = engine.check_book, [times]

    def check(order: Order, pit: Any) -> None:
        if order.post_only and left[0] > 0:
            left[0] -= 1
            raise OrderRejected("it would take", reason="WOULD_TAKE")
        real(order, pit)

    return patch.object(engine, "check_book", check)
