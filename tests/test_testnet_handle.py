"""The handle of a local testnet: start, attach, connect, and what it never shows."""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from dialect import ccxt_client

from nettools import Desk
from nettools import testnet as nt_testnet
from nettools.errors import (
    InvalidInput,
    LiveTradingRefused,
    OrderRejected,
    VenueUnavailable,
)
from nettools.testnet import Testnet, attach, connect, start
from nettools.testnet import __main__ as child_program
from nettools.testnet.child import spawn
from nettools.testnet.session import read_session, write_session

BTC = "BTC/USDT:USDT"
NAMES = ("VENUE", "URL", "API_KEY", "SECRET", "ADMIN", "ADMIN_TOKEN")


@pytest.fixture(scope="module")
def running():
    with start(speed=0) as testnet:
        yield testnet


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """An empty runtime directory, and nothing named by the environment."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in NAMES:
        monkeypatch.delenv(f"NETTOOLS_LOCAL_{name}", raising=False)
    return tmp_path / "nettools"


def _is_alive(pid):
    """Say whether a process runs (where /proc can tell, a zombie does not)."""
    try:
        os.kill(pid, 0)
        if Path("/proc").is_dir():
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
    return True


def _gone(pid, within=10.0):
    end = time.monotonic() + within
    while _is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not _is_alive(pid)


def test_a_started_testnet_names_itself_but_never_its_secret(running):
    assert running.venue == "binance"
    assert running.url.startswith("http://127.0.0.1:")
    assert running.admin != running.url
    assert set(running.env) == {f"NETTOOLS_LOCAL_{name}" for name in NAMES}
    shown = f"{running!r} {running} {running:}"
    assert running.url in shown
    for hidden in (running.secret, running.api_key, running.env["NETTOOLS_LOCAL_ADMIN_TOKEN"]):
        assert hidden not in shown
    assert not hasattr(running, "__dict__")
    with pytest.raises(TypeError, match="holds a secret"):
        pickle.dumps(running)


async def test_ccxt_trades_on_the_child_and_the_truth_agrees(running):
    async with aiohttp.ClientSession(trust_env=False) as session:
        client = ccxt_client(running.url, running.api_key, running.secret, session)
        order = await client.create_order(BTC, "market", "buy", "0.7")
        await client.close()
    assert order["status"] == "closed"
    truth = running.truth()
    assert truth["positions"][0]["quantity"] == "0.7"
    assert truth["orders"][0]["client_order_id"] == order["clientOrderId"]
    assert sum(Decimal(fill["quantity"]) for fill in truth["fills"]) == Decimal("0.7")


def test_advance_moves_the_market_and_nothing_else_does(running):
    before = running.health()["market_time"]
    assert running.health()["market_time"] == before
    assert running.advance(120) == 120
    assert running.health()["market_time"] > before
    with pytest.raises(InvalidInput, match="seconds must be a whole number"):
        running.advance(-1)
    with pytest.raises(InvalidInput, match="speed must be"):
        running.set_speed(-1)


def test_same_seed_gives_the_same_market_in_another_process():
    marks = []
    for _ in range(2):
        with start(speed=0, seed=3) as testnet:
            first = testnet.truth()["marks"]
            testnet.advance(30)
            marks.append(testnet.truth()["marks"])
    assert marks[0] == marks[1] != first


def test_another_program_attaches_by_variables(running):
    program = (
        "import nettools as nt\n"
        "net = nt.testnet.attach()\n"
        "print(net, net.is_alive(), net.advance(1))\n"
        "net.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | running.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"Testnet('binance', '{running.url}') True 1"
    assert running.is_alive(), "closing an attached handle leaves the testnet alone"


@pytest.mark.usefixtures("runtime")
def test_attaching_to_nothing_tells_the_cure():
    with pytest.raises(VenueUnavailable, match=r"VENUE is not set.*testnet\.start\(\)"):
        attach()
    with pytest.raises(VenueUnavailable, match="is not set"):
        attach({})


def test_attaching_to_a_testnet_that_is_gone_tells_the_cure(running):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(VenueUnavailable, match=r"does not answer; start one"):
            attach(running.env | {"NETTOOLS_LOCAL_ADMIN": gone})


def test_a_wrong_token_is_told(running):
    with pytest.raises(VenueUnavailable, match="refused its admin token"):
        attach(running.env | {"NETTOOLS_LOCAL_ADMIN_TOKEN": "wrong"})


@pytest.mark.parametrize(
    "address",
    [
        "https://fapi.binance.com",
        "https://127.0.0.1:8801",
        "http://127.0.0.1:8801@evil.com",
        "http://127.0.0.1.evil.com:8801",
        "http://127.0.0.1:8801/path",
        "http://127.0.0.1",
        "http://127.0.0.1:port",
        "http://[::1]:8801",
        "ftp://127.0.0.1:8801",
    ],
)
@pytest.mark.parametrize("name", ["URL", "ADMIN"])
def test_an_address_elsewhere_is_refused_before_a_byte_is_sent(running, name, address):
    with pytest.raises(LiveTradingRefused, match="on this machine only"):
        attach(running.env | {f"NETTOOLS_LOCAL_{name}": address})


def test_a_proxy_of_the_environment_is_not_asked(running, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert running.is_alive()


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"mode": "both"}, InvalidInput, "mode must be"),
        ({"venue": "kraken"}, InvalidInput, "venue must be"),
        ({"speed": -1}, InvalidInput, "speed must be"),
        ({"replay": "BTCUSDT-nowhere.csv"}, InvalidInput, "there is no file"),
    ],
)
def test_a_child_that_cannot_start_says_why_in_one_sentence(options, error, sentence):
    with pytest.raises(error, match=sentence) as caught:
        start(**options)
    assert "\n" not in str(caught.value)


def test_the_child_says_its_error_as_one_line_for_the_parent(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["testnet", '{"speed": -1}'])
    assert child_program._main() == 1
    [line] = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert said["is_input"] is True
    assert said["error"].startswith("speed must be")


def test_a_port_in_use_is_one_sentence_too(running):
    port = int(running.url.rpartition(":")[2])
    with pytest.raises(VenueUnavailable, match=f"port {port} .* use port 0"):
        start(port=port)


def test_a_child_that_breaks_tells_its_last_words(tmp_path, monkeypatch):
    (tmp_path / "aiohttp.py").write_text("raise RuntimeError('no such luck')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(VenueUnavailable, match="ended while starting: RuntimeError: no such"):
        start()


def test_a_file_beside_the_notebook_cannot_break_the_child(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path)
    with start(speed=0) as testnet:
        assert testnet.is_alive()


def test_close_ends_the_process_and_may_be_called_twice():
    testnet = start(speed=0)
    pid = testnet.health()["pid"]
    testnet.close()
    assert not _is_alive(pid)
    testnet.close()
    assert not testnet.is_alive()


def test_an_error_inside_with_still_closes_it():
    testnet = start(speed=0)
    pid = testnet.health()["pid"]
    with pytest.raises(InvalidInput), testnet:
        testnet.advance(-1)
    assert not _is_alive(pid)


def test_a_program_that_forgets_to_close_leaves_nothing_behind():
    program = (
        "import nettools as nt\nnet = nt.testnet.start(speed=0)\nprint(net.health()['pid'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not _is_alive(int(done.stdout))
    assert done.stderr == ""


def test_an_interrupt_of_the_kernel_does_not_reach_the_child():
    """The child is in a session of its own, so Ctrl-C goes to us alone."""
    with start(speed=0) as testnet:
        pid = testnet.health()["pid"]
        assert os.getsid(pid) == pid
        assert os.getpgid(pid) != os.getpgid(0)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to look at the child")
def test_the_child_leaves_our_streams_alone():
    """Nothing it may say later can block it on a pipe nobody reads, or land in a cell."""
    with start(speed=0) as testnet:
        pid = testnet.health()["pid"]
        streams = [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)]
    assert streams[:2] == [os.devnull, os.devnull]
    assert "pipe" not in streams[2]


@pytest.mark.usefixtures("runtime")
def test_connect_finds_the_shared_testnet_and_starts_it_only_once():
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(connect(speed=0))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pid = found[0].health()["pid"]
    try:
        assert {testnet.url for testnet in found} == {found[0].url}
        assert connect(seed=99).url == found[0].url
        found[0].close()
        assert found[0].is_alive(), "a shared testnet outlives the handle that started it"
    finally:
        found[0].stop()
    assert _gone(pid)
    assert read_session("binance") is None


def test_a_lock_that_is_a_link_is_not_followed(runtime, tmp_path):
    """S14."""
    runtime.mkdir(mode=0o700)
    (runtime / "testnet.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(VenueUnavailable, match=r"cannot open .*testnet\.lock"):
        connect()
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("runtime")
def test_a_shared_testnet_outlives_a_killed_kernel():
    program = (
        "import os, signal, sys, nettools as nt\n"
        "net = nt.testnet.connect(speed=0)\n"
        "print(net.health()['pid'], net.url, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL
    pid, url = done.stdout.split()
    again = connect()
    try:
        assert again.url == url
    finally:
        again.stop()
    assert _gone(int(pid))


def test_connect_prefers_the_testnet_the_environment_names(running, runtime, monkeypatch):
    for name, value in running.env.items():
        monkeypatch.setenv(name, value)
    assert connect().url == running.url
    assert not runtime.exists() or list(runtime.iterdir()) == []


@pytest.mark.usefixtures("runtime")
def test_connect_without_sharing_closes_only_what_it_started(running, monkeypatch):
    with connect(share=False, speed=0) as own:
        assert own.url != running.url
        assert read_session("binance") is None
    assert not own.is_alive()
    for name, value in running.env.items():
        monkeypatch.setenv(name, value)
    with connect(share=False) as named:
        assert named.url == running.url
    assert running.is_alive()


@pytest.mark.usefixtures("runtime")
def test_a_stale_session_is_removed_and_a_new_testnet_started(running):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        stale = running.env | {
            "NETTOOLS_LOCAL_ADMIN": f"http://127.0.0.1:{unused.getsockname()[1]}"
        }
        write_session("binance", stale, 2**22)
        fresh = connect(speed=0)
    try:
        assert fresh.url != running.url
        assert read_session("binance").variables == fresh.env
    finally:
        fresh.stop()


@pytest.mark.usefixtures("runtime")
def test_a_session_that_points_elsewhere_is_not_followed(running):
    write_session("binance", running.env | {"NETTOOLS_LOCAL_URL": "https://evil.com"}, 2**22)
    fresh = connect(speed=0)
    try:
        assert fresh.url.startswith("http://127.0.0.1:")
    finally:
        fresh.stop()


@pytest.mark.usefixtures("runtime")
def test_keys_of_the_environment_are_used_and_stay_out_of_every_message(monkeypatch):
    """S1: SENTINEL turns up neither in a repr, an error, nor in the child's arguments."""
    monkeypatch.setenv("NETTOOLS_LOCAL_API_KEY", "SENTINELKEY")
    monkeypatch.setenv("NETTOOLS_LOCAL_SECRET", "SENTINELSECRET")
    with start(speed=0) as testnet:
        assert (testnet.api_key, testnet.secret) == ("SENTINELKEY", "SENTINELSECRET")
        pid = testnet.health()["pid"]
        arguments = Path(f"/proc/{pid}/cmdline")
        shown = [repr(testnet), arguments.read_text() if arguments.exists() else ""]
        shown += [json.dumps(testnet.truth()), json.dumps(testnet.health())]
        with pytest.raises(InvalidInput) as caught:
            start(mode="SENTINEL-free")
        shown.append(str(caught.value).replace("SENTINEL-free", ""))
    assert "SENTINEL" not in " ".join(shown)


