"""What netting changes on history: fees and spread, and never the PnL.

Targets of many strategies and prices come in, as frames, arrays, files or lists of changes;
what each strategy costs and earns alone, and what their net does, go out. Law: the PnL before
costs of the net is the sum of the strategies'; exactly, where targets and prices are integers
or are read as exact numbers, and within rounding (``pnl_gap``) in floats.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nettools.errors import InvalidInput
from nettools.study.accounting import Totals, account_for
from nettools.study.changes import Changes, is_change_list, read_changes
from nettools.study.files import FileSource, column_of
from nettools.study.lanes import Engine, choose_engine
from nettools.study.netting_result import Costs, Netting, result_of
from nettools.study.panel import Array, Panel, as_series, prices_by_symbol, read_panel
from nettools.study.side_by_side import Numbers, read_number

if TYPE_CHECKING:
    import pandas as pd

BPS = Decimal("1e-4")
WORTH_COMPILING = 1e9
"""Bars × strategies from which loading numba pays for itself."""
SHOW_AFTER = 1.0
"""Seconds of work after which a progress bar appears."""


def netting(  # noqa: PLR0913 - the terms of one account, all by keyword, all defaulted
    targets: Numbers,
    prices: Numbers,
    *,
    fee_rate: Numbers = "0.0005",
    spread_bps: Numbers = 0,
    funding_rates: Numbers = None,
    exact: bool | None = None,
    engine: str | None = None,
    progress: bool = True,
) -> Netting:
    """Compare strategies that trade alone with the same strategies netted.

    Each bar: funding is settled on what is held, then everybody trades to the target at the
    bar's price, a taker; without deadband and rounding (those are ``study.deadband``).

    Args:
        targets: frame or array T×S, the position each strategy wants from the bar's close on,
            signed base units; or a list of changes: a frame with the columns ``bar`` (a label
            of prices), ``strategy`` and ``target``; or a Parquet or Feather file T×S, which is
            streamed. Several symbols: {symbol: any of these}; a list of changes may instead
            have a column ``symbol``.
        prices: series T of closes with the same index, quote units; for a file also the name
            of its column. Several symbols: {symbol: series}, or a frame with a column each.
        fee_rate: of a taker, a fraction; or {quote currency: fraction}.
        spread_bps: bid to ask, in bps of the price; a taker pays half of it.
        funding_rates: series with some of the index, a fraction of notional where funding is
            settled; positive: longs pay shorts. Several symbols: {symbol: series}.
        exact: True reads every number through its shortest text and computes exactly (small
            data); None does so when targets and prices are integers, at full speed.
        engine: "numpy" or "numba"; None takes numba where it is installed and there is enough
            to do (a billion cells) to make up for loading it.
        progress: show a bar when the work takes longer than a second.

    Raises:
        InvalidInput: lengths or times that differ, times that do not rise, a target that is
            no finite number (a missing one is unknown, not zero), a price not above zero, a
            fee currency without a rate, symbols in different quote currencies, a damaged file.
    """
    studied = _read(targets, prices, funding_rates, exact=exact, engine=engine)
    costs = Costs(
        fee_rate=read_fee_rate(fee_rate, list(studied)),
        spread_rate=read_spread_rate(spread_bps),
    )
    cells = sum(one.market.bars * len(one.names) for one in studied.values())
    chosen = choose_engine(engine, cells, WORTH_COMPILING)
    shown = _Progress(sum(one.market.bars for one in studied.values()), show=progress)
    with shown:
        found = {symbol: _account(one, shown, chosen) for symbol, one in studied.items()}
    return result_of(studied, found, costs)


def _read(
    targets: Numbers,
    prices: Numbers,
    funding_rates: Numbers,
    **how: Any,  # noqa: ANN401 - exact and engine, passed on
) -> dict[str, Panel | Changes]:
    """Give what is studied, by symbol; one without a name is ""."""
    prices = prices_by_symbol(prices)
    if not isinstance(prices, Mapping):
        return {"": _read_one(targets, prices, funding_rates, **how)}
    if is_change_list(targets):
        targets = _by_symbol(targets)
    if not isinstance(targets, Mapping) or not targets:
        raise InvalidInput(
            "prices are given by symbol; give targets as {symbol: …} as well, or as a list of "
            "changes with a column symbol"
        )
    rates = funding_rates or {}
    for name, given in (("targets", targets), ("funding_rates", rates)):
        for symbol in given:
            if symbol not in prices:
                raise InvalidInput(f"{name} are given for {symbol!r}, prices are not; add them")
    return {
        str(symbol): _read_one(wanted, prices[symbol], rates.get(symbol), **how)
        for symbol, wanted in targets.items()
    }


def _read_one(
    targets: Numbers,
    prices: Numbers,
    rates: Numbers,
    *,
    exact: bool | None,
    engine: str | None,
) -> Panel | Changes:
    if is_change_list(targets):
        return read_changes(
            targets,
            prices,
            rates,
            exact=exact,
            engine=choose_engine(engine, len(targets), WORTH_COMPILING),
        )
    if isinstance(targets, str | Path):
        closes = column_of(targets, prices) if isinstance(prices, str) else as_series(prices)
        skip = prices if isinstance(prices, str) else None
        return read_panel(FileSource(targets, closes, skip), closes, rates, exact=exact)
    return read_panel(targets, prices, rates, exact=exact)


def _by_symbol(changes: "pd.DataFrame") -> "dict[str, pd.DataFrame]":
    if "symbol" not in changes.columns:
        raise InvalidInput("prices are given by symbol; the changes need a column symbol")
    parts = changes.groupby("symbol", sort=False, observed=True)
    return {str(symbol): part.drop(columns="symbol") for symbol, part in parts}


def read_fee_rate(fee_rate: Numbers, symbols: list[str]) -> Decimal:
    """Read a taker's rate, a fraction; where given by currency, the symbols' own."""
    currencies = list(dict.fromkeys(quote_currency(symbol) for symbol in symbols))
    if len(currencies) > 1:
        raise InvalidInput(
            f"the symbols are quoted in {' and '.join(map(repr, currencies))}, whose amounts "
            "do not add up; study them apart"
        )
    rate = fee_rate
    if isinstance(fee_rate, Mapping):
        if currencies[0] not in fee_rate:
            raise InvalidInput(
                f"fee currency {currencies[0]!r} of {symbols[0]!r} has no fee rate; known are "
                f"{', '.join(map(repr, fee_rate)) or 'none'}"
            )
        rate = fee_rate[currencies[0]]
    return _fraction(rate, "fee_rate")


def _fraction(rate: Numbers, name: str) -> Decimal:
    value = read_number(rate, name)
    if abs(value) >= 1:
        raise InvalidInput(f"{name} must be a fraction of the notional, was {value}")
    return value


def read_spread_rate(spread_bps: Numbers) -> Decimal:
    """Read a spread in bps; gives the half that a taker pays, a fraction."""
    bps = read_number(spread_bps, "spread_bps")
    if bps < 0:
        raise InvalidInput(f"spread_bps must not be negative, was {bps}")
    return bps * BPS / 2


def quote_currency(symbol: str) -> str:
    """Give the currency a symbol is quoted in; empty when its name does not say."""
    return symbol.partition("/")[2].partition(":")[0]


class _Progress:
    """One bar over all pieces of all symbols; it appears when the work takes a while."""

    def __init__(self, bars: int, *, show: bool) -> None:
        self._bar = tqdm(
            total=bars,
            desc="netting",
            unit="bar",
            delay=SHOW_AFTER,
            disable=not show,
            leave=False,
        )

    def __call__(self, panel: Panel) -> Iterator[tuple[int, Array]]:
        for start, piece in panel.pieces(raw=True):
            yield start, piece
            self._bar.update(len(piece))

    def __enter__(self) -> None:
        """Nothing to open; the bar is there."""

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _account(
    studied: Panel | Changes, progress: _Progress, engine: Engine
) -> tuple[Totals, Totals]:
    if isinstance(studied, Changes):
        return studied.totals()
    with np.errstate(invalid="ignore", over="ignore"):  # found and named below
        alone, netted = account_for(studied, progress, engine)
    if studied.market.tick is None and not _is_finite(alone):
        studied.find_bad_target()
        raise InvalidInput("the sums are too large for floats; use smaller units")
    return alone, netted


def _is_finite(totals: Totals) -> bool:
    return bool(np.isfinite(totals.turnover).all() and np.isfinite(totals.pnl).all())
