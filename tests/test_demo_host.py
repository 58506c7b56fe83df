"""One desk, many pages: what the channel of `nettools demo` tells, and what it refuses."""

import asyncio
import json
from contextlib import closing
from decimal import Decimal

import pytest
from reaching import until

from nettools import InvalidInput, VenueUnavailable
from nettools.widgets.demo import DemoPage, DemoRun, demo_page
from nettools.widgets.demo.host import LOOPBACK, PORT, TOKEN, Host
from nettools.widgets.demo.lock import TRIES, Lock
from nettools.widgets.demo.run import STEERED
from nettools.widgets.demo.steer import Steered
from nettools.widgets.demo.watching import Watching

PATIENCE_SECONDS = 30.0


class _Still(DemoRun):
    """A run without a market, for what the channel alone decides."""

    async def start(self):
        self.state = "running"


class _Open:
    """A host that is open, the codes its owner was told, and pages on it."""

    def __init__(self, run):
        self.codes = []
        self.run = run
        self.host = Host(self.run, Lock(self.codes.append))
        self.pages = []

    def watch(self):
        page = Watching(int(self.variables[PORT]), self.variables[TOKEN])
        self.pages.append(page)
        return page


@pytest.fixture
async def demo():
    """Open a whole demo: market, desk, strategies, channel."""
    run = DemoRun(seed=7, rehearsed_ticks=1, silence_seconds=float("inf"))
    async for made in _opened(run):
        yield made


@pytest.fixture
async def channel():
    """Open a channel with nothing behind it that moves."""
    async for made in _opened(_Still()):
        yield made


async def _opened(run):
    made = _Open(run)
    made.variables = await made.host.open()
    yield made
    for page in made.pages:
        await page.close()
    await made.host.close()


async def test_all_pages_watch_one_desk_and_a_pause_on_one_pauses_it_for_all(demo):
    first, second = demo.watch(), demo.watch()
    await until(first, "state", lambda state: state == "running")
    await until(second, "state", lambda state: state == "running")
    await second.pause()
    assert demo.run.state == "paused"
    await until(first, "state", lambda state: state == "paused")
    await until(second, "state", lambda state: state == "paused")
    assert first.shown == second.shown == demo.run.shown
    await first.change_speed(1)
    await until(second, "speed", lambda speed: speed == 60)
    await first.start()
    await until(second, "state", lambda state: state == "running")


async def test_a_page_that_leaves_and_comes_back_finds_the_same_story(demo):
    page = demo.watch()
    await until(page, "steps", lambda steps: steps > 0)
    seen, market = page.steps, demo.run._net
    await page.close()
    again = demo.watch()
    await until(again, "steps", lambda steps: steps > seen)
    assert demo.run._net is market


async def test_a_page_that_loses_the_demo_says_so_and_recovers(channel):
    page = channel.watch()
    await until(page, "state", lambda state: state == "running")
    flow = page.shown["flow"]
    for connection in tuple(channel.host._connections):
        connection.cancel()
    await until(page, "state", lambda state: state == "lost")
    assert "cannot reach the demo" in page.shown["problems"]
    assert page.shown["flow"] != ""
    with pytest.raises(VenueUnavailable, match="cannot reach the demo"):
        await page.start()
    await until(page, "state", lambda state: state == "running")
    assert "cannot reach" not in page.shown["problems"]
    assert flow


@pytest.mark.parametrize(
    "first",
    [
        b"POST / HTTP/1.1\r\nOrigin: http://evil.example\r\n\r\n",
        b'{"token": "guessed"}\n',
        b'{"token": 7}\n',
        b"[]\n",
        b"x" * 10_000,
    ],
)
async def test_who_does_not_know_the_token_gets_no_answer(channel, first):
    reader, writer = await asyncio.open_connection(LOOPBACK, int(channel.variables[PORT]))
    with closing(writer):
        writer.write(first + b'{"id": 1, "do": "pause"}\n')
        try:
            told = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
        except ConnectionResetError:
            told = b""
    assert told == b""
    assert channel.run.state == "running"


async def test_nothing_can_be_traded_until_the_owner_s_code_is_typed(demo):
    page, other = demo.watch(), demo.watch()
    await until(page, "state", lambda state: state == "running")
    await until(other, "state", lambda state: state == "running")
    with pytest.raises(InvalidInput, match="only its owner can unlock it"):
        await page.take("0.5")
    with pytest.raises(InvalidInput, match="not the code"):
        await page.unlock("wrong")
    assert demo.run.steered.by_hand is None
    await page.unlock(demo.codes[0])
    assert (page.unlocked, other.unlocked) == (True, False)
    with pytest.raises(InvalidInput, match=r"multiple of 0\.05 from -1 to 1, was 7"):
        await page.take("7")
    await page.take("0.5")
    await until(demo.run, "scene", lambda scene: _hedge(scene) == Decimal("0.5"))
    await until(other, "shown", lambda shown: "set Hedge&#x27;s target" in shown["problems"])
    with pytest.raises(InvalidInput, match="only its owner can unlock it"):
        await other.give_back()
    with pytest.raises(InvalidInput, match="not the code"):
        await other.unlock(demo.codes[0])  # it counted once
    await page.give_back()
    await until(demo.run, "scene", lambda scene: _hedge(scene) < 0)


