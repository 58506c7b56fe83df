"""What a study of netting found: frames, savings in one sentence, and what is asked for later.

Sums of ``accounting`` and the rates of costs come in; money per strategy, netted and per symbol
goes out, floats or exact Decimals. Law: nothing is rounded here that came in exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import fsum
from typing import TYPE_CHECKING, Any

import numpy as np

from nettools.allocate import exact_sum, exactly
from nettools.render import html_table, text_table
from nettools.study.accounting import Account, Totals
from nettools.study.changes import Changes
from nettools.study.panel import Array, Panel

if TYPE_CHECKING:
    import pandas as pd

Measured = Mapping[str, Array]
"""An array per measure, a number per row."""
MEASURES = {
    "turnover": "turnover",
    "fees": "fees paid",
    "spread": "spread paid",
    "funding": "funding received",
    "pnl": "PnL before costs",
    "result": "PnL after all",
}
"""Columns, and what they are called on a page; quote units."""
ALL = "all symbols"


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
    is_exact: bool
    _studied: Mapping[str, Panel | Changes]
    _alone: "Mapping[str, pd.DataFrame]"
    _nets: Mapping[str, Measured]
    _costs: Costs
    _found: dict[str, Any] = field(default_factory=dict)

    @property
    def by_symbol(self) -> "pd.DataFrame":
        """A row per symbol: the netted account on it."""
        import pandas as pd  # noqa: PLC0415 - on first use

        names = [symbol or ALL for symbol in self._nets]
        columns = {m: [net[m][0] for net in self._nets.values()] for m in MEASURES}
        return pd.DataFrame(columns, index=pd.Index(names), dtype=self._kind)

    @property
    def accounts(self) -> "pd.DataFrame":
        """A row per (symbol, strategy), each traded alone."""
        import pandas as pd  # noqa: PLC0415 - on first use

        return pd.concat(dict(self._alone), names=["symbol", "strategy"])

    @property
    def _kind(self) -> type:
        return object if self.is_exact else float

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
                measured(account_legs(studied), self._costs, studied.unit)
                for studied in self._studied.values()
            ]
            self._found["hedge"] = added(legs, "hedge", self._kind)
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

        alone = added([self.strategies], "Σ alone", self._kind)
        return pd.concat([self.strategies, alone.to_frame().T, self.net.to_frame().T])

    def _saved(self, column: str) -> Any:  # noqa: ANN401 - float or Decimal
        return _sum([*self.strategies[column], -self.net[column]])

    def _rows(self) -> list[list[str]]:
        alone = added([self.strategies], "", self._kind)
        return [
            [
                words,
                *(
                    f"{amount:,.2f}"
                    for amount in (alone[m], self.net[m], self.net[m] - alone[m])
                ),
            ]
            for m, words in MEASURES.items()
        ]

    def __repr__(self) -> str:
        return f"{self.finding}\n{text_table(_HEADERS, self._rows())}"

    def _repr_html_(self) -> str:
        return html_table(_HEADERS, self._rows(), self.finding)


_HEADERS = ("quote units", "Σ alone", "netted", "netted − alone")


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
def result_of(
    studied: Mapping[str, Panel | Changes],
    found: Mapping[str, tuple[Totals, Totals]],
    costs: Costs,
) -> Netting:
    """Put together what was found: by symbol, the sums alone and netted."""
    import pandas as pd  # noqa: PLC0415 - on first use

    alone, nets = {}, {}
    for symbol, (totals, netted) in found.items():
        one = studied[symbol]
        index = pd.Index(one.names, name="strategy")
        alone[symbol] = pd.DataFrame(measured(totals, costs, one.unit), index=index)
        nets[symbol] = measured(netted, costs, one.unit)
    strategies = next(iter(alone.values()))
    if len(alone) > 1:
        accounts = pd.concat(alone.values())
        strategies = accounts.groupby(level="strategy", sort=False).sum()
    is_exact = all(one.unit is not None for one in studied.values())
    return Netting(
        strategies=strategies,
        net=added(nets.values(), "netted", object if is_exact else float),
        is_exact=is_exact,
        _studied=studied,
        _alone=alone,
        _nets=nets,
        _costs=costs,
    )


@exactly
def measured(totals: Totals, costs: Costs, unit: Decimal | None) -> Measured:
    """Give the measures of some columns, in quote units."""
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


def added(
    parts: "Iterable[Measured | pd.DataFrame]", name: str, kind: type
) -> "pd.Series[Any]":
    """Add all rows of all parts up, measure by measure."""
    import pandas as pd  # noqa: PLC0415 - on first use

    every = list(parts)
    sums = [_sum(value for part in every for value in part[measure]) for measure in MEASURES]
    return pd.Series(sums, index=list(MEASURES), name=name, dtype=kind)


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
