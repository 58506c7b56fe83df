"""A running local testnet for whoever needs one."""

import pytest

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
