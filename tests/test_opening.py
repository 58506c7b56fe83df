"""Venues are opened by name, from a closed list; everything else is refused in one sentence."""

import subprocess
import sys

import pytest
from faulty import FaultyServer

from nettools import testnet
from nettools.errors import LiveTradingRefused, VenueUnavailable
from nettools.testnet.handle import Testnet
from nettools.testnet.session import forget_session, write_session
from nettools.venues import MemoryVenue, Venue, open_venue
from nettools.venues.guard import TESTNETS
from nettools.venues.opening import VENUES


@pytest.mark.parametrize(
    "name",
    [
        "binance",
        "binance-live",
        "bybit",
        "https://fapi.binance.com",
        "http://127.0.0.1:8801",
        "LOCAL",
        "local ",
        "",
        "x" * 500,
    ],
)
def test_a_name_that_is_not_on_the_list_is_refused(name):
    listed = "'local' or 'local-bybit' or 'binance-demo' or 'bybit-testnet' or 'bybit-demo'"
    with pytest.raises(LiveTradingRefused, match=f"testnets only: use {listed}"):
        open_venue(name, {})
    assert " or ".join(map(repr, VENUES)) == listed


def test_a_venue_already_made_is_used_as_it_is():
    venue = MemoryVenue()
    assert open_venue(venue) is venue
    assert isinstance(venue, Venue)


def test_no_local_testnet_is_one_sentence_with_the_cure(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(VenueUnavailable, match="start one with"):
        open_venue("local", {})


@pytest.mark.parametrize("url", ["https://fapi.binance.com", "http://localhost:1", "nonsense"])
async def test_a_variable_that_names_a_live_exchange_is_refused(url):
    async with FaultyServer() as server:
        variables = server.variables | {"NETTOOLS_LOCAL_URL": url}
        with pytest.raises(LiveTradingRefused, match="on this machine only"):
            open_venue("local", variables)
        assert server.seen == []


async def test_a_handle_works_wherever_a_name_does(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    async with FaultyServer() as server:
        venue = open_venue(Testnet(server.variables))
        await venue.connect()
        assert await venue.positions() == ()
        assert (venue.name, repr(venue)) == ("local", "<BinanceVenue local>")
        await venue.close()


def test_a_running_testnet_is_found_by_variables_or_where_it_was_written_down(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with testnet.start(speed=0) as net:
        assert open_venue("local", net.env).name == "local"
        write_session("binance", net.env, 12345)
        assert open_venue("local", {}).name == "local"
        forget_session("binance", 12345)


def test_each_dialect_has_a_running_testnet_of_its_own(monkeypatch, tmp_path):
    """What a name finds: the environment's, then the one this user runs of that dialect."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(VenueUnavailable, match="nettools testnet --venue bybit"):
        open_venue("local-bybit", {})
    with (
        testnet.start("bybit", speed=0) as bybit,
        testnet.start("binance", speed=0) as binance,
    ):
        assert open_venue("local", bybit.env).name == "local-bybit"
        assert open_venue("local-bybit", bybit.env).name == "local-bybit"
        with pytest.raises(VenueUnavailable, match="no local testnet of bybit"):
            open_venue("local-bybit", binance.env)
        write_session("bybit", bybit.env, 12345)
        found = open_venue("local-bybit", binance.env)
        assert (found.name, bybit.url in found.account) == ("local-bybit", True)
        forget_session("bybit", 12345)


async def test_a_handle_of_bybit_opens_as_bybit():
    async with FaultyServer("hedge", venue="bybit") as server:
        venue = open_venue(Testnet(server.variables))
        await venue.connect()
        assert (venue.name, repr(venue)) == ("local-bybit", "<BybitVenue local-bybit>")
        assert await venue.positions() == ()
        await venue.close()


async def test_a_testnet_of_an_unknown_dialect_is_refused():
    async with FaultyServer() as server:
        variables = server.variables | {"NETTOOLS_LOCAL_VENUE": "okx"}
        with pytest.raises(LiveTradingRefused, match="speaks binance or bybit, was 'okx'"):
            open_venue(Testnet(variables))


@pytest.mark.parametrize("name", TESTNETS)
def test_a_real_testnet_needs_its_keys(name):
    prefix = f"NETTOOLS_{name.upper().replace('-', '_')}"
    with pytest.raises(VenueUnavailable, match=f"{prefix}_API_KEY"):
        open_venue(name, {})
    keys = {f"{prefix}_API_KEY": "k", f"{prefix}_SECRET": "s"}
    venue = open_venue(name, keys)
    assert (venue.name, TESTNETS[name].host in venue.account) == (name, True)


def test_ccxt_is_not_imported_before_connecting():
    """2.8 s and 119 MB that reading, planning and opening do not need."""
    program = (
        "import sys\n"
        "from nettools.venues import open_venue\n"
        "keys = {'NETTOOLS_BINANCE_DEMO_API_KEY': 'k', 'NETTOOLS_BINANCE_DEMO_SECRET': 's'}\n"
        "open_venue('binance-demo', keys)\n"
        "print([name for name in sys.modules if name.partition('.')[0] == 'ccxt'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
