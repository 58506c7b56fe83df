"""What many smart orders cost: whole numbers become frames of costs in bps.

Results of ``execution_runs`` come in, a row for every start and a row for every configuration
go out. Law: spread + fee + delay + market_move + unfilled = cost, on every row, in the same
columns as live (``nettools.shortfall``). Floats: these are statistics.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nettools.model import FeeRates
from nettools.smart import REASONS
from nettools.study import execution_runs as runs
from nettools.study.execution_order import CUT
from nettools.study.markouts import mean_and_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = ("spread", "fee", "delay", "market_move", "unfilled")
_SECOND = 1e9
_BPS = 10_000


def starts_frame(
    names: Sequence[str],
    sides: "NDArray[np.int64]",
    which: "NDArray[np.int64]",
    results: "NDArray[np.int64]",
    rates: FeeRates,
) -> pd.DataFrame:
    """Give a row per order: when, what it cost in bps of its notional, and how it went.

    Args:
        names: of the configurations.
        sides: +1 or −1 per order.
        which: number of its configuration per order.
        results: rows of ``execution_runs``.
        rates: of the account.
    """
    column = dict(enumerate(results.T.astype(float)))
    notional = column[runs.QUANTITY] * column[runs.ARRIVAL] / 2
    costs = _costs(column, sides, rates)
    filled, made = column[runs.FILLED], column[runs.MADE]
    with np.errstate(divide="ignore", invalid="ignore"):  # nothing filled: not a number
        is_full = filled >= column[runs.QUANTITY]
        rows: dict[str, Any] = {
            "configuration": [names[n] for n in which],
            "start": pd.to_datetime(results[:, runs.STARTED], utc=True),
            "side": np.where(sides > 0, "buy", "sell"),
            "cost_bps": sum(costs.values()) / notional * _BPS,
            **{f"{name}_bps": cost / notional * _BPS for name, cost in costs.items()},
            "filled": filled / column[runs.QUANTITY],
            "maker_share": made / filled,
            "waited_seconds": (column[runs.ENDED] - column[runs.STARTED]) / _SECOND,
            "fill_seconds": np.where(
                is_full, (column[runs.LAST_FILL] - column[runs.STARTED]) / _SECOND, np.nan
            ),
            **_markouts(column),
            "took": _named(results[:, runs.WHY_TAKEN]),
            "ended": np.where(
                results[:, runs.DONE] == CUT, "tape ended", _named(results[:, runs.WHY_STOPPED])
            ),
            "quotes": results[:, runs.QUOTES],
            "requotes": results[:, runs.REQUOTES],
            "broken": results[:, runs.BROKEN],
        }
    return pd.DataFrame(rows)


def _costs(
    column: dict[int, Any], sides: "NDArray[np.int64]", rates: FeeRates
) -> dict[str, Any]:
    """Give the parts of the shortfall, lots × ticks; positive is a cost."""
    c, filled = column, column[runs.FILLED]
    first = np.where(c[runs.FIRST] > 0, c[runs.FIRST], c[runs.ARRIVAL])
    took = c[runs.PAID] - c[runs.MADE_PAID]
    left = c[runs.QUANTITY] - filled
    return {
        "spread": sides * (c[runs.PAID] - c[runs.MIDS] / 2),
        "fee": float(rates.maker) * c[runs.MADE_PAID] + float(rates.taker) * took,
        "delay": sides * filled * (first - c[runs.ARRIVAL]) / 2,
        "market_move": sides * (c[runs.MIDS] - filled * first) / 2,
        "unfilled": sides * left * (c[runs.END] - c[runs.ARRIVAL]) / 2,
    }


def _markouts(column: dict[int, Any]) -> dict[str, Any]:
    """Give what fills as a maker had gained 1, 5 and 30 s later, bps of what they paid."""
    price = column[runs.MADE_PAID] / column[runs.MADE]
    gains = zip(
        (1, 5, 30),
        (runs.GAIN_1, runs.GAIN_5, runs.GAIN_30),
        (runs.MARKED_1, runs.MARKED_5, runs.MARKED_30),
        strict=True,
    )
    return {
        f"markout_{seconds}_bps": column[gain] / 2 / (column[lots] * price) * _BPS
        for seconds, gain, lots in gains
    }


def _named(reasons: "NDArray[np.int64]") -> "NDArray[Any]":
    return np.array(("", *REASONS[1:]), dtype=object)[reasons]


def table_of(starts: pd.DataFrame, names: Sequence[str], block: pd.Timedelta) -> pd.DataFrame:
    """Give a row per configuration: means over its starts that the tape did not cut.

    Errors are standard errors over blocks of time: orders that live at the same time see the
    same market and are one witness.

    Args:
        starts: rows of ``starts_frame``, the same starts in the same order for everybody; the
            first configuration is what the others are compared with.
        names: of the configurations, in order.
        block: length of a block of time.
    """
    apart = {
        name: frame.reset_index(drop=True) for name, frame in starts.groupby("configuration")
    }
    lost = np.logical_or.reduce([apart[name]["ended"] == "tape ended" for name in names])
    base = apart[names[0]][~lost]
    when = base["start"]
    blocks = ((when - when.min()) // block).tolist() if len(base) else []
    took = [why for why in REASONS[1:] if why in set(starts["took"])]
    rows = []
    for name in names:
        own = apart[name][~lost]
        taken = own["took"].value_counts(normalize=True)
        shares = {f"took: {why}": taken.get(why, 0.0) for why in took}
        rows.append({"configuration": name, **_row(own, base, blocks), **shares})
    return pd.DataFrame(rows).set_index("configuration").assign(cut=int(lost.sum()))


def _row(own: pd.DataFrame, base: pd.DataFrame, blocks: Sequence[int]) -> dict[str, Any]:
    gained = base["cost_bps"] - own["cost_bps"]
    made = own["maker_share"] * own["filled"]
    row: dict[str, Any] = {"starts": len(own)}
    for name, values in (("cost", own["cost_bps"]), ("gained", gained)):
        mean, error = mean_and_error(values.tolist(), blocks) if len(own) else (np.nan,) * 2
        row |= {f"{name}_bps": mean, f"{name}_error": error}
    for part in PARTS:
        row[f"{part}_bps"] = own[f"{part}_bps"].mean()
    row["maker_share"] = made.sum() / own["filled"].sum() if len(own) else np.nan
    row["waited_seconds"] = own["waited_seconds"].mean()
    row["fill_seconds"] = own["fill_seconds"].mean()
    row["unfilled"] = 1 - own["filled"].mean()
    for seconds in (1, 5, 30):
        row[f"markout_{seconds}_bps"] = own[f"markout_{seconds}_bps"].mean()
    return row
