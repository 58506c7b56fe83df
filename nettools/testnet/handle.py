"""The handle of a local testnet: start one, attach to one, move its market, ask its truth.

``start`` gives a private child process that ends with this program; ``connect`` finds this
user's shared one, or starts one that outlives a kernel restart; ``attach`` takes the address
from variables. All of it is standard library and synchronous: a call blocks the caller for
the few milliseconds the server on this machine needs.
"""

import atexit
import contextlib
import http.client
import json
import os
import subprocess
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self, Unpack
from urllib.parse import urlsplit

from nettools.errors import (
    InvalidInput,
    LiveTradingRefused,
    OrderRejected,
    VenueUnavailable,
)
from nettools.testnet.child import Candles, StartOptions, spawn
from nettools.testnet.drills import Drills
from nettools.testnet.funding import EIGHT_HOURS
from nettools.testnet.instruments import USUAL
from nettools.testnet.session import forget_session, one_at_a_time, read_session
from nettools.testnet.settings import Latency

_HOST = "127.0.0.1"
_PREFIX = "NETTOOLS_LOCAL_"
_NAMES = ("VENUE", "URL", "API_KEY", "SECRET", "ADMIN", "ADMIN_TOKEN")
_STOP_SECONDS = 5.0
_STOP_POLL_SECONDS = 0.02
_LONG_SECONDS = 600.0
"""What an ``advance`` by a week may take before it counts as lost."""
_CURE = "start one with nt.testnet.start(), or `nettools testnet` in a terminal"
_outliving: list[subprocess.Popen[bytes]] = []
"""Children that may outlive us, kept so that Python does not warn about them."""


