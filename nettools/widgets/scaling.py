"""What would be if targets were larger or smaller: pure, nothing is set or read.

A book of targets and a percentage come in; the targets as they would be, and per symbol what
that would change, go out. Law: at 100 % nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from nettools.costs import fee_spared
from nettools.decimals import FINEST, ZERO, round_toward_zero
from nettools.model import FeeRates, Leg, PositionMode, Quote
from nettools.net import internal_crossing, net_target
from nettools.targets import TargetBook, TargetState
from nettools.widgets.undo import Cell

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldBe:
    """One symbol, as it is and as it would be."""

    symbol: str
    now: Decimal
    """Net target, signed base units."""
    then: Decimal
    """Net target as it would be, signed base units."""
    diff: Decimal | None
    """Then less what is held, signed base units, before deadband and working orders; both
    legs together in hedge mode. None when the account has not been read."""
    crossed: Decimal
    """What of the change would meet inside, base units."""
    spared: Decimal | None
    """Estimated fee on it, quote units; None without a quote or a rate."""


def scaled(
    book: TargetBook, percent: Decimal, strategy: str = "", symbol: str = ""
) -> dict[Cell, Decimal]:
    """Scale what strategies want; gives the targets that would change, signed base units.

    Args:
        book: the targets as they are.
        percent: 100 leaves them, 0 makes them flat.
        strategy: whose; empty is everybody's.
        symbol: on which; empty is every one.
    """
    found = {}
    for target in book:
        is_meant = strategy in {"", target.strategy} and symbol in {"", target.symbol}
        if is_meant and target.state is not TargetState.REMOVED:
            wanted = round_toward_zero(target.wanted * percent / WHOLE, FINEST)
            if wanted != target.wanted:
                found[target.strategy, target.symbol] = wanted
    return found


def with_targets(book: TargetBook, targets: Mapping[Cell, Decimal]) -> TargetBook:
    """Give the book with some targets set otherwise."""
    for (strategy, symbol), quantity in targets.items():
        book = book.set(strategy, symbol, quantity)
    return book


def would_be(  # noqa: PLR0913 - the two books, and what is known of the account
    before: TargetBook,
    after: TargetBook,
    *,
    held: Mapping[Leg, Decimal] | None,
    quotes: Mapping[str, Quote],
    rates: Mapping[str, FeeRates],
    mode: PositionMode,
) -> tuple[WouldBe, ...]:
    """Compare two books on every symbol that differs.

    Args:
        before: the targets as they are.
        after: as they would be.
        held: what the venue showed last, signed base units; None before the first read.
        quotes: the touch per symbol, as last read.
        rates: the account's own fee rates, as read so far.
        mode: of the account.
    """
    rows = []
    for symbol in after.symbols:
        if before.on(symbol) == after.on(symbol):
            continue
        legs = tuple(net_target(after, symbol).legs(mode))
        crossings = [
            internal_crossing(before, after, symbol, leg.position_side) for leg in legs
        ]
        quote, rate = quotes.get(symbol), rates.get(symbol)
        is_priced = quote is not None and rate is not None
        then = net_target(after, symbol).net
        rows.append(
            WouldBe(
                symbol=symbol,
                now=net_target(before, symbol).net,
                then=then,
                diff=None
                if held is None
                else then - sum((held.get(g, ZERO) for g in legs), ZERO),
                crossed=sum((c.crossed for c in crossings), ZERO),
                spared=sum((fee_spared(c, quote, rate) for c in crossings), ZERO)
                if is_priced and quote and rate
                else None,
            )
        )
    return tuple(rows)
