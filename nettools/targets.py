"""What each strategy wants: one target position per strategy and symbol.

A target comes in as text, an integer or a Decimal and goes out as the quantity that counts.
Four states never blur: active, hold (what counts is frozen), flat (forced to zero) and
removed. An unknown target is none of them and not zero: the strategy stays where it is and
carries the reason. A TargetBook is a value: every change gives a new book, so a refused
change leaves the old one as it was.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Protocol

from nettools.decimals import ZERO, exact, signed
from nettools.errors import InvalidInput
from nettools.model import Quote
from nettools.render import Shown, html_table, text_table

_NAME = re.compile(r"[\w.:/-]([\w .:/-]{0,62}[\w.:/-])?")


class TargetState(Enum):
    """What is made of a strategy's wish."""

    ACTIVE = "active"
    HOLD = "hold"
    FLAT = "flat"
    REMOVED = "removed"


class Strategy(Protocol):
    """An independent source of targets, as a user writes one.

    ``targets`` is asked once a tick. A symbol it leaves out keeps its last target. When it
    raises, its targets become unknown: it is held where it is and flagged, the others go on.
    """

    @property
    def name(self) -> str:
        """The strategy's name, unique on the desk."""
        ...

    def targets(
        self, quotes: Mapping[str, Quote], now: datetime
    ) -> Mapping[str, str | int | Decimal]:
        """Give the wanted position per symbol, signed base units; short is negative."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPosition(Shown):
    """The position one strategy wants on one symbol."""

    strategy: str
    symbol: str
    wanted: Decimal
    """What the strategy said last, signed base units; negative is short."""
    quantity: Decimal
    """What counts in the net, signed base units: differs from wanted on hold and flat."""
    state: TargetState = TargetState.ACTIVE
    unknown: str = ""
    """Why the wish is unknown (the strategy raised, or went stale); empty when it is known."""
    ttl: timedelta | None = None
    """For how long the wish counts unless it is said again; None: until another is said."""
    said: datetime | None = field(default=None, compare=False)
    """When it was said last (UTC); said again it is the same wish, so this is not compared."""

    def is_stale(self, now: datetime) -> bool:
        """Say whether it was said too long ago to count; a frozen wish never is."""
        if self.ttl is None or self.said is None or self.state is not TargetState.ACTIVE:
            return False
        return now - self.said > self.ttl


def strategy_name(name: str) -> str:
    """Check a strategy's name; raises InvalidInput when it is not a plain short name."""
    if not _NAME.fullmatch(name):
        shown = repr(name)[:40]
        raise InvalidInput(
            f"a strategy name must be 1 to 64 letters, digits, spaces or . : / _ -, "
            f"was {shown}; choose a plain name"
        )
    return name


