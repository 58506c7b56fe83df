"""A ccxt client that listens: ccxt opens, signs in, subscribes and pings; we read every frame.

A guarded client's class comes in, one that also tells an ``Ear`` what arrives goes out. ccxt's
own reading of a frame goes on beside ours and is not used: its books are floats.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from nettools.venues.guard import Address

PING_SECONDS = 10
"""A ping goes out so often; a connection that owes two answers is dead."""


class Hearing(Protocol):
    """Who is told what comes in; must not raise."""

    address: Address
    """The only place where a WebSocket may be opened."""
    urls: Mapping[str, object]
    """Where ccxt finds its streams, all below the address."""

    def connected(self, url: str) -> None:
        """A connection was made."""
        ...

    def lost(self, url: str) -> None:
        """A connection, or the attempt to make one, has ended."""
        ...

    def heard(self, url: str, frame: object) -> None:
        """Something was told: JSON as it arrived, numbers of the venue as text."""
        ...


def hearing(base: Any, ear: Hearing) -> Any:  # noqa: ANN401 - ccxt has no types
    """Make the class of a client that tells the ear; the base is guarded already."""

    class HearingClient(_careful(base)):  # type: ignore[misc] # ccxt has no types
        """ccxt's streaming client, and whatever it hears goes to the ear first."""

        def on_connected(self, client: Any, message: object = None) -> None:  # noqa: ANN401 - ccxt's own
            super().on_connected(client, message)
            ear.connected(client.url)

        def on_error(self, client: Any, error: object) -> None:  # noqa: ANN401 - ccxt's
            super().on_error(client, error)
            ear.lost(client.url)

        def on_close(self, client: Any, error: object) -> None:  # noqa: ANN401 - ccxt's
            super().on_close(client, error)
            ear.lost(client.url)

        def handle_message(self, client: Any, message: object) -> None:  # noqa: ANN401 - ccxt's own
            try:
                ear.heard(client.url, message)
                super().handle_message(client, message)
            except Exception as error:  # noqa: BLE001 - ccxt would go on without listening
                client.on_error(error)

    return HearingClient


def _careful(base: Any) -> Any:  # noqa: ANN401 - ccxt has no types
    class CarefulClient(base):  # type: ignore[misc] # ccxt has no types
        """Checks the transport before each connection, and leaves nothing to do when closed."""

        def __init__(self, config: dict[str, Any]) -> None:
            super().__init__(config)
            self.streaming = {"keepAlive": PING_SECONDS * 1000}
            # positions are read by the desk; ccxt would read them as well, for nobody
            self.options["watchPositions"] = {
                "fetchPositionsSnapshot": False,
                "awaitPositionsSnapshot": False,
            }
            self.timers: dict[str, asyncio.TimerHandle] = {}

        def watch(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - ccxt's
            self.check_transport()
            return super().watch(*args, **options)

        def watch_multiple(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - ccxt's
            self.check_transport()
            return super().watch_multiple(*args, **options)

        def delay(self, timeout: float, method: Any, *args: Any) -> None:  # noqa: ANN401 - ccxt's own
            """Do something later, once however often it is asked for, unless closed by then."""
            name = method.__name__
            if name in self.timers:
                self.timers[name].cancel()
            self.timers[name] = super().delay(timeout, method, *args)

        async def close(self, *args: Any) -> None:  # noqa: ANN401 - ccxt's
            """Close every connection, and forget what was to be done later."""
            for timer in self.timers.values():
                timer.cancel()
            await super().close(*args)

    return CarefulClient


def hang_up(client: Any, is_meant: Callable[[str], bool]) -> None:  # noqa: ANN401 - ccxt
    """Drop the connections whose address is meant; whoever watches them is told."""
    for url, line in tuple(client.clients.items()):
        if is_meant(url):
            with contextlib.suppress(Exception):  # it is gone already
                line.on_error(ConnectionError("hung up"))
