"""What a desk shows: its view of the account, its status, and what one execution did.

Frozen values, made on the desk's thread and read from any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from nettools.decimals import ZERO, plain, signed
from nettools.model import Fill, Leg, OrderReport, OrderState, Position, PositionMode, Quote
from nettools.plan import Plan
from nettools.render import Shown, html_table, text_table
from nettools.texts import later
from nettools.venues.protocol import Balance


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The account as the venue showed it at one moment."""

    positions: Mapping[Leg, Position]
    """Legs that are not flat."""
    balance: Balance
    quotes: Mapping[str, Quote]
    working: tuple[OrderReport, ...]
    """Own orders that may still execute."""
    foreign_orders: int
    """Resting orders on the desk's symbols that it did not send; never canceled by it."""
    moved: frozenset[Leg] = frozenset()
    """Legs on which an own order changed while this was read: the position may hold the change
    or not, so it is neither compared nor traded on."""
    time: datetime
    """When the reads began (UTC)."""

    def position(self, leg: Leg) -> Decimal:
        """Give what is held on a leg, signed base units; zero when the venue lists none."""
        held = self.positions.get(leg)
        return ZERO if held is None else held.quantity

    def with_position(self, told: Position) -> "View":
        """Give the view after the venue told what is held on one leg; not all tell its mark."""
        known = self.positions.get(told.leg)
        if known is not None and told.mark_price is None:
            told = replace(told, mark_price=known.mark_price)
        others = {leg: held for leg, held in self.positions.items() if leg != told.leg}
        return replace(self, positions=others | ({told.leg: told} if told.quantity else {}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the desk did since it was opened, beside what the strategies would have done."""

    strategy_orders: int = 0
    """Target changes on committed plans: each would have been an order of its own."""
    orders_sent: int = 0
    strategy_notional: Decimal = ZERO
    """What those changes would have traded alone, quote units at the mid of the commit."""
    crossed_notional: Decimal = ZERO
    """Of it, what met inside and was never sent, quote units, both sides counted."""
    fee_spared: Decimal = ZERO
    """Estimate: the taker fee on the crossed notional, quote units."""
    fees: Decimal = ZERO
    """Paid on real fills, in quote units; fees in another currency are not added in."""
    traded_notional: Decimal = ZERO
    """Real fills, quote units."""

    @property
    def orders_spared(self) -> int:
        """Strategy orders that netting made unnecessary; negative if more were sent."""
        return self.strategy_orders - self.orders_sent

    def rows(self) -> list[list[str]]:
        """Give each number under its name, as text."""
        return [
            [later("orders the strategies would have sent"), str(self.strategy_orders)],
            [later("orders sent"), str(self.orders_sent)],
            [later("orders netting made unnecessary"), str(self.orders_spared)],
            [later("traded by the strategies alone"), f"{self.strategy_notional:,.2f}"],
            [later("of it crossed inside, both sides"), f"{self.crossed_notional:,.2f}"],
            [later("traded on the exchange"), f"{self.traded_notional:,.2f}"],
            [later("fee spared by crossing (estimate)"), f"{self.fee_spared:,.2f}"],
            [later("fees paid"), f"{self.fees:,.2f}"],
        ]

    def __repr__(self) -> str:
        return text_table(ACTIVITY, self.rows())

    def _repr_html_(self) -> str:
        return html_table(ACTIVITY, self.rows())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskStatus(Shown):
    """One line about the desk, for people."""

    venue: str
    mode: PositionMode
    state: str
    """``idle``, ``running``, ``halted`` or ``closed``."""
    updated: datetime | None
    """When the account was last read (UTC); None before the first read."""
    problem: str = ""
    """The latest incident, empty when the last step went well."""
    problem_since: datetime | None = None
    problem_count: int = 0
    """How many steps in a row ended in a problem."""
    stream: str = "off"
    """Whether the venue tells the desk what happens: ``off`` (it is read only), ``opening``,
    ``live`` or ``down``."""
    stream_since: datetime | None = None
    """Since when the stream is live or down (UTC)."""
    notes: tuple[str, ...] = ()
    """Things worth knowing: foreign orders, unknown targets."""
    journal: Path | None = None
    """The journal's file; None without one: nothing then survives the desk."""
    journal_bytes: int = 0
    journal_synced: datetime | None = None
    """When the last record was on the disk (UTC)."""
    recovered: str = ""
    """What was done about what an earlier desk had left; empty when there was none."""
    time: datetime
    """When this was said, by the desk's clock (UTC)."""

    @property
    def age_seconds(self) -> float | None:
        """How old the last read of the account is; None before the first read."""
        return None if self.updated is None else (self.time - self.updated).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What executing one plan did."""

    plan: Plan
    orders: tuple[OrderReport, ...]
    """Every order and cancel of the plan, with what became of it."""
    fills: tuple[Fill, ...]
    positions: Mapping[Leg, Decimal] = field(default_factory=dict)
    """Per leg of the plan after it, signed base units, as the venue says."""
    problem: str = ""
    """Why the plan was not sent to its end; empty when it was."""

    @property
    def filled(self) -> Decimal:
        """Sum of the signed fills, base units; of use when the plan is about one symbol."""
        return sum((fill.signed_quantity for fill in self.fills), ZERO)

    @property
    def notional(self) -> Decimal:
        """Sum of quantity × price over the fills, quote units."""
        return sum((fill.notional for fill in self.fills), ZERO)

    @property
    def fees(self) -> dict[str, Decimal]:
        """Fees paid by currency; positive is paid."""
        paid: dict[str, Decimal] = {}
        for fill in self.fills:
            paid[fill.fee_currency] = paid.get(fill.fee_currency, ZERO) + fill.fee
        return paid

    def _rows(self) -> list[list[str]]:
        return [[str(report.order.leg), outcome_of(report)] for report in self.orders]

    def _summary(self) -> str:
        fees = " + ".join(f"{plain(fee)} {unit}" for unit, fee in self.fees.items())
        held = "; ".join(f"{leg} {signed(held)}" for leg, held in self.positions.items())
        text = f"Plan {self.plan.id}: {len(self.fills)} fills, fees {fees or 'none'}"
        return f"{text}; position now {held or 'unknown'}" + (
            f"; stopped: {self.problem}" if self.problem else ""
        )

    def __repr__(self) -> str:
        return f"{self._summary()}\n{text_table(('leg', 'order'), self._rows())}"

    def _repr_html_(self) -> str:
        return html_table(("leg", "order"), self._rows(), self._summary())


def outcome_of(report: OrderReport) -> str:
    """Say in one line what became of an order."""
    order, unit = report.order, report.order.symbol.partition("/")[0]
    text = (
        f"{order.side.value} {plain(order.quantity)} {unit}: {report.state.value}, "
        f"filled {plain(report.filled)}"
    )
    if report.average_price is not None and report.filled:
        text += f" at {report.average_price:.8g}"
    if report.state is OrderState.UNKNOWN:
        text += "; it may be live and counts in full until the venue shows what became of it"
    return text + (f" ({report.message})" if report.message else "")


ACTIVITY = (later("since the desk was opened"), later("orders, or quote units"))
"""Headers of a desk's activity."""
