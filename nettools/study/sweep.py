"""Which deadband: what each costs, and how far it lets the position stray from the target.

Targets, prices and lists of settings come in; a frame with a row per configuration goes out,
with the efficient ones and a recommended one marked. Every configuration follows the rule of
the live desk (``diff`` and ``plan``, without minimum notional and limits). Law: the same rows
in this process and on a cluster, with numpy and with numba, to the last bit.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from tqdm import tqdm

from nettools.decimals import plain
from nettools.errors import InvalidInput
from nettools.study.cluster import follow_on
from nettools.study.courses import Configuration, Prepared, prepare, read_configurations
from nettools.study.lanes import Engine, choose_engine, follow_here
from nettools.study.netted import SHOW_AFTER, read_fee_rate, read_spread_rate
from nettools.study.panel import Floats, Panel, prices_by_symbol, read_panel
from nettools.study.side_by_side import Numbers

if TYPE_CHECKING:
    import pandas as pd

TRACKING_LIMIT = 0.05


class Terms(NamedTuple):
    """What trading costs, and how much straying is accepted."""

    fee_rate: float
    spread_rate: float
    tracking_limit: float


def deadband(  # noqa: PLR0913 - the terms of one study, all by keyword, all defaulted
    targets: Numbers,
    prices: Numbers,
    *,
    deadbands: Numbers,
    step_sizes: Numbers = ("0.001",),
    trade_to: Numbers = ("target", "edge"),
    fee_rate: Numbers = "0.0005",
    spread_bps: Numbers = 0,
    tracking_limit: float = TRACKING_LIMIT,
    client: Any = None,  # noqa: ANN401 - a Dask client, which may not be installed
    engine: str | None = None,
    progress: bool = True,
) -> "pd.DataFrame":
    """Sweep over deadbands, step sizes and ``trade_to``; a row per configuration.

    Each bar the net of all targets is compared with the position, as the live desk does: no
    trade while |delta| is not more than the deadband, except to a flat target; to the target,
    or only to the band's edge; rounded toward zero to the step; a taker at the bar's price.

    Args:
        targets: frame or array T×S, or a series T of net targets; signed base units. Several
            symbols: {symbol: frame}.
        prices: series T of closes with the same index, quote units; or {symbol: series}, or
            a frame with a column per symbol.
        deadbands: base units; for several symbols also {symbol: list}.
        step_sizes: base units; for several symbols also {symbol: list}.
        trade_to: "target", "edge" or both.
        fee_rate: of a taker, a fraction; or {quote currency: fraction}.
        spread_bps: bid to ask, in bps of the price; a taker pays half of it.
        tracking_limit: share of the PnL's own swing by which a recommended one may stray.
        client: a ``distributed.Client`` to compute on a cluster; its workers need nettools.
        engine: "numpy" or "numba"; None takes the quicker one that is installed.
        progress: show a bar when the work takes longer than a second.

    Returns:
        A row per configuration, with ``symbol`` in front when there are several. Columns:
        ``deadband`` and ``step_size`` (base units, Decimals), ``trade_to``, ``trades``,
        ``turnover``, ``fees``, ``spread`` and ``cost`` = fees + spread (quote units),
        ``tracking_error`` (root mean square of the PnL missed or gained against the target in
        a bar, quote units), ``tracking_share`` (the same as a share of the root mean square
        of the target's own PnL in a bar), ``pnl`` (before costs, quote units), ``efficient``
        (none is at once cheaper and nearer), ``recommended`` (the cheapest within
        ``tracking_limit``) and ``reason``, a sentence why it is, or is not.

    Raises:
        InvalidInput: what ``netting`` raises, and settings that cannot be right.
    """
    panels = _read(targets, prices)
    terms = Terms(
        float(read_fee_rate(fee_rate, list(panels))),
        float(read_spread_rate(spread_bps)),
        _share(tracking_limit),
    )
    swept = {
        symbol: read_configurations(
            _of(symbol, deadbands, "deadbands"), _of(symbol, step_sizes, "step_sizes"), trade_to
        )
        for symbol in panels
    }
    ready = {symbol: prepare(panels[symbol], swept[symbol], _pieces) for symbol in panels}
    cells = sum(len(one.course.net) * len(swept[symbol]) for symbol, one in ready.items())
    bar = tqdm(
        total=cells, desc="deadbands", unit="", unit_scale=True, delay=SHOW_AFTER,
        disable=not progress, leave=False,
    )  # fmt: skip
    with bar:
        seen = _follow(ready, choose_engine(engine, cells), client, bar.update)
    return _frame(swept, ready, seen, terms)


def _read(targets: Numbers, prices: Numbers) -> dict[str, Panel]:
    prices = prices_by_symbol(prices)
    if not isinstance(prices, Mapping):
        return {"": read_panel(_as_frame(targets), prices, None, exact=False)}
    if not isinstance(targets, Mapping) or not targets or set(targets) - set(prices):
        raise InvalidInput("prices are given by symbol; give targets of the same symbols")
    return {
        str(symbol): read_panel(_as_frame(wanted), prices[symbol], None, exact=False)
        for symbol, wanted in targets.items()
    }


def _as_frame(targets: Numbers) -> Numbers:
    return targets.to_frame() if getattr(targets, "ndim", 0) == 1 and hasattr(
        targets, "to_frame"
    ) else targets  # fmt: skip


def _pieces(panel: Panel) -> Iterator[tuple[int, Floats]]:
    return panel.pieces()


def _of(symbol: str, given: Numbers, name: str) -> Numbers:
    if not isinstance(given, Mapping):
        return given
    if symbol not in given:
        raise InvalidInput(f"{name} are given by symbol, but not for {symbol!r}; add them")
    return given[symbol]


def _share(limit: float) -> float:
    if not 0 < limit < np.inf:
        raise InvalidInput(f"tracking_limit must be a share above zero, was {limit}")
    return float(limit)


def _follow(
    ready: Mapping[str, Prepared],
    engine: Engine,
    client: Any,  # noqa: ANN401 - a Dask client
    done: Any,  # noqa: ANN401 - takes how many cells are done
) -> dict[str, Floats]:
    jobs = {symbol: (one.course, one.lanes) for symbol, one in ready.items()}
    if client is None:
        return {symbol: follow_here(*job, engine, done) for symbol, job in jobs.items()}
    return follow_on(client, jobs, engine, done)


def _frame(
    swept: Mapping[str, list[Configuration]],
    ready: Mapping[str, Prepared],
    seen: Mapping[str, Floats],
    terms: Terms,
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - on first use

    parts = []
    for symbol, configurations in swept.items():
        part = _measured(configurations, ready[symbol], seen[symbol], terms)
        _judge(part, terms.tracking_limit)
        if len(swept) > 1 or symbol:
            part.insert(0, "symbol", symbol)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _measured(
    configurations: list[Configuration], ready: Prepared, seen: Floats, terms: Terms
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - on first use

    _, trades, turnover, stray, squares = seen
    grains = float(1 / ready.grain)  # a whole number; dividing by it rounds once
    bars = max(len(ready.course.net) - 1, 1)
    traded = turnover / grains
    own = np.sqrt(ready.target_square / bars) / grains
    missed = np.sqrt(squares / bars) / grains
    frame = pd.DataFrame(configurations, columns=list(Configuration._fields))
    frame["trades"] = trades.astype(np.int64)
    frame["turnover"] = traded
    frame["fees"], frame["spread"] = traded * terms.fee_rate, traded * terms.spread_rate
    frame["cost"] = frame["fees"] + frame["spread"]
    frame["tracking_error"] = missed
    frame["tracking_share"] = missed / own if own else np.where(missed > 0, np.inf, 0.0)
    frame["pnl"] = (ready.target_pnl + stray) / grains
    return frame


def _judge(frame: "pd.DataFrame", limit: float) -> None:
    """Mark the efficient rows and the recommended one, and say why."""
    frame["efficient"] = _efficient(frame)
    rows: list[Any] = list(frame.itertuples())
    inside = [row for row in rows if row.efficient and row.tracking_share <= limit]
    if inside:
        best = min(inside, key=attrgetter("cost"))
    else:
        best = min(rows, key=attrgetter("tracking_error", "cost"))
    frame["recommended"] = frame.index == best.Index
    dearest = max(row.cost for row in rows)
    frame["reason"] = [
        _why(best, limit, dearest) if row is best else _why_not(row, limit) for row in rows
    ]


def _efficient(frame: "pd.DataFrame") -> "pd.Series[bool]":
    """No other row costs no more and strays less, or strays no more and costs less."""
    order = frame.sort_values(["cost", "tracking_error"], kind="stable")
    nearest = order["tracking_error"].cummin().shift(fill_value=np.inf)
    return (order["tracking_error"] < nearest).reindex(frame.index)


def _why(best: Any, limit: float, dearest: float) -> str:  # noqa: ANN401 - a row
    strays = f"strays by {best.tracking_share:.2%} of the PnL's own swing in a bar"
    if best.tracking_share > limit:
        return f"none stays within {limit:.2%}; this one {strays}, the least"
    less = 1 - best.cost / dearest if dearest else 0.0
    return (
        f"the cheapest within {limit:.2%}: deadband {plain(best.deadband)}, to the "
        f"{best.trade_to}, costs {less:.0%} less than the dearest and {strays}"
    )


def _why_not(row: Any, limit: float) -> str:  # noqa: ANN401 - a row
    if row.tracking_share > limit:
        return f"strays by {row.tracking_share:.2%}, more than {limit:.2%}"
    if not row.efficient:
        return "another is no dearer and strays no more"
    return "dearer than the recommended one"