class TargetBook:
    """All strategies' targets at one moment; a value, changed by making another.

    Args:
        states: the strategies in their order, with their state.
        targets: per symbol and strategy, the target.
    """

    __slots__ = ("_states", "_targets")

    def __init__(
        self,
        states: Mapping[str, TargetState] | None = None,
        targets: Mapping[str, Mapping[str, TargetPosition]] | None = None,
    ) -> None:
        self._states = dict(states or {})
        self._targets = dict(targets or {})

    @classmethod
    def of(cls, wishes: Mapping[str, Mapping[str, str | int | Decimal]]) -> "TargetBook":
        """Build a book from ``{strategy: {symbol: quantity}}``.

        >>> TargetBook.of({"A": {"BTC/USDT:USDT": "1.0"}}).strategies
        ('A',)
        """
        book = cls()
        for strategy, per_symbol in wishes.items():
            book = book.add(strategy)
            for symbol, quantity in per_symbol.items():
                book = book.set(strategy, symbol, quantity)
        return book

    @property
    def strategies(self) -> tuple[str, ...]:
        """The strategies in the order they were added, removed ones left out."""
        return tuple(s for s, state in self._states.items() if state is not TargetState.REMOVED)

    @property
    def states(self) -> Mapping[str, TargetState]:
        """Every strategy that was ever added, with its state, removed ones too."""
        return dict(self._states)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Every symbol that ever had a target here, removed strategies' symbols included."""
        return tuple(self._targets)

    def state(self, strategy: str) -> TargetState:
        """Give the strategy's state; raises InvalidInput for a strategy not in the book."""
        if strategy not in self._states:
            known = ", ".join(self.strategies) or "none yet"
            raise InvalidInput(f"no strategy is named {strategy!r}; there is: {known}")
        return self._states[strategy]

    def target(self, strategy: str, symbol: str) -> TargetPosition | None:
        """Give one target; None when that strategy never set one on that symbol."""
        return self._targets.get(symbol, {}).get(strategy)

    def on(self, symbol: str) -> tuple[TargetPosition, ...]:
        """Give all targets on one symbol."""
        return tuple(self._targets.get(symbol, {}).values())

    def __iter__(self) -> Iterator[TargetPosition]:
        for per_strategy in self._targets.values():
            yield from per_strategy.values()

    def __eq__(self, other: object) -> bool:
        """Compare by what counts; the order of strategies and symbols does not matter."""
        if not isinstance(other, TargetBook):
            return NotImplemented
        return self._states == other._states and self._targets == other._targets

    __hash__ = None  # type: ignore[assignment]  # compared by content, so not a key

    def add(self, strategy: str) -> "TargetBook":
        """Add a strategy without targets; raises InvalidInput for a name already taken."""
        strategy_name(strategy)
        if self._states.get(strategy, TargetState.REMOVED) is not TargetState.REMOVED:
            raise InvalidInput(
                f"a strategy named {strategy!r} is already in the book; choose another name"
            )
        # A name that was removed starts afresh: its old wishes must not come back to life.
        targets = self._targets
        if strategy in self._states:
            targets = {
                symbol: {name: t for name, t in per_strategy.items() if name != strategy}
                for symbol, per_strategy in targets.items()
            }
        return TargetBook({**self._states, strategy: TargetState.ACTIVE}, targets)

    def set(  # noqa: PLR0913 - the wish, and how far it may be relied on
        self,
        strategy: str,
        symbol: str,
        wanted: str | int | Decimal,
        unknown: str = "",
        *,
        ttl: timedelta | None = None,
        said: datetime | None = None,
    ) -> "TargetBook":
        """Set what a strategy wants on a symbol; adds the strategy when it is new.

        On hold the wish is remembered and what counts stays frozen; on flat it is remembered
        and zero counts. With a time to live it counts for so long after it was ``said``.

        Raises:
            InvalidInput: the wish is not a number, or the name is not a plain name.
        """
        is_known = self._states.get(strategy, TargetState.REMOVED) is not TargetState.REMOVED
        book = self if is_known else self.add(strategy)
        quantity = exact(wanted, f"target of {strategy} on {symbol}")
        state = book.state(strategy)
        before = book.target(strategy, symbol)
        frozen = before.quantity if before is not None else ZERO
        counts = {TargetState.ACTIVE: quantity, TargetState.HOLD: frozen}.get(state, ZERO)
        target = TargetPosition(
            strategy=strategy,
            symbol=symbol,
            wanted=quantity,
            quantity=counts,
            state=state,
            unknown=unknown,
            ttl=ttl,
            said=said,
        )
        return book._with(target)  # noqa: SLF001 - another book of our own class

    def with_symbol(self, symbol: str) -> "TargetBook":
        """Take a symbol in that nobody wants: its net target is zero, so it is closed."""
        targets = {**self._targets, symbol: self._targets.get(symbol, {})}
        return TargetBook(self._states, targets)

    def with_state(self, strategy: str, state: TargetState) -> "TargetBook":
        """Make a strategy active, hold or flat, on all its symbols.

        Raises:
            InvalidInput: the strategy is not in the book, or was removed (add it again).
        """
        if self.state(strategy) is TargetState.REMOVED is not state:
            raise InvalidInput(
                f"the strategy {strategy!r} was removed, so it cannot be {state.value}; "
                "add it again"
            )
        book = TargetBook({**self._states, strategy: state}, self._targets)
        for target in tuple(self):
            if target.strategy == strategy:
                counts = {
                    TargetState.ACTIVE: target.wanted,
                    TargetState.HOLD: target.quantity,
                }.get(state, ZERO)
                book = book._with(replace(target, state=state, quantity=counts))
        return book

    def remove(self, strategy: str) -> "TargetBook":
        """Remove a strategy: its targets count zero, its symbols stay in the book."""
        return self.with_state(strategy, TargetState.REMOVED)

    def with_unknown(self, strategy: str, reason: str) -> "TargetBook":
        """Flag all of a strategy's targets as unknown: what counts stays where it is."""
        self.state(strategy)
        book = self
        for target in tuple(self):
            if target.strategy == strategy:
                book = book._with(replace(target, unknown=reason))
        return book

    def with_stale_held(
        self, now: datetime, held: Callable[[str, str], Decimal]
    ) -> "TargetBook":
        """Hold every strategy whose wish is stale where it is, and flag it.

        Args:
            now: UTC.
            held: gives what a strategy holds on a symbol, signed base units. In hedge mode
                that is both of its legs together.
        """
        book = self
        for target in tuple(self):
            if target.is_stale(now) and target.said is not None and target.ttl is not None:
                seconds = target.ttl.total_seconds()
                stale = f"stale: said last at {target.said:%H:%M:%S} UTC, counts {seconds:g} s"
                where = held(target.strategy, target.symbol)
                book = book._with(
                    replace(target, quantity=where, unknown=target.unknown or stale)
                )
        return book

    def _with(self, target: TargetPosition) -> "TargetBook":
        per_strategy = {**self._targets.get(target.symbol, {}), target.strategy: target}
        return TargetBook(self._states, {**self._targets, target.symbol: per_strategy})

    def _rows(self) -> list[list[str]]:
        return [
            [t.strategy, t.symbol, signed(t.quantity), _state_shown(t)]
            for t in self
            if t.state is not TargetState.REMOVED
        ]

    def __repr__(self) -> str:
        return text_table(_HEADERS, self._rows()) if self._targets else "TargetBook(empty)"

    def _repr_html_(self) -> str:
        return html_table(_HEADERS, self._rows(), "" if self._targets else "No targets yet")


def _state_shown(target: TargetPosition) -> str:
    if not target.unknown:
        return target.state.value
    return f"{target.state.value}, unknown: {' '.join(target.unknown.split())}"


_HEADERS = ("strategy", "symbol", "target (base units)", "state")
