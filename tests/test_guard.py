"""No road but one: every way around the list of hosts is refused, and the trap sees 0 bytes.

The trap listens on this machine, on another port than the testnet: to the guard it is as
foreign as a live exchange. Each attempt reaches into what the package keeps private.
"""

import hashlib
import hmac
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from faulty import FaultyServer
from makers import BTC, btc, d
from speaking import SPEAKERS, venue_on
from trap import Trap

from nettools.errors import LiveTradingRefused, VenueUnavailable
from nettools.model import Order, PositionMode, Side
from nettools.testnet.server import utc_now
from nettools.venues import client, guard, open_venue
from nettools.venues.binance.dialect import BINANCE
from nettools.venues.bybit.dialect import BYBIT
from nettools.venues.ccxt_venue import CcxtVenue
from nettools.venues.client import open_connection
from nettools.venues.contracts import Contract
from nettools.venues.credentials import credentials
from nettools.venues.guard import TESTNETS, Address, check_address, local_address

KEYS = credentials("k" * 64, "s" * 64)
DEMO = TESTNETS["binance-demo"]
LOCAL = Address("http", "127.0.0.1", 8801)
DIALECTS = {"binance": BINANCE, "bybit": BYBIT}
HOSTS = {
    "binance-demo": "demo-fapi.binance.com",
    "bybit-testnet": "api-testnet.bybit.com",
    "bybit-demo": "api-demo.bybit.com",
}
SENDS = {"binance": ("POST", "/fapi/v1/order"), "bybit": ("POST", "/v5/order/create")}
ORDER = Order(
    client_order_id="nt1-guard-1",
    symbol=BTC,
    side=Side.BUY,
    quantity=d("0.01"),
    limit_price=d("99000"),
)


@pytest.fixture(params=DIALECTS)
def kind(request) -> str:
    return request.param


@pytest.fixture
async def server(kind) -> AsyncIterator[FaultyServer]:
    async with FaultyServer(venue=kind) as running:
        yield running


@pytest.fixture
async def venue(server) -> AsyncIterator[CcxtVenue]:
    opened = venue_on(server)
    await opened.connect()
    yield opened
    await opened.close()


@pytest.fixture
async def trap() -> AsyncIterator[Trap]:
    async with Trap() as armed:
        yield armed
        assert armed.is_untouched


@pytest.fixture
def looked_up(monkeypatch) -> list[str]:
    """Names that somebody tried to resolve; none resolves."""
    names = []

    def refuse(host, *_args, **_kwargs):
        names.append(host)
        raise socket.gaierror(-2, "no names in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return names


# --- the list


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:8801",
        "http://127.0.0.1",
        "http://localhost:8801",
        "http://127.0.0.1.:8801",
        "http://127.1:8801",
        "http://2130706433:8801",
        "http://0.0.0.0:8801",
        "http://[::1]:8801",
        "http://[::ffff:127.0.0.1]:8801",
        "http://127.0.0.1:8801@fapi.binance.com",
        "http://user:word@127.0.0.1:8801",
        "http://127.0.0.1:8801/fapi",
        "http://127.0.0.1:8801?x=1",
        "http://127.0.0.1:8801#x",
        "http://127.0.0.1:99999",
        "http://fapi.binance.com:8801",
        "https://fapi.binance.com",
        "ws://127.0.0.1:8801",
        "127.0.0.1:8801",
        "",
        "nonsense",
    ],
)
def test_only_a_port_on_this_machine_is_local(url):
    with pytest.raises(LiveTradingRefused, match="nothing was sent"):
        local_address(url)


def test_a_local_address_reads_back():
    assert local_address("http://127.0.0.1:8801/") == Address("http", "127.0.0.1", 8801)
    assert str(local_address("http://127.0.0.1:8801")) == "http://127.0.0.1:8801"


@pytest.mark.parametrize(
    "url",
    [
        "https://fapi.binance.com/fapi/v1/order",
        "https://FAPI.BINANCE.COM/fapi/v1/order",
        "https://testnet.binancefuture.com/fapi/v1/order",
        "https://demo-fapi.binance.com./fapi/v1/order",
        "https://demo-fapi.binance.com.example.com/",
        "https://demo-fapi.binance.com@fapi.binance.com/",
        "https://user@demo-fapi.binance.com/",
        "https://:word@demo-fapi.binance.com/",
        "https://demo-fapi.binance.com:8443/",
        "http://demo-fapi.binance.com/",
        "http://demo-fapi.binance.com:443/",
        "wss://demo-fapi.binance.com/",
        "https://demo-fapi.b\u0456nance.com/",
        "https://xn--demo-fapi.binance.com/",
        "https://demo\u2010fapi.binance.com/",
        "https://[::1]/",
        "https://104.18.1.1/",
        "//demo-fapi.binance.com/",
        "https:///",
        "",
    ],
)
def test_what_only_looks_like_the_demo_is_not(url):
    with pytest.raises(LiveTradingRefused):
        check_address(url, DEMO)


