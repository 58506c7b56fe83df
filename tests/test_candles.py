"""Candles off a testnet: every page whole and once, whatever goes wrong between."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from faulty import HTML, Fault, FaultyServer
from makers import BTC, ETH, d

import nettools as nt
from nettools.testnet import Testnet
from nettools.venues import candles
from nettools.venues.candle_cache import CandleCache, cache_folder
from nettools.venues.candle_rows import LENGTHS, CandleRow, Span, read_page
from nettools.venues.clock import Timing
from nettools.venues.guard import TESTNETS
from nettools.venues.opening import open_public
from nettools.venues.rows import Malformed

PATHS = {"binance": "v1/klines", "bybit": "market/kline"}
NOW = datetime(2026, 3, 1, 12, 10, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Standing(FaultyServer):
    """A testnet at one moment: its candles keep their times."""

    def _skewed(self):
        return NOW


class Sleeps:
    """Waits for nothing, and remembers for how long."""

    def __init__(self):
        self.slept = []

    @property
    def timing(self):
        return Timing(
            wall=lambda: NOW + timedelta(seconds=sum(self.slept)),
            monotonic=lambda: sum(self.slept),
            sleep=self._sleep,
            rng=Random(1),  # noqa: S311 - spreads waiting, no secret
        )

    async def _sleep(self, seconds):
        self.slept.append(seconds)


@pytest.fixture(params=PATHS)
async def server(request):
    async with Standing(venue=request.param) as running:
        yield running


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(candles, "PAGE", 20)


async def _fetch(server, *, minutes=50, sleeps=None, **how):
    how.setdefault("since", NOW - minutes * MINUTE)
    how = {"progress": False, "timing": (sleeps or Sleeps()).timing} | how
    return await nt.fetch_candles(Testnet(server.variables), how.pop("symbol", BTC), **how)


def _asked(server):
    path = PATHS[server.settings.venue]
    return sum(where.endswith(path) for _, where in server.seen)


def _spoil(server, fault):
    server.spoil("GET", PATHS[server.settings.venue], fault)


def _rows(body):
    shown = json.loads(body)
    return shown, shown if isinstance(shown, list) else shown["result"]["list"]


async def test_candles_are_the_finished_ones_of_the_span_on_their_minutes(server):
    history = await _fetch(server)
    frame = history.frame
    assert list(frame) == ["open", "high", "low", "close", "volume"]
    assert frame.index[0] == datetime(2026, 3, 1, 11, 21, tzinfo=UTC)
    assert frame.index[-1] == datetime(2026, 3, 1, 12, 9, tzinfo=UTC)
    assert (len(frame), history.report.is_clean) == (49, True)
    assert "1m of BTC/USDT:USDT" in repr(history)
    other = await _fetch(server, symbol=ETH, interval="15m", minutes=300)
    assert (len(other), other.frame.index[-1].minute) == (19, 45)


@pytest.mark.usefixtures("small_pages")
async def test_pages_join_without_a_seam_or_a_candle_twice(server):
    whole = await _fetch(server, minutes=90)
    assert _asked(server) == 5
    assert len(whole) == 89
    part = await _fetch(server, since=NOW - 70 * MINUTE, until=NOW - 30 * MINUTE)
    assert part.frame.equals(whole.frame.loc[part.frame.index])
    assert len(part) == 40


@pytest.mark.parametrize("body", ["", HTML, "null", "{}", '{"orderId": 12, "clientOr'])
async def test_a_page_that_fails_is_asked_for_again_later_each_time(server, body):
    sleeps, times = Sleeps(), iter(range(3))

    def fail(answer):
        return answer.decode() if next(times, None) is None else body

    _spoil(server, Fault(reaches=True, change=fail))
    assert len(await _fetch(server, sleeps=sleeps)) == 49
    assert len(sleeps.slept) == 3
    assert sleeps.slept == sorted(sleeps.slept)


async def test_a_rate_limit_is_waited_out(server):
    sleeps, times = Sleeps(), iter(range(2))
    limits = {
        "binance": '{"code":-1003,"msg":"Too many requests"}',
        "bybit": '{"retCode":10006,"retMsg":"Too many visits","result":{},"time":0}',
    }

    def refuse(answer):
        return answer.decode() if next(times, None) is None else limits[server.settings.venue]

    _spoil(server, Fault(reaches=True, change=refuse))
    assert len(await _fetch(server, sleeps=sleeps)) == 49
    assert sum(sleeps.slept) > 1


@pytest.mark.usefixtures("small_pages")
async def test_another_page_than_was_asked_for_is_not_taken(server):
    first, times = [], iter(range(4))

    def repeat(answer):
        first.append(answer.decode())
        return first[-1] if next(times, None) in {0, None} else first[0]

    _spoil(server, Fault(reaches=True, change=repeat))
    history = await _fetch(server)
    assert (len(history), history.frame.index.is_unique) == (49, True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda rows: rows.insert(3, rows[3]),
        lambda rows: rows.reverse(),
        lambda rows: rows[5].__setitem__(2, "1"),
        lambda rows: rows[5].__setitem__(4, "0"),
        lambda rows: rows[5].__setitem__(4, "nan"),
        lambda rows: rows[5].__setitem__(0, 12),
        lambda rows: rows.append("candle"),
    ],
    ids=["twice", "reversed", "low high", "zero", "nan", "another time", "no candle"],
)
async def test_a_page_with_an_impossible_candle_is_asked_for_again(server, spoil):
    times = iter(range(2))

    def change(answer):
        shown, rows = _rows(answer)
        if next(times, None) is not None:
            spoil(rows)
        return json.dumps(shown)

    _spoil(server, Fault(reaches=True, change=change))
    assert len(await _fetch(server)) == 49
    assert _asked(server) == 3


async def test_what_a_venue_lacks_twice_is_a_gap_and_never_filled(server):
    def lack(answer):
        shown, rows = _rows(answer)
        del rows[10:12]
        return json.dumps(shown)

    _spoil(server, Fault(reaches=True, change=lack))
    with pytest.raises(nt.InvalidInput, match=r"1m of BTC.*1 × gap \(2 bars\)"):
        await _fetch(server)
    assert _asked(server) == 2
    left = await _fetch(server, faults={"gap": "drop"})
    assert (len(left), left.report.found("gap").bars) == (47, 2)


async def test_an_empty_page_is_believed_only_when_it_is_said_twice(server):
    times = iter(range(1))

    def empty(answer):
        shown, rows = _rows(answer)
        if next(times, None) is not None:
            rows.clear()
        return json.dumps(shown)

    _spoil(server, Fault(reaches=True, change=empty))
    assert len(await _fetch(server)) == 49
    with pytest.raises(nt.InvalidInput, match="has no finished 1m candles"):
        await _fetch(server, since="2019-01-01T00:00Z", until="2019-01-01T00:10Z")


async def test_what_was_asked_for_beyond_what_there_is_is_said(server):
    def later(answer):
        shown, rows = _rows(answer)
        rows[:] = sorted(rows, key=lambda row: int(row[0]))[3:-2]
        if server.settings.venue == "bybit":
            rows.reverse()
        return json.dumps(shown)

    assert (await _fetch(server)).report.notes == ()
    _spoil(server, Fault(reaches=True, change=later))
    assert (await _fetch(server)).report.notes == (
        "the venue has none of 3 candles before the first",
        "the venue has none of 2 candles after the last",
    )


async def test_a_page_that_cannot_be_had_is_unavailable_and_says_how_often_it_was_tried(server):
    sleeps = Sleeps()
    _spoil(server, Fault())
    with pytest.raises(nt.VenueUnavailable, match=r"1m candles of BTC.*given up after 9 tries"):
        await _fetch(server, sleeps=sleeps)
    assert 120 < sum(sleeps.slept) < 200


@pytest.mark.usefixtures("small_pages")
async def test_a_run_that_was_broken_off_goes_on_where_it_was(server, tmp_path):
    good = iter(range(2))

    def stop(answer):
        return HTML if next(good, None) is None else answer.decode()

    _spoil(server, Fault(reaches=True, change=stop))
    with pytest.raises(nt.VenueUnavailable):
        await _fetch(server, minutes=90, cache=tmp_path)
    server.heal()
    server.seen.clear()
    kept = await _fetch(server, minutes=90, cache=tmp_path)
    assert _asked(server) == 3
    assert kept.frame.equals((await _fetch(server, minutes=90)).frame)


@pytest.mark.usefixtures("small_pages")
async def test_only_whole_pages_are_kept_and_a_damaged_one_is_asked_for_again(server, tmp_path):
    first = await _fetch(server, minutes=90, cache=tmp_path)
    pages = sorted(tmp_path.rglob("*"), key=str)
    files = [page for page in pages if page.is_file()]
    assert [file.suffix for file in files] == [".feather"] * 4  # the fifth is not over
    files[1].write_bytes(files[1].read_bytes()[:-40])
    files[2].write_bytes(files[3].read_bytes())  # a whole page, of another time
    server.seen.clear()
    again = await _fetch(server, minutes=90, cache=tmp_path)
    assert _asked(server) == 3
    assert again.frame.equals(first.frame)


async def test_without_a_folder_nothing_of_a_local_market_is_kept(server, tmp_path):
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    await _fetch(server, environment=environment)
    assert list(tmp_path.iterdir()) == []
    assert cache_folder(environment) == tmp_path / "nettools" / "candles"
    assert cache_folder({}) == Path.home() / ".cache" / "nettools" / "candles"


def test_pages_that_cannot_be_kept_are_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("in the way")
    cache = CandleCache(tmp_path / "file", "local", "BTCUSDT", "1m")
    cache.save(Span(0, 60_000, 60_000), [CandleRow(0, 1.0, 1.0, 1.0, 1.0, 0.0)])
    assert "pages could not be kept" in cache.trouble


def test_a_page_reads_back_as_it_was_kept(tmp_path):
    cache, span = CandleCache(tmp_path, "bybit-demo", "BTCUSDT", "1m"), Span(0, 120_000, 60_000)
    rows = [CandleRow(at, 0.1, 0.30000000000000004, 0.1, 0.2, 0.0) for at in (0, 60_000)]
    assert cache.load(span) is None
    cache.save(span, rows)
    assert cache.load(span) == rows
    assert CandleCache(None, "local").load(span) is None


def test_a_candle_keeps_the_price_to_the_last_digit_and_counts_base_units():
    span = Span(0, 60_000, 60_000)
    page = read_page([["0", "0.1", "0.3", "0.1", "0.2", "70"]], span, d(2))
    assert page == [CandleRow(0, 0.1, 0.3, 0.1, 0.2, 140.0)]
    with pytest.raises(Malformed, match="where candles were due"):
        read_page({}, span)


@pytest.mark.parametrize(
    ("words", "how"),
    [
        ("interval must be 1m, 5m, 15m, 1h, 4h, 1d", {"interval": "2m"}),
        ("since needs its zone", {"since": "2026-03-01T11:00"}),
        ("since must be a time like", {"since": "yesterday"}),
        ("no candle is finished between", {"since": NOW}),
        ("has no contract 'DOGE/USDT:USDT'", {"symbol": "DOGE/USDT:USDT"}),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_a_page_is_asked_for(words, how, server):
    with pytest.raises(nt.InvalidInput, match=words):
        await _fetch(server, **how)
    assert _asked(server) == 0


async def test_no_other_address_than_a_testnets_is_asked():
    since = "2026-03-01T00:00Z"
    for name in ("binance", "https://fapi.binance.com", "mainnet"):
        with pytest.raises(nt.LiveTradingRefused, match="testnets only"):
            await nt.fetch_candles(name, BTC, since=since, environment={})


@pytest.mark.parametrize("name", TESTNETS)
def test_the_candles_of_a_real_testnet_need_no_keys_and_keep_the_closed_list(name):
    wire = open_public(name, {}, Timing())
    assert (wire.name, wire.address) == (name, TESTNETS[name])


@pytest.mark.usefixtures("small_pages")
async def test_a_bar_tells_how_far_it_is(server, capsys, monkeypatch):
    monkeypatch.setattr(candles, "SHOW_AFTER", 0)
    await _fetch(server, progress=True)
    assert "1m candles of BTC/USDT:USDT" in capsys.readouterr().err


def test_every_interval_divides_a_day():
    assert all(LENGTHS["1d"] % length == 0 for length in LENGTHS.values())
