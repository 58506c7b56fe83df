"""Adds the targets up, per symbol and leg, and says what is offset and what is crossed.

A TargetBook comes in, a NetTarget per symbol goes out. Keeps law 1: the order of strategies
does not matter; net(a + b) = net(a) + net(b); long - short = net; gross = |net| + 2 x offset;
between two books turnover = |change of net| + 2 x crossed; offset and crossed are never
negative. ``RunningNet`` gives the same net one change at a time, in constant time.
"""

from dataclasses import dataclass
from decimal import Decimal

from nettools.decimals import ZERO, exact, plain, signed
from nettools.model import Leg, PositionMode, PositionSide
from nettools.render import html_table
from nettools.targets import TargetBook


@dataclass(frozen=True, slots=True, kw_only=True)
class NetTarget:
    """All strategies' targets on one symbol, added up."""

    symbol: str
    long: Decimal
    """Sum of the targets above zero, base units, never negative."""
    short: Decimal
    """Sum of the targets below zero, base units, as a positive number."""

    @property
    def net(self) -> Decimal:
        """Long - short: the one position wanted, signed base units."""
        return self.long - self.short

    @property
    def gross(self) -> Decimal:
        """Long + short, base units: what separate accounts would hold."""
        return self.long + self.short

    @property
    def offset(self) -> Decimal:
        """min(long, short), base units: held against each other inside, margin not tied up."""
        return min(self.long, self.short)

    def legs(self, mode: PositionMode) -> dict[Leg, Decimal]:
        """Give the wanted position per leg, signed: one in one-way mode, two in hedge mode."""
        if mode is PositionMode.ONE_WAY:
            return {Leg(self.symbol, PositionSide.BOTH): self.net}
        return {
            Leg(self.symbol, PositionSide.LONG): self.long,
            Leg(self.symbol, PositionSide.SHORT): -self.short,
        }

    def _repr_html_(self) -> str:
        unit = self.symbol.partition("/")[0]
        return html_table(
            (
                "symbol",
                f"long ({unit})",
                f"short ({unit})",
                f"net ({unit})",
                f"offset ({unit})",
            ),
            [
                (
                    self.symbol,
                    plain(self.long),
                    plain(self.short),
                    signed(self.net),
                    plain(self.offset),
                )
            ],
        )


def net_targets(book: TargetBook) -> dict[str, NetTarget]:
    """Add up the targets of every symbol in the book.

    >>> book = TargetBook.of({"A": {"BTC": "1.0"}, "B": {"BTC": "0.5"}, "C": {"BTC": "-0.8"}})
    >>> net_targets(book)["BTC"].net
    Decimal('0.7')
    """
    return {symbol: net_target(book, symbol) for symbol in book.symbols}


def net_target(book: TargetBook, symbol: str) -> NetTarget:
    """Add up the targets on one symbol; a symbol nobody wants is zero."""
    long = short = ZERO
    for target in book.on(symbol):
        if target.quantity > 0:
            long += target.quantity
        else:
            short -= target.quantity
    return NetTarget(symbol=symbol, long=long, short=short)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """What changes between two books on one symbol, split into inside and outside."""

    symbol: str
    bought: Decimal
    """Sum of the targets' increases, base units."""
    sold: Decimal
    """Sum of the targets' decreases, base units, as a positive number."""
    changes: int
    """How many strategies changed their target: orders they would have sent alone."""

    @property
    def crossed(self) -> Decimal:
        """min(bought, sold), base units: met inside, never sent."""
        return min(self.bought, self.sold)

    @property
    def turnover(self) -> Decimal:
        """Give bought + sold, base units: what separate accounts would have traded."""
        return self.bought + self.sold


def internal_crossing(
    before: TargetBook,
    after: TargetBook,
    symbol: str,
    side: PositionSide = PositionSide.BOTH,
) -> Crossing:
    """Compare two books on one leg of a symbol: how much of the change meets inside.

    In one-way mode all of it is on one leg. In hedge mode only what is on the same leg meets:
    a new long and a new short are then both sent.
    """
    part_of = Leg(symbol, side).part_of
    old = {target.strategy: part_of(target.quantity) for target in before.on(symbol)}
    bought = sold = ZERO
    changes = 0
    for target in after.on(symbol):
        change = part_of(target.quantity) - old.pop(target.strategy, ZERO)
        changes += change != 0
        bought += max(change, ZERO)
        sold += max(-change, ZERO)
    for left in old.values():
        changes += left != 0
        bought += max(-left, ZERO)
        sold += max(left, ZERO)
    return Crossing(symbol=symbol, bought=bought, sold=sold, changes=changes)


class RunningNet:
    """Net targets kept up to date one change at a time, whatever the number of strategies.

    The same sums as ``net_targets``, at a cost that does not grow with the book.
    """

    __slots__ = ("_columns", "_rows")

    def __init__(self) -> None:
        # A row per symbol, a column per strategy, the net in column 0: among many targets two
        # reads from lists miss the processor's cache less often than one large dictionary.
        self._rows: dict[str, list[Decimal]] = {}
        self._columns: dict[str, int] = {}

    def set(self, strategy: str, symbol: str, quantity: str | int | Decimal) -> Decimal:
        """Take one strategy's new target and give the symbol's new net, signed base units.

        Raises:
            InvalidInput: the target is not a finite number; nothing changes. A finite Decimal
                is taken as already read by ``exact``.
        """
        if type(quantity) is not Decimal or not quantity.is_finite():
            quantity = exact(quantity, f"target of {strategy} on {symbol}")
        try:
            row = self._rows[symbol]
            column = self._columns[strategy]
            net = row[0] + (quantity - row[column])
        except (KeyError, IndexError):
            row, column = self._place(strategy, symbol)
            net = row[0] + quantity
        row[column] = quantity
        row[0] = net
        return net

    def _place(self, strategy: str, symbol: str) -> tuple[list[Decimal], int]:
        row = self._rows.setdefault(symbol, [ZERO])
        column = self._columns.setdefault(strategy, len(self._columns) + 1)
        row.extend([ZERO] * (column + 1 - len(row)))
        return row, column

    def net(self, symbol: str) -> Decimal:
        """Give the current net of a symbol, signed base units; zero when nobody wants it."""
        row = self._rows.get(symbol)
        return ZERO if row is None else row[0]
