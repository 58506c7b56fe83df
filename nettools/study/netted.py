"""What netting changes on history: fees and spread, and never the PnL.

Targets of many strategies and prices come in, as frames, arrays, files or lists of changes;
what each strategy costs and earns alone, and what their net does, go out. Law: the PnL before
costs of the net is the sum of the strategies'; exactly, where targets and prices are integers
or are read as exact numbers, and within rounding (``pnl_gap``) in floats.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nettools.allocate import exact_sum, exactly
from nettools.errors import InvalidInput
from nettools.render import html_table, text_table
from nettools.study.accounting import Account, Totals, account_for
from nettools.study.changes import Changes, is_change_list, read_changes
from nettools.study.files import FileSource, column_of
from nettools.study.lanes import Engine, choose_engine
from nettools.study.panel import Array, Panel, as_series, prices_by_symbol, read_panel
from nettools.study.side_by_side import Numbers, read_number

if TYPE_CHECKING:
    import pandas as pd

_MEASURES = {
    "turnover": "turnover",
    "fees": "fees paid",
    "spread": "spread paid",
    "funding": "funding received",
    "pnl": "PnL before costs",
    "result": "PnL after all",
}
"""Columns, and what they are called on a page; quote units."""
BPS = Decimal("1e-4")
ALL = "all symbols"
WORTH_COMPILING = 1e9
"""Bars × strategies from which loading numba pays for itself."""
SHOW_AFTER = 1.0
"""Seconds of work after which a progress bar appears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading costs, as fractions of turnover."""

    fee_rate: Decimal
    """Of a taker; negative is a rebate."""
    spread_rate: Decimal
    """Half the distance between bid and ask."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Netting:
    """What the strategies cost and earn alone, and netted; money in quote units.

    The columns everywhere: ``turnover`` (Σ |q_t − q_{t−1}| · p_t from flat), ``fees`` and
    ``spread`` (positive is paid), ``funding`` (positive is received), ``pnl`` (Σ q_t ·
    (p_{t+1} − p_t), before costs) and ``result`` (pnl − fees − spread + funding). Floats; exact
    Decimals when ``is_exact`` (of integers: in lots × ticks).
    """

    strategies: "pd.DataFrame"
    """A row per strategy, each traded alone, over all symbols."""
    net: "pd.Series[Any]"
    """The netted account, over all symbols."""
    by_symbol: "pd.DataFrame"
    """A row per symbol: the netted account on it."""
    accounts: "pd.DataFrame"
    """A row per (symbol, strategy), each traded alone."""
    is_exact: bool
    _studied: Mapping[str, Panel | Changes]
    _costs: Costs
    _found: dict[str, Any] = field(default_factory=dict)

    @property
    def saving(self) -> Any:  # noqa: ANN401 - float or Decimal, as the frames hold
        """Fees that netting saved, quote units: the strategies' less the net's."""
        return self._saved("fees")

    @property
    def spread_saving(self) -> Any:  # noqa: ANN401 - float or Decimal
        """Spread that netting saved, quote units."""
        return self._saved("spread")

    @property
    def pnl_gap(self) -> Any:  # noqa: ANN401 - float or Decimal
        """Σ strategies' PnL − the net's, before costs, quote units: zero but for rounding."""
        return _sum([*self.strategies["pnl"], -self.net["pnl"]])

    @property
    def correlation(self) -> "pd.DataFrame":
        """How the strategies' earnings go together, bar by bar, from −1 to 1; floats.

        Of each bar's PnL, over all symbols; NaN for a strategy that earns nothing anywhere.
        Needs a second pass over the targets, done once when first asked for.
        """
        if "correlation" not in self._found:
            self._found["correlation"] = _correlation(self._studied, self.strategies.index)
        found: pd.DataFrame = self._found["correlation"]
        return found

    @property
    def hedge(self) -> "pd.Series[Any]":
        """The netted account in hedge mode: longs on one leg, shorts on the other.

        The same columns as ``net``. A second pass over the targets, done once when asked for.
        """
        if "hedge" not in self._found:
            legs = [
                _table([account_legs(studied)], ["LONG", "SHORT"], self._costs, studied.unit)
                for studied in self._studied.values()
            ]
            self._found["hedge"] = _added(legs, "hedge")
        found: pd.Series[Any] = self._found["hedge"]
        return found

    @property
    def finding(self) -> str:
        """Say in one sentence what netting did."""
        alone, net = _sum(self.strategies["turnover"]), self.net["turnover"]
        less = f"{float(1 - net / alone):.1%} less" if alone else "nothing either way"
        gap = "exactly 0" if self.is_exact and not self.pnl_gap else f"{self.pnl_gap:.1e}"
        return (
            f"Netted, {len(self.strategies)} strategies trade {less}, which saves "
            f"{self.saving:,.2f} in fees and {self.spread_saving:,.2f} in spread; the PnL "
            f"before costs differs by {gap}"
        )

    def to_frame(self) -> "pd.DataFrame":
        """Give a row per strategy, then ``Σ alone`` and ``netted``."""
        import pandas as pd  # noqa: PLC0415 - on first use

        alone = _added([self.strategies], "Σ alone")
        return pd.concat([self.strategies, alone.to_frame().T, self.net.to_frame().T])

    def _saved(self, column: str) -> Any:  # noqa: ANN401 - float or Decimal
        return _sum([*self.strategies[column], -self.net[column]])

    def _rows(self) -> list[list[str]]:
        alone = _added([self.strategies], "")
        return [
            [
                words,
                *(
                    f"{amount:,.2f}"
                    for amount in (alone[m], self.net[m], self.net[m] - alone[m])
                ),
            ]
            for m, words in _MEASURES.items()
        ]

    def __repr__(self) -> str:
        return f"{self.finding}\n{text_table(_HEADERS, self._rows())}"

    def _repr_html_(self) -> str:
        return html_table(_HEADERS, self._rows(), self.finding)


