"""A market is written down as it is told, and is the same market when it is replayed."""

import asyncio
import gzip
import os
import signal
import subprocess
import sys
import time
from itertools import count

import pytest
from makers import BTC, NOW
from taping import wild

from nettools import testnet
from nettools.cli import main
from nettools.errors import InvalidInput, LiveTradingRefused, VenueUnavailable
from nettools.model import Side
from nettools.testnet.engine import Engine
from nettools.testnet.faults import read_fault
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings
from nettools.testnet.taped import TapeMarket, open_recording
from nettools.venues.clock import Timing
from nettools.venues.opening import open_public
from nettools.venues.recording import BinanceSource, BybitSource, Recorder

VENUES = ["binance", "bybit"]
PATIENCE = 10.0
PROGRAM = "import sys; from nettools.cli import main; sys.exit(main(sys.argv[1:]))"


class Studio:
    """A local testnet, a recorder of it, and what its book was after each move."""

    def __init__(self, venue, path):
        settings = Settings(venue=venue, speed=0, rate_limits=False)
        self.server, self.path = LocalServer(settings), path
        self.seen = []

    async def __aenter__(self):
        await self.server.start()
        wire = _wire(self.server)
        ticks = count(time.time_ns(), 10**6)
        self.recorder = Recorder(wire, BTC, self.path, clock=lambda: next(ticks))
        self.recording = asyncio.create_task(self.recorder.record())
        await self.until(lambda: self.server.hub.is_used)
        await self.move()
        await self.until(lambda: self.recorder.progress.snapshots)
        return self

    async def __aexit__(self, *_):
        await self.stop()
        await self.server.stop()

    async def stop(self):
        """End the recording as Ctrl-C does."""
        self.recording.cancel()
        await asyncio.gather(self.recording, return_exceptions=True)

    async def until(self, is_so):
        """Wait until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():  # noqa: ASYNC110 - a server and sockets in real time
                await asyncio.sleep(0.01)

    async def move(self):
        """Let the market live through a second, and wait until that is written down."""
        progress = self.recorder.progress
        updates = progress.updates
        self.server.market.advance(1, self.server._clock())
        self.seen.append(_touch(self.server.engine))
        await self.until(lambda: progress.updates > updates)


def _wire(server):
    return open_public(testnet.Testnet(server.variables), {}, Timing())


def _touch(engine):
    quote = engine.quote(BTC, NOW)
    return quote and (quote.bid, quote.ask)


def _replayed(path, venue):
    recording = open_recording(path, venue)
    engine = Engine([recording.instrument])
    market = TapeMarket(engine, recording, NOW)
    seen = [_touch(engine)]
    while market.next_moment is not None:
        market.play_until(market.next_moment, NOW)
        if _touch(engine) != seen[-1]:
            seen.append(_touch(engine))
    return seen, market, engine


@pytest.mark.parametrize("venue", VENUES)
async def test_what_was_recorded_replays_as_it_was(venue, tmp_path):
    async with Studio(venue, tmp_path / "tape.gz") as studio:
        prints = []
        studio.server.engine.listen_prints(
            lambda printed: prints.append(printed) if printed.symbol == BTC else None
        )
        for _ in range(4):
            await studio.move()
        whole = studio.server.engine.depth(BTC, 500)
        await studio.until(lambda: studio.recorder.progress.trades >= len(prints))
    seen, market, engine = _replayed(studio.path, venue)
    moved = [touch for touch in studio.seen if touch in seen]
    assert moved[-4:] == studio.seen[-4:]
    assert [touch for touch in seen if touch in studio.seen] == moved
    assert engine.depth(BTC, 500) == whole
    assert not market.problem
    lots = sum(printed.quantity for printed in prints)
    assert market.day(BTC, NOW).quantity >= lots > 0


@pytest.mark.parametrize("venue", VENUES)
async def test_after_a_broken_connection_the_book_is_found_again(venue, tmp_path):
    async with Studio(venue, tmp_path / "tape.gz") as studio:
        progress = studio.recorder.progress
        await studio.move()
        studio.server.hub.cut()
        studio.server.market.advance(5, studio.server._clock())
        await studio.until(lambda: progress.gaps == 1 and studio.server.hub.is_used)
        await asyncio.sleep(0.05)
        await studio.move()
        await studio.until(lambda: progress.snapshots == 2)
        await studio.move()
    seen, market, _ = _replayed(studio.path, venue)
    assert seen[-1] == studio.seen[-1]
    assert not market.problem
    assert progress.problem == ""


@pytest.mark.parametrize(
    ("venue", "channel"),
    [("binance", "btcusdt@depth@100ms"), ("bybit", "orderbook.500.BTCUSDT")],
)
async def test_after_a_missing_update_a_new_snapshot_is_asked_for(venue, channel, tmp_path):
    async with Studio(venue, tmp_path / "tape.gz") as studio:
        progress = studio.recorder.progress
        fault = {"call": "stream", "channel": channel, "do": "drop"}
        studio.server.gate.faults.add(read_fault(fault, venue))
        studio.server.market.advance(1, studio.server._clock())
        await studio.until(lambda: studio.server.gate.faults.rows(0.0)[0]["fired"])
        await studio.move()
        assert progress.gaps == 1
        await studio.until(lambda: progress.snapshots == 2)
        await studio.move()
    seen, market, _ = _replayed(studio.path, venue)
    assert None in seen  # not known in between, and not shown either
    assert seen[-1] == studio.seen[-1]
    assert not market.problem


async def test_a_snapshot_that_was_refused_is_asked_for_again(tmp_path):
    server_fault = {"call": "book", "do": "reply", "status": 503, "body": "later"}
    studio = Studio("binance", tmp_path / "tape.gz")
    studio.server.gate.faults.add(read_fault(server_fault, "binance"))
    async with studio:
        assert studio.recorder.progress.snapshots == 1
    assert _replayed(studio.path, "binance")[0]


async def test_what_was_recorded_is_what_a_testnet_shows_again(tmp_path):
    async with Studio("binance", tmp_path / "tape.gz") as studio:
        await studio.move()
    again = LocalServer(Settings(venue="bybit", speed=0, replay=str(studio.path)))
    again.market.advance(60, NOW)
    assert _touch(again.engine) == studio.seen[-1]
    assert again.market.is_finished


async def test_a_file_that_exists_is_left_alone(tmp_path):
    path = tmp_path / "tape.gz"
    async with LocalServer(Settings(speed=0)) as server:
        recorder = Recorder(_wire(server), BTC, path, clock=time.time_ns)
        path.write_bytes(b"mine")
        with pytest.raises(InvalidInput, match="exists already and is not overwritten"):
            await recorder.record()
        with pytest.raises(InvalidInput, match="exists already and is not overwritten"):
            Recorder(_wire(server), BTC, path, clock=time.time_ns)
        missing = Recorder(_wire(server), BTC, tmp_path / "no" / "t.gz", clock=time.time_ns)
        with pytest.raises(InvalidInput, match="cannot be made"):
            await missing.record()
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("venue", VENUES)
async def test_an_unknown_symbol_leaves_no_file(venue, tmp_path):
    path = tmp_path / "tape.gz"
    async with LocalServer(Settings(venue=venue, speed=0)) as server:
        recorder = Recorder(_wire(server), "DOGE/USDT:USDT", path, clock=time.time_ns)
        with pytest.raises(VenueUnavailable, match=r"DOGE/USDT:USDT|Bybit refused"):
            await recorder.record()
    assert not path.exists()


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT", "BTC/USDT:BTC", "B&x=/U:U", ""])
def test_a_symbol_that_is_none_is_refused(symbol, tmp_path):
    wire = open_public("binance-demo", {}, Timing())
    with pytest.raises(InvalidInput, match="symbol must be one like"):
        Recorder(wire, symbol, tmp_path / "t.gz", clock=time.time_ns)


def test_a_market_told_by_the_live_host_is_refused(tmp_path, capsys):
    wire = open_public("bybit-demo", {}, Timing())
    with pytest.raises(LiveTradingRefused, match="has its market from the live host"):
        Recorder(wire, BTC, tmp_path / "t.gz", clock=time.time_ns)
    assert main(["record", "--venue", "binance", "--out", str(tmp_path / "t.gz")]) == 1
    assert "testnets only" in capsys.readouterr().err
    assert not (tmp_path / "t.gz").exists()


def test_bybits_words_become_binances():
    (line, row), *rest = BybitSource("BTCUSDT").rows(
        '{"topic":"publicTrade.BTCUSDT","ts":5,"data":[{"T":4,"s":"BTCUSDT","S":"Sell",'
        '"v":"0.5","p":"100.1","i":"x"}]}'
    )
    assert not rest
    assert (row["p"], row["q"], row["m"]) == ("100.1", "0.5", True)
    assert line.startswith('{"e":"trade"')
    assert list(BybitSource("BTCUSDT").rows('{"op":"pong"}')) == []
    assert list(BinanceSource("BTCUSDT").rows('{"result":null,"id":1}')) == []


# --- the command


@pytest.fixture(scope="module")
def running():
    """Start a testnet that moves."""
    with testnet.start(speed=20) as net:
        yield net


@pytest.fixture
def attached(running, monkeypatch):
    """Let this process find it."""
    for name, value in running.env.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("attached")
def test_the_command_records_for_so_long_and_says_how_to_replay(tmp_path, capsys):
    path = tmp_path / "tape.gz"
    assert main(["record", "--out", str(path), "--seconds", "1.5"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"Recording {BTC} on local into {path}; Ctrl-C ends it."
    assert said[-1] == f"Replay it: nettools testnet --replay {path}"
    assert " updates, " in said[-2]
    assert _replayed(path, "binance")[0]
    assert main(["record", "--out", str(path)]) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.usefixtures("attached")
def test_without_a_name_the_file_is_called_after_symbol_and_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["record", "--seconds", "0.5", "--symbol", "ETH/USDT:USDT"]) == 0
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("ethusdt_20")
    assert path.suffix == ".gz"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_a_duration_that_cannot_be_meant_is_refused(seconds, capsys):
    assert main(["record", "--seconds", seconds]) == 1
    assert "seconds must be above 0" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a process there")
@pytest.mark.parametrize("is_broken", [False, True])
def test_the_testnet_in_a_terminal_says_when_its_tape_has_ended(is_broken, tmp_path):
    tape = wild(3, 2)
    if is_broken:
        tape.lines.append("5 {\n")
    path = tape.save(tmp_path / "tape.gz")
    told = ["testnet", "--replay", str(path), "--speed", "50", "--latency", "0.01", "0.02"]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *told], stdout=subprocess.PIPE, text=True
    ) as process:
        said = next(line for line in process.stdout if line.startswith("The replay"))
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    why = f"tape.gz, line {len(tape.lines)}: the line is damaged"
    assert said.startswith(
        f"The replay stands still: {why if is_broken else 'it is played to its end'}"
    )


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a process there")
def test_ctrl_c_leaves_a_whole_file(running, tmp_path):
    path = tmp_path / "tape.gz"
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "record", "--out", str(path)],
        env=os.environ | running.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not (path.exists() and path.stat().st_size > 3_000):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said, wrong = process.communicate(timeout=PATIENCE)
    assert (process.returncode, wrong) == (0, "")
    assert "Replay it" in said
    assert gzip.decompress(path.read_bytes()).endswith(b"\n")
    assert _replayed(path, "binance")[1].problem == ""


@pytest.mark.usefixtures("attached")
def test_a_recorder_that_is_killed_leaves_what_it_had_put_down(tmp_path):
    path = tmp_path / "tape.gz"
    assert main(["record", "--out", str(path), "--seconds", "1.5"]) == 0
    path.write_bytes(path.read_bytes()[:-9])  # no end of the file, as after kill -9
    seen, market, _ = _replayed(path, "binance")
    assert seen
    assert "the file is cut off" in market.problem


@pytest.mark.usefixtures("attached")
def test_sides_of_trades_survive(tmp_path):
    path = tmp_path / "tape.gz"
    assert main(["record", "--out", str(path), "--seconds", "1"]) == 0
    recording = open_recording(path)
    engine = Engine([recording.instrument])
    seen = []
    engine.listen_prints(lambda printed: seen.append(printed.side))
    TapeMarket(engine, recording, NOW).advance(60, NOW)
    assert {Side.BUY, Side.SELL} == set(seen)
