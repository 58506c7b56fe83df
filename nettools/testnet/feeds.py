"""Public channels of the local testnet: who listens to what, and what is told when.

Looks at engine and market come in once a beat; frames go out to the lines that listen. Law: a
channel has one state for all its listeners, so whoever joins late is told the same from there
on, and a channel without listeners does not exist.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from nettools.testnet.engine import Engine
from nettools.testnet.floor import Print
from nettools.testnet.lines import Frame, Line
from nettools.testnet.rows import Row

_MOST_PRINTS = 500
"""Executions of one symbol told at one beat; of more, the newest."""
_TIMES = frozenset({"E", "T", "U", "u", "pu"})
"""Keys that say when, and never what."""


class Feed(Protocol):
    """What one public channel tells, whoever listens."""

    every: int
    """Beats between two looks."""

    def rows(self, now: datetime) -> Iterable[Row | list[Row]]:
        """Give what is new since the last look."""
        ...

    def welcome(self, now: datetime) -> Iterable[Row | list[Row]]:
        """Give what a new listener is told first, and he alone."""
        ...

    def end(self) -> None:
        """Let go of the market; nobody listens any more."""
        ...


class Board:
    """Who listens to which public channel; a channel nobody listens to costs nothing.

    Args:
        show: what a row looks like on a line, by channel and line.
    """

    def __init__(self, show: Callable[[str, Line, Row | list[Row]], Row | list[Row]]) -> None:
        self._show = show
        self._feeds: dict[str, Feed] = {}
        self._listeners: dict[str, dict[Line, None]] = {}
        self._beats = 0

    def join(self, channel: str, line: Line, feed: Callable[[], Feed], now: datetime) -> None:
        """Let a line listen; the feed is made when it is the first one. Twice is once."""
        if channel not in self._feeds:
            self._feeds[channel] = feed()
            self._listeners[channel] = {}
        listeners = self._listeners[channel]
        if line in listeners:
            return
        self._tell(channel, now)  # the others are brought up to where the new one begins
        listeners[line] = None
        for row in self._feeds[channel].welcome(now):
            line.send(Frame(channel, self._show(channel, line, row)))

    def leave(self, channel: str, line: Line) -> None:
        """Stop telling a line; the feed ends with its last listener."""
        listeners = self._listeners.get(channel, {})
        listeners.pop(line, None)
        if channel in self._feeds and not listeners:
            self._feeds.pop(channel).end()
            del self._listeners[channel]

    def leave_all(self, line: Line) -> None:
        """Forget a line."""
        for channel in self.of(line):
            self.leave(channel, line)

    def of(self, line: Line) -> list[str]:
        """Give the channels a line listens to."""
        return [name for name, listeners in self._listeners.items() if line in listeners]

    def beat(self, now: datetime) -> None:
        """Tell what is new on each channel that is due."""
        self._beats += 1
        for channel in list(self._feeds):
            if self._beats % self._feeds[channel].every == 0:
                self._tell(channel, now)

    def _tell(self, channel: str, now: datetime) -> None:
        listeners = tuple(self._listeners[channel])
        for row in self._feeds[channel].rows(now):
            for line in listeners:
                line.send(Frame(channel, self._show(channel, line, row)))


class RowFeed:
    """Rows that are looked up anew at each look.

    Args:
        look: gives them, at a time (UTC).
        every: beats between two looks.
        is_quiet: tell a row only when something but its time and sequence changed.
        is_list: tell all of them in one frame.
    """

    def __init__(
        self,
        look: Callable[[datetime], list[Row]],
        every: int,
        *,
        is_quiet: bool = False,
        is_list: bool = False,
    ) -> None:
        self.every = every
        self._look = look
        self._is_quiet = is_quiet
        self._is_list = is_list
        self._told: dict[int, Row] = {}

    def rows(self, now: datetime) -> Iterable[Row | list[Row]]:
        """Give what is worth telling."""
        rows = self._look(now)
        if self._is_quiet:
            lasting = [_without_times(row) for row in rows]
            told, self._told = self._told, dict(enumerate(lasting))
            rows = [row for i, row in enumerate(rows) if told.get(i) != lasting[i]]
        return [rows] if self._is_list and rows else rows

    def welcome(self, now: datetime) -> Iterable[Row | list[Row]]:
        """Give all of them, changed or not."""
        rows = self._look(now)
        return [rows] if self._is_list else rows

    def end(self) -> None:
        """Hold nothing, so let go of nothing."""


def _without_times(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _TIMES}


class PrintTape:
    """The executions on one symbol since they were last taken, anybody's, oldest first."""

    def __init__(self, engine: Engine, symbol: str) -> None:
        self._engine = engine
        self._symbol = symbol
        self._prints: deque[Print] = deque(maxlen=_MOST_PRINTS)
        self._listener = self._note
        engine.listen_prints(self._listener)

    def take(self) -> tuple[Print, ...]:
        """Give them and begin anew."""
        prints = tuple(self._prints)
        self._prints.clear()
        return prints

    def end(self) -> None:
        """Stop listening."""
        self._engine.unlisten_prints(self._listener)

    def _note(self, printed: Print) -> None:
        if printed.symbol == self._symbol:
            self._prints.append(printed)