_HEADERS = ("quote units", "Σ alone", "netted", "netted − alone")


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
    studied = _read(targets, prices, funding_rates, exact=exact)
    costs = Costs(
        fee_rate=read_fee_rate(fee_rate, list(studied)),
        spread_rate=read_spread_rate(spread_bps),
    )
    cells = sum(one.market.bars * len(one.names) for one in studied.values())
    chosen = choose_engine(engine, cells, WORTH_COMPILING)
    shown = _Progress(sum(one.market.bars for one in studied.values()), show=progress)
    with shown:
        found = {symbol: _account(one, shown, chosen) for symbol, one in studied.items()}
    return _result(studied, found, costs)


def _read(
    targets: Numbers, prices: Numbers, funding_rates: Numbers, *, exact: bool | None
) -> dict[str, Panel | Changes]:
    """Give what is studied, by symbol; one without a name is ""."""
    prices = prices_by_symbol(prices)
    if not isinstance(prices, Mapping):
        return {"": _read_one(targets, prices, funding_rates, exact=exact)}
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
        str(symbol): _read_one(wanted, prices[symbol], rates.get(symbol), exact=exact)
        for symbol, wanted in targets.items()
    }


def _read_one(
    targets: Numbers, prices: Numbers, rates: Numbers, *, exact: bool | None
) -> Panel | Changes:
    if is_change_list(targets):
        return read_changes(targets, prices, rates, exact=exact)
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

    def __call__(self, panel: Panel, *, raw: bool) -> Iterator[tuple[int, Array]]:
        for start, piece in panel.pieces(raw=raw):
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
        return studied.alone(), studied.netted()
    with np.errstate(invalid="ignore", over="ignore"):  # found and named below
        alone, netted = account_for(studied, progress, engine)
    if studied.market.tick is None and not _is_finite(alone):
        studied.find_bad_target()
        raise InvalidInput("the sums are too large for floats; use smaller units")
    return alone, netted


def _is_finite(totals: Totals) -> bool:
    return bool(np.isfinite(totals.turnover).all() and np.isfinite(totals.pnl).all())


