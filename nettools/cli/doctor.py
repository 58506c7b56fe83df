"""`nettools doctor`: does this account work from this machine, and what are its rules?

The name of a venue comes in; findings go out, each with what to do when something is wrong.
It only reads: no order is sent and nothing is changed.
"""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from nettools.decimals import plain, signed
from nettools.model import Instrument, PositionMode
from nettools.render import text_table
from nettools.venues import Balance, Venue, open_venue
from nettools.venues.protocol import Permissions

SHOWN = tuple(f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "BNB", "XRP"))
"""Instruments whose rules are printed; a venue may have hundreds."""
LARGEST_OFFSET = timedelta(milliseconds=800)
"""Both venues refuse a request stamped more than 1000 ms ahead of their clock (docs)."""
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    name: str
    text: str
    """What was found."""
    cure: str = ""
    """What to do about it; empty when nothing need be done."""


def doctor(name: str) -> int:
    """Check a venue and print what was found; gives 1 when something has to be done.

    Raises:
        VenueUnavailable: it cannot be reached, or the keys are missing or refused.
        LiveTradingRefused: the name is not on the list of testnets.
    """
    venue = open_venue(name)
    findings, rules = asyncio.run(_visit(venue, _now))
    lines = [f"Venue {venue.name}: testnet, play money", ""]
    lines += [_line(finding) for finding in findings]
    lines += ["", rules, ""]
    cures = [finding.cure for finding in findings if finding.cure]
    lines.append("To do: " + "; ".join(cures) if cures else "All is well.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if cures else 0


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command reads the clock and passes it on


async def _visit(venue: Venue, clock: Clock) -> tuple[list[Finding], str]:
    try:
        await venue.connect()
        return await examine(venue, clock), await _rules(venue)
    finally:
        await venue.close()


async def examine(venue: Venue, clock: Clock) -> list[Finding]:
    """Ask a connected venue everything that can stop a session.

    Args:
        venue: connected.
        clock: gives this machine's time (UTC).

    Raises:
        VenueUnavailable: one of the questions was not answered.
    """
    before = clock()
    server = await venue.server_time()
    after = clock()
    positions = await venue.positions()
    held = ", ".join(f"{p.leg} {signed(p.quantity)}" for p in positions)
    return [
        Finding(name="keys", text="accepted"),
        permission_finding(await venue.permissions()),
        clock_finding(server - before - (after - before) / 2, round_trip=after - before),
        _mode_finding(await venue.position_mode()),
        _balance_finding(await venue.balance()),
        Finding(name="positions", text=held or "flat"),
        Finding(name="instruments", text=f"{len(venue.instruments())} can be traded"),
    ]


def clock_finding(offset: timedelta, *, round_trip: timedelta) -> Finding:
    """Judge by how much the venue's clock is ahead of ours, known to half a round trip."""
    ms, half = (round(span / timedelta(milliseconds=1)) for span in (offset, round_trip / 2))
    text = f"venue {ms:+d} ms from this machine (known to {half} ms)"
    off = abs(offset) - round_trip / 2 > LARGEST_OFFSET
    cure = "set this machine's clock by network time; signed requests will be refused"
    return Finding(name="clock", text=text, cure=cure if off else "")


def permission_finding(permissions: Permissions | None) -> Finding:
    """Judge what the keys may do: trade, and as little else as possible."""
    name = "permissions"
    if permissions is None:
        return Finding(name=name, text="this venue does not tell what the keys may do")
    told = ["may trade" if permissions.may_trade else "may NOT trade"]
    if permissions.may_withdraw is not None:
        told.append("may withdraw" if permissions.may_withdraw else "may not withdraw")
    if permissions.is_bound is not None:
        told.append("from listed addresses" if permissions.is_bound else "from any address")
    cures = [] if permissions.may_trade else ["make keys that may trade contracts"]
    if permissions.may_withdraw:
        cures.append("make keys without the permission to withdraw")
    return Finding(name=name, text=", ".join(told), cure="; ".join(cures))


def _mode_finding(mode: PositionMode) -> Finding:
    hedge = mode is PositionMode.HEDGE
    advice = 'open the desk with mode="hedge"' if hedge else "the recommended one"
    return Finding(name="mode", text=f"{mode.value}, {advice}")


def _balance_finding(balance: Balance) -> Finding:
    wallet, available = (f"{x:,.2f}" for x in (balance.wallet, balance.available))
    text = f"{wallet} {balance.currency} in the wallet, {available} available"
    cure = "" if balance.available > 0 else "fund the testnet account on the venue's page"
    return Finding(name="balance", text=text, cure=cure)


async def _rules(venue: Venue) -> str:
    instruments = venue.instruments()
    known = [instruments[symbol] for symbol in SHOWN if symbol in instruments]
    rows = [await _row(venue, instrument) for instrument in known]
    header = ["symbol", "step", "tick", "min quantity", "min notional", "max market", "band"]
    return text_table([*header, "maker fee", "taker fee"], rows)


async def _row(venue: Venue, instrument: Instrument) -> list[str]:
    fees = await venue.fee_rates(instrument.symbol)
    largest = instrument.max_market_quantity
    return [
        instrument.symbol,
        plain(instrument.step_size),
        plain(instrument.tick_size),
        f"{plain(instrument.min_quantity)} {instrument.base}",
        f"{plain(instrument.min_notional)} {instrument.quote}",
        "–" if largest is None else f"{plain(largest)} {instrument.base}",
        "–" if instrument.price_band is None else _percent(instrument.price_band),
        _percent(fees.maker),
        _percent(fees.taker),
    ]


def _percent(rate: Decimal) -> str:
    return f"{plain(rate * 100)} %"


def _line(finding: Finding) -> str:
    mark = "TO DO" if finding.cure else "ok"
    return f"{mark:6} {finding.name:12} {finding.text}"
