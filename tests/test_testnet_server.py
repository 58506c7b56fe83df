"""The local server on its two ports: who is answered, what moves the market, when it stops."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from dialect import NOON, ccxt_client, sign

from nettools.errors import InvalidInput, VenueUnavailable
from nettools.testnet.admin import checked_speed, read_seconds
from nettools.testnet.binance.exchange import Exchange
from nettools.testnet.pump import Pump
from nettools.testnet.server import HOST, LocalServer, Settings
from nettools.testnet.serving import serve
from nettools.testnet.session import Session, forget_session, read_session, write_session

BTC = "BTC/USDT:USDT"


@pytest_asyncio.fixture
async def server():
    async with LocalServer(Settings(speed=0)) as running:
        yield running


@pytest_asyncio.fixture
async def http():
    async with aiohttp.ClientSession(trust_env=False) as session:
        yield session


async def _ask(session, method, url, **options):
    async with session.request(method, url, **options) as reply:
        return reply.status, await reply.text(), reply.headers


async def _admin(server, http, method, path, command=None, **headers):
    headers = {"Authorization": f"Bearer {server.admin_token}"} | headers
    options = {"headers": headers} if method == "GET" else {"headers": headers, "json": command}
    status, text, _ = await _ask(http, method, server.admin + path, **options)
    return status, json.loads(text)


def _signed_order(server):
    stamp = int(NOON.timestamp() * 1000)
    text = (
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1&newOrderRespType=RESULT"
        f"&timestamp={stamp}"
    )
    headers = {
        "X-MBX-APIKEY": server.api_key,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return f"{text}&signature={sign(text, server.secret)}", headers


# --- who is answered


async def test_it_listens_on_this_machine_only(server):
    """S10: neither port has another address than 127.0.0.1."""
    for runner in server._runners:
        assert [address[0] for address in runner.addresses] == [HOST]
    port = int(server.url.rpartition(":")[2])
    for family, address in ((socket.AF_INET, "127.0.0.2"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as other:
            other.settimeout(1)
            assert other.connect_ex((address, port)) != 0


@pytest.mark.parametrize("address", ["url", "admin"])
@pytest.mark.parametrize(
    "host",
    ["evil.com", "evil.com:80", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.com", ""],
)
async def test_a_foreign_host_is_refused_before_anything_else(server, http, address, host):
    """S11: also without a key, with a wrong path, and on the admin port without a token."""
    for path in ("/fapi/v1/ping", "/nothing", "/health"):
        status, text, _ = await _ask(
            http, "GET", getattr(server, address) + path, headers={"Host": host}
        )
        assert status == 403
        assert "own address" in text


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.com",
        "http://evil.com",
        "null",
        "http://127.0.0.1:8888",
        "http://localhost",
    ],
)
async def test_a_page_of_another_origin_changes_nothing(origin, http):
    """S12: a form post, signed or not, and a post to the admin port."""
    async with LocalServer(Settings(speed=0), clock=lambda: NOON) as server:
        body, headers = _signed_order(server)
        for sent in (headers, {"Content-Type": "text/plain"}):
            status, _, _ = await _ask(
                http,
                "POST",
                f"{server.url}/fapi/v1/order",
                data=body,
                headers=sent | {"Origin": origin},
            )
            assert status == 403
        status, _, _ = await _ask(
            http,
            "POST",
            f"{server.admin}/advance",
            data='{"seconds": 60}',
            headers={"Origin": origin, "Authorization": f"Bearer {server.admin_token}"},
        )
        assert status == 403
        assert server.engine.orders(BTC) == ()
        assert server.market.time == NOON
        assert (await _ask(http, "POST", f"{server.url}/fapi/v1/order", data=body,
                           headers=headers))[0] == 200  # fmt: skip


async def test_no_answer_invites_another_origin(server, http):
    for method in ("GET", "OPTIONS"):
        _, _, headers = await _ask(http, method, f"{server.url}/fapi/v1/ping")
        assert not [name for name in headers if name.lower().startswith("access-control")]


async def test_the_admin_port_wants_its_token_and_json(server, http):
    for wrong in ("", "Bearer ", "Bearer wrong", server.admin_token):
        status, _ = await _admin(server, http, "GET", "/health", Authorization=wrong)
        assert status == 401
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    form = await _ask(
        http, "POST", f"{server.admin}/advance", data={"seconds": "60"}, headers=headers
    )
    assert form[0] == 415
    headers["Content-Type"] = "application/json"
    torn = await _ask(http, "POST", f"{server.admin}/advance", data="{", headers=headers)
    assert torn[0] == 400
    assert (await _admin(server, http, "GET", "/secrets"))[0] == 404
    assert (await _admin(server, http, "GET", "/advance"))[0] == 404


async def test_the_trading_port_knows_no_admin_command(server, http):
    headers = {"Authorization": f"Bearer {server.admin_token}"}
    status, _, _ = await _ask(http, "GET", f"{server.url}/truth", headers=headers)
    assert status == 404


async def test_each_server_has_its_own_keys_unless_they_are_given():
    first, second = LocalServer(Settings()), LocalServer(Settings())
    assert len({first.api_key, second.api_key, first.secret, second.secret}) == 4
    assert len(first.secret) == 64
    given = LocalServer(Settings(api_key="K", secret="S"))  # noqa: S106 - play money
    assert (given.api_key, given.secret) == ("K", "S")
    assert "S" not in repr(given.settings).replace("Settings", "")


# --- the market moves


async def test_the_market_stands_still_until_it_is_told_to_move(server, http):
    before = server.engine.sequence
    assert (await _ask(http, "GET", f"{server.url}/fapi/v1/ping"))[0] == 200
    assert server.engine.sequence == before
    status, answer = await _admin(server, http, "POST", "/advance", {"seconds": 90})
    assert (status, answer["advanced"]) == (200, 90)
    assert server.engine.sequence > before


async def test_same_seed_and_same_steps_give_the_same_fills(http):
    """Told to move in other portions and asked other things in between."""
    outcomes = []
    for portions in ([120], [50, 70]):
        async with LocalServer(Settings(speed=0), clock=lambda: NOON) as server:
            for seconds in portions:
                await _admin(server, http, "POST", "/advance", {"seconds": seconds})
            body, headers = _signed_order(server)
            address = f"{server.url}/fapi/v1/order"
            _, text, _ = await _ask(http, "POST", address, data=body, headers=headers)
            _, truth = await _admin(server, http, "GET", "/truth")
            outcomes.append((json.loads(text), truth))
    assert outcomes[0] == outcomes[1]


async def test_trading_goes_on_while_the_market_is_moved_far(server, http):
    moving = asyncio.create_task(_admin(server, http, "POST", "/advance", {"seconds": 400}))
    answered = 0
    while not moving.done():
        assert (await _ask(http, "GET", f"{server.url}/fapi/v1/time"))[0] == 200
        answered += 1
    assert (await moving)[1]["advanced"] == 400
    assert answered > 2


async def test_the_market_follows_the_clock_at_its_speed(http):
    tick = [0.0]
    settings = Settings(speed=60)
    async with LocalServer(settings, clock=lambda: NOON, monotonic=lambda: tick[0]) as server:
        tick[0] = 0.5
        await _ask(http, "GET", f"{server.url}/fapi/v1/ping")
        assert server.market.time - NOON == timedelta(seconds=30)
        await _admin(server, http, "POST", "/speed", {"speed": 0})
        tick[0] = 1.5
        await _ask(http, "GET", f"{server.url}/fapi/v1/ping")
        assert server.market.time - NOON == timedelta(seconds=30)


class Steps:
    """A market that only counts."""

    def __init__(self):
        self.done = 0

    def step(self, steps, _now):
        self.done += steps
        return steps


def test_the_pump_pays_out_whole_seconds_and_keeps_the_rest():
    market = Steps()
    pump = Pump(market, speed=1.0, start=0.0, monotonic=lambda: 0.0)
    assert [pump.run(moment, NOON) for moment in (0.4, 0.8, 1.2, 2.0)] == [0, 0, 1, 1]


def test_after_a_suspend_the_market_does_not_race():
    market = Steps()
    pump = Pump(market, speed=60, start=0.0, monotonic=lambda: 7200.0)
    assert pump.run(7200.0, NOON) == 120
    assert pump.run(7200.5, NOON) == 30


def test_a_market_too_slow_for_its_speed_falls_behind_and_never_blocks_for_long():
    ticks = iter(range(1, 1000))
    market = Steps()
    pump = Pump(market, speed=100_000, start=0.0, monotonic=lambda: float(next(ticks)))
    assert pump.run(0.5, NOON) == 5
    assert pump.run(0.6, NOON) == 5


def test_a_clock_that_jumps_back_moves_nothing():
    market = Steps()
    pump = Pump(market, speed=1, start=100.0, monotonic=lambda: 0.0)
    assert pump.run(50.0, NOON) == 0
    assert pump.run(51.0, NOON) == 1


@pytest.mark.parametrize("seconds", [-1, 1.5, "60", None, True, 10**9])
def test_only_whole_seconds_up_to_a_week_move_the_market(seconds):
    with pytest.raises(InvalidInput, match=r"seconds must be a whole number.*was"):
        read_seconds({"seconds": seconds})


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf"), "2", None, True, 10**6])
def test_a_speed_is_a_number_from_zero_up(speed):
    with pytest.raises(InvalidInput, match=r"speed must be.*was"):
        checked_speed(speed)


async def test_bad_admin_input_is_one_sentence(server, http):
    for path, command in (
        ("/advance", {"seconds": -5}),
        ("/advance", {}),
        ("/advance", [60]),
        ("/speed", {"speed": "fast"}),
    ):
        status, answer = await _admin(server, http, "POST", path, command)
        assert status == 400
        assert "must be" in answer["error"] or "send a JSON object" in answer["error"]


# --- truth


async def test_the_truth_is_what_the_engine_holds(http):
    async with LocalServer(Settings(speed=0), clock=lambda: NOON) as server:
        body, headers = _signed_order(server)
        await _ask(http, "POST", f"{server.url}/fapi/v1/order", data=body, headers=headers)
        _, truth = await _admin(server, http, "GET", "/truth")
    [position] = truth["positions"]
    assert (position["symbol"], position["quantity"]) == (BTC, "0.1")
    [order] = truth["orders"]
    assert (order["state"], order["filled"]) == ("filled", "0.1")
    fees = sum(Decimal(fill["fee"]) for fill in truth["fills"])
    assert Decimal(truth["wallet"]) == 100_000 - fees
    assert (truth["mode"], truth["time"]) == ("one-way", NOON.isoformat())


def test_an_exchange_without_trades_has_no_leg_times(server_less_exchange):
    leg = next(iter(server_less_exchange.engine.instruments))
    assert server_less_exchange.leg_time(leg) == 0


@pytest.fixture
def server_less_exchange():
    server = LocalServer(Settings(speed=0), clock=lambda: NOON)
    exchange = server.dialect.exchange
    assert isinstance(exchange, Exchange)
    return exchange


# --- settings


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"venue": "kraken"}, "venue must be"),
        ({"mode": "dual"}, "mode must be"),
        ({"speed": -1}, "speed must be"),
        ({"port": 70_000}, "port must be"),
        ({"port": "80"}, "port must be"),
        ({"seed": "x"}, "seed must be"),
        ({"symbols": 0}, "symbols must be a whole number from 1 to 10, was 0"),
        ({"symbols": 11}, "symbols must be a whole number from 1 to 10, was 11"),
        ({"symbols": "all"}, "symbols must be a whole number from 1 to 10, was 'all'"),
        ({"idle_seconds": -1}, "idle_seconds must be"),
        ({"api_key": "K"}, "both API key and secret"),
    ],
)
def test_settings_that_cannot_be_meant_are_one_sentence(wrong, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Settings(**wrong)


async def test_a_port_in_use_is_told_with_the_cure():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(VenueUnavailable, match=f"port {port} .* use port 0"):
            await LocalServer(Settings(port=port)).start()


async def test_a_replay_trades_the_symbols_of_its_files(tmp_path, http):
    path = tmp_path / "LTCUSDT-1m.csv"
    rows = [f"2025-06-02 12:{m:02}:00+00:00,90.0,90.6,89.5,90.2,500" for m in range(30)]
    path.write_text("\n".join(["date,open,high,low,close,volume", *rows]))
    async with LocalServer(Settings(speed=0, replay=str(path))) as server:
        _, answer = await _admin(server, http, "POST", "/advance", {"seconds": 3600})
        assert answer["advanced"] == 1800  # the data ends there, and so does the market
        _, health = await _admin(server, http, "GET", "/health")
        assert health["is_finished"] is True
        client = ccxt_client(server.url, server.api_key, server.secret, http)
        assert list(await client.load_markets()) == ["LTC/USDT:USDT"]
        await client.close()


# --- sessions


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "nettools"


def test_a_session_is_for_this_user_alone_even_with_an_open_umask(runtime):
    """S14."""
    before = os.umask(0)
    try:
        write_session("binance", {"NETTOOLS_LOCAL_URL": "u"}, 42)
    finally:
        os.umask(before)
    [file] = runtime.iterdir()
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_session("binance") == Session(pid=42, variables={"NETTOOLS_LOCAL_URL": "u"})


def test_a_looser_session_file_or_a_link_is_not_believed(runtime):
    write_session("binance", {"A": "b"}, 42)
    file = runtime / "testnet-binance.json"
    file.chmod(0o644)
    assert read_session("binance") is None
    file.chmod(0o600)
    file.rename(runtime / "elsewhere")
    file.symlink_to(runtime / "elsewhere")
    assert read_session("binance") is None


def test_a_looser_directory_is_refused_with_the_cure(runtime):
    runtime.mkdir(mode=0o755)
    with pytest.raises(VenueUnavailable, match="only you may enter"):
        write_session("binance", {"A": "b"}, 42)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1, "variables": []}'])
def test_a_torn_session_file_is_no_session(runtime, text):
    write_session("binance", {"A": "b"}, 42)
    (runtime / "testnet-binance.json").write_text(text)
    assert read_session("binance") is None


def test_a_server_forgets_its_own_session_only(runtime):
    write_session("binance", {"A": "b"}, 42)
    forget_session("binance", 43)
    assert read_session("binance").pid == 42
    forget_session("binance", 42)
    assert read_session("binance") is None
    assert list(runtime.iterdir()) == []


# --- the command


def _serve_in_a_process(runtime, **options):
    program = f"from nettools.testnet.serving import serve\nserve(**{options!r})"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_RUNTIME_DIR": str(runtime)},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_command_in_good_order(tmp_path, number):
    with _serve_in_a_process(tmp_path, speed=0) as process:
        said = process.stdout.readline()
        assert "http://127.0.0.1:" in said
        assert (tmp_path / "nettools" / "testnet-binance.json").is_file()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""
    assert list((tmp_path / "nettools").iterdir()) == []


def test_an_idle_server_stops_by_itself(tmp_path):
    with _serve_in_a_process(tmp_path, speed=0, idle_seconds=0.1) as process:
        process.stdout.readline()
        assert process.wait(10) == 0


def test_the_command_says_in_one_sentence_why_it_cannot_start(monkeypatch):
    with pytest.raises(InvalidInput, match="mode must be"):
        serve(mode="both")
    monkeypatch.setenv("NETTOOLS_LOCAL_API_KEY", "only-half")
    monkeypatch.delenv("NETTOOLS_LOCAL_SECRET", raising=False)
    with pytest.raises(InvalidInput, match="both API key and secret"):
        serve()


def test_the_package_stays_lean_for_a_fast_start():
    """The child loads neither ccxt nor pandas nor plotly."""
    program = (
        "import sys, nettools.testnet.serving\n"
        "print(sorted({'ccxt', 'pandas', 'numpy', 'plotly', 'ipywidgets'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    assert done.stdout.strip() == "[]"


# --- funding, and trades by hand


@pytest.mark.parametrize("wrong", [0, -1, 86_401, 3600.0, True, "8h", None])
def test_a_funding_interval_is_whole_seconds_up_to_a_day(wrong):
    with pytest.raises(InvalidInput, match=f"funding_interval must be .*, was {wrong!r}"):
        Settings(funding_interval=wrong)


async def test_a_long_advance_settles_funding_on_schedule(http):
    async with LocalServer(Settings(speed=0, funding_interval=30)) as server:
        status, _ = await _admin(server, http, "POST", "/advance", {"seconds": 120})
        assert status == 200
        settled = server.engine.settlements(BTC)
        assert len(settled) == 4
        assert [one.time for one in settled] == sorted({one.time for one in settled})


async def test_funding_is_settled_at_once_on_all_symbols_or_on_one(server, http):
    trade = {"symbol": BTC, "side": "sell", "quantity": "0.5"}
    assert (await _admin(server, http, "POST", "/foreign", trade))[0] == 200
    both = {"symbol": None, "rate": None}
    status, answer = await _admin(server, http, "POST", "/funding", both)
    assert (status, len(answer["settlements"])) == (200, 5)
    one = {"symbol": BTC, "rate": "-0.005"}
    _, answer = await _admin(server, http, "POST", "/funding", one)
    (settled,) = answer["settlements"]
    mark = server.engine.mark_price(BTC)
    assert Decimal(settled["received"]) == -(mark * Decimal("0.0025")).quantize(Decimal("1e-8"))
    (payment,) = settled["payments"]
    assert (payment["position_side"], payment["quantity"]) == ("both", "-0.5")
    _, truth = await _admin(server, http, "GET", "/truth")
    assert truth["settlements"][-1] == settled
    total = sum(Decimal(row["received"]) for row in truth["settlements"])
    assert Decimal(truth["funding"]) == total


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], '"symbol"'),
        ({"symbol": BTC}, '"rate"'),
        ({"symbol": "DOGE", "rate": None}, "symbol must be one of .*, was 'DOGE'"),
        ({"symbol": 3, "rate": None}, "symbol must be one of .*, was 3"),
        ({"symbol": None, "rate": "x"}, "rate must be a number, was 'x'"),
        ({"symbol": None, "rate": "nan"}, "rate must be a number, was 'nan'"),
        ({"symbol": None, "rate": True}, "rate must be a number, was True"),
        ({"symbol": None, "rate": "0.2"}, "rate must be a fraction .*, was '0.2'"),
        ({"symbol": None, "rate": "0.000000001"}, "at most 8 decimals"),
    ],
)
async def test_funding_that_cannot_be_meant_settles_nothing(server, http, command, words):
    status, answer = await _admin(server, http, "POST", "/funding", command)
    assert status == 400
    assert re.search(words, answer["error"])
    assert server.engine.settlements(BTC) == ()


async def test_a_trade_by_hand_is_an_order_no_desk_knows(server, http):
    trade = {"symbol": BTC, "side": "buy", "quantity": "0.5"}
    status, order = await _admin(server, http, "POST", "/foreign", trade)
    assert (status, order["state"], order["filled"]) == (200, "filled", "0.5")
    _, again = await _admin(server, http, "POST", "/foreign", trade)
    names = [order["client_order_id"], again["client_order_id"]]
    assert names == ["web_00000001", "web_00000002"]
    _, truth = await _admin(server, http, "GET", "/truth")
    assert [row["client_order_id"] for row in truth["orders"]] == names
    assert {row["client_order_id"] for row in truth["fills"]} == set(names)
    (position,) = truth["positions"]
    assert Decimal(position["quantity"]) == 1


async def test_a_trade_by_hand_on_a_hedged_account_opens_or_names_its_leg(http):
    async with LocalServer(Settings(speed=0, mode="hedge")) as server:
        for side, leg in (("buy", None), ("sell", None), ("sell", "long")):
            trade = {"symbol": BTC, "side": side, "quantity": "0.5"}
            named = {} if leg is None else {"position_side": leg}
            status, _ = await _admin(server, http, "POST", "/foreign", trade | named)
            assert status == 200
        (short,) = server.engine.positions()
        assert (short.position_side.value, short.quantity) == ("short", Decimal("-0.5"))


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"symbol": "DOGE"}, 400, "symbol must be one of"),
        ({"side": "hold"}, 400, "side must be one of buy, sell, was 'hold'"),
        ({"quantity": "-1"}, 400, "quantity must be above zero, was -1"),
        ({"quantity": []}, 400, "quantity must be a number"),
        ({"position_side": "up"}, 400, "position_side must be one of"),
        ({"quantity": "0.0001"}, 409, "quantity"),
        ({"quantity": "100"}, 409, "margin"),
        ({"position_side": "long"}, 409, "one-way"),
    ],
)
async def test_a_trade_by_hand_that_is_refused_trades_nothing(
    server, http, change, status, words
):
    trade = {"symbol": BTC, "side": "buy", "quantity": "0.5"} | change
    answered, answer = await _admin(server, http, "POST", "/foreign", trade)
    assert (answered, bool(answer.get("reason"))) == (status, status == 409)
    assert words in answer["error"]
    assert server.engine.fills(BTC) == ()
