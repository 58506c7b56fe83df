"""The event loop that views live on, and the way back to it.

JupyterLab may deliver what happens on a page on a thread of its own ("comms over subshells"),
in parallel with the notebook's loop, and the desk speaks on its thread too. Whatever comes
from elsewhere acts here, one after the other.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from nettools.errors import InvalidInput


class Home:
    """The running loop of the thread it was made on.

    Raises:
        InvalidInput: no loop runs here, as in a plain script.
    """

    def __init__(self) -> None:
        try:
            self.loop = asyncio.get_running_loop()
        except RuntimeError:
            raise InvalidInput(
                "a view needs the event loop of a notebook; make it in a notebook cell"
            ) from None
        self._thread = threading.get_ident()

    def soon(self, action: Callable[[], object]) -> None:
        """Have it done on this loop; called on any thread, never raises, never waits."""
        with suppress(RuntimeError):  # the loop is closed: nobody looks any more
            self.loop.call_soon_threadsafe(action)

    def bring(self, action: Callable[[], object]) -> Callable[..., None]:
        """Wrap a widget's callback so that it acts here; at once when it came here."""

        def deliver(*_: object) -> None:
            if threading.get_ident() == self._thread:
                action()
            else:
                self.soon(action)

        return deliver
