"""Slow and obvious accounts in fractions, and short makers of fills, to hold the books to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import count

from makers import NOW, d, leg

from nettools.desk.books import Books
from nettools.desk.recorder import Recorder
from nettools.journal.records import Epoch, Planned, TargetsSet
from nettools.model import FeeRates, Fill, Leg, Liquidity, PositionMode, Quote, Side
from nettools.style import Style
from nettools.targets import TargetBook

RATES = FeeRates(maker=d("0.0002"), taker=d("0.0005"))
_IDS = count(1)


def books_of(mode: PositionMode) -> Books:
    """Begin the books of one account, in memory."""
    recorder = Recorder(lambda: NOW)
    epoch = Epoch(
        number=1, account="local 8f3a", venue="local", mode=mode, desk="desk",
        cross_at="mid", instruments=(),
    )  # fmt: skip
    recorder.write(epoch)
    return Books(mode, recorder)


def commit(
    books: Books, book: TargetBook, quotes: Mapping[str, Quote], source: str, now: datetime
) -> None:
    """Commit targets as a desk does: written first, then crossed inside."""
    state = books.recorder.state
    targets = TargetsSet.between(state.book, book)
    planned = Planned(
        plan_id=source,
        sequence=state.plans,
        style=Style(),
        quotes=tuple(quotes.values()),
        fee_rates=dict.fromkeys(quotes, RATES),
    )
    books.recorder.write(*([] if targets is None else [targets]), planned)
    books.cross(quotes, source=source, now=now)


def total(numbers: Iterable[Decimal]) -> Fraction:
    """Add up without any rounding."""
    return sum(map(Fraction, numbers), Fraction(0))


def executed(  # noqa: PLR0913 - a fill has that many sides, all but one defaulted
    quantity: Decimal | str,
    price: Decimal | str = "100",
    fee: Decimal | str = "0",
    *,
    on: Leg | None = None,
    time: datetime = NOW,
    order: str = "",
    currency: str = "USDT",
) -> Fill:
    """Make an execution of this signed quantity, with an id of its own."""
    on = on or leg()
    return Fill(
        fill_id=str(next(_IDS)),
        client_order_id=order,
        venue_order_id="",
        symbol=on.symbol,
        position_side=on.position_side,
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
        price=d(price),
        fee=d(fee),
        fee_currency=currency,
        liquidity=Liquidity.TAKER,
        time=time,
    )


class SlowAccount:
    """One account with an average price, in fractions."""

    def __init__(self) -> None:
        self.quantity = self.average = self.realized = self.fee = Fraction(0)

    def book(self, execution: Fill) -> None:
        """Close what it closes at the average price, open the rest."""
        traded, price = Fraction(execution.signed_quantity), Fraction(execution.price)
        closing = Fraction(0)
        if self.quantity * traded < 0:
            closing = max(traded, -self.quantity) if traded < 0 else min(traded, -self.quantity)
        self.realized -= closing * (price - self.average)
        self.quantity += closing
        opening = traded - closing
        if opening:
            cost = self.quantity * self.average + opening * price
            self.quantity += opening
            self.average = cost / self.quantity
        self.fee += Fraction(execution.fee)
