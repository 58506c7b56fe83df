"""A snapshot of the desk becomes a plan: what is sent on each leg, and what is not, and why.

Reducing orders come first, growing ones must fit the account. Keeps law 3: the same snapshot
and style give the same orders with the same ids.

In hedge mode a strategy that flips closes on one leg and opens on the other. The close goes
first, and the open never counts on it: it is sent behind it only if it fits beside the
position that is being closed. Otherwise it waits and comes with the next plan, once the close
is settled, so a close that is refused, unknown or filled in part loses nothing.
"""

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from hashlib import blake2s
from operator import attrgetter
from typing import TYPE_CHECKING

from nettools.decimals import ZERO, plain, signed
from nettools.diff import Deadband, Delta, diff_position
from nettools.errors import InvalidInput
from nettools.model import Leg, Order, OrderReport, PositionSide, Quote, Side
from nettools.net import NetTarget, net_target
from nettools.orders import (
    Refusal,
    goes_first,
    grows,
    meets,
    orders_or_why_not,
    within_what_is_stopped,
)
from nettools.render import html_table, text_table
from nettools.snapshot import Snapshot
from nettools.style import Style
from nettools.targets import TargetPosition

if TYPE_CHECKING:
    import pandas as pd

OUR_PREFIX = "nt-"
"""Every client order id of ours begins with this; other orders on the account are foreign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """What a plan does about one leg."""

    net: NetTarget
    targets: tuple[TargetPosition, ...]
    delta: Delta
    quote: Quote | None
    orders: tuple[Order, ...] = ()
    cancels: tuple[OrderReport, ...] = ()
    """Own working orders that pull the other way; they go before anything new is sent."""
    refusals: tuple[Refusal, ...] = ()

    @property
    def leg(self) -> Leg:
        """The leg this line is about."""
        return self.delta.leg

    @property
    def order_quantity(self) -> Decimal:
        """What the orders trade together, signed base units."""
        return sum((order.signed_quantity for order in self.orders), ZERO)

    @property
    def lost_to_rounding(self) -> Decimal:
        """What was to be traded and is not on the venue's grid, signed base units."""
        return self.delta.to_trade - self.order_quantity if self.orders else ZERO

    @property
    def contributors(self) -> tuple[tuple[str, Decimal], ...]:
        """The strategies that make up this leg's target, with their part, signed."""
        return tuple(
            (target.strategy, target.quantity)
            for target in self.targets
            if self.leg.part_of(target.quantity)
        )

    @property
    def why(self) -> str:
        """Answer "why this order?" in one line."""
        unit = self.leg.symbol.partition("/")[0]
        parts = "  ".join(f"{name} {signed(quantity)}" for name, quantity in self.contributors)
        sums = f"{parts or 'nobody wants any'} → target {signed(self.delta.target)} {unit}"
        if self.net.offset and self.leg.position_side is PositionSide.BOTH:
            sums += f" ({plain(self.net.offset)} offset inside)"
        there = f"position {signed(self.delta.position)}"
        if self.delta.working:
            there += f", working {signed(self.delta.working)}"
        return f"{sums}; {there}; {self.outcome}"

    @property
    def outcome(self) -> str:
        """Say what the line does: the order, the cancel, or why nothing is sent."""
        unit = self.leg.symbol.partition("/")[0]
        if self.cancels:
            return f"cancel {len(self.cancels)} working first, then look again"
        if self.refusals:
            return "; ".join(refusal.message for refusal in self.refusals)
        if not self.orders:
            return self.delta.reason
        side = Side.of(self.order_quantity).value
        text = f"{side} {plain(abs(self.order_quantity))} {unit}"
        if self.leg.position_side is not PositionSide.BOTH:
            verb = "open" if grows(self.delta, self.order_quantity) else "close"
            text += f" to {verb} {self.leg.position_side.name}"
        if len(self.orders) > 1:
            text += f" in {len(self.orders)} orders"
        if self.lost_to_rounding:
            text += f" ({plain(abs(self.lost_to_rounding))} lost to rounding)"
        return text

    def _repr_html_(self) -> str:
        return html_table(_HEADERS, [_cells(self)], self.why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one preview would send; executing sends exactly this or nothing."""

    id: str
    """A pure function of the content: the same snapshot and style give the same id."""
    snapshot: Snapshot
    style: Style
    lines: tuple[PlanLine, ...]

    @property
    def orders(self) -> tuple[Order, ...]:
        """Every order in the order of sending: reducing ones first."""
        sending = sorted((line for line in self.lines if line.orders), key=_is_growing)
        return tuple(order for line in sending for order in line.orders)

    @property
    def cancels(self) -> tuple[OrderReport, ...]:
        """Own working orders to be canceled first."""
        return tuple(report for line in self.lines for report in line.cancels)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What is not sent, and why."""
        return tuple(refusal for line in self.lines for refusal in line.refusals)

    @property
    def notional(self) -> Decimal:
        """Sum of quantity × mid over the orders, quote units."""
        quotes = self.snapshot.quotes
        return sum((o.quantity * quotes[o.symbol].mid for o in self.orders), ZERO)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to send or cancel."""
        return not any(line.orders or line.cancels for line in self.lines)

    def restyled(self, style: "Style | str") -> "Plan":
        """Give the plan the same snapshot makes in another style."""
        wanted = Style.read(style)
        return self if wanted == self.style else make_plan(self.snapshot, wanted)

    def to_frame(self) -> "pd.DataFrame":
        """Give a row per leg, numbers as exact Decimals; needs pandas."""
        import pandas as pd  # noqa: PLC0415 - the brain works without it

        return pd.DataFrame([_frame_row(line) for line in self.lines], columns=_FRAME)

    def _rows(self) -> list[list[str]]:
        return [_cells(line) for line in self.lines]

    def __repr__(self) -> str:
        if not self.lines:
            return f"Plan {self.id}: no targets yet"
        return f"Plan {self.id} ({self.style.name})\n{text_table(_HEADERS, self._rows())}"

    def _repr_html_(self) -> str:
        caption = f"Plan {self.id}, {self.style.name} style"
        return html_table(_HEADERS, self._rows(), caption)


_FRAME = ("leg", "target", "position", "working", "delta", "deadband", "order", "outcome")
_HEADERS = ("leg", "target", "position", "working", "diff", "deadband", "what happens")


def _cells(line: PlanLine) -> list[str]:
    return [*map(_shown, _frame_row(line)[:6]), line.outcome]


def _frame_row(line: PlanLine) -> list[object]:
    delta = line.delta
    return [
        str(line.leg),
        delta.target,
        delta.position,
        delta.working,
        delta.quantity,
        delta.deadband,
        line.order_quantity,
        line.outcome,
    ]


def _shown(value: object) -> str:
    return signed(value) if isinstance(value, Decimal) else str(value)


def make_plan(snapshot: Snapshot, style: Style) -> Plan:
    """Plan every leg of every symbol in the book, then fit the whole to the account.

    Refused orders are returned in the plan with their numbers, not raised.

    Raises:
        InvalidInput: the book has a symbol whose instrument is not in the snapshot.
    """
    for symbol in snapshot.book.symbols:
        if symbol not in snapshot.instruments:
            raise InvalidInput(f"no instrument is known for {symbol!r}; take its targets out")
    lines = tuple(
        _plan_line(snapshot, style, net, leg, target)
        for net in (net_target(snapshot.book, symbol) for symbol in snapshot.book.symbols)
        for leg, target in net.legs(snapshot.mode).items()
    )
    lines = _meet_no_own(snapshot, _fit_account(snapshot, _close_first(lines)))
    plan_id = _content_id(snapshot, style, lines)
    return Plan(
        id=plan_id, snapshot=snapshot, style=style, lines=_with_order_ids(lines, plan_id)
    )


def _plan_line(
    snapshot: Snapshot, style: Style, net: NetTarget, leg: Leg, target: Decimal
) -> PlanLine:
    instrument = snapshot.instruments[leg.symbol]
    quote = snapshot.quotes.get(leg.symbol)
    own = tuple(report for report in snapshot.working if report.order.leg == leg)
    band = snapshot.deadbands.get(leg.symbol, Deadband())
    delta = diff_position(
        leg,
        target=target,
        position=snapshot.positions.get(leg, ZERO),
        working=sum((report.working_quantity for report in own), ZERO),
        deadband=band.width(instrument, target, None if quote is None else quote.mid),
        trade_to=band.trade_to,
        smallest=max(instrument.min_quantity, instrument.step_size),
    )
    delta = within_what_is_stopped(delta, snapshot)
    against = tuple(r for r in own if goes_first(r, delta, style, snapshot.minded))
    planned = () if against else orders_or_why_not(snapshot, style, delta, quote, net)
    return PlanLine(
        net=net,
        targets=snapshot.book.on(leg.symbol),
        delta=delta,
        quote=quote,
        cancels=against,
        orders=() if isinstance(planned, Refusal) else planned,
        refusals=(planned,) if isinstance(planned, Refusal) else (),
    )


def _close_first(lines: tuple[PlanLine, ...]) -> tuple[PlanLine, ...]:
    """Let no leg open while the other must still cancel an order before it can close."""
    waiting = {
        line.leg.symbol: line.leg
        for line in lines
        if line.cancels and abs(line.delta.target) < abs(line.delta.position)
    }
    checked = []
    for line in lines:
        first = waiting.get(line.leg.symbol, line.leg)
        if first == line.leg or not _is_growing(line):
            checked.append(line)
            continue
        message = (
            f"{signed(line.order_quantity)} waits until {first} has canceled a working order "
            "and can close; it comes with the next plan"
        )
        refusal = Refusal(leg=line.leg, reason="CLOSE_FIRST", message=message)
        checked.append(replace(line, orders=(), refusals=(refusal,)))
    return tuple(checked)


def _fit_account(snapshot: Snapshot, lines: tuple[PlanLine, ...]) -> tuple[PlanLine, ...]:
    """Refuse growing orders that the account's limit, margin or order rate has no room for."""
    both = [(line, _is_growing(line)) for line in lines]
    reducing = sum(len(line.orders) for line, is_growing in both if not is_growing)
    room = _room(snapshot, reducing)
    fitted = []
    for line, is_growing in both:
        if not is_growing:
            fitted.append(line)
            continue
        need = _needed(line)
        short_of = next((code for code in room if need[code] > room[code]), None)
        if short_of is None:
            room = {code: room[code] - need[code] for code in room}
            fitted.append(line)
            continue
        message = _NO_ROOM[short_of].format(need=need[short_of], room=max(room[short_of], ZERO))
        if reducing:
            message += "; what this plan closes may make room for it in the next"
        refusal = Refusal(leg=line.leg, reason=short_of, message=message)
        fitted.append(replace(line, orders=(), refusals=(*line.refusals, refusal)))
    return tuple(fitted)


_NO_ROOM = {
    "ORDER_RATE": "orders needed: {need}, left by limits.orders_per_minute: {room}; "
    "wait a little",
    "ACCOUNT_LIMIT": "{need:,.0f} more notional is wanted and there is room for {room:,.0f} "
    "(account limit); lower the targets or raise limits.account_notional",
    "INSUFFICIENT_MARGIN": "{need:,.0f} more notional is wanted and there is room for "
    "{room:,.0f} (available margin); lower the targets",
}


def _meet_no_own(snapshot: Snapshot, lines: tuple[PlanLine, ...]) -> tuple[PlanLine, ...]:
    """Cancel what rests on the other leg first where an order would trade with it."""
    if not snapshot.working:
        return lines
    gone = [report for line in lines for report in line.cancels]
    own = [r for r in snapshot.working if r not in gone]
    met = [tuple(r for r in own if meets(r.order, line.orders)) for line in lines]
    both = zip(lines, met, strict=True)
    return tuple(replace(line, orders=(), cancels=m) if m else line for line, m in both)


def _is_growing(line: PlanLine) -> bool:
    return bool(line.orders) and grows(line.delta, line.order_quantity)


def _room(snapshot: Snapshot, reducing: int) -> dict[str, Decimal]:
    """Give what is left for growing orders: what is being reduced counts when it is filled.

    In hedge mode both legs count: the account's limit is one on the gross position.
    ``reducing`` is how many orders go before them.
    """
    limits, quotes = snapshot.limits, snapshot.quotes
    held = sum(
        _largest(snapshot, leg) * quotes[leg.symbol].mid
        for leg in {**snapshot.positions, **{r.order.leg: ZERO for r in snapshot.working}}
        if leg.symbol in quotes
    )
    return {
        "ORDER_RATE": Decimal(limits.orders_per_minute - snapshot.sent_last_minute - reducing),
        "ACCOUNT_LIMIT": limits.account_notional - held,
        "INSUFFICIENT_MARGIN": snapshot.available * snapshot.leverage,
    }


def _largest(snapshot: Snapshot, leg: Leg) -> Decimal:
    """Give the most a leg may hold before this plan: own orders may all fill, or none."""
    held = snapshot.positions.get(leg, ZERO)
    own = [r.working_quantity for r in snapshot.working if r.order.leg == leg]
    return max(abs(held), abs(held + sum(own, ZERO)))


def _needed(line: PlanLine) -> dict[str, Decimal]:
    delta = line.delta
    price = ZERO if line.quote is None else line.quote.mid
    added = max(abs(delta.target) - abs(delta.position + delta.working), ZERO) * price
    return {
        "ORDER_RATE": Decimal(len(line.orders)),
        "ACCOUNT_LIMIT": added,
        "INSUFFICIENT_MARGIN": added,
    }


_CHOICES = attrgetter(*[choice.name for choice in fields(Style)])


def _content_id(snapshot: Snapshot, style: Style, lines: tuple[PlanLine, ...]) -> str:
    parts: list[object] = [snapshot.desk, snapshot.sequence, *_CHOICES(style)]
    for line in lines:
        delta = line.delta
        parts += [*delta.leg, delta.target, delta.position, delta.working]
        for order in line.orders:
            parts += [order.side, order.quantity, order.limit_price, order.reduce_only]
        parts += [report.order.client_order_id for report in line.cancels]
    # Equal numbers are written equally: 1.0 and 1.00 must not give two ids.
    text = "|".join(plain(part) if isinstance(part, Decimal) else str(part) for part in parts)
    return blake2s(text.encode(), digest_size=8).hexdigest()


def _with_order_ids(lines: tuple[PlanLine, ...], plan_id: str) -> tuple[PlanLine, ...]:
    """Number the children through the whole plan; ids fit both venues' 36 characters."""
    number = 0
    numbered = []
    for line in lines:
        orders = []
        for order in line.orders:
            number += 1
            orders.append(replace(order, client_order_id=f"{OUR_PREFIX}{plan_id}-{number}"))
        numbered.append(replace(line, orders=tuple(orders)) if orders else line)
    return tuple(numbered)