def account_legs(studied: Panel | Changes) -> Totals:
    """Add up what the LONG and the SHORT leg of a hedged account trade and earn."""
    if isinstance(studied, Changes):
        return studied.legs()
    market = studied.market
    legs = Account(2, market.settlements, exact=market.tick is not None)
    steps = market.steps()
    for start, piece in studied.pieces():
        bars = slice(start, start + len(piece))
        gross, net = np.abs(piece).sum(axis=1), piece.sum(axis=1)
        halves = np.column_stack([(gross + net) / 2, (net - gross) / 2])
        legs.add(start, halves, market.prices[bars], steps[bars])
    return legs.totals()


@exactly
def _result(
    studied: Mapping[str, Panel | Changes],
    found: Mapping[str, tuple[Totals, Totals]],
    costs: Costs,
) -> Netting:
    import pandas as pd  # noqa: PLC0415 - on first use

    units = {symbol: one.unit for symbol, one in studied.items()}
    alone = {
        symbol: _table([totals], studied[symbol].names, costs, units[symbol])
        for symbol, (totals, _) in found.items()
    }
    nets = [
        _table([netted], [symbol or ALL], costs, units[symbol])
        for symbol, (_, netted) in found.items()
    ]
    accounts = pd.concat(alone, names=["symbol", "strategy"])
    strategies = next(iter(alone.values()))
    if len(alone) > 1:
        strategies = accounts.groupby(level="strategy", sort=False).sum()
    strategies.index.name = "strategy"
    return Netting(
        strategies=strategies,
        net=_added(nets, "netted"),
        by_symbol=pd.concat(nets),
        accounts=accounts,
        is_exact=all(unit is not None for unit in units.values()),
        _studied=studied,
        _costs=costs,
    )


def _table(
    totals: Iterable[Totals], names: Iterable[Any], costs: Costs, unit: Decimal | None
) -> "pd.DataFrame":
    """Give the measures of some columns, a row each."""
    import pandas as pd  # noqa: PLC0415 - on first use

    rows = [_measured(one, costs, unit) for one in totals]
    columns = {name: np.concatenate([row[name] for row in rows]) for name in _MEASURES}
    return pd.DataFrame(columns, index=pd.Index(list(names)))


@exactly
def _measured(totals: Totals, costs: Costs, unit: Decimal | None) -> dict[str, Array]:
    amounts = (totals.turnover, totals.funding, totals.pnl)
    fee: Any
    half: Any
    if unit is None:
        turnover, funding, pnl = amounts
        fee, half = float(costs.fee_rate), float(costs.spread_rate)
    else:
        turnover, funding, pnl = (_in_units(column, unit) for column in amounts)
        fee, half = costs.fee_rate, costs.spread_rate
    fees, spread = turnover * fee, turnover * half
    return {
        "turnover": turnover,
        "fees": fees,
        "spread": spread,
        "funding": funding,
        "pnl": pnl,
        "result": pnl - fees - spread + funding,
    }


def _in_units(values: Array, unit: Decimal) -> Array:
    return np.array([Decimal(value) * unit for value in values], dtype=object)


def _sum(amounts: Iterable[Any]) -> Any:  # noqa: ANN401 - float or Decimal
    values = list(amounts)
    if any(isinstance(value, Decimal) for value in values):
        return exact_sum(map(Decimal, values))
    return fsum(values)


def _added(tables: "Iterable[pd.DataFrame]", name: str) -> "pd.Series[Any]":
    import pandas as pd  # noqa: PLC0415 - on first use

    rows = pd.concat(list(tables))
    return pd.Series({column: _sum(rows[column]) for column in rows.columns}, name=name)


def _correlation(
    studied: Mapping[str, Panel | Changes], names: "pd.Index[Any]"
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - on first use

    size = len(names)
    count, sums, products = 0, np.zeros(size), np.zeros((size, size))
    for one in studied.values():
        columns = names.get_indexer(pd.Index(one.names))
        steps = one.market.steps()
        for start, piece in one.pieces():
            earned = np.zeros((len(piece), size))
            earned[:, columns] = piece * steps[start : start + len(piece), None]
            count += len(piece)
            sums += earned.sum(axis=0)
            products += earned.T @ earned
    spread = products - np.outer(sums, sums) / max(count, 1)
    scale = np.sqrt(np.diag(spread))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = spread / np.outer(scale, scale)
    return pd.DataFrame(np.clip(ratios, -1, 1), index=names, columns=names)
