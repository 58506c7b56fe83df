"""No road but one: every way around the list of hosts is refused, and the trap sees 0 bytes.

The trap listens on this machine, on another port than the testnet: to the guard it is as
foreign as a live exchange. Each attempt reaches into what the package keeps private.
"""

import json
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from faulty import FaultyServer
from makers import BTC, d
from trap import Trap

from nettools.errors import LiveTradingRefused, VenueUnavailable
from nettools.model import Order, Side
from nettools.venues import guard
from nettools.venues.binance.dialect import BINANCE
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.client import open_connection
from nettools.venues.credentials import credentials
from nettools.venues.guard import TESTNETS, Address, check_address, local_address

KEYS = credentials("k" * 64, "s" * 64)
DEMO = TESTNETS["binance-demo"]
ORDER = Order(
    client_order_id="nt1-guard-1",
    symbol=BTC,
    side=Side.BUY,
    quantity=d("0.01"),
    limit_price=d("99000"),
)


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with FaultyServer() as running:
        yield running


@pytest.fixture
async def venue(server) -> AsyncIterator[BinanceVenue]:
    held = credentials(server.api_key, server.secret)
    opened = BinanceVenue("local", local_address(server.url), held)
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


@pytest.mark.parametrize("address", [DEMO, Address("http", "127.0.0.1", 8801)])
async def test_every_address_left_in_the_client_is_on_the_list(address):
    """Repeat on each ccxt upgrade: families that are not ours must not exist."""
    connection = await open_connection(address, KEYS, BINANCE)
    hidden = connection.client
    assert set(hidden.urls) == {"api"}
    assert len(hidden.urls["api"]) == 6
    for url in hidden.urls["api"].values():
        check_address(url, address)
    with pytest.raises(Exception, match="does not have a testnet"):
        await hidden.sapiGetSystemStatus()
    with pytest.raises(Exception, match="does not have a testnet"):
        await hidden.dapiPublicGetTime()
    assert hidden.options["maxRetriesOnFailure"] == 0
    assert hidden.has["fetchCurrencies"] is False
    await connection.close()


async def test_the_demo_venue_looks_up_its_own_host_and_no_other(looked_up):
    venue = BinanceVenue("binance-demo", DEMO, KEYS)
    with pytest.raises(VenueUnavailable, match=r"demo-fapi.*check the network"):
        await venue.connect()
    assert set(looked_up) == {DEMO.host}


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


async def test_switching_the_demo_off_leads_nowhere(venue, looked_up):
    hidden = venue._wire._client()
    hidden.enable_demo_trading(False)  # noqa: FBT003 - ccxt's signature
    hidden.urls["apiBackupDemoTrading"] = type(hidden).mro()[1]().urls["api"]
    hidden.enable_demo_trading(False)  # noqa: FBT003 - ccxt's signature
    assert "fapi.binance.com" in json.dumps(hidden.urls["api"])
    with pytest.raises(LiveTradingRefused):
        await venue.send(ORDER)
    assert looked_up == []


async def test_the_hostname_and_the_sandbox_options_change_nothing(server, venue, trap):
    hidden = venue._wire._client()
    hidden.hostname = trap.address
    hidden.options |= {
        "sandboxMode": True,
        "enableDemoTrading": False,
        "portfolioMargin": False,
    }
    await venue.send(ORDER)
    assert ("POST", "/fapi/v1/order") in server.seen
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
    await venue.send(ORDER)


async def test_proxies_of_the_environment_are_not_looked_at(server, trap, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "WSS_PROXY"):
        monkeypatch.setenv(name, f"http://{trap.address}")
        monkeypatch.setenv(name.lower(), f"http://{trap.address}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    held = credentials(server.api_key, server.secret)
    venue = BinanceVenue("local", local_address(server.url), held)
    await venue.connect()
    await venue.send(ORDER)
    await venue.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(trap, status):
    async def elsewhere(_request):
        return web.Response(status=status, headers={"Location": f"http://{trap.address}/"})

    runner = web.ServerRunner(web.Server(elsewhere))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = local_address(f"http://127.0.0.1:{runner.addresses[0][1]}")
    connection = await open_connection(here, KEYS, BINANCE)
    with pytest.raises(LiveTradingRefused, match="redirect"):
        await connection.client.fapiPublicGetTime()
    with pytest.raises(LiveTradingRefused, match="redirect"):
        await connection.client.fapiPrivatePostOrder({"symbol": "BTCUSDT"})
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


async def test_verbose_cannot_be_switched_on(venue, capsys):
    venue._wire._client().verbose = True
    await venue.positions()
    assert capsys.readouterr().out == ""


def test_every_proxy_setting_ccxt_has_is_known_to_the_test():
    """Repeat on each ccxt upgrade: a new way to set a proxy must be refused as well."""
    import ccxt.async_support as ccxt  # noqa: PLC0415 - slow, and only here

    found = set(guard.proxy_settings(ccxt.binanceusdm()))
    assert found - {"socks_proxy_sessions", "socksProxySessions"} <= set(PROXIES)
    assert set(PROXIES) - found == set()
