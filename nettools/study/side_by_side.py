"""One-way against hedge as frames: what the same target stream costs in either mode.

A frame of targets and a series of prices come in, read as exact numbers; a summary and what
happened bar by bar go out, as Decimals. Nothing is estimated: both accounts are traded order
by order (``ModeAccount``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nettools.allocate import exact_sum
from nettools.decimals import ZERO, exact, plain, positive
from nettools.diff import Deadband
from nettools.errors import InvalidInput
from nettools.model import Instrument, PositionMode, Quote
from nettools.render import html_table, text_table
from nettools.snapshot import Limits
from nettools.study.modes import CENT, Bar, ModeAccount, Terms, bar_time
from nettools.targets import TargetBook

if TYPE_CHECKING:
    import pandas as pd

Numbers = Any
"""What pandas makes a frame or a series of: text, integers, Decimals, or floats, which are
read through their shortest text."""

BTC = Instrument(
    symbol="BTC/USDT:USDT",
    step_size=Decimal("0.001"),
    tick_size=Decimal("0.1"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(100),
    price_band=Decimal("0.05"),
)
"""Studied unless told otherwise: the contract as the local testnet trades it."""
_MEASURES = {
    "orders": "orders sent",
    "traded_notional": "traded at the venue",
    "fees": "fees paid",
    "spread": "spread paid",
    "funding_received": "funding received by the legs",
    "funding_paid": "funding paid by the legs",
    "funding": "funding, received less paid",
    "mean_margin": "initial margin, mean",
    "peak_margin": "initial margin, peak",
    "refused": "orders refused",
    "pnl": "PnL before costs",
    "result": "PnL after fees, spread and funding",
}
"""Rows of a summary, and what they are called on a page; money is in quote units."""
_COUNTS = {"orders", "refused"}
ONE_WAY, HEDGE = (mode.value for mode in PositionMode)
MORE = "hedge − one-way"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModeComparison:
    """The same target stream through both modes."""

    summary: "pd.DataFrame"
    """A row per measure; columns ``one-way``, ``hedge`` and their difference. Exact."""
    bars: "pd.DataFrame"
    """A row per bar; columns (mode, measure): ``orders``, ``fees``, ``spread``, ``received``
    and ``paid`` of the bar (quote units), ``long`` and ``short`` at its end (signed base
    units of the symbol), ``margin`` and ``pnl`` (quote units; since the start)."""
    base: str
    """Unit of the positions."""
    unit: str
    """The quote currency."""

    def of(self, mode: str) -> "pd.DataFrame":
        """Give the bars of one mode, ``"one-way"`` or ``"hedge"``."""
        bars: pd.DataFrame = self.bars.xs(mode, axis=1, level=0)  # type: ignore[assignment]  # a frame
        return bars

    @property
    def finding(self) -> str:
        """Say in one sentence what the other mode costs."""
        one, two = self.summary[ONE_WAY], self.summary[HEDGE]
        return (
            f"Hedge sends {two['orders']} orders where one-way sends {one['orders']}, pays "
            f"{_times(two['fees'], one['fees'])} the fees and holds "
            f"{_times(two['mean_margin'], one['mean_margin'])} the margin"
        )

    def _rows(self) -> list[list[str]]:
        return [
            [words, *(_shown(name, self.summary.loc[name, mode]) for mode in (ONE_WAY, HEDGE))]
            for name, words in _MEASURES.items()
        ]

    def _headers(self) -> tuple[str, ...]:
        return f"money in {self.unit}", ONE_WAY, HEDGE

    def __repr__(self) -> str:
        return f"{self.finding}\n{text_table(self._headers(), self._rows())}"

    def _repr_html_(self) -> str:
        return html_table(self._headers(), self._rows(), self.finding)


def _times(more: Decimal, less: Decimal) -> str:
    return f"{more / less:.1f} ×" if less else f"{more:,.2f} against 0 of"


def _shown(name: str, amount: Numbers) -> str:
    return str(amount) if name in _COUNTS else f"{amount:,.2f}"


class SideBySide:
    """Two accounts, one in each mode, that are given the same books and touches.

    Args:
        terms: of both accounts.
    """

    def __init__(self, terms: Terms) -> None:
        self.accounts = {mode: ModeAccount(mode, terms) for mode in PositionMode}

    def step(
        self,
        book: TargetBook,
        quotes: Mapping[str, Quote],
        funding_rates: Mapping[str, Decimal] | None = None,
    ) -> None:
        """Settle what is due, then trade both accounts to the targets."""
        for account in self.accounts.values():
            account.step(book, quotes, funding_rates)

    def compare(self, instrument: Instrument, index: Numbers = None) -> ModeComparison:
        """Give what both did so far; positions in the bars are those on this instrument."""
        import pandas as pd  # noqa: PLC0415 - the package works without it

        per_mode = {mode.value: account.bars for mode, account in self.accounts.items()}
        summary = pd.DataFrame(
            {mode: _summary(bars) for mode, bars in per_mode.items()}, dtype=object
        )
        summary[MORE] = (summary[HEDGE] - summary[ONE_WAY]).map(_tidy)
        frames = {
            mode: pd.DataFrame(
                [_bar_row(bar, instrument.symbol) for bar in bars], index=index, dtype=object
            )
            for mode, bars in per_mode.items()
        }
        return ModeComparison(
            summary=summary,
            bars=pd.concat(frames, axis=1),
            base=instrument.base,
            unit=instrument.quote,
        )


def _summary(bars: list[Bar]) -> dict[str, Decimal | int]:
    fees, spread, received, paid, traded = (
        exact_sum(getattr(bar, name) for bar in bars)
        for name in ("fees", "spread", "received", "paid", "traded")
    )
    margins = [bar.margin for bar in bars] or [ZERO]
    pnl = bars[-1].pnl if bars else ZERO
    values: tuple[Decimal | int, ...] = (
        sum(bar.orders for bar in bars),
        *(traded, fees, spread, received, paid, received - paid),
        *((sum(margins, ZERO) / len(margins)).quantize(CENT), max(margins)),
        *(sum(bar.refused for bar in bars), pnl, pnl - fees - spread + received - paid),
    )
    return dict(zip(_MEASURES, map(_tidy, values), strict=True))


def _tidy(amount: Decimal | int) -> Decimal | int:
    """Give an equal number without trailing zeros, as people write it."""
    return Decimal(plain(amount)) if isinstance(amount, Decimal) else amount


def _bar_row(bar: Bar, symbol: str) -> dict[str, Decimal | int]:
    held = [quantity for leg, quantity in bar.positions.items() if leg.symbol == symbol]
    row: dict[str, Decimal | int] = {
        "orders": bar.orders,
        "traded": bar.traded,
        "fees": bar.fees,
        "spread": bar.spread,
        "received": bar.received,
        "paid": bar.paid,
        "long": sum((quantity for quantity in held if quantity > 0), ZERO),
        "short": sum((quantity for quantity in held if quantity < 0), ZERO),
        "margin": bar.margin,
        "pnl": bar.pnl,
    }
    return {name: _tidy(amount) for name, amount in row.items()}


def one_way_or_hedge(  # noqa: PLR0913 - the terms of one account, all by keyword, all defaulted
    targets: Numbers,
    prices: Numbers,
    *,
    funding_rates: Numbers = None,
    instrument: Instrument = BTC,
    fee_rate: Numbers = "0.0005",
    half_spread: Numbers = None,
    deposit: Numbers = 100_000,
    leverage: int = 20,
    deadband: Deadband | None = None,
    limits: Limits | None = None,
) -> ModeComparison:
    """Send the same targets through a one-way and a hedged account, and compare.

    Each bar: funding is settled on what is held, then the account trades to the targets at
    the bar's price, a taker at the touch. Every plan keeps the rules of the desk: grid,
    minimums, deadband, limits, margin; two legs hold margin each, as on the local testnet.

    Args:
        targets: frame T×S, the position each strategy wants from the bar's close on, signed
            base units.
        prices: series T with the same index, the mid at each close, quote units.
        funding_rates: series with some of the index, a fraction of notional where funding is
            settled; positive: longs pay shorts. None for no funding.
        instrument: what is traded.
        fee_rate: taker, a fraction.
        half_spread: from the mid to the touch, quote units, above zero; one tick when None.
        deposit: of each account, quote units.
        leverage: notional per unit of margin.
        deadband: no trade while a leg is not further from its target; min_quantity when None.
        limits: what no order may exceed; the desk's when None.

    Raises:
        InvalidInput: a target or price that is no finite number (a missing one is unknown,
            not zero), a price not above the half spread, or indexes that differ.
    """
    frame, closes, rates = _aligned(targets, prices, funding_rates)
    terms = Terms(
        instruments={instrument.symbol: instrument},
        fee_rate=read_number(fee_rate, "fee_rate"),
        deposit=read_number(deposit, "deposit"),
        leverage=positive(leverage, "leverage"),
        deadbands={instrument.symbol: deadband or Deadband()},
        limits=limits or Limits(),
    )
    tick = instrument.tick_size
    half = (
        tick if half_spread is None else positive(read_number(half_spread, ""), "half_spread")
    )
    both, symbol = SideBySide(terms), instrument.symbol
    book = TargetBook()
    for number, at in enumerate(closes.index):
        mid = read_number(closes.iloc[number], f"price at {at}")
        for name, wanted in frame.iloc[number].items():
            wish = read_number(wanted, f"target of {name} at {at}")
            book = book.set(str(name), symbol, wish)
        quote = Quote(
            symbol=symbol, bid=mid - half, ask=mid + half, mark_price=mid, time=bar_time(number)
        )
        due = {symbol: read_number(rates[at], f"rate at {at}")} if at in rates.index else {}
        both.step(book, {symbol: quote}, due)
    return both.compare(instrument, closes.index)


def _aligned(
    targets: Numbers, prices: Numbers, funding_rates: Numbers
) -> "tuple[pd.DataFrame, pd.Series[Any], pd.Series[Any]]":
    import pandas as pd  # noqa: PLC0415 - on first use

    frame, closes = pd.DataFrame(targets), pd.Series(prices)
    rates = pd.Series(funding_rates, dtype=object).dropna()
    if not frame.index.equals(closes.index) or not rates.index.isin(closes.index).all():
        raise InvalidInput(
            f"targets ({len(frame)} bars), prices ({len(closes)}) and funding_rates must have "
            "the same index; align them first"
        )
    return frame, closes, rates


def read_number(value: Numbers, name: str) -> Decimal:
    """Read one number; a float through its shortest text, numpy's numbers as Python's."""
    own = value.item() if hasattr(value, "item") else value
    return exact(repr(own) if isinstance(own, float) else own, name)
