"""The in-memory venue: the testnet's engine without the network, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from makers import BTC, ETH, btc, d

from nettools.errors import VenueUnavailable
from nettools.model import Order, Side
from nettools.venues.memory import MemoryVenue

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)


def _buy(quantity: str, name: str = "nt1-1") -> Order:
    return Order(client_order_id=name, symbol=BTC, side=Side.BUY, quantity=d(quantity))


async def _story(seed: int) -> tuple:
    venue = MemoryVenue(seed=seed, clock=lambda: NOW)
    await venue.send(_buy("0.7"))
    venue.advance(120)
    await venue.send(_buy("0.3", "nt1-2"))
    return await venue.fills(BTC, NOW), await venue.positions(), await venue.balance()


async def test_the_same_seed_and_the_same_orders_give_the_same_fills():
    assert await _story(7) == await _story(7)
    assert await _story(7) != await _story(8)


async def test_its_market_stands_still_until_it_is_moved():
    venue = MemoryVenue(clock=lambda: NOW)
    before = await venue.quotes([BTC, ETH])
    assert await venue.quotes([BTC, ETH]) == before
    venue.advance(60)
    assert await venue.quotes([BTC, ETH]) != before


async def test_it_carries_its_own_clock_and_contracts():
    times = [NOW]
    venue = MemoryVenue(clock=lambda: times[-1], instruments=[btc(max_market_quantity="120")])
    assert set(venue.instruments()) == {BTC}
    times.append(NOW + timedelta(hours=1))
    assert await venue.server_time() == times[-1]
    await venue.send(_buy("0.01"))
    assert {fill.time for fill in await venue.fills(BTC, NOW)} == {times[-1]}


async def test_a_book_with_an_empty_side_is_no_quote():
    venue = MemoryVenue(clock=lambda: NOW, instruments=[btc(max_market_quantity="120")])
    venue.engine.requote(BTC, [(999_000, 1)], [], NOW)
    with pytest.raises(VenueUnavailable, match="a side of its book is empty"):
        await venue.quotes([BTC])


async def test_its_fills_carry_our_order_ids():
    venue = MemoryVenue(clock=lambda: NOW)
    await venue.send(_buy("0.7"))
    assert {fill.client_order_id for fill in await venue.fills(BTC, NOW)} == {"nt1-1"}
