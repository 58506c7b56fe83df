"""One request budget: who waits first, what a ban means, and how little an outage is asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta
from itertools import count, pairwise
from random import Random

import pytest
from aiohttp import web
from faulty import Fault, FaultyServer
from hypothesis import given
from hypothesis import strategies as st
from lossy import Clock
from makers import BTC, ETH, NOW, d
from speaking import NAMES, SPEAKERS, venue_on

import nettools as nt
from nettools.errors import NettoolsError, OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import Order, OrderState, PositionSide, Side
from nettools.testnet.binance import limits as served
from nettools.testnet.faults import read_fault
from nettools.testnet.server import LocalServer
from nettools.testnet.settings import Settings
from nettools.venues import MemoryVenue
from nettools.venues.binance import tariff as binance
from nettools.venues.budget import LONGEST, SHARES, Budget, Limit, Told, Urgency
from nettools.venues.bybit import tariff as bybit
from nettools.venues.ccxt_venue import CcxtVenue, urgency_of
from nettools.venues.clock import Timing
from nettools.venues.credentials import credentials
from nettools.venues.guard import local_address
from nettools.venues.meter import Answered

READ, ORDER, SAFETY = Urgency.READ, Urgency.ORDER, Urgency.SAFETY
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HUNDRED = Limit(name="weight", most=100, period=MINUTE)
IDS = count()


def _ask(budget: Budget, urgency: Urgency, now=NOW, weight: int = 1) -> bool:
    """Send a request if the budget lets it; say whether it did."""
    cost = {"weight": weight}
    if budget.wait(cost, urgency, now) is not None:
        return False
    budget.spend(cost, urgency, now)
    return True


def _slowed(seconds: int) -> Told:
    return Told(slowed=("weight",), wait=seconds * SECOND)


# --- shares


def test_reads_pause_first_then_orders_and_the_rest_is_for_cancels():
    budget = Budget([HUNDRED])
    went = {
        urgency: sum(_ask(budget, urgency) for _ in range(200))
        for urgency in (READ, ORDER, SAFETY)
    }
    assert went == {READ: 85, ORDER: 10, SAFETY: 5}
    wait = budget.wait({"weight": 1}, READ, NOW)
    assert wait.until == NOW + MINUTE
    assert "100 of 100 (weight) are used up until 12:01:00 UTC" in wait.why


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Urgency), st.integers(0, 40), st.integers(0, 20).map(timedelta)
        ),
        max_size=60,
    )
)
def test_no_period_ever_holds_more_than_the_share_of_whoever_asks(asked):
    """Of any request that went: with it, its last minute held at most its share."""
    budget, sent, now = Budget([HUNDRED]), [], NOW
    for urgency, weight, days in asked:
        now += days.days * SECOND
        cost = {"weight": weight}
        wait = budget.wait(cost, urgency, now)
        used = sum(past for time, past in sent if time > now - MINUTE)
        if wait is None:
            assert used + weight <= SHARES[urgency] or used == 0
            budget.spend(cost, urgency, now)
            sent.append((now, weight))
        else:
            assert used + weight > SHARES[urgency]
            later = deepcopy(budget)
            assert later.wait(cost, urgency, wait.until) is None, "what was told is true"


def test_what_others_use_behind_the_same_address_counts():
    budget = Budget([HUNDRED])
    _ask(budget, READ, weight=10)
    budget.take(Told(used={"weight": 84}), NOW)
    assert _ask(budget, READ)
    assert not _ask(budget, READ)
    budget.take(Told(used={"weight": 20}), NOW)
    assert not _ask(budget, READ), "a late answer gives nothing back"
    assert _ask(budget, READ, NOW + MINUTE)


def test_the_venue_says_how_much_it_allows():
    budget = Budget([HUNDRED])
    budget.take(Told(most={"weight": 1000, "unheard of": 3}), NOW)
    assert _ask(budget, READ, weight=850)
    assert not _ask(budget, READ)


@pytest.mark.parametrize(
    ("changes", "urgency"),
    [
        ({}, ORDER),
        ({"reduce_only": True}, SAFETY),
        ({"side": Side.SELL, "position_side": PositionSide.LONG}, SAFETY),
        ({"side": Side.BUY, "position_side": PositionSide.SHORT}, SAFETY),
        ({"side": Side.BUY, "position_side": PositionSide.LONG}, ORDER),
        ({"side": Side.SELL, "position_side": PositionSide.SHORT}, ORDER),
    ],
)
def test_an_order_that_can_only_reduce_may_use_the_reserve(changes, urgency):
    assert urgency_of(_order(**changes)) is urgency


# --- what the venue says when it is too much


def test_while_the_venue_wants_fewer_requests_only_a_cancel_tries_once_a_second():
    budget = Budget([HUNDRED])
    budget.take(_slowed(7), NOW)
    wait = budget.wait({"weight": 1}, READ, NOW)
    assert (wait.until, budget.wait({"weight": 1}, ORDER, NOW)) == (NOW + 7 * SECOND, wait)
    assert (
        "asked for fewer requests at 12:00:00 UTC, and is asked again at 12:00:07" in wait.why
    )
    tries = [_ask(budget, SAFETY, NOW + half * SECOND / 2) for half in range(8)]
    assert tries == [True, False] * 4
    assert _ask(budget, READ, NOW + 7 * SECOND)


def test_a_shorter_pause_does_not_end_a_longer_one():
    budget = Budget([HUNDRED])
    budget.take(_slowed(60), NOW)
    budget.take(_slowed(1), NOW + SECOND)
    assert budget.wait({"weight": 1}, READ, NOW + SECOND).until == NOW + MINUTE


def test_after_a_pause_the_venue_counts_from_nothing_and_so_do_we():
    budget = Budget([HUNDRED])
    _ask(budget, READ, weight=85)
    budget.take(Told(used={"weight": 101}, slowed=("weight",), wait=2 * SECOND), NOW)
    budget.take(Told(used={"weight": 99}), NOW)  # an answer that was on its way
    assert _ask(budget, READ, NOW + 2 * SECOND, weight=85)


def test_too_many_orders_stop_orders_and_nothing_else():
    budget = Budget(binance.LIMITS)
    answer = _answer(status=400, code=-1015, headers={"Retry-After": "5"})
    budget.take(binance.told(answer), NOW)
    asked = {
        (method, path): budget.wait(binance.cost(method, path, {}), ORDER, NOW) is None
        for method, path in (("POST", "order"), ("DELETE", "order"), ("GET", "order"))
    }
    assert list(asked.values()) == [False, True, True]


def test_nothing_at_all_goes_out_during_a_ban():
    budget = Budget([HUNDRED])
    budget.take(Told(wait=2 * MINUTE, is_ban=True), NOW)
    for urgency in Urgency:
        wait = budget.wait({"weight": 0}, urgency, NOW + 2 * MINUTE - SECOND / 1000)
        assert wait.until == NOW + 2 * MINUTE
        assert "not even a cancel, until 12:02:00 UTC" in wait.why
        assert budget.wait({"weight": 0}, urgency, NOW + 2 * MINUTE) is None


def test_a_ban_from_before_a_restart_never_shortens_one():
    budget = Budget()
    budget.restore(NOW + 2 * MINUTE)
    budget.restore(NOW + MINUTE)
    assert budget.banned_until == NOW + 2 * MINUTE
    budget.take(Told(wait=timedelta(days=9_999), is_ban=True), NOW)
    assert budget.banned_until == NOW + LONGEST


# --- outages


def test_a_venue_that_does_not_work_is_asked_once_in_ten_seconds_and_not_in_step():
    budget, sent = Budget([HUNDRED]), []
    for tenth in range(18_000):
        now = NOW + tenth * SECOND / 10
        if _ask(budget, READ, now):
            sent.append(now)
            budget.failed(now, tenth % 50 * SECOND / 10)
    pauses = [later - earlier for earlier, later in pairwise(sent[4:])]
    assert min(pauses) >= 10 * SECOND
    assert len(set(pauses)) > 10
    wait = budget.wait({"weight": 1}, READ, sent[-1])
    assert "no usable answer since 12:00:00 UTC" in wait.why
    budget.answered()
    assert _ask(budget, READ, sent[-1])


def test_a_few_useless_answers_between_good_ones_are_no_outage():
    budget = Budget([HUNDRED])
    for _ in range(5):
        for _ in range(4):
            budget.failed(NOW, SECOND)
        budget.answered()
    assert _ask(budget, READ)


def test_cancels_are_tried_in_an_outage_and_do_not_put_off_the_next_look():
    budget = Budget([HUNDRED])
    for _ in range(5):
        budget.failed(NOW, SECOND)
    for second in range(10):
        assert _ask(budget, SAFETY, NOW + second * SECOND)
        budget.failed(NOW + second * SECOND, SECOND)
    assert _ask(budget, READ, NOW + 11 * SECOND)


# --- tariffs


def _answer(status=200, code=None, path="", body="", headers=None) -> Answered:
    return Answered(path=path, status=status, headers=headers or {}, body=body, code=code)


@pytest.mark.parametrize(
    ("status", "code", "headers", "wait", "slowed"),
    [
        (429, -1003, {"Retry-After": "7"}, 7, (binance.WEIGHT,)),
        (429, None, {}, 60, (binance.WEIGHT,)),
        (400, -1003, {}, 60, (binance.WEIGHT,)),
        (429, -1015, {}, 10, (binance.ORDERS_10S,)),
        (418, -1003, {"Retry-After": "600"}, 600, ()),
        (418, None, {"Retry-After": "soon"}, 120, ()),
        (400, -2019, {"Retry-After": "7"}, 0, ()),
    ],
)
def test_what_binance_says_to_wait_is_read(status, code, headers, wait, slowed):
    told = binance.told(_answer(status, code, headers=headers))
    assert (told.wait, told.slowed) == (wait * SECOND, slowed)
    assert told.is_ban is (status == 418)


@pytest.mark.parametrize(
    ("status", "code", "headers", "body", "wait", "slowed"),
    [
        (200, 10006, {"X-Bapi-Limit-Reset-Timestamp": "1500"}, '{"time":700}', 0.8, "v5/a"),
        (200, 10006, {"X-Bapi-Limit-Reset-Timestamp": "1"}, '{"time":700}', 1, "v5/a"),
        (200, 10006, {}, "{}", 1, "v5/a"),
        (200, 10018, {}, "{}", 5, bybit.IP),
        (429, None, {"Retry-After": "3"}, "", 3, bybit.IP),
        (403, None, {}, "403, Access too frequent", 600, None),
        (403, None, {}, "<html>403</html>", 0, None),
    ],
)
def test_what_bybit_says_to_wait_is_read(status, code, headers, body, wait, slowed):  # noqa: PLR0913, PLR0917 - a line of the table
    told = bybit.told(_answer(status, code, "/v5/a", body, headers))
    assert (told.wait, told.slowed) == (wait * SECOND, (slowed,) if slowed else ())
    assert told.is_ban is (wait == 600)


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", '{"rateLimits":7}', '{"rateLimits":[{"limit":"x"}]}']
)
def test_limits_that_cannot_be_read_stay_as_documented(body):
    assert binance.told(_answer(path="/fapi/v1/exchangeInfo", body=body)).most == {}


# --- on the local testnets, with time that passes only when somebody waits


class _Time:
    """A wall clock and a stopwatch that can be told to disagree."""

    def __init__(self) -> None:
        self.seconds, self.asleep, self.jumped = 0.0, 0.0, 0.0
        self.is_busy = False

    def true(self):
        """Tell the time the venue lives in."""
        return NOW + timedelta(seconds=self.seconds + self.asleep)

    def wall(self):
        return self.true() + timedelta(seconds=self.jumped)

    async def sleep(self, seconds: float) -> None:
        awake = self.seconds + seconds
        await asyncio.sleep(0.05 if self.is_busy else 0)  # what is under way arrives first
        self.seconds = max(self.seconds, awake)

    def timing(self) -> Timing:
        return Timing(
            wall=self.wall,
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
            rng=Random(5),  # noqa: S311 - a drill
        )


class _Server(LocalServer):
    """A local testnet on that time, with its limits on, that notes who came."""

    def __init__(self, venue: str, time: _Time) -> None:
        self.time, self.seen = time, []
        settings = Settings(venue=venue, speed=0, idle_seconds=0, ack_delay=0)
        super().__init__(settings, clock=time.true, monotonic=lambda: time.seconds)

    async def _trade(self, request: web.BaseRequest) -> web.StreamResponse:
        self.seen.append((request.method, request.path))
        return await super()._trade(request)

    def fault(self, **command: object) -> None:
        self.gate.faults.add(read_fault(command, self.settings.venue))

    def refuse(self, status: int, seconds: int) -> None:
        """Answer one read that it is too much."""
        body = {"code": -1003, "msg": "Too many requests."}
        if self.settings.venue == "bybit" and status == 418:
            status, body = 403, "403, access too frequent"
        headers = {"Retry-After": str(seconds)}
        self.fault(method="GET", status=status, body=body, headers=headers)


@pytest.fixture
def time() -> _Time:
    return _Time()


@pytest.fixture(params=["binance", "bybit"])
async def server(request, time) -> AsyncIterator[_Server]:
    async with _Server(request.param, time) as running:
        yield running


@pytest.fixture
async def venue(server) -> AsyncIterator[CcxtVenue]:
    opened = _venue(server)
    await opened.connect()
    yield opened
    await opened.close()


on_binance = pytest.mark.parametrize("server", ["binance"], indirect=True)
on_bybit = pytest.mark.parametrize("server", ["bybit"], indirect=True)


def _venue(server: _Server) -> CcxtVenue:
    kind = server.settings.venue
    held = credentials(server.api_key, server.secret)
    address, time = local_address(server.url), server.time
    return SPEAKERS[kind](NAMES[kind], address, held, time.wall, time.timing())


def _order(**changes: object) -> Order:
    given = {"side": Side.BUY, "quantity": d("0.01"), "limit_price": d("90000")} | changes
    return Order(client_order_id=f"nt1-budget-{next(IDS)}", symbol=BTC, **given)


async def test_after_a_429_nothing_but_a_cancel_is_sent_before_retry_after(server, venue, time):
    order = _order()
    await venue.send(order)
    server.refuse(429, 7)
    with pytest.raises(VenueUnavailable):
        await venue.balance()
    server.seen.clear()
    with pytest.raises(VenueUnavailable, match="is asked again at 12:00:07 UTC") as held:
        await venue.positions()
    assert "unknown until a read succeeds, nothing was sent" in str(held.value)
    with pytest.raises(VenueUnavailable, match="was not sent: the venue asked for fewer"):
        await venue.send(_order())
    assert server.seen == []
    await venue.cancel(order)
    assert len(server.seen) == 1
    await time.sleep(7)
    assert await venue.positions() == ()


async def test_a_short_wait_is_waited_out(server, venue, time):
    server.refuse(429, 2)
    with pytest.raises(VenueUnavailable):
        await venue.balance()
    began = time.seconds
    await venue.balance()
    assert 2 <= time.seconds - began < 2.1


async def test_no_call_is_made_before_the_end_of_a_ban_not_even_after_a_restart(
    server, venue, time
):
    order = _order()
    await venue.send(order)
    server.refuse(418, 600)
    with pytest.raises(VenueUnavailable):
        await venue.balance()
    assert venue.banned_until() == NOW + 10 * MINUTE
    server.seen.clear()
    restarted = _venue(server)
    restarted.restore_ban(venue.banned_until())
    for minutes in (0, 5, 9.9):
        time.seconds = minutes * 60
        for attempt in (
            venue.cancel(order),
            venue.find_order(order),
            venue.send(_order()),
            venue.quotes([BTC]),
            restarted.connect(),
        ):
            with pytest.raises(VenueUnavailable, match="until 12:10:00 UTC"):
                await attempt
    assert server.seen == []
    time.seconds = 600
    assert venue.banned_until() is None
    await restarted.connect()
    await restarted.cancel(order)
    await restarted.close()


@pytest.mark.parametrize("jump", [-3_600, 3_600])
async def test_a_wall_clock_that_is_set_neither_ends_a_ban_nor_makes_it_longer(
    server, venue, time, jump
):
    server.refuse(418, 600)
    with pytest.raises(VenueUnavailable):
        await venue.balance()
    server.seen.clear()
    time.jumped = jump
    restarted = _venue(server)
    restarted.restore_ban(venue.banned_until())
    time.seconds = 590
    for attempt in (venue.balance(), restarted.connect()):
        with pytest.raises(VenueUnavailable):
            await attempt
    assert server.seen == []
    time.seconds = 601
    await venue.balance()
    await restarted.connect()
    await restarted.close()


async def test_half_an_hour_of_502_costs_a_call_in_ten_seconds_and_ends_by_itself(
    server, venue, time
):
    for seed, name in enumerate(("html", "403", "451")):
        server.fault(method="GET", reply=name, times=0, probability=0.4, seed=seed)
    server.fault(method="GET", reply="502", times=0)
    server.seen.clear()
    said = set()
    for _ in range(1_800):
        with pytest.raises(VenueUnavailable) as failed:
            await venue.balance()
        said.add("no usable answer since 12:00:00 UTC" in str(failed.value))
        await time.sleep(1)
    assert said == {True, False}
    assert 90 < len(server.seen) <= 5 + 1_800 / 10
    server.gate.clear()
    server.seen.clear()
    for _ in range(16):
        try:
            await venue.balance()
            break
        except VenueUnavailable:
            await time.sleep(1)
    await venue.positions()
    assert len(server.seen) <= 3


async def test_a_cancel_is_tried_in_an_outage(server, venue):
    order = _order()
    await venue.send(order)
    server.fault(method="GET", reply="502", times=0)
    for _ in range(8):
        with pytest.raises(VenueUnavailable):
            await venue.balance()
    with pytest.raises(
        VenueUnavailable, match="was not sent: the venue gives no usable answer"
    ):
        await venue.send(_order())
    await venue.cancel(order)
    assert server.engine.open_orders() == ()


# --- clocks


@pytest.mark.parametrize("seconds", [-3_600, -1, 1, 3_600])
async def test_a_read_survives_a_venue_whose_clock_has_jumped(server, venue, time, seconds):
    time.asleep = seconds * 2.0  # the venue's time alone: we slept, and woke on a wall clock
    time.jumped = -time.asleep  # that was not told either
    server.seen.clear()
    await venue.balance()
    assert len(server.seen) <= 3
    assert (await venue.send(_order())).state in {OrderState.ACKED, OrderState.SENT}


@pytest.mark.parametrize("seconds", [-3_600, 60])
async def test_an_order_refused_for_its_time_is_not_sent_again_by_itself(
    server, venue, time, seconds
):
    time.asleep, time.jumped = seconds, -seconds
    server.seen.clear()
    order = _order()
    with pytest.raises(OrderRejected) as refused:
        await venue.send(order)
    assert refused.value.reason == "CLOCK"
    assert len(server.seen) == 1
    await venue.send(order)
    assert len(server.seen) == 3, "the clock, then the order"


@pytest.mark.parametrize("seconds", [-3_600, -30, 2, 3_600])
async def test_a_wall_clock_that_jumps_spoils_no_signature(server, venue, time, seconds):
    time.jumped = seconds
    server.seen.clear()
    await venue.send(_order())
    await venue.balance()
    assert len(server.seen) == 3, "the jump is noticed and the clock measured, once"


async def test_waking_after_two_hours_costs_one_look_at_the_clock(server, venue, time):
    """The stopwatch stood still meanwhile, the wall clock and the venue did not."""
    time.asleep = 7_200
    server.seen.clear()
    await venue.send(_order())
    assert [path.rpartition("/")[2] for _, path in server.seen] in (
        ["time", "order"],
        ["time", "create"],
    )


async def test_a_clock_that_never_agrees_is_asked_about_once_a_read(server, venue):
    server.fault(call="positions", reply="clock", times=0)
    server.seen.clear()
    with pytest.raises(VenueUnavailable, match="clock"):
        await venue.positions()
    assert len(server.seen) == 3


# --- the venue's own counting


@on_binance
async def test_what_we_count_is_what_the_venue_counts(server, venue):
    order = _order()
    await venue.send(order)
    await venue.quotes([BTC])
    await venue.quotes([BTC, ETH])
    await venue.quotes(venue.instruments())
    await venue.open_orders(BTC)
    await venue.fills(BTC, NOW)
    await venue.positions()
    await venue.position_mode()
    await venue.permissions()
    await venue.fee_rates(BTC)
    await venue.last_prices([BTC])
    await venue.funding(BTC, NOW - timedelta(hours=9))
    await venue.find_order(order)
    await venue.cancel(order)
    await venue.set_leverage(BTC, 5)
    windows = venue._wire.meter.budget._windows
    counted = server.dialect.limits
    assert windows[binance.WEIGHT].used == counted._weight.used
    assert windows[binance.ORDERS_10S].used == counted._ten.used == 1


@on_binance
async def test_a_desk_of_two_symbols_costs_eighteen_a_tick(server, venue):
    await venue.send(_order(limit_price=None))
    before = server.dialect.limits._weight.used
    await asyncio.gather(venue.positions(), venue.balance(), venue.quotes([BTC, ETH]))
    await asyncio.gather(venue.open_orders(BTC), venue.open_orders(ETH))
    assert server.dialect.limits._weight.used - before == 18


@on_binance
async def test_a_flood_of_reads_leaves_the_cancels_their_share_and_is_never_refused(
    server,
):
    small = served.Budget(weight_minute=100)
    server.dialect.limits = served.RateLimits(small)
    server.dialect.exchange.budget = small
    venue = _venue(server)
    await venue.connect()
    orders = [_order() for _ in range(12)]
    for order in orders:
        await venue.send(order)
    read = 0
    for _ in range(50):
        with contextlib.suppress(VenueUnavailable):
            await venue.balance()
            read += 1
    assert 5 < read < 20
    with pytest.raises(VenueUnavailable, match="the rest is kept for cancels and reductions"):
        await venue.balance()
    for order in orders:
        await venue.cancel(order)
    assert 85 < server.dialect.limits._weight.used <= 100
    assert server.engine.open_orders() == ()
    await venue.close()


@on_bybit
async def test_a_burst_of_orders_is_spread_over_seconds_and_never_refused(venue, time):
    time.is_busy = True

    async def send() -> None:
        await venue.send(_order())

    sent = await asyncio.gather(*(send() for _ in range(25)), return_exceptions=True)
    assert sent == [None] * 25
    assert time.seconds >= 2
    flood = await asyncio.gather(*(send() for _ in range(60)), return_exceptions=True)
    late = [error for error in flood if error is not None]
    assert late
    assert all(type(error) is VenueUnavailable for error in late), "not sent, and said so"


async def test_what_is_held_back_holds_no_secret_and_nothing_of_ccxt(server, venue):
    server.refuse(418, 600)
    said = []
    for attempt in (venue.balance(), venue.balance(), venue.send(_order())):
        with pytest.raises(NettoolsError) as failed:
            await attempt
        said.append(str(failed.value))
        assert not isinstance(failed.value, OutcomeUnknown)
    for text in said:
        assert server.secret not in text
        assert server.api_key not in text
        assert "http" not in text.lower().replace("http 418", "").replace("http 403", "")


async def test_a_desk_that_is_opened_again_inside_a_ban_asks_for_nothing(tmp_path):
    """The journal holds the ban; the program that met it is gone."""
    headers, body = {"Retry-After": "600"}, '{"code":-1003,"msg":"Way too many requests."}'
    async with FaultyServer() as server:
        journal = tmp_path / "desk.sqlite"
        desk = await nt.Desk.open(venue_on(server), journal=journal, streams=False)
        server.spoil("GET", "v3/account", Fault(status=418, body=body, headers=headers))
        with pytest.raises(VenueUnavailable):
            await desk.refresh()
        await desk.close()
        server.heal()
        server.seen.clear()
        with pytest.raises(VenueUnavailable, match="takes no request of ours"):
            await nt.Desk.open(venue_on(server), journal=journal, streams=False)
        assert server.seen == []


async def test_a_wall_clock_that_was_set_back_makes_no_old_view_a_fresh_one():
    """The loop plans on what it reads then, not on what it read when it was an hour later."""
    clock = Clock()
    desk = await nt.Desk.open(MemoryVenue(clock=clock), clock=clock, streams=False)
    desk.set_target("A", BTC, "0")
    await desk.refresh()
    clock.go_on(-3_600)
    view = await desk._thread.call(desk._manager.watch.fresh([BTC]))
    assert view.time == clock.now
    await desk.close()
