"""The un-netted twin: what the same deltas would have cost, each sent alone as a taker.

Commits, fills and funding of one leg come in; the saving goes out in columns that add up
exactly. Saving is the real account's equity less the twin's, at a common mark. The columns
can be negative: waiting passively can cost more than the fee it spares.

How it adds up. Of each commit, what strategies buy from each other is *crossed*; the rest is
*due* at the venue. What is due waits in a pool with its mid price and with what the twin paid
for it (touch and fee) until a fill takes its part out of the pool. A fill's saving is then
the twin's price less the real one: as a maker instead of a taker, better or worse than the
touch at the fill, and the rest by the delay. What is still in the pool is priced at the mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from nettools.allocate import exact_sum, exactly
from nettools.decimals import FINEST, ZERO
from nettools.model import Quote
from nettools.render import html_table, text_table

_SAVED = ("saved by netting", "quote units")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What netting saved, in quote units; positive is saved, negative was lost."""

    fee_on_crossed: Decimal = ZERO
    """Fees the twin paid on what crossed inside."""
    spread_on_crossed: Decimal = ZERO
    """What the twin lost between mid and touch on what crossed inside."""
    maker_instead_of_taker: Decimal = ZERO
    """Taker fee on real fills less the fee really paid."""
    price_against_touch: Decimal = ZERO
    """Real fills against the touch at their time."""
    delay: Decimal = ZERO
    """The touch and fee at the commit against those at the fill."""
    deadband_and_rounding: Decimal = ZERO
    """What was due and not traded: the twin's cost of it, and what the market did since."""
    funding: Decimal = ZERO
    """Real funding less the twin's."""

    @property
    def total(self) -> Decimal:
        """All columns together, quote units."""
        return exact_sum(getattr(self, column.name) for column in fields(self))

    def _rows(self) -> list[tuple[str, str]]:
        cents = Decimal("0.01")
        parts = [(c.name.replace("_", " "), getattr(self, c.name)) for c in fields(self)]
        rows = [*parts, ("total", self.total)]
        return [(name, f"{amount.quantize(cents) + ZERO:+,.2f}") for name, amount in rows]

    def __repr__(self) -> str:
        return text_table(_SAVED, self._rows())

    def _repr_html_(self) -> str:
        return html_table(_SAVED, self._rows(), strong=[len(fields(self))])

    @exactly
    def __add__(self, other: "Saving") -> "Saving":
        """Add two savings column by column."""
        names = [column.name for column in fields(self)]
        return Saving(**{n: getattr(self, n) + getattr(other, n) for n in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The twin beside one leg: what it paid, and what the real account still owes it."""

    booked: Saving = field(default_factory=Saving)
    """Columns that are settled."""
    due: Decimal = ZERO
    """Committed and not traded by real fills, signed base units."""
    due_value: Decimal = ZERO
    """The same at the mids of its commits, signed quote units."""
    due_cost: Decimal = ZERO
    """What the twin paid for it in touch and fee, quote units."""
    paid: Decimal = ZERO
    """What the twin paid in all, touch and fees, quote units."""
    turnover: Mapping[str, Decimal] = field(default_factory=dict)
    """What each strategy traded in the twin, quote units at the mids."""
    credit: Mapping[str, Decimal] = field(default_factory=dict)
    """By how much each strategy shrank what was due, quote units at the mids."""

    @exactly
    def saving(self, mark_price: Decimal) -> Saving:
        """Give all columns now, what is still due at the mark; quote units."""
        drift = self.due * mark_price - self.due_value
        return self.booked + Saving(deadband_and_rounding=self.due_cost - drift)


@exactly
def commit(
    twin: Twin, deltas: Mapping[str, Decimal], quote: Quote, taker_rate: Decimal
) -> Twin:
    """Let the twin trade each strategy's change at the touch, and split it.

    Args:
        twin: before.
        deltas: each strategy's change of target on the leg, signed base units.
        quote: the touch at the commit.
        taker_rate: the account's own, a fraction.
    """
    mid = quote.mid
    bought = sum((d for d in deltas.values() if d > 0), ZERO)
    sold = sum((-d for d in deltas.values() if d < 0), ZERO)
    crossed, net = min(bought, sold), bought - sold
    booked = twin.booked
    if crossed:
        booked += Saving(
            fee_on_crossed=crossed * (quote.ask + quote.bid) * taker_rate,
            spread_on_crossed=crossed * (quote.ask - quote.bid),
        )
    twin = replace(
        twin,
        booked=booked,
        paid=twin.paid
        + bought * (quote.ask - mid + quote.ask * taker_rate)
        + sold * (mid - quote.bid + quote.bid * taker_rate),
        turnover=_added(twin.turnover, {s: abs(d) * mid for s, d in deltas.items()}),
        credit=_added(
            twin.credit,
            {s: (abs(d) + abs(net - d) - abs(net)) * mid for s, d in deltas.items()},
        ),
    )
    touch = quote.ask if net > 0 else quote.bid
    cost = abs(net) * (abs(touch - mid) + touch * taker_rate)
    return _owe(twin, net, net * mid, cost)


def _owe(twin: Twin, quantity: Decimal, value: Decimal, cost: Decimal) -> Twin:
    """Put a new due quantity into the pool; what meets its opposite there never trades."""
    due = twin.due + quantity
    if twin.due * quantity >= 0:
        return replace(
            twin, due=due, due_value=twin.due_value + value, due_cost=twin.due_cost + cost
        )
    # The real account never traded the part that came and went; the twin traded it twice.
    if abs(quantity) > abs(twin.due):
        kept_value, kept_cost = _part(value, due, quantity), _part(cost, due, quantity)
    else:
        kept_value = _part(twin.due_value, due, twin.due)
        kept_cost = _part(twin.due_cost, due, twin.due)
    spared = (twin.due_cost + cost - kept_cost) + (twin.due_value + value - kept_value)
    return replace(
        twin,
        due=due,
        due_value=kept_value,
        due_cost=kept_cost,
        booked=twin.booked + Saving(deadband_and_rounding=spared),
    )


@exactly
def fill(  # noqa: PLR0913 - one execution beside the touch it met
    twin: Twin,
    quantity: Decimal,
    price: Decimal,
    *,
    fee: Decimal,
    quote: Quote,
    taker_rate: Decimal,
) -> Twin:
    """Take a real fill's part out of the pool and book what it saved.

    Args:
        twin: before.
        quantity: of the fill, signed base units.
        price: of the fill, quote units.
        fee: paid, quote units.
        quote: the touch when it filled.
        taker_rate: the account's own, a fraction.
    """
    touch = quote.ask if quantity > 0 else quote.bid
    as_taker = abs(quantity) * price * taker_rate
    due = twin.due - quantity
    if twin.due * quantity > 0 and abs(quantity) <= abs(twin.due):
        kept_value = _part(twin.due_value, due, twin.due)
        kept_cost = _part(twin.due_cost, due, twin.due)
    elif twin.due * quantity > 0:  # more than was due: the rest is owed back, at this price
        kept_value, kept_cost = due * price, ZERO
    else:
        kept_value, kept_cost = twin.due_value - quantity * price, twin.due_cost
    twin_price = (twin.due_value - kept_value) + (twin.due_cost - kept_cost)
    all_saved = twin_price - quantity * price - fee
    maker, against = as_taker - fee, quantity * (touch - price)
    return replace(
        twin,
        due=due,
        due_value=kept_value,
        due_cost=kept_cost,
        booked=twin.booked
        + Saving(
            maker_instead_of_taker=maker,
            price_against_touch=against,
            delay=all_saved - maker - against,
        ),
    )


@exactly
def fund(twin: Twin, received: Decimal, twin_received: Decimal) -> Twin:
    """Book a funding payment: what the account received and what the twin would have."""
    return replace(twin, booked=twin.booked + Saving(funding=received - twin_received))


def _part(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Give the pro-rata part of an amount; what rounding leaves stays with the rest."""
    return amount * part // (whole * FINEST) * FINEST


def _added(to: Mapping[str, Decimal], amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {**to, **{name: to.get(name, ZERO) + more for name, more in amounts.items()}}
