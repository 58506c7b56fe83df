"""Settlements joined with what was booked for them; nothing lost, nothing counted twice."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from faulty import USELESS_BODIES, Fault, FaultyServer
from makers import BTC, d

from nettools.errors import VenueUnavailable
from nettools.model import Order, PositionSide, Side
from nettools.testnet.server import utc_now
from nettools.venues.binance import funding
from nettools.venues.binance.settlements import read_bookings, read_settlements
from nettools.venues.binance.venue import BinanceVenue
from nettools.venues.contracts import Contract
from nettools.venues.credentials import credentials
from nettools.venues.funding import JITTER, Booking, join
from nettools.venues.guard import local_address
from nettools.venues.rows import Malformed

CONTRACT = Contract(BTC, "BTCUSDT")
NOON = datetime(2025, 6, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)


def _stamp(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _rate(time: datetime = NOON, **change: object) -> dict[str, object]:
    row = {"symbol": "BTCUSDT", "fundingRate": "0.00010000", "fundingTime": _stamp(time)}
    return row | {"markPrice": "100000.50000000"} | change


def _booking(time: datetime = NOON, name: int = 1, **change: object) -> dict[str, object]:
    row = {"symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-5", "asset": "USDT"}
    return row | {"time": _stamp(time), "info": "", "tranId": name, "tradeId": ""} | change


def _settled(*times: datetime) -> list:
    return read_settlements([_rate(time) for time in times], CONTRACT)


# --- reading


def test_settlements_are_read_exactly_and_oldest_first():
    first, second = _settled(NOON + HOUR, NOON)
    assert (first.time, second.time) == (NOON, NOON + HOUR)
    assert (first.symbol, first.rate, first.mark_price) == (BTC, d("0.0001"), d("100000.5"))
    assert first.received == 0


@pytest.mark.parametrize(
    "rows",
    [
        {},
        None,
        [_rate(fundingRate="")],
        [_rate(fundingRate="2")],
        [_rate(fundingRate=None)],
        [_rate(markPrice="")],
        [_rate(markPrice="0")],
        [_rate(fundingTime="soon")],
        [_rate(symbol="ETHUSDT")],
        [_rate(symbol="DOGEUSDT")],
        [_rate(), _rate()],
    ],
)
def test_settlements_that_cannot_be_right_are_not_believed(rows):
    with pytest.raises(Malformed):
        read_settlements(rows, CONTRACT)


def test_bookings_are_read_exactly():
    rows = [_booking(), _booking(name=2, income="0.12345678")]
    found = read_bookings(rows, CONTRACT)
    assert found == {"1": Booking(NOON, d(-5)), "2": Booking(NOON, d("0.12345678"))}


@pytest.mark.parametrize(
    "change",
    [
        {"income": None},
        {"income": "NaN"},
        {"incomeType": "COMMISSION"},
        {"asset": "BNB"},
        {"symbol": "ETHUSDT"},
        {"symbol": ""},
        {"tranId": None},
        {"time": "soon"},
    ],
)
def test_bookings_that_cannot_be_right_are_not_believed(change):
    with pytest.raises(Malformed):
        read_bookings([_booking() | change], CONTRACT)


# --- joining


def test_a_booking_a_few_milliseconds_off_belongs_to_its_settlement():
    settled = _settled(NOON, NOON + HOUR, NOON + 2 * HOUR)
    booked = [
        Booking(NOON + 7 * MILLISECOND, d(-1)),
        Booking(NOON + HOUR - 3 * MILLISECOND, d(2)),
    ]
    joined = join(settled, booked, JITTER)
    assert [one.received for one in joined] == [-1, 2, 0]
    assert [one.time for one in joined] == [one.time for one in settled]


def test_both_legs_of_a_hedged_account_are_added_up():
    (joined,) = join(_settled(NOON), [Booking(NOON, d(-5)), Booking(NOON, d("1.5"))], JITTER)
    assert joined.received == d("-3.5")


def test_without_jitter_neighbors_a_millisecond_apart_stay_apart():
    times = [NOON + n * MILLISECOND for n in range(3)]
    booked = [Booking(time, d(n)) for n, time in enumerate(times)]
    joined = join(_settled(*times), booked, timedelta())
    assert [one.received for one in joined] == [0, 1, 2]


def test_a_booking_before_its_settlement_is_stated_waits():
    settled = _settled(NOON, NOON + HOUR)
    booked = [Booking(NOON + 2 * HOUR, d(-7)), Booking(NOON - HOUR, d(9))]
    assert [one.received for one in join(settled, booked, JITTER)] == [0, 0]
    assert join([], booked, JITTER) == ()


def test_a_booking_between_two_settlements_is_a_contradiction():
    with pytest.raises(Malformed, match="without a settlement"):
        join(_settled(NOON, NOON + HOUR), [Booking(NOON + HOUR / 2, d(-7))], JITTER)


# --- asking


@pytest.fixture
async def server():
    async with FaultyServer("hedge") as running:
        yield running


@pytest.fixture
async def venue(server):
    venue = BinanceVenue(
        "local", local_address(server.url), credentials(server.api_key, server.secret)
    )
    await venue.connect()
    yield venue
    await venue.close()


async def _open_both_legs(venue: BinanceVenue) -> None:
    legs = (Side.BUY, PositionSide.LONG, "0.7"), (Side.SELL, PositionSide.SHORT, "0.3")
    for side, leg, quantity in legs:
        order = {"client_order_id": f"nt1-{leg.value}", "position_side": leg, "side": side}
        await venue.send(Order(symbol=BTC, quantity=d(quantity), **order))


async def test_every_page_of_both_lists_is_read(server, venue, monkeypatch):
    """Both legs of a settlement may stand on two pages."""
    monkeypatch.setattr(funding, "PAGE", 5)
    await _open_both_legs(venue)
    start = utc_now() - timedelta(seconds=1)
    settled = [server.market.settle(BTC, utc_now(), d(n).scaleb(-5)) for n in range(1, 14)]
    told = await venue.funding(BTC, start)
    assert [one.received for one in told] == [one.received for one in settled]
    assert sum(one.received for one in told) == server.engine.account().funding


async def test_what_was_booked_is_asked_only_when_something_settled(server, venue):
    income = ("GET", "/fapi/v1/income")
    assert await venue.funding(BTC, utc_now() - HOUR) == ()
    assert income not in server.seen
    server.market.settle(BTC, utc_now())
    assert len(await venue.funding(BTC, utc_now() - HOUR)) == 1
    assert server.seen.count(income) == 1


@pytest.mark.parametrize("path", ["v1/fundingRate", "v1/income"])
@pytest.mark.parametrize(
    "body", [body for name, body in USELESS_BODIES.items() if name != "list"]
)
async def test_a_useless_answer_is_never_no_funding(server, venue, path, body):
    server.market.settle(BTC, utc_now())
    server.spoil("GET", path, Fault(body=body))
    with pytest.raises(VenueUnavailable):
        await venue.funding(BTC, utc_now() - HOUR)
    server.heal()
    assert len(await venue.funding(BTC, utc_now() - HOUR)) == 1


async def test_a_settlement_between_the_two_reads_is_told_next_time(server, venue):
    """It is in the bookings already, but not yet in the settlements that were read."""
    await _open_both_legs(venue)
    start = utc_now() - HOUR
    first = server.market.settle(BTC, utc_now(), d("0.0001"))
    late: list = []

    def settle_after(answer: bytes) -> str:
        late.append(server.market.settle(BTC, utc_now(), d("0.0002")))
        return answer.decode()

    server.spoil("GET", "v1/fundingRate", Fault(reaches=True, change=settle_after))
    (told,) = await venue.funding(BTC, start)
    assert told.received == first.received
    server.heal()
    (then,) = await venue.funding(BTC, told.time)
    assert then.received == late[0].received


async def test_a_real_testnet_is_believed_a_minute_after_it_settled(server, venue):
    """There the booking may come later than the settlement, and some milliseconds off."""
    await _open_both_legs(venue)
    old = server.market.settle(BTC, utc_now() - HOUR, d("0.0001"))
    server.market.settle(BTC, utc_now(), d("0.0002"))

    def a_bit_later(answer: bytes) -> str:
        rows = [row | {"time": row["time"] + 4} for row in json.loads(answer)]
        return json.dumps(rows)

    server.spoil("GET", "v1/income", Fault(reaches=True, change=a_bit_later))
    venue._is_local = False
    (told,) = await venue.funding(BTC, utc_now() - 2 * HOUR)
    assert told.received == old.received
