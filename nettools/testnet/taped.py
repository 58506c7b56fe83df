"""A recorded market that moves the engine's book: levels, trades, and nobody invented.

Events of a tape come in, in the order they were received; the engine's book then displays
what the recorded one did, and the trader's resting orders fill by the rule of
``nettools.tape.queue``. The tape does not react to him. Its book is told in updates some
50 ms apart, as the venue tells it, so it can lag its own trades by that much. At the end, and
where the tape cannot be read on, the market stands still and says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from nettools.errors import InvalidInput
from nettools.model import Instrument, Side
from nettools.tape import Event, Label, Levels, TapeReader, Trade, is_tape, label_of
from nettools.testnet.candles import CandleLog
from nettools.testnet.crowd import INTEREST, MARK_GRAIN
from nettools.testnet.displayed import DisplayedFloor
from nettools.testnet.history import symbol_of
from nettools.testnet.instruments import instrument_for
from nettools.testnet.stage import Public, Stage, minute_of

_SECOND, _STEP = 10**9, 10**6
"""Nanoseconds of a second, and of one step."""


def tape_instrument(label: Label, venue: str = "binance") -> Instrument:
    """Give the instrument an engine needs to replay a recording, by a venue's rules.

    Its grids are those of the recording, where they are finer than the rules we know.
    """
    known = instrument_for(symbol_of(label.name), label.price, venue)
    tick, step = min(known.tick_size, label.tick_size), min(known.step_size, label.step_size)
    for name, ours, recorded in (
        ("price", tick, label.tick_size),
        ("quantity", step, label.step_size),
    ):
        if recorded % ours:
            raise InvalidInput(
                f"a {name} of {label.name} lies on a grid of {recorded}, which {ours} does not "
                "divide; record it again"
            )
    return replace(
        known, tick_size=tick, step_size=step, min_quantity=max(step, known.min_quantity)
    )


def tape_among(files: str | Sequence[str] | Mapping[str, str]) -> str | None:
    """Give the recording among files to replay; None when they are candles.

    Raises:
        InvalidInput: a recording beside other files: it is played alone.
    """
    if isinstance(files, str):
        names = [files]
    else:
        names = [*files.values()] if isinstance(files, Mapping) else [*files]
    tapes = [name for name in names if is_tape(name)]
    if tapes and len(names) > 1:
        raise InvalidInput(
            f"a recording is replayed alone, but {len(names)} files were given; pass only one"
        )
    return tapes[0] if tapes else None


class Recording(NamedTuple):
    """A recorded market, ready to be replayed."""

    instrument: Instrument
    """What was recorded, with a venue's rules on the recording's grids."""
    events: Iterable[Event]
    """Read from the file as they are played; a list may be played more than once."""


def open_recording(path: str | Path, venue: str = "binance") -> Recording:
    """Open a recording for a venue's testnet.

    Raises:
        InvalidInput: no such file, or its front cannot be a recording's.
    """
    instrument = tape_instrument(label_of(path), venue)
    return Recording(instrument, TapeReader(path, instrument.tick_size, instrument.step_size))


class _Others:
    """Everybody on the recorded venue: they cannot be told what to do."""

    def __init__(self, candles: CandleLog) -> None:
        self.candles = candles
        self.mark = Decimal(0)

    def jump(self, factor: float, now: datetime) -> None:
        del factor, now
        raise InvalidInput(
            "a recorded market cannot be moved, it plays what was; use the synthetic one"
        )

    def leave(self, side: Side | None, now: datetime) -> None:
        del side, now
        raise InvalidInput(
            "a recorded book cannot be thinned, it displays what was; use the synthetic one"
        )

    def index_price(self) -> Decimal:
        return self.mark

    def funding_rate(self) -> Decimal:
        return INTEREST  # the tape knows no premium


class TapeMarket(Stage):
    """Plays one symbol's recording on an engine.

    The mark is the middle of the displayed book, looked at once a second; funding is the
    venue's interest alone, for the tape tells neither.

    Args:
        floor: whose book it moves.
        recording: its instrument is one of the floor's.
        now: the time of the first quotes.

    Raises:
        InvalidInput: a tape without a snapshot, or one that cannot be read.
    """

    steps_per_second = 1_000
    moment: int
    """How far it has played: a receive time of the tape, ns."""

    def __init__(self, floor: DisplayedFloor, recording: Recording, now: datetime) -> None:
        super().__init__(floor, now)
        self._displayed = floor
        instrument, events = recording
        self._symbol = instrument.symbol
        self._others = _Others(CandleLog(instrument))
        self._grain = instrument.tick_size * MARK_GRAIN
        self._events: Iterator[Event] = iter(events)
        start = next((e for e in self._events if isinstance(e, Levels) and e.is_whole), None)
        if start is None:
            raise InvalidInput("the recording has no snapshot, so its book is not known")
        self._next: Event | None = start
        self.started = self.moment = start.time
        """Receive time of the first snapshot, ns: what is before it is not played."""
        self._second_ends = self.moment + _SECOND
        self._play(self.moment, now)
        self._set_mark()
        ticks = int(self._others.mark / instrument.tick_size)
        self._others.candles.begin(minute_of(now), ticks)

    @property
    def data_time(self) -> datetime:
        """Give the recorded moment that plays next (UTC)."""
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=self.moment // 1_000)

    @property
    def _publics(self) -> Mapping[str, Public]:
        return {self._symbol: self._others}

    def step(self, steps: int, now: datetime) -> int:
        """Play so many milliseconds; give how many were done before the tape ended."""
        before = self.moment
        self.play_until(before + steps * _STEP, now)
        return -(-(self.moment - before) // _STEP)

    def play_until(self, moment: int, now: datetime) -> None:
        """Play up to a receive time of the tape (ns), its events included.

        Args:
            moment: not before ``self.moment``.
            now: the time shown on what this fills.
        """
        while self.moment < moment and not self.is_finished:
            stop = min(moment, self._second_ends)
            self._play(stop, now)
            if stop == self._second_ends or self.is_finished:
                self._second_ends += _SECOND
                self._end_second(now)

    @property
    def next_moment(self) -> int | None:
        """Give the receive time (ns) of the next event; None when there is none."""
        return None if self._next is None else self._next.time

    def _play(self, stop: int, now: datetime) -> None:
        floor, symbol, event = self._displayed, self._symbol, self._next
        while event is not None and event.time <= stop:
            if isinstance(event, Trade):
                floor.trade_elsewhere(symbol, *event[1:], now)
            elif isinstance(event, Levels):
                floor.display(symbol, event.bids, event.asks, now, is_whole=event.is_whole)
            self.moment = event.time
            event = self._next = self._read()
        if event is None:
            self.is_finished = True
        else:
            self.moment = stop

    def _read(self) -> Event | None:
        try:
            return next(self._events, None)
        except InvalidInput as error:
            self.problem = str(error)
            return None

    def _end_second(self, now: datetime) -> None:
        self._set_mark()
        tape = self._floor.take_tape(self._symbol)
        self._others.candles.add(minute_of(self.time), tape)
        self._pass_second(now)

    def _set_mark(self) -> None:
        touch = self._displayed.displayed_touch(self._symbol)
        if touch is not None:
            mid = (touch[0] + touch[1]) / 2
            self._others.mark = round(mid / self._grain) * self._grain
            self._floor.set_mark(self._symbol, self._others.mark)
