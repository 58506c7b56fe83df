"""What executing one parent order cost, split into columns that add up exactly.

A parent order (what one plan wanted on one leg) with its fills and the touches they met comes
in; its implementation shortfall in quote units goes out, positive is a cost. One law: the
columns add up to what was paid beyond the mid at the decision, to the last digit. What no
quote was seen for is None, which reads "unknown" and is never zero.

How it adds up. With s = +1 for a buy and −1 for a sell, M the mid at the decision, F the mid
when the first child order was on the book, m the mid at a fill of q at p, E the mid at the end:
*spread* Σ s·q·(p − m), *delay* Σ s·q·(F − M), *market move* Σ s·q·(m − F), *fee* as charged,
and *unfilled* s·(wanted − Σ q)·(E − M): Perold's implementation shortfall (1988).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.allocate import exact_sum, exactly, share
from nettools.decimals import FINEST, ZERO
from nettools.errors import InvalidInput
from nettools.model import Fill, Leg, Liquidity, Quote, Side
from nettools.render import html_table, text_table

NOBODY = "(nobody)"
"""Who bears what was left unfilled when nothing at all was filled; brackets, because no
strategy can be named like it."""
_BPS = 10_000
_COST = ("what execution cost", "quote units")
_COLUMNS = ("spread", "fee", "delay", "market_move", "unfilled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What an execution cost beyond the mid at the decision; positive is a cost.

    In quote units, or in hundredths of a percent (bps) of the notional at the decision. A
    column that is None is unknown: no quote was seen for it.
    """

    spread: Decimal | None = ZERO
    """Fills against the mid of their moment; negative when resting orders earned it."""
    fee: Decimal | None = ZERO
    """Paid to the venue; None when it was charged in another currency."""
    delay: Decimal | None = ZERO
    """What the market did between the decision and the first child order on the book."""
    market_move: Decimal | None = ZERO
    """What the market did from then until each fill."""
    unfilled: Decimal | None = ZERO
    """What the market did, until the end, on what was never filled."""
    total: Decimal | None = ZERO
    """All of it; known as soon as fees and end are, even where the split is not."""

    def __post_init__(self) -> None:
        """Refuse columns that do not add up."""
        parts = self.columns
        if None not in parts and exact_sum(p for p in parts if p is not None) != self.total:
            raise InvalidInput(f"the columns of a shortfall must add up to {self.total}")

    @property
    def columns(self) -> tuple[Decimal | None, ...]:
        """Spread, fee, delay, market move, unfilled; quote units, positive is a cost."""
        return self.spread, self.fee, self.delay, self.market_move, self.unfilled

    @property
    def is_known(self) -> bool:
        """Say whether every column is known."""
        return None not in self.columns

    def in_bps(self, notional: Decimal) -> "Shortfall":
        """Give the same in bps of a notional in quote units, each column on a grid of 1e-12."""
        parts = [None if p is None else in_bps(p, notional) for p in self.columns]
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            total: Decimal | None = exact_sum(known)
        else:
            total = None if self.total is None else in_bps(self.total, notional)
        return Shortfall(**dict(zip(_COLUMNS, parts, strict=True)), total=total)

    def __add__(self, other: "Shortfall") -> "Shortfall":
        """Add two column by column; what is unknown in one is unknown in the sum."""
        names = [column.name for column in fields(self)]
        return Shortfall(**{n: _plus(getattr(self, n), getattr(other, n)) for n in names})

    def _rows(self) -> list[tuple[str, str]]:
        return [(f.name.replace("_", " "), _shown(getattr(self, f.name))) for f in fields(self)]

    def __repr__(self) -> str:
        return text_table(_COST, self._rows())

    def _repr_html_(self) -> str:
        return html_table(_COST, self._rows(), strong=[len(_COLUMNS)])


UNKNOWN = Shortfall(**dict.fromkeys((*_COLUMNS, "total")))


@dataclass(frozen=True, slots=True, kw_only=True)
class MetFill:
    """One execution of a parent order, and the touch it met."""

    fill: Fill
    quote: Quote | None = None
    """The touch when it filled; None when none was seen."""
    shares: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    """Who got it: account to its part of the quantity (base units, positive) and of the fee."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentOrder:
    """What one plan wanted on one leg, and what became of it."""

    plan_id: str
    leg: Leg
    side: Side
    quantity: Decimal
    """What was to be traded, base units, above zero."""
    style: str = "market"
    decided: datetime
    """When it was planned (UTC)."""
    arrival: Quote
    """The touch it was planned on."""
    taker_rate: Decimal | None = None
    """The account's own, a fraction of notional; None when it was not read."""
    first_quote: Quote | None = None
    """The touch when its first child order was on the book; None when none was seen."""
    fills: tuple[MetFill, ...] = ()
    """Oldest first."""
    ended: datetime | None = None
    """When its last child order was final (UTC); None while it works."""
    end_quote: Quote | None = None
    """The touch then, or the newest while it works; None when none was seen."""

    @property
    def filled(self) -> Decimal:
        """Sum of the fills, base units."""
        return exact_sum(met.fill.quantity for met in self.fills)

    @property
    def notional(self) -> Decimal:
        """Wanted quantity × mid at the decision, quote units: what bps are of."""
        return self.quantity * self.arrival.mid

    @property
    def maker_share(self) -> Decimal | None:
        """Fraction of the filled base units that rested, 0 to 1; None when nothing filled."""
        makers = (m.fill.quantity for m in self.fills if m.fill.liquidity is Liquidity.MAKER)
        return exact_sum(makers) / self.filled if self.fills else None

    @property
    def seconds_to_fill(self) -> Decimal | None:
        """Number of seconds from the decision to the last fill; None until all is filled."""
        if self.filled < self.quantity:
            return None
        return _seconds(max(met.fill.time for met in self.fills) - self.decided)


