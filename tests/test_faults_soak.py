"""A simulated day on a line that loses one request in a hundred: nothing is left unexplained.

An hour for every commit; the whole day with ``FAULTS=all``.
"""

import asyncio
import os
from random import Random

import pytest
from drive import VENUES, Drive
from makers import BTC, ETH, d
from travel import travels

import nettools as nt
from nettools.testnet.faults import Fault
from nettools.testnet.replies import named_reply

HOURS = 24 if os.environ.get("FAULTS") == "all" else 1
TICK_SECONDS = 30
LOSSES = ("close", "drop", "html", "unknown", "throttled")
RARE = 0.01 / (2 * len(LOSSES))
"""All losses in both phases together: one request in a hundred."""
EASY = nt.Limits(orders_per_minute=1000)


def _one_in_a_hundred(drive, seed):
    """Lose one request in a hundred, each in its own way, before or after it was matched."""
    for number, kind in enumerate(LOSSES):
        answer = None if kind in {"close", "drop"} else named_reply(drive.venue, kind)
        for phase in ("before_match", "after_match"):
            drive.server.gate.faults.add(
                Fault(
                    do="reply" if answer else kind,
                    phase=phase,
                    times=0,
                    probability=RARE,
                    seed=seed * 100 + number,
                    answer=answer,
                )
            )


async def _hour(drive, rng):
    """Want something new every few minutes, in either style, while prices wander."""
    for _ in range(3600 // TICK_SECONDS):
        if rng.random() < 0.2:
            name, symbol = rng.choice("abc"), rng.choice((BTC, ETH))
            drive.want(**{name: str(d(rng.randint(-8, 8)) / 10)}, symbol=symbol)
        if rng.random() < 0.3:
            percent = f"{rng.uniform(-0.3, 0.3):.3f}"
            await drive.command("/price", symbol=rng.choice((BTC, ETH)), percent=percent)
        if rng.random() < 0.2 and drive.engine.open_orders():
            drive.fill(rng.randint(1, 100))
        if rng.random() < 0.01:
            drive.late_fill(rng.choice((2, 20)))
        await drive.tick(rng.choice(("market", "market", "limit")))
        await asyncio.sleep(TICK_SECONDS)


@pytest.mark.parametrize("mode", ["one-way", "hedge"])
@pytest.mark.parametrize("venue", VENUES)
@travels
async def test_a_day_with_one_request_in_a_hundred_lost_explains_every_lot_and_cent(
    venue, mode
):
    """Loop 7: checked at every event and, by the hour, against the exchange's own truth."""
    rng = Random(f"{venue} {mode}")  # noqa: S311 - a script, no secret
    async with Drive(venue, mode, limits=EASY) as drive:
        fired = 0
        for hour in range(HOURS):
            _one_in_a_hundred(drive, hour)
            await _hour(drive, rng)
            fired += sum(row["fired"] for row in drive.server.gate.faults.rows(0.0))
            drive.heal()
            await drive.halt()
            drive.desk.resume()
            await drive.settle("market")
            assert drive.desk.breaks() == ()
            if hour % 6 == 5:
                await drive.server._settle_funding({"symbol": BTC, "rate": "0.0001"})
                await drive.go_on(40, every=10)
                await drive.settle("market")
        assert fired >= 5 * HOURS, "hardly anything was lost, so nothing was tried"
        assert len(drive.orders) > 10 * HOURS
