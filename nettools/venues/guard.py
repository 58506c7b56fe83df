"""The closed list of hosts nettools may speak to, checked on every request.

An address comes in; nothing comes out unless it is exactly one of the list, else
``LiveTradingRefused``. The list is data, here and nowhere else, and no option, variable or
argument opens it: the local testnet on 127.0.0.1, and the demo venues by name. The check
that counts sits in the transport, under ccxt, and runs before any name is looked up.
"""

from types import SimpleNamespace
from typing import NamedTuple

import aiohttp
from yarl import URL

from nettools.errors import LiveTradingRefused

LOOPBACK = "127.0.0.1"


class Address(NamedTuple):
    """Where requests may go: nothing but this scheme, this host, this port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Write it as the start of a URL."""
        default = {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(self.scheme)
        return f"{self.scheme}://{self.host}" + (
            "" if self.port == default else f":{self.port}"
        )


TESTNETS = {
    "binance-demo": Address("https", "demo-fapi.binance.com", 443),
    "bybit-testnet": Address("https", "api-testnet.bybit.com", 443),
    "bybit-demo": Address("https", "api-demo.bybit.com", 443),
}
"""The real testnets, by the name ``Desk.open`` takes."""
STREAMS = {
    "binance-demo": Address("wss", "fstream.binancefuture.com", 443),
    "bybit-testnet": Address("wss", "stream-testnet.bybit.com", 443),
    "bybit-demo": Address("wss", "stream-demo.bybit.com", 443),
}
"""Where each of them tells what happens, the account's stream; on ``bybit-demo`` the market's
would come from the live host, so prices are read there."""


def local_address(url: str) -> Address:
    """Read the address of a local testnet, ``http://127.0.0.1:<port>``.

    Raises:
        LiveTradingRefused: anything else, ``localhost`` and other machines included: what a
            name means can change, 127.0.0.1 cannot.
    """
    parsed = _parse(url)
    port = parsed.explicit_port
    exact = port and Address("http", LOOPBACK, port)
    if not exact or parsed.path not in ("", "/") or str(exact) != url.rstrip("/"):
        raise LiveTradingRefused(
            f"a local testnet is at http://{LOOPBACK} and a port, was {_shown(parsed)}; "
            "nettools trades on testnets only and nothing was sent"
        )
    return exact


def stream_address(venue: str, address: Address) -> Address:
    """Give where a venue tells what happens: on this machine the very port of its requests."""
    if address.host == LOOPBACK:
        return Address("ws", LOOPBACK, address.port)
    return STREAMS[venue]


def check_address(url: str | URL, allowed: Address, method: str = "a request") -> None:
    """Refuse an address that is not exactly the allowed one.

    Raises:
        LiveTradingRefused: another scheme, host or port, or a user name in the address.
    """
    parsed = url if isinstance(url, URL) else _parse(url)
    here = (parsed.scheme, parsed.raw_host, parsed.port)
    if here != allowed or parsed.raw_user is not None or parsed.raw_password is not None:
        raise LiveTradingRefused(
            f"{method} to {_shown(parsed)} was not sent: this desk may speak to {allowed} "
            "and to nothing else; open the desk again by the name of its testnet"
        )


def _parse(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        return URL()


def _shown(url: URL) -> str:
    host = url.raw_host or "an unreadable address"
    port = "" if url.explicit_port is None else f":{url.explicit_port}"
    return f"{url.scheme}://{host[:80]}{port}" if url.scheme else host[:80]


def transport_guard(allowed: Address, streams: Address | None = None) -> aiohttp.TraceConfig:
    """Make the check an aiohttp session runs before every request, before DNS and connect.

    Redirects are refused whatever their aim: no venue of ours sends any.

    Args:
        allowed: where requests may go.
        streams: where a WebSocket may be opened; nowhere when None.
    """

    async def on_start(
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        del session, context
        is_stream = streams is not None and params.url.scheme == streams.scheme
        check_address(params.url, streams if streams and is_stream else allowed, params.method)

    async def on_redirect(
        session: aiohttp.ClientSession,
        context: SimpleNamespace,
        params: aiohttp.TraceRequestRedirectParams,
    ) -> None:
        del session, context
        raise LiveTradingRefused(
            f"{allowed} sent a {params.method} elsewhere; redirects are not followed"
        )

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(on_start)
    trace.on_request_redirect.append(on_redirect)
    return trace


def proxy_settings(client: object) -> tuple[str, ...]:
    """Name every attribute of a ccxt client that could send its requests through a proxy."""
    return tuple(
        name
        for name in dir(client)
        if "prox" in name.lower() and not callable(getattr(client, name))
    )


def refuse_proxies(client: object, settings: tuple[str, ...]) -> None:
    """Refuse to go on when any proxy is set: a proxy decides itself where bytes go.

    The transport sees only the address behind the proxy, so this is checked before each call.

    Raises:
        LiveTradingRefused: names the setting.
    """
    for name in settings:
        if getattr(client, name, None) is not None:
            raise LiveTradingRefused(
                f"a proxy ({name}) is set and the request was not sent: through a proxy "
                "nobody can say which host is reached; remove it"
            )