def test_the_demo_itself_is_allowed_however_it_is_written():
    check_address("https://demo-fapi.binance.com/fapi/v1/time", DEMO)
    check_address("HTTPS://Demo-FAPI.Binance.com:443/fapi/v1/time?x=@evil", DEMO)


def test_the_list_of_hosts_is_closed():
    assert {name: address.host for name, address in TESTNETS.items()} == HOSTS
    assert {(one.scheme, one.port) for one in TESTNETS.values()} == {("https", 443)}


FAMILIES = {
    "binance": {f"fapi{kind}{n}" for kind in ("Public", "Private") for n in ("", "V2", "V3")},
    "bybit": {"public", "private"},
}


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("binance", LOCAL),
        ("bybit", LOCAL),
        *((name.partition("-")[0], address) for name, address in TESTNETS.items()),
    ],
    ids=["local", "local-bybit", *TESTNETS],
)
async def test_every_address_left_in_the_client_is_on_the_list(kind, address):
    """Repeat on each ccxt upgrade: families that are not ours must not exist."""
    connection = await open_connection(address, KEYS, DIALECTS[kind])
    hidden = connection.client
    assert set(hidden.urls) == {"api"}
    assert set(hidden.urls["api"]) == FAMILIES[kind]
    for url in hidden.urls["api"].values():
        check_address(url, address)
    if kind == "binance":
        for stray in (hidden.sapiGetSystemStatus, hidden.dapiPublicGetTime):
            with pytest.raises(Exception, match="does not have a testnet"):
                await stray()
    assert hidden.options["maxRetriesOnFailure"] == 0
    assert hidden.has["fetchCurrencies"] is False
    await connection.close()


@pytest.mark.parametrize("name", TESTNETS)
async def test_a_real_testnet_looks_up_its_own_host_and_no_other(looked_up, name):
    prefix = f"NETTOOLS_{name.upper().replace('-', '_')}"
    venue = open_venue(name, {f"{prefix}_API_KEY": "k", f"{prefix}_SECRET": "s"})
    with pytest.raises(VenueUnavailable, match=f"{HOSTS[name]}.*check the network"):
        await venue.connect()
    assert set(looked_up) == {HOSTS[name]}


AN_HOUR_AGO = utc_now() - timedelta(hours=1)
COMMON = {"id": "BTCUSDT", "symbol": BTC, "base": "BTC", "quote": "USDT", "settle": "USDT"}
COMMON |= {"type": "swap", "swap": True, "spot": False, "linear": True, "contract": True}
COMMON |= {"option": False, "contractSize": "1", "precision": {"amount": "1e-3", "price": ".1"}}
MARKETS = {
    "binance": COMMON | {"info": {"orderTypes": ["LIMIT", "MARKET"]}},
    "bybit": COMMON | {"info": {}},
}
"""What ccxt must know of a contract to make a request about it."""
CALLS = {
    "position_mode": lambda venue: venue.position_mode(),
    "set_position_mode": lambda venue: venue.set_position_mode(PositionMode.HEDGE),
    "set_leverage": lambda venue: venue.set_leverage(BTC, 5),
    "balance": lambda venue: venue.balance(),
    "fee_rates": lambda venue: venue.fee_rates(BTC),
    "positions": lambda venue: venue.positions(),
    "quotes": lambda venue: venue.quotes([BTC]),
    "last_prices": lambda venue: venue.last_prices([BTC]),
    "open_orders": lambda venue: venue.open_orders(BTC),
    "find_order": lambda venue: venue.find_order(ORDER),
    "fills": lambda venue: venue.fills(BTC, AN_HOUR_AGO),
    "funding": lambda venue: venue.funding(BTC, AN_HOUR_AGO),
    "server_time": lambda venue: venue.server_time(),
    "permissions": lambda venue: venue.permissions(),
    "send": lambda venue: venue.send(ORDER),
    "cancel": lambda venue: venue.cancel(ORDER),
}
PUBLIC = {"quotes", "last_prices", "server_time", "funding"}


@pytest.fixture
def asked(monkeypatch) -> list[aiohttp.TraceRequestStartParams]:
    """Requests that the guard lets pass; each is noted and then stopped, none goes out."""
    noted = []

    def guard_and_note(allowed):
        trace = guard.transport_guard(allowed)

        async def note(_session, _context, params):
            noted.append(params)
            raise LiveTradingRefused("noted and stopped by this test")

        trace.on_request_start.append(note)
        return trace

    monkeypatch.setattr(client, "transport_guard", guard_and_note)
    return noted