@pytest.mark.usefixtures("runtime")
def test_spawn_gives_the_process_and_the_variables_that_name_it():
    child, variables = spawn({"speed": 0}, share=False)
    testnet = Testnet(variables, child)
    assert testnet.health()["pid"] == child.pid
    testnet.close()
    assert child.returncode == 0


def test_the_public_names_are_all_there():
    assert nt_testnet.__all__ == ["Testnet", "attach", "connect", "start"]


# --- drills


def test_funding_is_settled_at_will_while_the_market_stands_still():
    with start(speed=0) as testnet:
        order = testnet.trade_by_hand(BTC, "buy", Decimal("0.4"))
        assert order["client_order_id"].startswith("web_")
        before = Decimal(testnet.truth()["wallet"])
        (settled,) = testnet.settle_funding(BTC, Decimal("0.0001"))
        truth = testnet.truth()
        mark = Decimal(truth["marks"][BTC])
        due = -(mark * Decimal("0.00004")).quantize(Decimal("1e-8"))
        assert Decimal(settled["received"]) == Decimal(truth["wallet"]) - before == due
        assert truth["settlements"] == [settled]
        assert len(testnet.settle_funding()) == 5
        with pytest.raises(InvalidInput, match="rate must be a fraction"):
            testnet.settle_funding(rate="1")
        with pytest.raises(InvalidInput, match="symbol must be one of"):
            testnet.settle_funding("BTC")
        with pytest.raises(OrderRejected) as refused:
            testnet.trade_by_hand(BTC, "buy", "100")
        assert refused.value.reason == "INSUFFICIENT_MARGIN"


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_a_desk_trades_ten_symbols_when_it_asks_for_them(venue):
    wanted = {"BTC": "0.01", "ETH": "0.1", "SOL": "1", "BNB": "1", "XRP": "100"}
    wanted |= {"DOGE": "1000", "ADA": "100", "LINK": "10", "AVAX": "10", "LTC": "1"}
    targets = {f"{base}/USDT:USDT": Decimal(target) for base, target in wanted.items()}
    with start(venue, speed=0, symbols=10) as testnet:
        desk = await Desk.open(testnet)
        async with desk:
            assert desk.instruments.keys() == targets.keys()
            desk.set_targets({"A": targets})
            report = await desk.execute(await desk.preview())
            assert not report.problem
            assert desk.positions() == targets


def test_the_funding_interval_reaches_the_child():
    with start(speed=0, funding_interval=20) as testnet:
        testnet.trade_by_hand(BTC, "sell", "0.1")
        testnet.advance(60)
        assert len(testnet.truth()["settlements"]) == 3
    with pytest.raises(InvalidInput, match="8 hours are 28800"):
        start(funding_interval=0)
