"""How Binance USD-M is spoken to through ccxt: addresses, error table, clock."""

from datetime import datetime
from typing import Any

from nettools.venues.binance.outcomes import classify
from nettools.venues.binance.tariff import BINANCE_TARIFF
from nettools.venues.candle_rows import Span
from nettools.venues.contracts import Contract
from nettools.venues.dialect import Dialect
from nettools.venues.guard import LOOPBACK, Address
from nettools.venues.rows import as_row, moment


def _point_at(client: Any, allowed: Address) -> None:  # noqa: ANN401 - ccxt has no types
    # replaced, not merged: families that are not named here must not exist
    base = f"{allowed}/fapi"
    client.urls["demo"] = {
        f"fapi{access}{version}": f"{base}/{version.lower() or 'v1'}"
        for access in ("Public", "Private")
        for version in ("", "V2", "V3")
    }
    client.enable_demo_trading(True)  # noqa: FBT003 - ccxt's signature
    if allowed.host == LOOPBACK:
        # ccxt picks the futures error table by the URL's beginning, which loopback has not
        client.exceptions["exact"].update(client.exceptions["linear"]["exact"])


async def _ask_clock(ccxt: Any) -> object:  # noqa: ANN401 - ccxt has no types
    return await ccxt.fapiPublicGetTime()


def _read_clock(answer: object) -> datetime:
    return moment(as_row(answer), "serverTime")


async def _ask_candles(
    ccxt: Any,  # noqa: ANN401 - ccxt has no types
    contract: Contract,
    interval: str,
    span: Span,
) -> object:
    return await ccxt.fapiPublicGetKlines(
        {
            "symbol": contract.market_id,
            "interval": interval,
            "startTime": span.first,
            "endTime": span.end - 1,
            "limit": span.candles,
        }
    )


def _candle_lists(answer: object, contract: Contract) -> object:
    del contract  # the rows do not say whose they are
    return answer


BINANCE = Dialect(
    client="binanceusdm",
    options={},
    point_at=_point_at,
    code="code",
    text="msg",
    classify=classify,
    tariff=BINANCE_TARIFF,
    ask_clock=_ask_clock,
    read_clock=_read_clock,
    ask_candles=_ask_candles,
    candle_lists=_candle_lists,
)
