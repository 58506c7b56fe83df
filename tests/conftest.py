"""A running local testnet, and a desk on the in-memory exchange, for whoever needs one."""

import pytest
from lossy import Clock, LossyVenue

import nettools as nt
from nettools.testnet import start


@pytest.fixture(scope="session")
def local_testnet():
    """Start testnets whose market moves only by ``advance``: ``local_testnet(mode="hedge")``.

    Options are those of ``nettools.testnet.start``; each call gives a fresh private one, and
    all are closed at the end of the run.
    """
    running = []

    def begin(**options):
        running.append(start(**({"speed": 0, "rate_limits": False} | options)))
        return running[-1]

    yield begin
    for testnet in running:
        testnet.close()


@pytest.fixture
def venue():
    """An in-memory exchange of one's own, whose clock stands still until it is told to go."""
    return LossyVenue(Clock())


@pytest.fixture
def no_waiting(monkeypatch):
    """Let desks look again at once where they would wait for real time to pass."""
    monkeypatch.setattr("nettools.desk.watch.CATCH_UP", (0.0, 0.0))
    monkeypatch.setattr("nettools.router._POLLS", (0.0, 0.0, 0.0))
    monkeypatch.setattr("nettools.widgets.runner.MOMENT_SECONDS", 0.0)


@pytest.fixture
async def desk(venue, no_waiting):  # noqa: ARG001 - it works by being there
    """Open a desk on that exchange which never waits for real time to pass."""
    desk = await nt.Desk.open(venue, clock=venue._clock)
    yield desk
    await desk.close()
