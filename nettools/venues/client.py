"""The ccxt client of one testnet: guarded, quiet, and holding no secret one could print.

An allowed address and credentials come in; an unmodified ccxt client goes out, speaking to
that address only, through our own session. ccxt is imported here and only when a venue
connects (2.8 s the first time), off the event loop's thread.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp

from nettools.errors import LiveTradingRefused
from nettools.venues.clock import VenueClock
from nettools.venues.credentials import Credentials, Redactor, quiet_logger
from nettools.venues.dialect import Dialect
from nettools.venues.guard import (
    Address,
    proxy_settings,
    refuse_proxies,
    transport_guard,
)
from nettools.venues.hearing import Hearing, hearing
from nettools.venues.meter import Meter

REQUEST_TIMEOUT_SECONDS = 10
"""A request without an answer by then is given up; if it was a send, it is unknown."""
RECEIVE_WINDOW_SECONDS = 5
"""The venue refuses a signed request that arrives later than this."""


@dataclass(slots=True)
class Reply:
    """What the transport saw of one request; filled in while it runs."""

    method: str = ""
    was_sent: bool = False
    status: int | None = None
    body: str = ""
    retry_after: str = ""

    def begin(self, method: str) -> None:
        """Note that a request is handed to the transport."""
        self.method, self.was_sent, self.status, self.body = method, True, None, ""

    def end(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        """Note the answer."""
        self.status, self.body = status, body
        self.retry_after = headers.get("Retry-After", "")


REPLY: ContextVar[Reply] = ContextVar("nettools_reply")
"""The reply of the request this task is making; each concurrent call has its own."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A client and the session under it."""

    client: Any
    session: aiohttp.ClientSession

    async def close(self) -> None:
        """Close both; ccxt leaves a session it was given to whoever gave it."""
        await self.client.close()
        await self.session.close()


@dataclass(frozen=True, slots=True)
class Pace:
    """What every client of one account shares."""

    clock: VenueClock
    """The time requests are signed with."""
    meter: Meter
    """Where every request and every answer passes."""


async def open_connection(
    allowed: Address,
    held: Credentials,
    dialect: Dialect,
    ear: Hearing | None = None,
    pace: Pace | None = None,
) -> Connection:
    """Build a client that speaks to the allowed address only; nothing is sent yet.

    With an ear it may also open WebSockets to the ear's address, and whatever comes in there
    is told to the ear. Without a pace it goes by this machine's clock, and asks at any time.
    """
    base, context = await asyncio.to_thread(_import_ccxt, dialect.client, is_pro=bool(ear))
    guard = transport_guard(allowed, ear.address) if ear else transport_guard(allowed)
    session = aiohttp.ClientSession(
        trust_env=False,
        trace_configs=[guard],
        connector=aiohttp.TCPConnector(ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    guarded = _guarded(_paced(base, pace) if pace else base, held, session)
    kind = hearing(guarded, ear) if ear else guarded
    client = kind(_config(session, dialect.options))
    client.logger = quiet_logger(Redactor(held))
    client.ssl_context = context
    client.timeout_on_exit = 0
    dialect.point_at(client, allowed)
    client.urls = {"api": client.urls["api"]}
    if ear:
        client.urls["api"]["ws"] = ear.urls
    return Connection(client, session)


def _import_ccxt(name: str, *, is_pro: bool) -> tuple[Any, ssl.SSLContext]:
    import ccxt.async_support  # noqa: PLC0415 - 2.8 s and 119 MB: only on connect
    import certifi  # noqa: PLC0415 - comes with ccxt

    if is_pro:
        import ccxt.pro  # noqa: PLC0415 - only to listen

    kinds = ccxt.pro if is_pro else ccxt.async_support
    return getattr(kinds, name), ssl.create_default_context(cafile=certifi.where())


def _config(session: aiohttp.ClientSession, options: Mapping[str, object]) -> dict[str, Any]:
    return {
        "session": session,
        "number": str,
        "timeout": REQUEST_TIMEOUT_SECONDS * 1000,
        "verbose": False,
        # ccxt's queue would let a cancel wait behind every read: the meter paces instead
        "enableRateLimit": False,
        "enableLastHttpResponse": False,
        "enableLastResponseHeaders": False,
        "has": {"fetchCurrencies": False},
        "options": {
            "maxRetriesOnFailure": 0,
            "recvWindow": RECEIVE_WINDOW_SECONDS * 1000,
            "timeDifference": 0,
            **options,
        },
    }


def _paced(base: Any, pace: Pace) -> Any:  # noqa: ANN401 - ccxt has no types
    class PacedClient(base):  # type: ignore[misc] # ccxt has no types
        """ccxt's client on the venue's time, asking when the budget of the account allows."""

        def milliseconds(self) -> int:
            """Give the venue's time, with which everything is signed."""
            return round(pace.clock.theirs().timestamp() * 1000)

        async def fetch2(
            self,
            path: str,
            api: object = "public",
            method: str = "GET",
            params: object = None,
            *rest: object,
        ) -> object:
            """Wait for the budget before the request is signed: a signature ages."""
            await pace.meter.admit(method, path, params)
            return await super().fetch2(path, api, method, params or {}, *rest)

        def on_rest_response(self, code: int, *rest: Any) -> str:  # noqa: ANN401 - ccxt's
            """Note what the answer says of the budget."""
            _reason, url, _method, headers, body, *_request = rest
            pace.meter.note(url, code, headers, body)
            return str(body)

    return PacedClient


def _guarded(base: Any, held: Credentials, session: aiohttp.ClientSession) -> Any:  # noqa: ANN401 - no types
    class GuardedClient(base):  # type: ignore[misc] # ccxt has no types
        """ccxt's client with our transport check, and nothing secret in its attributes."""

        apiKey = property(lambda _: held.api_key.reveal(), _forget)  # noqa: N815 - ccxt's name
        secret = property(lambda _: held.secret.reveal(), _forget)
        last_request_headers = property(lambda _: None, _forget)

        def __init__(self, config: dict[str, Any]) -> None:
            super().__init__(config)
            self.refused_when_set = proxy_settings(self)

        def set_last_request(self, request: object) -> None:
            """Keep nothing: ccxt would keep the key and the signature."""

        def __reduce__(self) -> NoReturn:
            raise TypeError("an exchange client is not pickled or copied")

        def check_transport(self) -> None:
            """Refuse a proxy, another session and ccxt's own log."""
            refuse_proxies(self, self.refused_when_set)
            _refuse_another(session, self.session)
            self.verbose = False

        async def fetch(self, url: str, method: str = "GET", *rest: object) -> object:
            """Check what the transport cannot see, then let ccxt make the request."""
            self.check_transport()
            _reply().begin(method)
            return await super().fetch(url, method, *rest)

        def on_rest_response(self, code: int, *rest: Any) -> str:  # noqa: ANN401 - ccxt's
            """Note the answer before anything interprets it."""
            _reason, _url, _method, headers, body, *_request = rest
            _reply().end(code, body, headers)
            super().on_rest_response(code, *rest)
            return str(body).strip()

    return GuardedClient


def _refuse_another(guarded: aiohttp.ClientSession, session: object) -> None:
    if session is not guarded:
        raise LiveTradingRefused(
            "the client's session was replaced and nothing was sent: only the guarded "
            "session may be used; open the desk again"
        )


def _reply() -> Reply:
    return REPLY.get(None) or Reply()


def _forget(client: object, value: object) -> None:
    del client, value