class Testnet(Drills):
    """A running local testnet.

    As a context manager it closes itself. Its secret and its token are in ``secret`` and
    ``env`` only, never in its text.

    Args:
        variables: the six variables that name it.
        child: its process, when this program owns it.
    """

    __slots__ = ("_child", "_variables", "_where")
    __test__ = False  # not a test class, whatever its name

    def __init__(
        self, variables: Mapping[str, str], child: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._variables = _checked(variables)
        self._child = child
        where = urlsplit(self._variables[_PREFIX + "ADMIN"])
        self._where = (where.hostname or _HOST, where.port or 80)

    @property
    def venue(self) -> str:
        """Whose dialect it speaks, for example ``"binance"``."""
        return self._variables[_PREFIX + "VENUE"]

    @property
    def url(self) -> str:
        """The address of the trading port, ``http://127.0.0.1:…``."""
        return self._variables[_PREFIX + "URL"]

    @property
    def api_key(self) -> str:
        """The key of its throwaway account."""
        return self._variables[_PREFIX + "API_KEY"]

    @property
    def secret(self) -> str:
        """The secret of its throwaway account."""
        return self._variables[_PREFIX + "SECRET"]

    @property
    def admin(self) -> str:
        """The address of the admin port."""
        return self._variables[_PREFIX + "ADMIN"]

    @property
    def env(self) -> dict[str, str]:
        """The variables with which other programs attach to it; they hold the secret."""
        return dict(self._variables)

    @property
    def goes_on(self) -> bool:
        """Whether it goes on, and can be found again, when this program ends."""
        return self._child is None

    def __repr__(self) -> str:
        return f"Testnet({self.venue!r}, {self.url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a testnet handle holds a secret and is not pickled; pass its .env")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def advance(self, seconds: int) -> int:
        """Move the market by whole seconds of market time; give how many were done.

        Fewer are done when a replay runs out of data. Blocks until it is done.

        Raises:
            InvalidInput: not a whole number from 0 to a week.
            VenueUnavailable: the testnet does not answer.
        """
        answer = self._call("POST", "/advance", {"seconds": seconds}, timeout=_LONG_SECONDS)
        return int(str(answer["advanced"]))

    def set_speed(self, speed: float) -> None:
        """Let the market run at so many market seconds per second; 0 stands still.

        Raises:
            InvalidInput: not a number from 0 to 100,000.
            VenueUnavailable: the testnet does not answer.
        """
        self._call("POST", "/speed", {"speed": speed})

    def truth(self) -> dict[str, Any]:
        """Ask the exchange itself: mode, wallet, marks, positions, all orders and fills.

        ``settlements`` are those of funding in which the wallet moved. Numbers are text. This
        is what tests compare a desk's view with, never a desk's source.

        Raises:
            VenueUnavailable: the testnet does not answer.
        """
        return self._call("GET", "/truth")

    def health(self) -> dict[str, Any]:
        """Ask whether it is there: venue, pid, mode, speed, market time.

        Raises:
            VenueUnavailable: the testnet does not answer, or not to this token.
        """
        return self._call("GET", "/health", timeout=2.0)

    def is_alive(self) -> bool:
        """Say whether it answers."""
        try:
            return self.health().get("venue") == self.venue
        except VenueUnavailable:
            return False

    def stop(self) -> None:
        """Stop the server, whoever started it, and wait until it is gone."""
        if self._child is None:
            with contextlib.suppress(VenueUnavailable):
                self._call("POST", "/shutdown", {})
            end = time.monotonic() + _STOP_SECONDS
            while self.is_alive() and time.monotonic() < end:
                time.sleep(_STOP_POLL_SECONDS)
            for child in _outliving:
                child.poll()
        self.close()

    def close(self) -> None:
        """Stop the server if this handle started it, and wait; safe to call twice.

        A testnet that was attached to, or that is shared (``connect``), goes on.
        """
        child, self._child = self._child, None
        if child is None:
            return
        atexit.unregister(self.close)
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _call(
        self,
        method: str,
        path: str,
        command: object = None,
        *,
        timeout: float = 10.0,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._variables[_PREFIX + 'ADMIN_TOKEN']}"}
        body = None
        if method == "POST":
            headers["Content-Type"] = "application/json"
            body = json.dumps(command)
        connection = http.client.HTTPConnection(*self._where, timeout=timeout)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            answer = json.loads(reply.read())
        except (OSError, http.client.HTTPException, ValueError):
            raise VenueUnavailable(
                f"the local testnet at {self.url} does not answer; {_CURE}"
            ) from None
        finally:
            connection.close()
        if reply.status == http.HTTPStatus.BAD_REQUEST:
            raise InvalidInput(str(answer["error"]))
        if reply.status == http.HTTPStatus.CONFLICT:
            raise OrderRejected(str(answer["error"]), reason=str(answer["reason"]))
        if reply.status != http.HTTPStatus.OK:
            raise VenueUnavailable(
                f"the testnet at {self.url} refused its admin token; {_CURE}"
            )
        found: dict[str, Any] = answer
        return found


def _checked(variables: Mapping[str, str]) -> dict[str, str]:
    found = {_PREFIX + name: variables.get(_PREFIX + name, "") for name in _NAMES}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise VenueUnavailable(f"no local testnet is named ({missing[0]} is not set); {_CURE}")
    for name in (_PREFIX + "URL", _PREFIX + "ADMIN"):
        if not _is_loopback(found[name]):
            raise LiveTradingRefused(
                f"{name} must be an address like http://{_HOST}:8801, was {found[name]!r}; "
                "a local testnet is on this machine only"
            )
    return found


def _is_loopback(address: str) -> bool:
    try:
        port = urlsplit(address).port
    except ValueError:
        return False
    return port is not None and address == f"http://{_HOST}:{port}"