@exactly
def shortfall_of(parent: ParentOrder) -> Shortfall:
    """Give what a parent order cost so far, quote units; positive is a cost."""
    parts = [(met, met.fill.quantity, met.fill.fee) for met in parent.fills]
    return _cost(parent, parts, _unfilled(parent))


@exactly
def shortfall_by_account(parent: ParentOrder) -> dict[str, Shortfall]:
    """Share what a parent order cost among the accounts that got its fills, exactly.

    By each one's part of each fill and fee; what was left unfilled by their parts of all that
    was filled. The shares add up to ``shortfall_of`` column by column.
    """
    got: dict[str, Decimal] = {}
    for met in parent.fills:
        for account, (quantity, _) in met.shares.items():
            got[account] = got.get(account, ZERO) + quantity
    weights = {account: quantity for account, quantity in got.items() if quantity > 0}
    left = _unfilled(parent)
    if not weights:
        return {NOBODY: shortfall_of(parent)}
    unfilled: dict[str, Decimal | None] = dict.fromkeys(weights)
    if left is not None:
        unfilled.update(share(left, weights))
    return {
        account: _cost(
            parent,
            [(m, *m.shares[account]) for m in parent.fills if account in m.shares],
            unfilled[account],
        )
        for account in weights
    }


@exactly
def taken_at_once(parent: ParentOrder) -> Shortfall:
    """Give what the twin pays that takes all of it at the decision, quote units.

    At the touch and the account's taker rate: as if the touch were deep enough, and no time
    passed. Larger orders would have paid more.
    """
    quote = parent.arrival
    touch = quote.ask if parent.side is Side.BUY else quote.bid
    spread = parent.quantity * abs(touch - quote.mid)
    if parent.taker_rate is None:
        return Shortfall(spread=spread, fee=None, total=None)
    fee = parent.quantity * touch * parent.taker_rate
    return Shortfall(spread=spread, fee=fee, total=spread + fee)


@exactly
def markout(fill: Fill, mid: Decimal) -> Decimal:
    """Give what a fill had gained when the mid was here, quote units; negative was lost."""
    return fill.signed_quantity * (mid - fill.price)


def in_bps(amount: Decimal, notional: Decimal) -> Decimal:
    """Give quote units in hundredths of a percent of a notional, on a grid of 1e-12."""
    return (amount * _BPS / notional).quantize(FINEST)


def _unfilled(parent: ParentOrder) -> Decimal | None:
    left = parent.quantity - exact_sum(met.fill.quantity for met in parent.fills)
    if left == 0:
        return ZERO
    if parent.end_quote is None:
        return None
    return parent.side.sign * left * (parent.end_quote.mid - parent.arrival.mid)


def _cost(
    parent: ParentOrder,
    parts: Iterable[tuple[MetFill, Decimal, Decimal]],
    unfilled: Decimal | None,
) -> Shortfall:
    """Cost parts of the fills: each with its quantity (base units) and fee."""
    parts, sign, arrival = tuple(parts), parent.side.sign, parent.arrival.mid
    paid = exact_sum(sign * q * (met.fill.price - arrival) for met, q, _ in parts)
    is_ours = all(met.fill.fee_currency == _quote_of(parent.leg) for met, _, _ in parts)
    fee = exact_sum(fee for _, _, fee in parts) if is_ours else None
    quotes = [met.quote for met, _, _ in parts]
    spread = delay = move = None
    if None not in quotes:
        spread = exact_sum(
            sign * q * (met.fill.price - met.quote.mid) for met, q, _ in parts if met.quote
        )
    if not parts:
        delay = move = ZERO
    elif parent.first_quote is not None:
        filled = exact_sum(q for _, q, _ in parts)
        delay = sign * filled * (parent.first_quote.mid - arrival)
        move = None if spread is None else paid - spread - delay
    total = None if fee is None or unfilled is None else paid + fee + unfilled
    return Shortfall(
        spread=spread, fee=fee, delay=delay, market_move=move, unfilled=unfilled, total=total
    )


def _quote_of(leg: Leg) -> str:
    return leg.symbol.partition("/")[2].partition(":")[0]


def _plus(one: Decimal | None, two: Decimal | None) -> Decimal | None:
    return None if one is None or two is None else exact_sum((one, two))


def _shown(amount: Decimal | None) -> str:
    if amount is None:
        return "unknown"
    return f"{amount.quantize(Decimal('0.01')) + ZERO:+,.2f}"


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)).scaleb(-6)