@pytest.mark.parametrize("name", TESTNETS)
async def test_every_request_of_a_real_testnet_goes_to_its_host_signed_with_its_key(
    asked, looked_up, name
):
    kind = name.partition("-")[0]
    venue = SPEAKERS[kind](name, TESTNETS[name], KEYS)
    venue._wire._connection = await open_connection(TESTNETS[name], KEYS, DIALECTS[kind])
    venue._wire._client().set_markets([MARKETS[kind]])
    venue._contracts = {"BTCUSDT": Contract(BTC, "BTCUSDT")}
    venue._by_symbol = {BTC: Contract(BTC, "BTCUSDT")}
    venue._instruments = {BTC: btc()}
    for call, ask in CALLS.items():
        asked.clear()
        if (name, call) == ("bybit-demo", "permissions"):
            assert await ask(venue) is None  # the demo does not offer the question
            continue
        with pytest.raises(LiveTradingRefused, match="noted and stopped"):
            await ask(venue)
        for request in asked:
            assert (request.url.scheme, request.url.host) == ("https", HOSTS[name])
            assert _is_signed(kind, request) is (call not in PUBLIC), call
        assert asked
    await venue.close()
    assert looked_up == []


def _is_signed(kind: str, request: aiohttp.TraceRequestStartParams) -> bool:
    headers, query = request.headers, request.url.raw_query_string
    if kind == "binance":
        if "X-MBX-APIKEY" not in headers:
            return False
        text, _, signature = query.rpartition("&signature=")
        return request.method in {"POST", "PUT"} or signature == _hmac(text)
    if "X-BAPI-API-KEY" not in headers:
        return False
    stamp, window = headers["X-BAPI-TIMESTAMP"], headers["X-BAPI-RECV-WINDOW"]
    text = f"{stamp}{'k' * 64}{window}{query}"
    return request.method == "POST" or headers["X-BAPI-SIGN"] == _hmac(text)


def _hmac(text: str) -> str:
    return hmac.new(("s" * 64).encode(), text.encode(), hashlib.sha256).hexdigest()


# --- the transport


async def test_the_trap_notices_whoever_comes():
    async with Trap() as armed, aiohttp.ClientSession() as loose:
        with pytest.raises(aiohttp.ClientError):
            await loose.get(f"http://{armed.address}/")
        assert not armed.is_untouched


FOREIGN = (
    "http://{trap}",
    "HTTP://{trap}",
    "http://{own}@{trap}",
    "http://user:word@{trap}",
    "http://localhost:{port}",
    "http://127.0.0.1.:{port}",
    "http://127.1:{port}",
    "http://2130706433:{port}",
    "http://0:{port}",
    "http://[::1]:{port}",
    "http://[::ffff:127.0.0.1]:{port}",
    "https://{own}",
    "https://fapi.binance.com",
    "https://FAPI.BINANCE.COM",
    "https://fapi.binance.com.",
    "https://fapi.b\u0456nance.com",
    "https://xn--fapi-binance.com",
    "https://api.bybit.com",
    "https://api-testnet.bybit.com",
)


async def test_edited_addresses_are_refused_before_any_name_is_looked_up(
    server, venue, trap, looked_up
):
    own = server.url.removeprefix("http://")
    hidden = venue._wire._client()
    server.seen.clear()
    for url in FOREIGN:
        live = url.format(trap=trap.address, own=own, port=trap.port)
        for family in hidden.urls["api"]:
            hidden.urls["api"][family] = f"{live}/fapi/v1"
        for attempt in (venue.send(ORDER), venue.cancel(ORDER), venue.positions()):
            with pytest.raises(LiveTradingRefused):
                await attempt
    assert (server.seen, looked_up) == ([], [])


async def test_the_raw_calls_of_the_client_are_refused_too(venue, trap, looked_up):
    hidden = venue._wire._client()
    for url in (f"http://{trap.address}/", "https://fapi.binance.com/fapi/v1/order"):
        with pytest.raises(LiveTradingRefused):
            await hidden.fetch(url, "POST", {}, "x=1")
        with pytest.raises(LiveTradingRefused):
            await hidden.session.get(url)
        with pytest.raises(LiveTradingRefused):
            await hidden.session.ws_connect(url.replace("http", "ws"))
    assert looked_up == []


async def test_switching_the_testnet_off_leads_nowhere(kind, venue, looked_up):
    hidden = venue._wire._client()
    live = type(hidden).mro()[1]().urls["api"]
    hidden.urls |= {"apiBackupDemoTrading": live, "apiBackup": live}
    if kind == "binance":
        hidden.enable_demo_trading(False)  # noqa: FBT003 - ccxt's signature
    else:
        hidden.set_sandbox_mode(False)
    assert {"binance": "fapi.binance.com", "bybit": "https://api.{hostname}"}[
        kind
    ] in json.dumps(hidden.urls["api"])
    with pytest.raises(LiveTradingRefused):
        await venue.send(ORDER)
    assert looked_up == []


