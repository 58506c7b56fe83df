"""A local Bybit as a process: started, found beside a Binance, replayed, from the command."""

import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest
from bybit_trader import BTC, DELAY, NOON

from nettools.errors import InvalidInput
from nettools.testnet import attach, connect, start
from nettools.testnet.admin import read_trade
from nettools.testnet.instruments import LISTED, START_PRICES
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import VENUES, Settings


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """An empty runtime directory, and nothing named by the environment."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("VENUE", "URL", "API_KEY", "SECRET", "ADMIN", "ADMIN_TOKEN"):
        monkeypatch.delenv(f"NETTOOLS_LOCAL_{name}", raising=False)
    return tmp_path / "nettools"


def test_a_bybit_is_started_named_and_attached_to():
    with start(venue="bybit", speed=0, mode="hedge") as running:
        assert running.venue == "bybit"
        assert running.env["NETTOOLS_LOCAL_VENUE"] == "bybit"
        other = attach(running.env)
        assert other.health()["venue"] == "bybit"
        assert other.truth()["mode"] == "hedge"
        order = other.trade_by_hand(BTC, "buy", "0.001")  # below the other venue's minimum
        assert (order["state"], order["position_side"]) == ("filled", "long")


@pytest.mark.usefixtures("runtime")
def test_each_venue_has_a_shared_testnet_of_its_own(runtime):
    bybit, binance = connect(venue="bybit", speed=0), connect(venue="binance", speed=0)
    try:
        assert bybit.url != binance.url
        assert connect(venue="bybit").url == bybit.url
        assert connect().url == binance.url
        names = {path.name for path in runtime.glob("testnet-*.json")}
        assert names == {"testnet-bybit.json", "testnet-binance.json"}
    finally:
        bybit.stop()
        binance.stop()
    assert list(runtime.glob("testnet-*.json")) == []


def test_the_command_serves_a_bybit(tmp_path):
    program = "import sys; from nettools.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "testnet", "--venue", "bybit", "--speed", "0"]
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path), "PATH": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=runtime) as process:
        said = [process.stdout.readline() for _ in range(3)]
        process.terminate()
        assert process.wait(10) == 0
    assert said[0].startswith("Local Bybit testnet on http://127.0.0.1:")
    assert "NETTOOLS_LOCAL_VENUE=bybit" in said[2]


def _candles(path):
    rows = [f"2025-06-02 12:0{i}:00+00:00,100000,100010,99990,100000,5" for i in range(3)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *rows]))
    return str(path)


@pytest.mark.parametrize(("venue", "smallest"), [("binance", "100"), ("bybit", "5")])
def test_replayed_contracts_have_the_rules_of_the_venue(tmp_path, venue, smallest):
    files = {BTC: _candles(tmp_path / "BTCUSDT-1m.csv")}
    server = LocalServer(Settings(venue=venue, replay=files))
    assert server.engine.instruments[BTC].min_notional == Decimal(smallest)


def test_every_venue_trades_the_same_contracts_by_rules_of_its_own():
    for venue in VENUES:
        assert [i.symbol for i in LISTED[venue]] == [*START_PRICES]
    rules = {venue: next(i for i in LISTED[venue] if i.symbol == BTC) for venue in VENUES}
    assert rules["binance"] != rules["bybit"]
    assert (rules["bybit"].step_size, rules["bybit"].tick_size) == (
        Decimal("0.001"),
        Decimal("0.1"),
    )


def test_the_accounts_pay_what_each_venue_takes():
    takers = {v: LocalServer(Settings(venue=v)).engine.taker_rate for v in VENUES}
    assert takers == {"binance": Decimal("0.0005"), "bybit": Decimal("0.00055")}


def test_an_unknown_venue_is_refused_with_the_ones_there_are():
    with pytest.raises(InvalidInput, match='venue must be "binance" or "bybit", was \'okx\''):
        Settings(venue="okx")


async def test_what_was_acknowledged_is_done_before_the_market_moves():
    """An order sent at one market meets that market, however late somebody looks."""
    clock = [NOON]
    settings = Settings(venue="bybit", speed=0)
    async with LocalServer(settings, clock=lambda: clock[0]) as server:
        _, asks = server.engine.depth(BTC, 1)
        order = read_trade(
            {"symbol": BTC, "side": "buy", "quantity": "0.1"}, "a", server.engine
        )
        server.dialect.exchange.accept(order, NOON)
        clock[0] += timedelta(seconds=1)
        await server._advance({"seconds": 60})
        [fill] = server.engine.fills(BTC)
        assert (fill.price, fill.time) == (asks[0][0], NOON + DELAY)
