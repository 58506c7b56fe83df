"""Keys come from the environment and turn up nowhere else: SENTINEL is looked for everywhere.

In objects, logs, messages and tracebacks; and keys of another environment.
"""

import asyncio
import copy
import io
import logging
import pickle
import sys
import traceback
from collections.abc import AsyncIterator, Iterator

import pytest
from faulty import HTML, Fault, FaultyServer
from IPython.core.ultratb import VerboseTB
from makers import BTC, d
from speaking import venue_on

from nettools.errors import InvalidInput, NettoolsError, VenueUnavailable
from nettools.model import Order, PositionMode, Side
from nettools.testnet.server import utc_now
from nettools.venues import open_venue
from nettools.venues.ccxt_venue import CcxtVenue
from nettools.venues.credentials import (
    Redactor,
    Secret,
    credentials,
    quiet_logger,
    read_credentials,
)
from nettools.venues.guard import TESTNETS

SENTINEL_KEY = "SENTINELkey" + "a1" * 26
SENTINEL_SECRET = "SENTINELsecret" + "b2" * 25
SENTINELS = ("SENTINEL", "signature=", SENTINEL_KEY[5:30], SENTINEL_SECRET[5:30])


@pytest.fixture(params=["binance", "bybit"])
async def server(request) -> AsyncIterator[FaultyServer]:
    keys = {"api_key": SENTINEL_KEY, "secret": SENTINEL_SECRET}
    async with FaultyServer(venue=request.param, **keys) as running:
        yield running


only_binance = pytest.mark.parametrize("server", ["binance"], indirect=True)


@pytest.fixture
def venue(server) -> CcxtVenue:
    return venue_on(server)