async def test_the_hostname_and_the_sandbox_options_change_nothing(kind, server, venue, trap):
    hidden = venue._wire._client()
    hidden.hostname = trap.address
    hidden.options |= {
        "sandboxMode": True,
        "enableDemoTrading": False,
        "portfolioMargin": False,
    }
    await venue.send(ORDER)
    assert SENDS[kind] in server.seen
    with pytest.raises(Exception, match="does not have a sandbox URL"):
        hidden.set_sandbox_mode(True)


PROXIES = (
    *("proxy", "proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback"),
    *("httpProxy", "http_proxy", "httpProxyCallback", "http_proxy_callback"),
    *("httpsProxy", "https_proxy", "httpsProxyCallback", "https_proxy_callback"),
    *("socksProxy", "socks_proxy", "socksProxyCallback", "socks_proxy_callback"),
    *("aiohttp_proxy", "aiohttpProxy", "wsProxy", "ws_proxy", "wssProxy", "wss_proxy"),
    *("wsSocksProxy", "ws_socks_proxy", "proxies"),
)


async def test_no_proxy_is_ever_used(server, venue, trap):
    """A proxy of any kind, aimed at the trap, even for the allowed host."""
    hidden = venue._wire._client()
    server.seen.clear()
    url = f"http://{trap.address}/"
    for name in PROXIES:
        is_callback = "callback" in name.lower()
        setattr(hidden, name, (lambda *_: url) if is_callback else url)
        with pytest.raises(LiveTradingRefused, match=name):
            await venue.send(ORDER)
        setattr(hidden, name, None)
    assert server.seen == []
    await venue.send(replace(ORDER, client_order_id="nt1-guard-2"))


async def test_proxies_of_the_environment_are_not_looked_at(server, trap, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "WSS_PROXY"):
        monkeypatch.setenv(name, f"http://{trap.address}")
        monkeypatch.setenv(name.lower(), f"http://{trap.address}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    venue = venue_on(server)
    await venue.connect()
    await venue.send(ORDER)
    await venue.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(kind, trap, status):
    async def elsewhere(_request):
        return web.Response(status=status, headers={"Location": f"http://{trap.address}/"})

    runner = web.ServerRunner(web.Server(elsewhere))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = local_address(f"http://127.0.0.1:{runner.addresses[0][1]}")
    connection = await open_connection(here, KEYS, DIALECTS[kind])
    with pytest.raises(LiveTradingRefused, match="redirect"):
        await DIALECTS[kind].ask_clock(connection.client)
    place = {"binance": "fapiPrivatePostOrder", "bybit": "privatePostV5OrderCreate"}[kind]
    with pytest.raises(LiveTradingRefused, match="redirect"):
        await getattr(connection.client, place)({"symbol": "BTCUSDT"})
    await connection.close()
    await runner.cleanup()


async def test_another_session_is_not_used(server, venue):
    hidden = venue._wire._client()
    server.seen.clear()
    async with aiohttp.ClientSession() as loose:
        guarded, hidden.session = hidden.session, loose
        with pytest.raises(LiveTradingRefused, match="session"):
            await venue.send(ORDER)
        hidden.session = guarded
    assert server.seen == []


async def test_a_subclass_of_the_client_goes_nowhere_else(venue, trap, looked_up):
    """Row 16: whatever it overrides, its requests pass the same door."""
    hidden = venue._wire._client()
    kind = type(hidden)
    for url in (
        f"http://{trap.address}/x",
        "https://fapi.binance.com/x",
        "https://api.bybit.com/x",
    ):

        class Elsewhere(kind):  # type: ignore[misc, valid-type]
            """One that signs for another address."""

            def sign(self, *told: object, **named: object) -> object:
                """Sign as ever, for elsewhere."""
                return super().sign(*told, **named) | {"url": url}  # noqa: B023 - used at once

        hidden.__class__ = Elsewhere
        for attempt in (venue.send(ORDER), venue.cancel(ORDER), venue.positions()):
            with pytest.raises(LiveTradingRefused):
                await attempt
    assert looked_up == []


async def test_verbose_cannot_be_switched_on(venue, capsys):
    venue._wire._client().verbose = True
    await venue.positions()
    assert capsys.readouterr().out == ""


def test_every_proxy_setting_ccxt_has_is_known_to_the_test(kind):
    """Repeat on each ccxt upgrade: a new way to set a proxy must be refused as well."""
    import ccxt.async_support as ccxt  # noqa: PLC0415 - slow, and only here

    found = set(guard.proxy_settings(getattr(ccxt, DIALECTS[kind].client)()))
    assert found - {"socks_proxy_sessions", "socksProxySessions"} <= set(PROXIES)
    assert set(PROXIES) - found == set()
