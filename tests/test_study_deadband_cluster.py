"""A sweep on a Dask cluster: the same frame, and nothing lost with a worker."""

import numpy as np
import pandas as pd
import psutil
import pytest
from distributed import Client, LocalCluster

from nettools.errors import InvalidInput
from nettools.study import cluster, deadband

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
BARS = 4000


def _history():
    rng = np.random.default_rng(5)
    wanted = np.round(rng.normal(size=(BARS, 3)).cumsum(axis=0) * 0.05, 3)
    closes = 60_000 + rng.normal(size=BARS).cumsum() * 20
    frame, prices = pd.DataFrame(wanted, columns=list("ABC")), pd.Series(closes)
    return {BTC: frame, ETH: frame * 10}, {BTC: prices, ETH: prices / 20}


def _swept(client=None, **options):
    bands = [str(number / 50) for number in range(12)]
    return deadband(*_history(), deadbands=bands, client=client, progress=False, **options)


@pytest.fixture(scope="module")
def client():
    """Start a cluster of two processes on this machine."""
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
        ) as local,
        Client(local) as connected,
    ):
        yield connected


def test_a_cluster_gives_the_same_frame(client):
    pd.testing.assert_frame_equal(_swept(client), _swept())


@pytest.mark.filterwarnings("ignore")  # what distributed says when a worker is killed
def test_a_worker_lost_during_a_sweep_loses_no_row(client, monkeypatch):
    handed_out = cluster._handed_out
    before = set(client.scheduler_info(n_workers=-1)["workers"])

    def hand_out_and_kill(*args):
        waiting = handed_out(*args)
        victim = next(iter(client.cluster.workers.values()))
        psutil.Process(victim.pid).kill()
        return waiting

    monkeypatch.setattr(cluster, "_handed_out", hand_out_and_kill)
    monkeypatch.setattr(cluster, "TASK_SECONDS", 0.0)
    pd.testing.assert_frame_equal(_swept(client), _swept())
    assert set(client.scheduler_info(n_workers=-1)["workers"]) != before


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_all_its_workers_is_finished_here(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 1.0)
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=None) as empty,
        Client(empty) as client,
    ):
        with pytest.raises(InvalidInput, match="has no workers"):
            _swept(client)
        monkeypatch.setattr(client, "scatter", lambda course, **_: course)
        pd.testing.assert_frame_equal(_swept(client), _swept())


def test_a_closed_client_is_refused_in_a_sentence(client):
    with Client(client.cluster) as other:
        pass
    with pytest.raises(InvalidInput, match=r"connected distributed\.Client"):
        _swept(other)


def test_a_task_is_worth_handing_out():
    course, lanes = _job(bars=100_000, lanes=300)
    tasks = list(cluster._cut("", course, lanes, "numpy"))
    assert [task.start for task in tasks[:3]] == [0, 8, 16]
    assert sum(len(task.lanes.deadbands) for task in tasks) == 300
    assert len(list(cluster._cut("", course, lanes, "numba"))) == 1


def _job(bars, lanes):
    ones = np.ones(bars)
    settings = np.ones(lanes)
    return cluster.Course(ones, ones, ones), cluster.Lanes.of(settings)