def start(  # noqa: PLR0913 - the server's options, all by keyword, all defaulted
    venue: str = "binance",
    *,
    symbols: int = USUAL,
    seed: int = 7,
    mode: str = "one-way",
    speed: float = 1.0,
    port: int = 0,
    replay: Candles = None,
    idle_seconds: float = 1800.0,
    ack_delay: float = 0.02,
    rate_limits: bool = True,
    funding_interval: int = EIGHT_HOURS,
    latency: Latency = 0.0,
) -> Testnet:
    """Start a private local testnet as a child process; it ends with this program.

    Args:
        venue: whose dialect it speaks, ``"binance"`` or ``"bybit"``.
        symbols: how many contracts the synthetic market has, from 1 to 10: BTC, ETH, SOL,
            BNB, XRP, DOGE, ADA, LINK, AVAX, LTC.
        seed: of the synthetic market; the same seed and steps give the same market.
        mode: position mode of the account, ``"one-way"`` or ``"hedge"``.
        speed: market seconds per wall second; 0 moves only by ``advance``.
        port: of the trading port on 127.0.0.1; 0 takes a free one.
        replay: files of one-minute candles to replay instead of the synthetic market: a
            path, several (named after their symbol), or a mapping from symbol to path. Or
            the path of one recording of an order book (``nettools record``): resting orders
            then fill only by what the tape trades, behind the queue it displays.
        idle_seconds: it ends after so long without a request; 0 never.
        ack_delay: wall seconds between an order acknowledged and matched (Bybit).
        rate_limits: refuse what is over the venue's limits; off for benchmarks.
        funding_interval: seconds of market time between two settlements of funding, a whole
            number up to a day; 8 hours by default, as at the venue.
        latency: wall seconds an order or a cancel takes to be matched, or a pair: that, and
            what its answer takes back. The same for each; reads and streams take none.

    Returns:
        Its handle; ``close`` it, or use it as a context manager.

    Raises:
        InvalidInput, VenueUnavailable: it could not start; the message says why.
    """
    market = StartOptions(venue=venue, seed=seed, mode=mode, speed=speed, replay=replay)
    market["symbols"], market["funding_interval"] = symbols, funding_interval
    market["ack_delay"], market["latency"] = ack_delay, latency
    server = StartOptions(port=port, idle_seconds=idle_seconds, rate_limits=rate_limits)
    child, variables = spawn({**market, **server}, share=False)
    handle = Testnet(variables, child)
    atexit.register(handle.close)
    return handle


def attach(env: Mapping[str, str] | None = None) -> Testnet:
    """Attach to the running testnet that variables name (``NETTOOLS_LOCAL_URL`` …).

    Args:
        env: the variables; those of this process by default.

    Raises:
        VenueUnavailable: none is named, or it does not answer; the message says the cure.
        LiveTradingRefused: the address is not on this machine.
    """
    handle = Testnet(os.environ if env is None else env)
    handle.health()
    return handle


def connect(*, share: bool = True, **options: Unpack[StartOptions]) -> Testnet:
    """Attach to this user's running testnet, or start one that outlives a kernel restart.

    Looks at the variables of this process, then for a shared testnet of this user; options
    (those of ``start``) count only when one has to be started.

    Args:
        share: False leaves shared testnets alone: it is the one that the variables name (as
            in ``nettools lab``), or a private one, which ``close`` of this handle stops.
        options: those of ``start``.

    Raises:
        InvalidInput, VenueUnavailable: none was there and none could start.
        LiveTradingRefused: a variable names an address that is not on this machine.
    """
    if _PREFIX + "URL" in os.environ:
        with contextlib.suppress(VenueUnavailable):
            return attach()
    if not share:
        return start(**options)
    with one_at_a_time():
        found = _find_shared(options.get("venue", "binance"))
        if found is not None:
            return found
        child, variables = spawn(options, share=True)
        _outliving.append(child)
        return Testnet(variables)


def _find_shared(venue: str) -> Testnet | None:
    session = read_session(venue)
    if session is None:
        return None
    with contextlib.suppress(VenueUnavailable, LiveTradingRefused):
        handle = Testnet(session.variables)
        if handle.is_alive():
            return handle
    forget_session(venue, session.pid)
    return None