@pytest.fixture
def everything_logged() -> Iterator[io.StringIO]:
    """The root logger and ccxt's, at DEBUG and at every level below."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    loggers = [logging.getLogger(name) for name in ("", "ccxt", "nettools", "aiohttp")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
    loggers[0].addHandler(handler)
    yield written
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def _order(quantity: str = "0.01") -> Order:
    return Order(
        client_order_id="nt1-secret-1",
        symbol=BTC,
        side=Side.BUY,
        quantity=d(quantity),
        limit_price=d("99000"),
    )


def _assert_clean(*texts: str) -> None:
    for text in texts:
        for sentinel in SENTINELS:
            assert sentinel not in text


def _everything_shown(error: BaseException) -> str:
    """What the plainest and the most talkative traceback print, locals and causes included."""
    ours = error.__traceback__
    while ours.tb_next and "/nettools/" not in ours.tb_frame.f_code.co_filename:
        ours = ours.tb_next  # the frames of this test do hold keys
    error = error.with_traceback(ours)
    plain = traceback.TracebackException.from_exception(error, capture_locals=True)
    verbose = VerboseTB(theme_name="nocolor", include_vars=True)
    told = verbose.text(type(error), error, ours)
    return "".join(plain.format()) + told + repr(error) + str(vars(error))


FAULTS = {
    "binance": (
        Fault(body='{"code":-1000,"msg":"An unknown error"}', status=400),
        Fault(body='{"code":-1021,"msg":"Timestamp"}', status=400),
        Fault(body=f'{{"code":-2015,"msg":"{SENTINEL_KEY} is wrong"}}', status=401),
    ),
    "bybit": (
        Fault(body='{"retCode":10000,"retMsg":"Server Timeout"}'),
        Fault(body='{"retCode":10002,"retMsg":"Timestamp"}'),
        Fault(body=f'{{"retCode":10003,"retMsg":"{SENTINEL_KEY} is wrong"}}'),
    ),
}
PATHS = {
    "binance": (
        *(("POST", "v1/order"), ("DELETE", "v1/order"), ("GET", "v1/order")),
        *(("GET", "v3/positionRisk"), ("GET", "v1/userTrades"), ("POST", "v1/leverage")),
        ("POST", "v1/positionSide/dual"),
    ),
    "bybit": (
        *(("POST", "order/create"), ("POST", "order/cancel"), ("GET", "order/realtime")),
        *(("GET", "position/list"), ("GET", "execution/list")),
        *(("POST", "position/set-leverage"), ("POST", "position/switch-mode")),
    ),
}


async def _fail(venue: CcxtVenue, server: FaultyServer) -> AsyncIterator[NettoolsError]:
    """Cause every kind of error there is, and give each."""
    kind = server.settings.venue
    faults = (
        Fault(),
        Fault(body=HTML, status=502),
        Fault(body="{}"),
        *FAULTS[kind],
        Fault(body=f"signature=abc {SENTINEL_SECRET}", status=403),
    )
    attempts = (
        lambda: venue.send(_order()),
        lambda: venue.cancel(_order()),
        lambda: venue.find_order(_order()),
        venue.positions,
        lambda: venue.fills(BTC, utc_now()),
        lambda: venue.set_leverage(BTC, 7),
        lambda: venue.set_position_mode(PositionMode.HEDGE),
    )
    for fault in faults:
        for (method, path), attempt in zip(PATHS[kind], attempts, strict=True):
            server.spoil(method, path, fault)
            try:
                await attempt()
            except NettoolsError as error:
                yield error
            server.heal()
    for quantity in ("0.0105", "0.001", "900", "5000"):
        try:
            await venue.send(_order(quantity))
        except NettoolsError as error:
            yield error
    addresses = venue._wire._client().urls["api"]
    addresses.update(dict.fromkeys(addresses, "https://fapi.binance.com/fapi/v1"))
    try:
        await venue.send(_order())
    except NettoolsError as error:
        yield error


# --- errors, logs, objects


async def test_no_error_log_or_output_shows_a_key_or_a_signature(
    server, venue, everything_logged, capfd
):
    """S3 and S4, with the loudest logger and the most talkative traceback."""
    asyncio.get_running_loop().set_debug(True)
    await venue.connect()
    await venue.balance()
    await venue.quotes([BTC])
    await venue.send(_order())
    errors = [error async for error in _fail(venue, server)]
    assert len(errors) > 45
    await venue.close()
    for error in errors:
        assert (error.__cause__, error.__context__) == (None, None)
        _assert_clean(str(error), _everything_shown(error))
        assert "site-packages/ccxt" not in "".join(traceback.format_exception(error))
    shown = capfd.readouterr()
    _assert_clean(everything_logged.getvalue(), shown.out, shown.err)


async def test_a_canceled_send_shows_no_key(server, venue):
    await venue.connect()
    server.spoil(*PATHS[server.settings.venue][0], Fault(hangs=True, body=""))
    sending = asyncio.create_task(venue.send(_order()))
    await server.arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError) as canceled:
        await sending
    _assert_clean(_everything_shown(canceled.value))
    await venue.close()


async def test_no_object_shows_a_key(venue):
    """S2: what `%whos`, `display`, `vars` and a debugger print."""
    await venue.connect()
    await venue.send(_order())
    hidden = venue._wire._client()
    wire = venue._wire
    for thing in (venue, wire, wire._connection, wire._held, wire._redactor, wire.say, hidden):
        state = getattr(thing, "__dict__", None)
        _assert_clean(repr(thing), str(thing), repr(state), repr(dir(thing)))
    _assert_clean(repr(vars(type(hidden))), repr(hidden.session.__dict__))
    assert hidden.last_request_headers is None
    assert hidden.last_request_url is None
    await venue.close()


async def test_nothing_that_holds_a_key_is_pickled_or_copied(venue):
    await venue.connect()
    hidden = venue._wire._client()
    held = venue._wire._held
    for thing in (venue, venue._wire, hidden, held, held.secret):
        for copier in (pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError):
                copier(thing)
    await venue.close()


@only_binance
async def test_ccxt_would_have_told_everything(server, everything_logged):
    """Without our care: proof that the tests above look where the leaks are."""
    import ccxt.async_support as ccxt  # noqa: PLC0415 - slow, and only here

    bare = ccxt.binanceusdm({"apiKey": SENTINEL_KEY, "secret": SENTINEL_SECRET})
    base = f"{server.url}/fapi"
    bare.urls["api"] = {"fapiPrivateV3": f"{base}/v3", "fapiPublic": f"{base}/v1"}
    await bare.fapiPrivateV3GetAccount()
    await bare.close()
    assert "SENTINEL" in repr(vars(bare))
    assert SENTINEL_KEY in everything_logged.getvalue()
    assert "signature=" in everything_logged.getvalue()


def test_warnings_of_ccxt_get_through_cleaned(everything_logged):
    log = quiet_logger(Redactor(credentials(SENTINEL_KEY, SENTINEL_SECRET)))
    log.debug("X-MBX-APIKEY: %s", SENTINEL_KEY)
    log.warning("slow: %s https://x.example/a?signature=abc", SENTINEL_KEY)
    assert everything_logged.getvalue() == "slow: *** (address)\n"


# --- the secret type


def test_a_secret_shows_stars_however_it_is_asked():
    secret = Secret(SENTINEL_SECRET)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r:>40}", f"{secret:>40}"]
    shown += ["{0:s}".format(secret), "%s" % secret, repr([secret]), repr({"a": secret})]  # noqa: UP030, UP031, UP032 - all ways
    _assert_clean(*shown)
    assert secret.reveal() == SENTINEL_SECRET
    with pytest.raises(TypeError):
        vars(secret)


@pytest.mark.parametrize(
    "broken", ["", " ", "key one", "key\none", " keyone", "keyone\n", "ключ"]
)
def test_a_key_that_was_copied_badly_is_refused_without_being_shown(broken):
    for pair in ((broken, "good"), ("good", broken)):
        with pytest.raises(InvalidInput, match="copy it again") as refused:
            credentials(*pair)
        assert broken.strip() not in str(refused.value) or not broken.strip()


# --- the environment


@pytest.mark.parametrize("name", TESTNETS)
def test_keys_are_read_from_the_environment_each_venue_its_own(name):
    prefix = f"NETTOOLS_{name.upper().replace('-', '_')}"
    keys = {f"{prefix}_API_KEY": f" {SENTINEL_KEY}\n", f"{prefix}_SECRET": SENTINEL_SECRET}
    held = read_credentials(name, keys)
    for other in TESTNETS.keys() - {name}:
        with pytest.raises(VenueUnavailable, match="are not set"):
            read_credentials(other, keys)
    assert held.api_key.reveal() == SENTINEL_KEY
    assert held.secret.reveal() == SENTINEL_SECRET
    _assert_clean(repr(held))


@pytest.mark.parametrize("given", ["NETTOOLS_BINANCE_DEMO_API_KEY", "OTHER"])
def test_missing_keys_are_named_with_the_cure(given):
    with pytest.raises(VenueUnavailable, match="NETTOOLS_BINANCE_DEMO_SECRET") as refused:
        open_venue("binance-demo", {given: SENTINEL_KEY})
    assert "never in a cell" in str(refused.value)
    _assert_clean(str(refused.value))


async def test_keys_of_another_environment_reach_no_other_host(server):
    """S6: the venue said no to the keys; nothing else is tried."""
    wrong = venue_on(server, api_key="e" * 64, secret="f" * 64)
    connected, is_watching = [], True

    def watch(event, args):
        if is_watching and event == "socket.connect":
            connected.append(args[1])

    sys.addaudithook(watch)
    with pytest.raises(VenueUnavailable, match="another environment's"):
        await wrong.connect()
    is_watching = False
    assert set(connected) == {("127.0.0.1", int(server.url.rpartition(":")[2]))}
