"""How Bybit v5 is spoken to through ccxt: addresses, markets to load, clock."""

from datetime import datetime
from typing import Any

from nettools.venues.bybit.outcomes import classify
from nettools.venues.bybit.rows import read_time
from nettools.venues.bybit.tariff import BYBIT_TARIFF
from nettools.venues.dialect import Dialect
from nettools.venues.guard import TESTNETS, Address


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
)
