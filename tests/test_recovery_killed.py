"""kill -9 at every marked point, on a local testnet through real ccxt; then start again."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from makers import BTC, d

import nettools as nt
from nettools.journal import DeskState, Reading

PLUG = Path(__file__).with_name("plug.py")
WRITTEN = ["before-write:1", "before-write:2", "after-write:1", "after-write:2"]
POINTS = {
    "binance": [*WRITTEN, "before-send:1", "after-send:1"],
    "bybit": ["after-write:1", "before-send:1", "after-send:1", "after-find:1"],
}
"""Where kill -9 strikes: the places that one order passes, Bybit's alone being looked up."""


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("NETTOOLS_STATE_DIR", str(tmp_path / "state"))
    # Nothing of a process that was killed on this machine is still on its way.
    monkeypatch.setattr("nettools.absence.NEVER_ARRIVED_AFTER", timedelta(0))


def _run(testnet, *command):
    """Run a program with the package under test, attached to the testnet."""
    package = str(Path(nt.__file__).parents[1])
    return subprocess.run(
        [sys.executable, *command],
        env={**os.environ, **testnet.env, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _trade(testnet, point, target, *style):
    return _run(testnet, str(PLUG), point, target, *style)


def _check(desk, testnet, where):
    """Everything that must hold after a restart without any human step."""
    truth = testnet.truth()
    there = sum((d(row["quantity"]) for row in truth["positions"]), d(0))
    accounts = desk.accounts()
    assert accounts.virtual.sum() == there == desk.positions().get(BTC, 0), where
    assert desk.breaks() == (), where
    assert all(proof.holds for proof in desk.proofs()), where
    ids = Counter(row["client_order_id"] for row in truth["orders"])
    assert set(ids.values()) <= {1}, f"{where}: an id made two orders"
    with Reading.open_to_read(desk.status.journal) as reading:
        intents = {row.record.key for row in reading.rows(kinds=["intent"])}
        fills = Counter(row.record.key for row in reading.rows(kinds=["fill"]))
        state = DeskState()
        reading.restore(state)
    assert ids.keys() <= intents, f"{where}: an order that was never written down"
    assert set(fills.values()) <= {1}, where
    assert len(fills) == len(truth["fills"]), where
    assert repr(state.ledger) == repr(desk._manager.books.ledger), where


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_kill_9_at_every_marked_point_loses_nothing_and_doubles_nothing(
    local_testnet, venue
):
    testnet = local_testnet(venue=venue)
    for number, point in enumerate(POINTS[venue]):
        target = f"{'-' if number % 2 else ''}0.{number + 3}"  # there was no such one yet
        ended = _trade(testnet, point, target)
        assert "open" in ended.stdout, f"{point}: {ended.stderr}"
        assert ended.returncode == -9, f"{point} is not passed: {ended.stderr}"
        async with await nt.Desk.open(testnet, streams=False) as desk:
            _check(desk, testnet, point)
    async with await nt.Desk.open(testnet, streams=False) as desk:
        desk.set_target("A", BTC, "1")
        await desk.tick()
        assert desk.positions()[BTC] == d("1.2")
        _check(desk, testnet, "at the end")


@pytest.mark.parametrize("venue", ["binance", "bybit"])
async def test_kill_9_between_two_switches_of_a_smart_order_loses_and_doubles_nothing(
    local_testnet, venue
):
    """It was begun, its quote was written, sent, its taker leg was written, sent."""
    testnet = local_testnet(venue=venue)
    points = ("after-write:1", "before-send:1", "after-send:1", "before-send:2", "after-send:2")
    killed = 0
    for number, point in enumerate(points[venue == "bybit" :: 2]):
        target = "-0.3" if number % 2 else "0.5"
        ended = _trade(testnet, point, target, "smart")
        assert "open" in ended.stdout, f"{point}: {ended.stderr}"
        killed += ended.returncode == -9
        async with await nt.Desk.open(testnet, streams=False) as desk:
            async with asyncio.timeout(20):
                while desk.smart_orders():  # noqa: ASYNC110 - it goes on by itself
                    await asyncio.sleep(0.05)
            await desk.tick()  # a taker leg that never arrived returns to the next diff
            _check(desk, testnet, point)
            states = {row["state"] for row in testnet.truth()["orders"]}
            assert not states & {"acked", "partial"}, f"{point}: a quote was left behind"
            assert desk.positions()[BTC] == d(target) + d("0.2"), point
    assert killed, "the points are passed"


async def test_a_second_program_on_the_account_is_refused_and_told_whose_it_is(local_testnet):
    testnet = local_testnet()
    async with await nt.Desk.open(testnet, streams=False) as desk:
        refused = _trade(testnet, "after-send:9", "0.5")
        assert refused.returncode == 1
        assert "DeskLocked: the account" in refused.stderr
        assert f"process {os.getpid()} on" in refused.stderr
        assert "open" not in refused.stdout.split()
        await desk.refresh()
        assert desk.positions() == {}
    assert _trade(testnet, "after-send:9", "0.5").returncode == 0


async def test_another_journal_does_not_open_the_account_a_second_time(local_testnet, tmp_path):
    testnet = local_testnet()
    code = (
        "import asyncio, nettools as nt\n"
        f"asyncio.run(nt.Desk.open('local', journal={str(tmp_path / 'other.sqlite')!r}))"
    )
    for option in ({}, {"journal": False}):
        async with await nt.Desk.open(testnet, streams=False, **option):
            refused = _run(testnet, "-c", code)
            assert "DeskLocked" in refused.stderr
