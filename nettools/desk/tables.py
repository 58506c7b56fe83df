"""The books as DataFrames: accounts, postings, saving. Exact Decimals inside.

pandas is imported here and on first use, so that a desk without tables does not need it.
"""

from collections.abc import Collection, Iterable
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from nettools.allocate import RESIDUAL, Posting
from nettools.decimals import FINEST, ZERO, plain
from nettools.desk.books import Books, mark_of
from nettools.desk.report import View
from nettools.ledger import Ledger, SubAccount
from nettools.model import Leg, legs_of
from nettools.targets import TargetBook

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS = (
    "strategy", "symbol", "position_side", "target", "virtual", "pending", "average_price",
    "realized_pnl", "unrealized_pnl", "fees", "funding", "saving",
)  # fmt: skip
POSTINGS = (
    "time", "account", "symbol", "position_side", "cause", "source", "quantity", "price",
    "cash", "fee", "fee_currency", "funding", "note",
)  # fmt: skip


def accounts_frame(books: Books, book: TargetBook, view: View) -> "pd.DataFrame":
    """Give a row per strategy and leg, the residual account's too.

    Quantities are signed base units, money is quote units; ``fees`` are those in the quote
    currency, positive is paid; ``saving`` is the strategy's pro-rata share over all legs,
    shown on its first row. ``unrealized_pnl`` is None where no mark is known.
    """
    import pandas as pd  # noqa: PLC0415 - on first use

    shares = books.shares_of_saving(books.saving(view.quotes).total)
    ledger = books.ledger  # one state of it, while the desk trades
    accounts = ledger.accounts
    legs = sorted({*accounts, *_wanted_legs(books, book)}, key=str)
    present = set(book.strategies)
    rows = []
    for leg in legs:
        names = dict.fromkeys(
            [t.strategy for t in book.on(leg.symbol) if t.strategy in present]
        )
        names |= dict.fromkeys(accounts.get(leg, {}))
        for name in sorted(names, key=lambda name: (name == RESIDUAL, name)):
            wanted = _wanted(books, book, leg, name)
            row = _account_row(name, leg, wanted, ledger.on(leg, name), view)
            rows.append([_tidy(value) for value in (*row, shares.pop(name, ZERO))])
    return pd.DataFrame(rows, columns=list(ACCOUNTS), dtype=object)


def _tidy(value: object) -> object:
    """Give an equal number without trailing zeros, as people write it."""
    return Decimal(plain(value)) if isinstance(value, Decimal) else value


def _wanted(books: Books, book: TargetBook, leg: Leg, name: str) -> Decimal:
    if name == RESIDUAL:
        return books.kept.get(leg, ZERO)
    target = book.target(name, leg.symbol)
    return leg.part_of(target.quantity) if target else ZERO


def _wanted_legs(books: Books, book: TargetBook) -> set[Leg]:
    return {leg for symbol in book.symbols for leg in legs_of(symbol, books.mode)}


def _account_row(
    name: str, leg: Leg, wanted: Decimal, sub: SubAccount, view: View
) -> list[object]:
    quote = view.quotes.get(leg.symbol)
    unrealized = None if quote is None else sub.unrealized_pnl(mark_of(quote))
    return [
        name,
        leg.symbol,
        leg.position_side.value,
        wanted,
        sub.quantity,
        wanted - sub.quantity,
        sub.average_price,
        sub.realized_pnl,
        unrealized,
        sub.fees.get(view.balance.currency, ZERO),
        sub.funding,
    ]


def postings_frame(postings: Iterable[Posting]) -> "pd.DataFrame":
    """Give a row per posting, oldest first; quantities signed base units, money quote units."""
    import pandas as pd  # noqa: PLC0415 - on first use

    rows = [
        [
            p.time, p.account, p.leg.symbol, p.leg.position_side.value, p.cause.value, p.source,
            *map(_tidy, (p.quantity, p.price, p.cash, p.fee)), p.fee_currency,
            _tidy(p.funding), p.note,
        ]
        for p in postings
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(POSTINGS), dtype=object)


def newest(
    events: Iterable[Collection[Posting]], account: str | None, most: int
) -> tuple[Posting, ...]:
    """Give the newest postings first, of all accounts or of one, at most so many."""
    backwards = (p for event in reversed(tuple(events)) for p in reversed(tuple(event)))
    return tuple(islice((p for p in backwards if account in {None, p.account}), most))


LEDGER = (
    "account", "symbol", "position_side", "quantity", "cash", "open_cost", "average_price",
    "realized_pnl", "funding",
)  # fmt: skip


def ledger_frame(ledger: Ledger) -> "pd.DataFrame":
    """Give a row per leg and account: what all its postings add up to, exactly.

    ``quantity`` is signed base units, the rest quote units; ``average_price`` is rounded to
    12 places; then what was paid in fees, a column per currency (``fees_USDT``).
    """
    import pandas as pd  # noqa: PLC0415 - on first use

    found = [(leg, name, s) for leg, on in ledger.accounts.items() for name, s in on.items()]
    found.sort(key=lambda row: (str(row[0]), row[1] == RESIDUAL, row[1]))
    currencies = sorted({currency for _, _, sub in found for currency in sub.fees})
    rows = [
        [
            name, leg.symbol, leg.position_side.value, sub.quantity, sub.cash, sub.open_cost,
            sub.average_price and sub.average_price.quantize(FINEST), sub.realized_pnl,
            sub.funding, *(sub.fees.get(currency, ZERO) for currency in currencies),
        ]
        for leg, name, sub in found
    ]  # fmt: skip
    columns = [*LEDGER, *(f"fees_{currency}" for currency in currencies)]
    return pd.DataFrame(rows, columns=columns, dtype=object)
