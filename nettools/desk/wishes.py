"""Asks the strategies what they want, all of them first, and commits the answers at once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from nettools.decimals import exact
from nettools.model import Quote
from nettools.targets import Strategy, TargetBook

Check = Callable[[str, str, Decimal], None]
"""Strategy, symbol, quantity: raises InvalidInput when that target cannot be taken."""
Answer = dict[str, Decimal] | str
"""What a strategy wants per symbol, or why that is unknown."""


def read_target(value: str | float | Decimal, strategy: str, symbol: str) -> Decimal:
    """Read a target as a person or a strategy gives it; floats through their shortest text.

    Raises:
        InvalidInput: it is not a finite number.
    """
    text = repr(value) if isinstance(value, float) else value
    return exact(text, f"target of {strategy} on {symbol}")


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


def with_answers(book: TargetBook, answers: Mapping[str, Answer]) -> TargetBook:
    """Put all answers into the book; an unknown one leaves its strategy where it is."""
    for name in [name for name in answers if name in book.strategies]:
        answer = answers[name]
        if isinstance(answer, str):
            book = book.with_unknown(name, answer)
            continue
        for symbol, quantity in answer.items():
            book = book.set(name, symbol, quantity)
    return book
