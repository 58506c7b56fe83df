"""From settings to a local exchange that can answer: engine, market and the venue's dialect.

Settings, keys and the time come in. What differs between the venues is here and in their
packages alone: contracts, fees, how long an id is taken, how many orders may rest.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from nettools.model import Instrument, PositionMode
from nettools.testnet.binance.dialect import BinanceDialect
from nettools.testnet.binance.exchange import Exchange as BinanceExchange
from nettools.testnet.binance.limits import Budget
from nettools.testnet.bybit.dialect import BybitDialect
from nettools.testnet.bybit.exchange import Exchange as BybitExchange
from nettools.testnet.dialect import Dialect
from nettools.testnet.history import read_history
from nettools.testnet.incidents import IncidentEngine
from nettools.testnet.instruments import LISTED
from nettools.testnet.market import Market
from nettools.testnet.replay import Replay, instruments_of
from nettools.testnet.settings import Settings
from nettools.testnet.stage import Stage
from nettools.testnet.taped import TapeMarket, open_recording, tape_among

_MOST_OPEN_ORDERS = {"binance": 200, "bybit": 500}
_UNLIMITED = 10_000
_BYBIT_TAKER = Decimal("0.00055")
"""What Bybit takes of a taker in linear contracts who is no VIP (docs); a maker pays 0.0002."""


class Opened(NamedTuple):
    """A local exchange, ready to answer."""

    engine: IncidentEngine
    market: Stage
    dialect: Dialect


def open_exchange(settings: Settings, key: str, secret: str, now: datetime) -> Opened:
    """Open an exchange.

    Args:
        settings: how it is set up.
        key: the account's API key.
        secret: what its requests must be signed with.
        now: the time of the first quotes (UTC).

    Raises:
        InvalidInput: candles or a recording to replay that cannot be read.
    """
    most_orders = _MOST_OPEN_ORDERS[settings.venue] if settings.rate_limits else _UNLIMITED
    engine, market = _opened_market(settings, most_orders, now)
    if settings.venue == "bybit":
        delay = timedelta(seconds=settings.ack_delay)
        known = BybitExchange(engine, market, started=now, delay=delay)
        limited = settings.rate_limits
        return Opened(
            engine, market, BybitDialect(known, key=key, secret=secret, rate_limits=limited)
        )
    exchange = BinanceExchange(engine, market, max_open_orders=most_orders, started=now)
    budget = Budget() if settings.rate_limits else None
    return Opened(
        engine, market, BinanceDialect(exchange, key=key, secret=secret, budget=budget)
    )


def _opened_market(
    settings: Settings, most_orders: int, now: datetime
) -> tuple[IncidentEngine, Stage]:
    files = settings.replay
    if not files:
        engine = _engine(settings, LISTED[settings.venue][: settings.symbols], most_orders)
        return engine, Market(engine, settings.seed, now)
    tape = tape_among(files)
    if tape is not None:
        recording = open_recording(tape, settings.venue)
        engine = _engine(settings, (recording.instrument,), most_orders)
        return engine, TapeMarket(engine, recording, now)
    series = read_history([files] if isinstance(files, str) else files)
    engine = _engine(settings, instruments_of(series, settings.venue), most_orders)
    return engine, Replay(engine, series, settings.seed, now)


def _engine(
    settings: Settings, instruments: tuple[Instrument, ...], most_orders: int
) -> IncidentEngine:
    mode = PositionMode.read(settings.mode)
    if settings.venue == "binance":
        return IncidentEngine(instruments, mode=mode, max_open_orders=most_orders)
    engine = IncidentEngine(
        instruments,
        mode=mode,
        max_open_orders=most_orders,
        taker_rate=_BYBIT_TAKER,
        ids_unique_forever=True,
        reduce_only_in_hedge=True,
    )
    engine.marks_on_tick = True  # its rows show no finer mark, so its PnL must know none
    return engine
