"""The commands, run as a trader runs them: as processes, stopped with Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil
import pytest

from nettools import testnet
from nettools.cli import jupyter, lab
from nettools.cli.doctor import clock_finding, permission_finding
from nettools.errors import InvalidInput
from nettools.venues.protocol import Permissions

COMMAND = [sys.executable, "-c", "import sys; from nettools.cli import main; sys.exit(main())"]
PATIENCE_SECONDS = 60.0
CELL = "from nettools import testnet\nnet = testnet.start(speed=0)\nprint('net' + 'ted')"
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent differently there")


@pytest.fixture
def folder(tmp_path):
    """Make a checkout's notebooks, with one cell each, and an empty home beside it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "notebooks").mkdir()
    code = {"cell_type": "code", "id": "a", "metadata": {}, "source": CELL}
    cells = [code | {"execution_count": None, "outputs": []}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    for name in (lab.DESK, lab.PAGE):
        (tmp_path / "notebooks" / name).write_text(json.dumps(notebook), encoding="utf-8")
    return tmp_path


def _run(*arguments, cwd=None, **variables):
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@contextmanager
def _running(folder, *arguments):
    """Run a command until it says how to end it; give it, its words and its processes."""
    said = folder / "said.txt"
    variables = os.environ | {"HOME": str(folder / "home"), "DISPLAY": ""}
    with said.open("w") as words:
        process = subprocess.Popen(
            [*COMMAND, *arguments], cwd=folder, env=variables, stdout=words, stderr=words
        )
    try:
        _wait_for(lambda: "Ctrl-C" in said.read_text() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        family = psutil.Process(process.pid).children(recursive=True)
        yield process, said, family
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _wait_for(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _end(process, number, family):
    """Send a signal; give the exit code and which of its processes are still there."""
    process.send_signal(number)
    code = process.wait(PATIENCE_SECONDS)
    return code, psutil.wait_procs(family, timeout=3)[1]


def _listening(processes):
    found = [one for process in processes for one in process.net_connections(kind="inet")]
    return {one.laddr.ip for one in found if one.status == psutil.CONN_LISTEN}


def _get(address):
    try:
        with urlopen(address, timeout=30) as answer:  # noqa: S310 - on this machine
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def test_help_is_there_at_once_and_loads_nothing_heavy():
    heavy = "{'aiohttp', 'asyncio', 'ccxt', 'jupyterlab', 'pandas'} & set(sys.modules)"
    program = f"import sys, nettools.cli as c; c.main([]); sys.exit(len({heavy}))"
    before = os.times()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    after = os.times()
    assert b"doctor" in done.stdout
    computing = after.children_user + after.children_system
    assert computing - before.children_user - before.children_system < 0.3


@needs_signals
def test_the_lab_starts_a_testnet_and_jupyter_and_ctrl_c_ends_both(folder):
    with _running(folder, "lab", "--no-browser", "--venue", "bybit") as (process, said, family):
        text = said.read_text()
        address = re.search(r"3/3 .*(http://127\.0\.0\.1:\d+)(/lab/tree/03_\S+)", text)
        server = next(one for one in family if "jupyterlab" in one.cmdline())
        assert _get(address[1] + "/api/contents")[0] == 403
        assert _get(address[1] + address[2])[0] == 200
        assert _listening(family) == {"127.0.0.1"}
        token = address[2].partition("token=")[2]
        assert token not in " ".join(server.cmdline())
        with testnet.attach(server.environ()) as net:
            assert (net.venue, net.is_alive()) == ("bybit", True)
        assert _end(process, signal.SIGINT, family) == (0, [])
    assert list((folder / "home").iterdir()) == []


@needs_signals
def test_the_demo_page_needs_no_token_and_a_closed_terminal_ends_it(folder):
    with _running(folder, "demo", "--no-browser") as (process, said, family):
        address = re.search(r"2/2 .*(http://127\.0\.0\.1:\d+/)", said.read_text())[1]
        _, text = _get(address)
        assert "netted" in text
        assert "print(" not in text
        assert re.findall(r"""(?:src|href)=["']https?://[^"']+""", text) == []
        assert _listening(family) == {"127.0.0.1"}
        viewed = psutil.Process(process.pid).children(recursive=True)
        # The command's own, which all viewers watch, and the one that this cell starts.
        assert sum("nettools.testnet" in one.cmdline() for one in viewed) == 2
        assert _end(process, signal.SIGHUP, viewed) == (0, [])
    assert list((folder / "home").iterdir()) == []


@pytest.mark.parametrize("command", ["lab", "demo"])
def test_a_taken_port_is_one_sentence(command, folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = _run(command, "--no-browser", "--port", port, cwd=folder)
    assert done.returncode == 1
    assert f"port {port} must be free" in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_notebooks_the_lab_says_where_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab, "__file__", str(tmp_path / "site-packages/nettools/cli/lab.py"))
    with pytest.raises(InvalidInput, match="come with the source, so run this in a checkout"):
        lab.find_notebook(lab.DESK)


def test_the_notebooks_of_the_checkout_are_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = Path(__file__).parents[1] / "notebooks" / lab.DESK
    assert lab.find_notebook(lab.DESK) == here


def test_a_port_that_is_no_number_is_refused_before_anything_starts():
    assert "was '80x'" in _run("lab", "--port", "80x").stderr


def test_a_server_that_ends_while_starting_leaves_its_last_words(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no such notebook')"]
    process = jupyter.start(command, dict(os.environ), log)
    with pytest.raises(Exception, match="no such notebook"):
        jupyter.wait_until_up(process, "http://127.0.0.1:9/", log)


@needs_signals
def test_the_testnet_command_says_how_to_attach_and_ends_with_ctrl_c(folder):
    command = ("testnet", "--mode", "hedge", "--speed", "0", "--funding-interval", "30")
    with _running(folder, *command) as (process, said, family):
        variables = dict(re.findall(r"export (\w+)=(\S+)", said.read_text()))
        with testnet.attach(variables) as net:
            assert net.truth()["mode"] == "hedge"
            net.trade_by_hand("BTC/USDT:USDT", "buy", "0.1")
            net.advance(60)
            assert len(net.truth()["settlements"]) == 2
        assert _listening([psutil.Process(process.pid)]) == {"127.0.0.1"}
        assert _end(process, signal.SIGINT, family) == (0, [])


def test_candles_that_are_not_there_are_one_sentence(tmp_path):
    done = _run("testnet", "--replay", "BTCUSDT-1m.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "there is no file BTCUSDT-1m.csv" in done.stderr


def test_a_funding_interval_out_of_range_is_one_sentence(tmp_path):
    done = _run("testnet", "--funding-interval", "0", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "funding_interval must be a whole number of seconds" in done.stderr


@pytest.fixture(scope="module")
def net():
    """Run a testnet for the doctor's visits."""
    with testnet.start(speed=0) as running:
        yield running


def test_the_doctor_finds_a_healthy_testnet_and_prints_its_rules(net):
    done = _run("doctor", **net.env)
    assert done.returncode == 0, done.stderr
    for words in ("ok     keys", "ok     clock", "one-way", "100,000.00 USDT", "flat"):
        assert words in done.stdout
    assert "ok     permissions  may trade\n" in done.stdout
    assert re.search(
        r"BTC/USDT:USDT +0\.001 +0\.1 .* 100 USDT .* 5 % +0\.02 % +0\.05 %", done.stdout
    )
    assert done.stdout.endswith("All is well.\n")
    assert net.secret not in done.stdout + done.stderr


def test_the_doctor_visits_the_local_bybit_too():
    with testnet.start(venue="bybit", mode="hedge", speed=0) as running:
        done = _run("doctor", "--venue", "local-bybit", **running.env)
    assert done.returncode == 0, done.stderr
    assert "Venue local-bybit: testnet" in done.stdout
    for words in ("may trade, may not withdraw, from any address", 'mode="hedge"', "flat"):
        assert words in done.stdout
    assert re.search(r"BTC/USDT:USDT .* 5 USDT .* 1 % +0\.02 % +0\.055 %", done.stdout)


@pytest.mark.parametrize(
    ("permissions", "told", "cure"),
    [
        (None, "does not tell", ""),
        (Permissions(may_trade=True), "may trade", ""),
        (Permissions(may_trade=False), "may NOT trade", "may trade contracts"),
        (
            Permissions(may_trade=True, may_withdraw=True, is_bound=True),
            "may trade, may withdraw, from listed addresses",
            "without the permission to withdraw",
        ),
    ],
)
def test_keys_should_trade_and_do_as_little_else_as_possible(permissions, told, cure):
    finding = permission_finding(permissions)
    assert told in finding.text
    assert cure in finding.cure
    assert (finding.cure == "") is (cure == "")


def test_wrong_keys_are_one_sentence_with_a_cure(net):
    done = _run("doctor", **(net.env | {"NETTOOLS_LOCAL_SECRET": "f" * 64}))
    assert done.returncode == 1
    assert done.stderr.startswith("nettools doctor: ")
    assert done.stderr.count("\n") == 1
    assert "f" * 64 not in done.stdout + done.stderr


def test_no_testnet_and_no_keys_are_one_sentence_each(tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    nothing = _run("doctor", XDG_RUNTIME_DIR=str(tmp_path / "run"))
    assert "start one with" in nothing.stderr
    no_keys = _run("doctor", "--venue", "binance-demo")
    assert "are not set" in no_keys.stderr
    no_bybit = _run("doctor", "--venue", "local-bybit", XDG_RUNTIME_DIR=str(tmp_path / "run"))
    assert "nettools testnet --venue bybit" in no_bybit.stderr
    for live in ("binance", "bybit"):
        mainnet = _run("doctor", "--venue", live)
        assert "trades on testnets only" in mainnet.stderr


@pytest.mark.parametrize(("milliseconds", "fine"), [(0, True), (-700, True), (1500, False)])
def test_a_clock_too_far_off_is_something_to_do(milliseconds, fine):
    offset = timedelta(milliseconds=milliseconds)
    finding = clock_finding(offset, round_trip=timedelta(milliseconds=20))
    assert f"{milliseconds:+d} ms" in finding.text
    assert (finding.cure == "") is fine


def test_a_clock_read_over_a_slow_line_is_not_blamed():
    finding = clock_finding(timedelta(seconds=1), round_trip=timedelta(seconds=2))
    assert finding.cure == ""
