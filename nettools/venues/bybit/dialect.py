"""How Bybit v5 is spoken to through ccxt: addresses, markets to load, clock."""

from datetime import datetime
from typing import Any

from nettools.venues.bybit.outcomes import classify
from nettools.venues.bybit.rows import CATEGORY, read_time, result_of
from nettools.venues.bybit.tariff import BYBIT_TARIFF
from nettools.venues.candle_rows import Span
from nettools.venues.contracts import Contract, check_about
from nettools.venues.dialect import Dialect
from nettools.venues.guard import TESTNETS, Address

_INTERVALS = {"1m": "1", "5m": "5", "15m": "15", "1h": "60", "4h": "240", "1d": "D"}
"""Its words for the length of a candle (docs)."""


def _point_at(client: Any, allowed: Address) -> None:  # noqa: ANN401 - ccxt has no types
    # replaced, not merged: families that are not named here must not exist
    families = {"public": str(allowed), "private": str(allowed)}
    if allowed == TESTNETS["bybit-demo"]:
        client.urls["demotrading"] = families
        client.enable_demo_trading(True)  # noqa: FBT003 - ccxt's signature
    else:
        client.urls["test"] = families
        client.set_sandbox_mode(True)


async def _ask_clock(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.publicGetV5MarketTime()


def _read_clock(answer: object) -> datetime:
    return read_time(answer)


async def _ask_candles(
    ccxt: Any,  # noqa: ANN401 - ccxt has no types
    contract: Contract,
    interval: str,
    span: Span,
) -> object:
    return await ccxt.publicGetV5MarketKline(
        {
            "category": CATEGORY,
            "symbol": contract.market_id,
            "interval": _INTERVALS[interval],
            "start": span.first,
            "end": span.end - 1,
            "limit": span.candles,
        }
    )


def _candle_lists(answer: object, contract: Contract) -> object:
    result = result_of(answer)
    check_about(result, contract)
    listed = result.get("list")
    return listed[::-1] if isinstance(listed, list) else listed  # newest first (docs)


BYBIT = Dialect(
    client="bybit",
    options={
        "defaultType": "swap",
        "defaultSubType": "linear",
        # without it ccxt loads spot, inverse and options as well: 11 requests and more
        "fetchMarkets": {"types": ["linear"]},
        # a unified account is the only kind nettools reads, so ccxt need not probe for it
        "enableUnifiedMargin": False,
        "enableUnifiedAccount": True,
    },
    point_at=_point_at,
    code="retCode",
    text="retMsg",
    classify=classify,
    tariff=BYBIT_TARIFF,
    ask_clock=_ask_clock,
    read_clock=_read_clock,
    ask_candles=_ask_candles,
    candle_lists=_candle_lists,
)
