"""A strategy whose wish its owner can take over, and give back.

Another strategy comes in; the same wishes go out, save what the owner has set by hand. The
desk nets it like any other: who wants something changes, not how it is traded.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from nettools.errors import InvalidInput
from nettools.model import Quote
from nettools.targets import Strategy
from nettools.texts import say


class Steered:
    """A strategy with a hand on it.

    Args:
        strategy: whose wishes count while nobody steers.
        symbol: the only one that can be steered, unified.
        most: largest |target| that may be set by hand, base units.
        step: targets set by hand are multiples of it, base units.
    """

    def __init__(
        self, strategy: Strategy, symbol: str, *, most: Decimal, step: Decimal
    ) -> None:
        self.name = strategy.name
        self.symbol = symbol
        self.most = most
        self.step = step
        self.by_hand: Decimal | None = None
        """Signed base units; None while the strategy has its own way."""
        self._strategy = strategy

    def take(self, quantity: Decimal) -> None:
        """Set the target by hand, signed base units, from the next tick on.

        Raises:
            InvalidInput: larger than ``most``, or no multiple of ``step``.
        """
        if not quantity.is_finite() or abs(quantity) > self.most or quantity % self.step:
            raise InvalidInput(
                f"{self.name}'s target must be a multiple of {self.step} from -{self.most} to "
                f"{self.most}, was {quantity}"
            )
        self.by_hand = quantity

    def give_back(self) -> None:
        """Let the strategy have its own way again."""
        self.by_hand = None

    def __str__(self) -> str:
        """Say what is set by hand, as a sentence; empty when nothing is."""
        if self.by_hand is None:
            return ""
        base = self.symbol.partition("/")[0]
        return say(
            "The owner has set {name}'s target to {quantity:+} {base} by hand.",
            name=self.name,
            quantity=self.by_hand,
            base=base,
        )

    def targets(
        self, quotes: Mapping[str, Quote], now: datetime
    ) -> Mapping[str, str | int | Decimal]:
        """Want what the strategy wants, save where the owner has set it."""
        wanted, by_hand = self._strategy.targets(quotes, now), self.by_hand
        return wanted if by_hand is None else {**wanted, self.symbol: by_hand}
