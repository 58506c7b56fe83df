"""One moment of the demo as a value: what is wanted, held, sent, and what met inside.

A desk and the report of its last tick come in; a ``Scene`` goes out, with the trail of the
moments before it. Floats are in the trail only, which is for drawing; what was saved and what
proves are the desk's own values.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nettools.decimals import ZERO
from nettools.desk import Activity, Desk, Report
from nettools.diff import Deadband
from nettools.model import Instrument, Leg, OrderReport, PositionMode, PositionSide
from nettools.net import NetTarget, internal_crossing, net_target
from nettools.reconcile import Break, Proof
from nettools.study import Terms
from nettools.targets import TargetBook
from nettools.twin import Saving
from nettools.widgets.demo.both import BothModes, ModeTotals

KEPT_MOMENTS = 240
"""What the picture shows: four minutes at a tick a second."""
KEPT_ORDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolScene:
    """One symbol at one moment."""

    instrument: Instrument
    net: NetTarget
    position: Decimal
    """What the exchange says is held, signed base units."""
    deadband: Decimal
    """Base units."""

    @property
    def is_on_target(self) -> bool:
        """Say whether the position is the net target, within the deadband."""
        return abs(self.net.net - self.position) <= self.deadband


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Changes of wishes on one symbol that met inside."""

    instrument: Instrument
    changes: tuple[tuple[str, Decimal], ...]
    """Per strategy, signed base units."""
    crossed: Decimal
    """Base units that met inside, above zero."""
    market_seconds: int

    @property
    def left(self) -> Decimal:
        """What did not meet and went to the exchange, signed base units."""
        return sum((change for _, change in self.changes), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One order that was sent, and when by the market's own time."""

    report: OrderReport
    market_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the picture draws of one tick; base units, and quote units for the mids."""

    market_seconds: int
    mids: Mapping[str, float]
    wishes: Mapping[tuple[str, str], float]
    """By strategy and symbol."""
    nets: Mapping[str, float]
    positions: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything the page shows of one moment."""

    market_seconds: int
    """Of market time since the demo began."""
    book: TargetBook
    symbols: tuple[SymbolScene, ...]
    activity: Activity
    trail: tuple[Moment, ...]
    """Oldest first; the last one is now."""
    sent: tuple[Sent, ...]
    """The latest orders, newest first."""
    meeting: Meeting | None
    """The latest one."""
    notes: tuple[str, ...] = ()
    """What was refused or is unknown at this moment, a sentence each."""
    saving: Saving = field(default_factory=Saving)
    """Against the un-netted twin, quote units."""
    proofs: tuple[Proof, ...] = ()
    """Whether the accounts add up to the exchange, as of the last read."""
    breaks: tuple[Break, ...] = ()
    both: Mapping[PositionMode, ModeTotals] = field(default_factory=dict)
    """The same targets in both modes; empty before the first tick."""


class History:
    """What the demo remembers from tick to tick; bounded."""

    def __init__(self) -> None:
        self._book = TargetBook()
        self._trail: deque[Moment] = deque(maxlen=KEPT_MOMENTS)
        self._sent: deque[Sent] = deque(maxlen=KEPT_ORDERS)
        self._meeting: Meeting | None = None
        self._both: BothModes | None = None

    def add(self, desk: Desk, report: Report, market_seconds: int) -> Scene:
        """Take in one tick of the desk and give the moment it made."""
        book = report.plan.snapshot.book
        symbols = tuple(_symbol_scene(desk, book, symbol) for symbol in book.symbols)
        for one in symbols:
            met = _meeting(self._book, book, one.instrument, market_seconds)
            self._meeting = met or self._meeting
        self._book = book
        for order in report.orders:
            self._sent.appendleft(Sent(report=order, market_seconds=market_seconds))
        self._trail.append(_moment(desk, book, symbols, market_seconds))
        return Scene(
            market_seconds=market_seconds,
            book=book,
            symbols=symbols,
            activity=desk.activity,
            trail=tuple(self._trail),
            sent=tuple(self._sent),
            meeting=self._meeting,
            notes=(*map(str, report.plan.refusals), *desk.status.notes),
            saving=desk.saving(),
            proofs=desk.proofs(),
            breaks=desk.breaks(),
            both=self._in_both(desk, book),
        )

    def _in_both(self, desk: Desk, book: TargetBook) -> Mapping[PositionMode, ModeTotals]:
        if not book.symbols:
            return {}
        if self._both is None:
            fee_rate = desk.fee_rates()[book.symbols[0]].taker
            self._both = BothModes(
                Terms(instruments=desk.instruments, fee_rate=fee_rate, limits=desk.limits)
            )
        return self._both.add(book, desk.quotes())


def _symbol_scene(desk: Desk, book: TargetBook, symbol: str) -> SymbolScene:
    instrument, net = desk.instruments[symbol], net_target(book, symbol)
    leg = Leg(symbol, PositionSide.BOTH)
    return SymbolScene(
        instrument=instrument,
        net=net,
        position=desk.view.position(leg),
        deadband=Deadband().width(instrument, net.net, None),
    )


def _meeting(
    before: TargetBook, after: TargetBook, instrument: Instrument, market_seconds: int
) -> Meeting | None:
    symbol = instrument.symbol
    crossing = internal_crossing(before, after, symbol)
    if not crossing.crossed:
        return None
    old = {target.strategy: target.quantity for target in before.on(symbol)}
    changes = (
        (target.strategy, target.quantity - old.get(target.strategy, ZERO))
        for target in after.on(symbol)
    )
    return Meeting(
        instrument=instrument,
        changes=tuple((name, change) for name, change in changes if change),
        crossed=crossing.crossed,
        market_seconds=market_seconds,
    )


def _moment(
    desk: Desk, book: TargetBook, symbols: tuple[SymbolScene, ...], market_seconds: int
) -> Moment:
    return Moment(
        market_seconds=market_seconds,
        mids={symbol: float(quote.mid) for symbol, quote in desk.quotes().items()},
        wishes={(target.strategy, target.symbol): float(target.quantity) for target in book},
        nets={one.net.symbol: float(one.net.net) for one in symbols},
        positions={one.net.symbol: float(one.position) for one in symbols},
    )