def _hedge(scene):
    return scene.book.target("Hedge", STEERED).quantity


async def test_a_new_connection_is_locked_again(channel):
    page = channel.watch()
    await until(page, "state", lambda state: state == "running")
    await page.unlock(channel.codes[0])
    for connection in tuple(channel.host._connections):
        connection.cancel()
    await until(page, "unlocked", lambda unlocked: not unlocked)


async def test_a_forged_message_to_a_locked_page_sets_nothing(channel, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    for name, value in channel.variables.items():
        monkeypatch.setenv(name, value)
    page = await demo_page()
    channel.pages.append(page.run)
    await until(page.run, "state", lambda state: state == "running")
    page.run.unlocked = True  # as a forged message would have it: the page shows the slider
    slide, taker, _ = page.children[-1].children[1].children
    slide.value = 0.5
    taker.click()
    await page._runner.settled()
    assert "only its owner can unlock it" in page._runner.banner.value
    assert not page.run.unlocked
    assert channel.run.steered.by_hand is None


async def test_the_page_of_the_command_shows_what_the_command_runs(channel, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    for name, value in channel.variables.items():
        monkeypatch.setenv(name, value)
    page = await demo_page(seed=99)
    channel.pages.append(page.run)
    assert isinstance(page, DemoPage)
    await until(page.run, "state", lambda state: state == "running")
    await page.rest()
    assert channel.run.state == "running"


async def test_where_nothing_listens_the_page_says_so(monkeypatch):
    monkeypatch.setattr("nettools.widgets.demo.watching.AGAIN_SECONDS", 0.05)
    page = Watching(1, "token")
    await until(page, "state", lambda state: state == "lost")
    assert "start `nettools demo` again" in page.shown["problems"]
    await page.close()


async def test_an_unknown_command_is_refused_and_the_channel_goes_on(channel):
    reader, writer = await asyncio.open_connection(
        LOOPBACK, int(channel.variables[PORT]), limit=4_000_000
    )
    with closing(writer):
        hello = json.dumps({"token": channel.variables[TOKEN]})
        writer.write(f'{hello}\n{{"id": 1, "do": "execute"}}\nnonsense\n'.encode())
        answers = []
        while len(answers) < 2:
            said = json.loads(await asyncio.wait_for(reader.readline(), PATIENCE_SECONDS))
            answers += [said["error"]] if "answer" in said else []
    assert answers == ["the demo does not know that command"] * 2


# --- the lock, and the strategy behind it


def test_a_code_opens_once_and_the_owner_is_told_the_next():
    told = []
    lock = Lock(told.append)
    lock.open(f"{told[0][:4]} {told[0][4:]}")
    assert len(told) == 2
    with pytest.raises(InvalidInput, match="not the code"):
        lock.open(told[0] if told[0] != told[1] else "x")


def test_after_too_many_wrong_codes_even_the_right_one_is_refused():
    told = []
    lock = Lock(told.append)
    for left in range(TRIES - 1, -1, -1):
        words = {0: "no more tries", 1: "1 more try$"}.get(left, f"{left} more tries")
        with pytest.raises(InvalidInput, match=words):
            lock.open("é")
    with pytest.raises(InvalidInput, match="stays shut after 5 wrong codes"):
        lock.open(told[0])


class _Wishes:
    name = "A"

    def targets(self, *_):
        return {"BTC/USDT:USDT": Decimal(1), "ETH/USDT:USDT": Decimal(2)}


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "1.05", "-1.05", "0.01"])
def test_a_hand_on_a_strategy_stays_within_what_is_offered(quantity):
    steered = Steered(_Wishes(), STEERED, most=Decimal(1), step=Decimal("0.05"))
    with pytest.raises(InvalidInput, match=r"A's target must be a multiple of 0\.05"):
        steered.take(Decimal(quantity))
    assert steered.targets({}, None)[STEERED] == 1


def test_a_hand_on_a_strategy_changes_one_symbol_and_can_be_taken_away():
    steered = Steered(_Wishes(), STEERED, most=Decimal(1), step=Decimal("0.05"))
    steered.take(Decimal("-0.25"))
    assert steered.targets({}, None) == {STEERED: Decimal("-0.25"), "ETH/USDT:USDT": 2}
    assert str(steered) == "The owner has set A's target to -0.25 BTC by hand."
    steered.give_back()
    assert steered.targets({}, None)[STEERED] == 1
    assert str(steered) == ""
