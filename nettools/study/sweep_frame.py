"""The rows of a sweep: what each configuration costs, how far it strays, and which to choose.

What was seen of each leg comes in; the frame goes out, judged symbol by symbol. Laws: no
efficient row is beaten by another in cost and nearness at once; exactly one configuration of a
symbol is recommended, and says why.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nettools.decimals import plain
from nettools.model import Leg
from nettools.study.courses import Configuration, Prepared
from nettools.study.panel import Floats

if TYPE_CHECKING:
    import pandas as pd


class Terms(NamedTuple):
    """What trading costs, and how much straying is accepted."""

    fee_rate: float
    spread_rate: float
    tracking_limit: float


def sweep_frame(
    swept: Mapping[str, list[Configuration]],
    ready: Mapping[Leg, Prepared],
    seen: Mapping[Leg, Floats],
    terms: Terms,
) -> "pd.DataFrame":
    """Give a row per leg and configuration; see ``deadband``."""
    import pandas as pd  # noqa: PLC0415 - on first use

    parts = []
    for symbol, configurations in swept.items():
        legs = {
            leg: _measured(configurations, ready[leg], seen[leg], terms)
            for leg in ready
            if leg.symbol == symbol
        }
        _judge(list(legs.values()), terms.tracking_limit)
        for leg, part in legs.items():
            if len(legs) > 1:
                part.insert(0, "leg", leg.position_side.name)
            if len(swept) > 1 or symbol:
                part.insert(0, "symbol", symbol)
            parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    every = [one for configurations in swept.values() for one in configurations]
    idle = [w for w in ("fraction", "notional") if not any(getattr(one, w) for one in every)]
    return frame.drop(columns=idle)


def _measured(
    configurations: list[Configuration], ready: Prepared, seen: Floats, terms: Terms
) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 - on first use

    _, trades, turnover, stray, squares = seen
    # A whole number; dividing by it rounds once.
    grains = float(1 / (ready.grain * ready.tick))
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


def _judge(legs: "list[pd.DataFrame]", limit: float) -> None:
    """Mark the efficient rows and the recommended one of a symbol, and say why."""
    frame = legs[0].copy()
    for other in legs[1:]:
        frame["cost"] += other["cost"]
        frame["tracking_error"] += other["tracking_error"]
        shares = frame["tracking_share"], other["tracking_share"]
        frame["tracking_share"] = np.maximum(*shares)
    frame["efficient"] = _efficient(frame)
    # The cheapest that is near enough; where none is, the nearest.
    near = frame["efficient"] & (frame["tracking_share"] <= limit)
    order = ["cost", "tracking_error"] if near.any() else ["tracking_error", "cost"]
    chosen = frame[near] if near.any() else frame
    best = int(chosen.sort_values(order, kind="stable").index[0])
    reasons = _why_not(frame, limit)
    reasons[best] = _why(frame.iloc[best], limit, float(frame["cost"].max()))
    for leg in legs:
        leg["efficient"] = frame["efficient"]
        leg["recommended"] = frame.index == best
        leg["reason"] = reasons


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
        f"the cheapest within {limit:.2%}: deadband {_width(best)}, to the "
        f"{best.trade_to}, costs {less:.0%} less than the dearest and {strays}"
    )


def _width(row: Any) -> str:  # noqa: ANN401 - a row
    """Write what a deadband is the widest of."""
    parts = [
        plain(row.deadband) if row.deadband else "",
        f"{row.fraction:.2%} of the target" if row.fraction else "",
        f"worth {plain(row.notional)}" if row.notional else "",
    ]
    return " or ".join(part for part in parts if part) or "0"


def _why_not(frame: "pd.DataFrame", limit: float) -> list[str]:
    most = f", more than {limit:.2%}"
    dearer = {False: "another is no dearer and strays no more",
              True: "dearer than the recommended one"}  # fmt: skip
    shares, good = frame["tracking_share"].tolist(), frame["efficient"].tolist()
    return [
        f"strays by {share:.2%}{most}" if share > limit else dearer[is_good]
        for share, is_good in zip(shares, good, strict=True)
    ]
