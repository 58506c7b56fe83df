"""`nettools record`: write a testnet's public market down, to be replayed by `--replay`.

Venue, symbol, file and a duration come in; the file goes out, and one line that says what is
in it. It needs no keys, sends no order, and asks nothing that is not public.
"""

import asyncio
import contextlib
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from nettools.errors import InvalidInput
from nettools.venues.clock import Timing
from nettools.venues.opening import open_public
from nettools.venues.recording import Progress, Recorder

LONGEST = 7 * 86_400
"""Seconds of one recording."""


def record(*, venue: str, symbol: str, out: str | None, seconds: float | None) -> int:
    """Record until the time is up or Ctrl-C; the file is readable either way.

    Args:
        venue: ``"local"``, ``"local-bybit"``, ``"binance-demo"`` or ``"bybit-testnet"``.
        symbol: unified symbol.
        out: the file, which must not exist; by default named after symbol and time, here.
        seconds: how long; until Ctrl-C when None.

    Raises:
        InvalidInput: the file exists or cannot be made, or the duration cannot be meant.
        LiveTradingRefused: the name is not on the list of testnets.
        VenueUnavailable: it cannot be reached, or does not know the symbol.
    """
    if seconds is not None and not 0 < seconds <= LONGEST:
        raise InvalidInput(f"seconds must be above 0 and at most {LONGEST}, was {seconds:g}")
    wire = open_public(venue, os.environ, Timing())
    path = Path(out) if out else _named(symbol)
    recorder = Recorder(wire, symbol, path, clock=time.time_ns)
    sys.stdout.write(f"Recording {symbol} on {wire.name} into {path}; Ctrl-C ends it.\n")
    asyncio.run(_record(recorder, seconds))
    sys.stdout.write(
        f"{path}: {_said(recorder.progress)}.\nReplay it: nettools testnet --replay {path}\n"
    )
    return 0


def _named(symbol: str) -> Path:
    name = symbol.partition(":")[0].replace("/", "").lower()
    now = datetime.now(UTC)  # noqa: TID251 - the command reads the clock
    return Path(f"{name}_{now:%Y%m%dT%H%M%S}.gz")


async def _record(recorder: Recorder, seconds: float | None) -> None:
    showing = asyncio.create_task(_show(recorder.progress))
    try:
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(seconds):
                await recorder.record()
    finally:
        showing.cancel()
        recorder.progress.bytes = recorder.path.stat().st_size if recorder.path.exists() else 0


async def _show(progress: Progress) -> None:
    if not sys.stderr.isatty():
        return
    try:
        while True:
            await asyncio.sleep(1)
            sys.stderr.write(f"\r\x1b[K{_said(progress)}")
            sys.stderr.flush()
    finally:
        sys.stderr.write("\r\x1b[K")


def _said(progress: Progress) -> str:
    gaps = f", {progress.gaps} times updates may be missing" if progress.gaps else ""
    known = "" if progress.snapshots else ", no snapshot yet"
    problem = f" ({progress.problem})" if progress.problem else ""
    return (
        f"{progress.updates:,} updates, {progress.trades:,} trades, "
        f"{progress.touches:,} best prices, {progress.bytes / 1e6:.1f} MB"
        f"{gaps}{known}{problem}"
    )
