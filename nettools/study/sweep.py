"""Which deadband: what each costs, and how far it lets the position stray from the target.

Targets, prices and lists of settings come in; a frame with a row per configuration goes out,
with the efficient ones and a recommended one marked. Every configuration follows the rule of
the live desk (``diff`` and ``plan``, without limits). Law: the same rows in this process and
on a cluster, with numpy and with numba, to the last bit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from tqdm import tqdm

from nettools.errors import InvalidInput
from nettools.model import Leg, PositionMode, legs_of
from nettools.study.cluster import follow_on
from nettools.study.courses import Prepared, prepare, read_configurations, read_smallest
from nettools.study.lanes import choose_engine, follow_here
from nettools.study.netted import SHOW_AFTER, read_fee_rate, read_spread_rate
from nettools.study.panel import Floats, Panel, prices_by_symbol, read_panel
from nettools.study.side_by_side import Numbers
from nettools.study.sweep_frame import Terms, sweep_frame

if TYPE_CHECKING:
    import pandas as pd

TRACKING_LIMIT = 0.05
Read = TypeVar("Read")


def deadband(  # noqa: PLR0913 - the terms of one study, all by keyword, all defaulted
    targets: Numbers,
    prices: Numbers,
    *,
    deadbands: Numbers = (0,),
    fractions: Numbers = (0,),
    notionals: Numbers = (0,),
    step_sizes: Numbers = ("0.001",),
    trade_to: Numbers = ("target", "edge"),
    min_quantity: Numbers = 0,
    min_notional: Numbers = 0,
    mode: PositionMode | str = PositionMode.ONE_WAY,
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
    or only to the band's edge; rounded toward zero to the step; nothing below the smallest
    order; a taker at the bar's price. A deadband is the widest of its three widths.

    Args:
        targets: frame or array T×S, or a series T of net targets; signed base units. Several
            symbols: {symbol: frame}.
        prices: series T of closes with the same index, quote units; or {symbol: series}, or
            a frame with a column per symbol.
        deadbands: base units; for several symbols also {symbol: list}.
        fractions: of the |target|, 0.05 is five percent; also {symbol: list}.
        notionals: quote units, at the bar's price; also {symbol: list}.
        step_sizes: base units; for several symbols also {symbol: list}.
        trade_to: "target", "edge" or both.
        min_quantity: the smallest order, base units; also {symbol: number}.
        min_notional: what an order that does not close is worth at least, quote units, at the
            bar's price (the desk's limit price is a little beside it); also {symbol: number}.
        mode: "one-way" nets; "hedge" follows the long and the short leg of a symbol apart.
        fee_rate: of a taker, a fraction; or {quote currency: fraction}.
        spread_bps: bid to ask, in bps of the price; a taker pays half of it.
        tracking_limit: share of the PnL's own swing by which a recommended one may stray.
        client: a ``distributed.Client`` to compute on a cluster; its workers need nettools.
        engine: "numpy" or "numba"; None takes the quicker one that is installed.
        progress: show a bar when the work takes longer than a second.

    Returns:
        A row per configuration, with ``symbol`` in front when there are several, and ``leg``
        in hedge mode: "LONG" and "SHORT". Columns: ``deadband`` (base units), ``fraction``,
        ``notional`` (quote units), ``step_size`` (base units; all Decimals, those of the
        deadband that are nowhere swept left out), ``trade_to``, ``trades``,
        ``turnover``, ``fees``, ``spread`` and ``cost`` = fees + spread (quote units),
        ``tracking_error`` (root mean square of the PnL missed or gained against the target in
        a bar, quote units), ``tracking_share`` (the same as a share of the root mean square
        of the target's own PnL in a bar), ``pnl`` (before costs, quote units), ``efficient``
        (none is at once cheaper and nearer), ``recommended`` (the cheapest within
        ``tracking_limit``) and ``reason``, a sentence why it is, or is not. Both legs of a
        symbol share a deadband, as on the desk: their costs are added, and the leg that
        strays more must be within the limit.

    Raises:
        InvalidInput: what ``netting`` raises, and settings that cannot be right.
    """
    panels = _read(targets, prices)
    terms = Terms(
        float(read_fee_rate(fee_rate, list(panels))),
        float(read_spread_rate(spread_bps)),
        _share(tracking_limit),
    )
    swept = _each(
        panels, read_configurations, deadbands=deadbands, fractions=fractions,
        notionals=notionals, step_sizes=step_sizes, trade_to=trade_to,
    )  # fmt: skip
    least = _each(panels, read_smallest, min_quantity=min_quantity, min_notional=min_notional)
    ready = {
        leg: prepare(panel, leg.position_side, swept[symbol], least[symbol], _pieces)
        for symbol, panel in panels.items()
        for leg in legs_of(symbol, PositionMode.read(mode))
    }
    seen = _follow(ready, engine, client, progress=progress)
    return sweep_frame(swept, ready, seen, terms)


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


def _each(
    symbols: Iterable[str], read: Callable[..., Read], **given: Numbers
) -> dict[str, Read]:
    """Read the settings of each symbol, given for all of them or by symbol."""
    return {
        symbol: read(**{name: _of(symbol, given[name], name) for name in given})
        for symbol in symbols
    }


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
    ready: Mapping[Leg, Prepared],
    engine: str | None,
    client: Any,  # noqa: ANN401 - a Dask client
    *,
    progress: bool,
) -> dict[Leg, Floats]:
    jobs = {leg: (one.course, one.lanes) for leg, one in ready.items()}
    cells = sum(len(course.net) * len(lanes.deadbands) for course, lanes in jobs.values())
    chosen = choose_engine(engine, cells)
    bar = tqdm(
        total=cells, desc="deadbands", unit="", unit_scale=True, delay=SHOW_AFTER,
        disable=not progress, leave=False,
    )  # fmt: skip
    with bar:
        if client is not None:
            return follow_on(client, jobs, chosen, bar.update)
        return {leg: follow_here(*job, chosen, bar.update) for leg, job in jobs.items()}
