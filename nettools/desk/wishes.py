"""Asks the strategies what they want, all of them first, and commits the answers at once.

Strategies and prices come in, a book of targets goes out. Law: a wish that cannot be taken
leaves its strategy where it is and the others as they are; so does one that was not said again
within its time to live.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from nettools.decimals import ZERO, exact
from nettools.desk.books import Books
from nettools.errors import InvalidInput
from nettools.model import Quote, legs_of
from nettools.targets import Strategy, TargetBook
from nettools.venues.protocol import Venue

Check = Callable[[str, str, Decimal], None]
"""Strategy, symbol, quantity: raises InvalidInput when that target cannot be taken."""
Answer = dict[str, Decimal] | str
"""What a strategy wants per symbol, or why that is unknown."""
LIVES_FOR_STEPS = 3
"""An answer to the automatic loop counts for so many of its intervals."""
LIVES_AT_LEAST = timedelta(seconds=10)
"""And at least for so long: a step may wait for the venue."""
_LONGEST_TTL = 10**9


def read_target(value: str | float | Decimal, strategy: str, symbol: str) -> Decimal:
    """Read a target as a person or a strategy gives it; floats through their shortest text.

    Raises:
        InvalidInput: it is not a finite number.
    """
    text = repr(value) if isinstance(value, float) else value
    return exact(text, f"target of {strategy} on {symbol}")


def read_ttl(seconds: float | None) -> timedelta | None:
    """Read a time to live; None is for ever. Raises InvalidInput unless above zero."""
    if seconds is None:
        return None
    if not 0 < seconds <= _LONGEST_TTL:
        raise InvalidInput(f"ttl must be above zero seconds, or None, was {seconds}")
    return timedelta(seconds=float(seconds))


def check_target(  # noqa: PLR0913 - the target, and what it is held against
    strategy: str,
    symbol: str,
    quantity: Decimal,
    *,
    venue: Venue,
    quote: Quote | None,
    cap: Decimal,
) -> None:
    """Refuse a symbol the venue does not trade and a target beyond the strategy's cap.

    Args:
        strategy: who wants it.
        symbol: unified.
        quantity: signed base units.
        venue: what it trades.
        quote: the touch; without one the plan checks the cap.
        cap: on one strategy and symbol, quote units.

    Raises:
        InvalidInput: says what there is, or what the cap is.
    """
    instruments = venue.instruments()
    if symbol not in instruments:
        near = ", ".join(sorted(instruments)[:5])
        raise InvalidInput(f"{symbol!r} is not traded on {venue.name}; there is {near}")
    notional = abs(quantity) * quote.mid if quote else ZERO
    if notional > cap:
        raise InvalidInput(
            f"target of {strategy} on {symbol} is worth {notional:,.0f}, above the cap of "
            f"{cap:,.0f} per strategy; lower it or raise limits.strategy_notional"
        )


def ask_strategies(
    strategies: Mapping[str, Strategy], quotes: Mapping[str, Quote], now: datetime, check: Check
) -> dict[str, Answer]:
    """Ask every strategy; one that raises or answers nonsense is unknown, the others go on."""
    answers: dict[str, Answer] = {}
    for name, strategy in strategies.items():
        try:
            wishes = {
                symbol: read_target(value, name, symbol)
                for symbol, value in strategy.targets(quotes, now).items()
            }
            for symbol, quantity in wishes.items():
                check(name, symbol, quantity)
        except BaseException as error:  # noqa: BLE001 - a strategy may raise anything, even exit
            answers[name] = f"{type(error).__name__}: {error}"
        else:
            answers[name] = wishes
    return answers


class Wishes:
    """The strategies that are asked, and for how long what is said counts.

    Args:
        check: whether a target can be taken.
    """

    def __init__(self, check: Check) -> None:
        self.strategies: dict[str, Strategy] = {}
        """Those that are asked, by name."""
        self.silent: dict[str, str] = {}
        """Those whose last answer was none, and why; some have never had a target."""
        self._ttls: dict[str, timedelta | None] = {}
        self._check = check

    def add(self, name: str, strategy: Strategy | None, ttl: timedelta | None) -> None:
        """Take a strategy in; one that is None is not asked, its targets are set by hand."""
        self._ttls[name] = ttl
        if strategy is not None:
            self.strategies[name] = strategy

    def remove(self, name: str) -> None:
        """Ask a strategy no more."""
        self.strategies.pop(name, None)
        self._ttls.pop(name, None)
        self.silent.pop(name, None)

    def ttl_of(self, name: str, every: float | None = None) -> timedelta | None:
        """Give for how long a wish counts; None is for ever.

        Args:
            name: whose.
            every: seconds between two questions of the automatic loop; None when it is off.
        """
        in_loop = timedelta(seconds=LIVES_FOR_STEPS * every) if every else None
        return self._ttls.get(name) or (in_loop and max(in_loop, LIVES_AT_LEAST))

    def ask(
        self, quotes: Mapping[str, Quote], now: datetime, every: float | None
    ) -> Callable[[TargetBook], TargetBook]:
        """Ask every strategy; gives what puts all their answers into a book."""
        answers = ask_strategies(self.strategies, quotes, now, self._check)
        self.silent = {name: why for name, why in answers.items() if isinstance(why, str)}
        ttls = {name: self.ttl_of(name, every) for name in answers}
        return lambda book: with_answers(book, answers, ttls, now)


def with_answers(
    book: TargetBook,
    answers: Mapping[str, Answer],
    ttls: Mapping[str, timedelta | None],
    now: datetime,
) -> TargetBook:
    """Put all answers into the book; an unknown one leaves its strategy where it is.

    A symbol that an answer leaves out keeps its last target, which was said again with it.
    """
    old: dict[str, dict[str, Decimal]] = {}
    for target in book:
        if target.ttl is not None:
            old.setdefault(target.strategy, {})[target.symbol] = target.wanted
    for name in [name for name in answers if name in book.strategies]:
        answer = answers[name]
        if isinstance(answer, str):
            book = book.with_unknown(name, answer)
            continue
        for symbol, quantity in {**old.get(name, {}), **answer}.items():
            book = book.set(name, symbol, quantity, ttl=ttls[name], said=now)
    return book


def hold_stale(book: TargetBook, books: Books, now: datetime) -> TargetBook:
    """Hold strategies whose wishes are stale at what they hold in the books."""

    def held(strategy: str, symbol: str) -> Decimal:
        legs = legs_of(symbol, books.mode)
        return sum((books.ledger.on(leg, strategy).quantity for leg in legs), ZERO)

    return book.with_stale_held(now, held)
