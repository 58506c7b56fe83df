"""The stakeholder page without a browser: what runs behind it, what it says, when it ends."""

import re

import pytest
from makers import BTC, btc, d, quote
from reaching import until

from nettools import InvalidInput, VenueUnavailable
from nettools.desk import Activity
from nettools.model import Order, OrderReport, OrderState, PositionMode, Side
from nettools.net import net_target
from nettools.reconcile import Proof
from nettools.study import Terms
from nettools.targets import TargetBook
from nettools.twin import Saving
from nettools.widgets.demo import DemoPage, DemoRun, demo_page
from nettools.widgets.demo.both import BothModes
from nettools.widgets.demo.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, picture_html
from nettools.widgets.demo.look import demo_sheet
from nettools.widgets.demo.outcome import both_html, proved_html, saved_html
from nettools.widgets.demo.parts import (
    clock_of,
    counters_html,
    flow_html,
    meeting_html,
    pace_html,
    waiting_html,
)
from nettools.widgets.demo.pulse import Pulse
from nettools.widgets.demo.run import REHEARSED_TICKS, SPEEDS, is_served
from nettools.widgets.demo.scene import Meeting, Moment, Scene, Sent, SymbolScene


@pytest.fixture
async def run():
    made = DemoRun(seed=7, rehearsed_ticks=2)
    yield made
    await made.close()


# --- what runs behind it


async def test_the_first_ticks_are_the_same_for_everyone_with_a_seed_and_worth_seeing():
    run, again = DemoRun(seed=7), DemoRun(seed=7)
    await run.rehearse()
    await again.rehearse()
    await again.close()
    await run.close()
    assert run.activity == again.activity
    assert run.scene.trail == again.scene.trail
    assert len(run.scene.trail) == run.steps == REHEARSED_TICKS
    assert run.activity.orders_sent >= 5
    assert run.activity.orders_spared > 0
    assert run.activity.crossed_notional > 0
    assert all(one.is_on_target for one in run.scene.symbols)
    assert run.scene.meeting is not None
    assert run.scene.notes == ()
    assert run.problem == ""


async def test_started_it_trades_by_itself_and_paused_its_market_stands_still(run):
    await run.start()
    before = run.scene.market_seconds
    await until(run, "scene", lambda scene: scene.market_seconds > before)
    await run.pause()
    assert run.state == "paused"
    still, steps = run._net.truth()["market_time"], run.steps
    await until(run, "steps", lambda now: now > steps + 1)  # it still shows that it lives
    assert run._net.truth()["market_time"] == still


async def test_it_goes_faster_and_slower_within_what_it_offers(run):
    for _ in SPEEDS:
        await run.change_speed(1)
    assert run.speed == SPEEDS[-1]
    for _ in SPEEDS:
        await run.change_speed(-1)
    assert run.speed == SPEEDS[0]


async def test_the_running_market_takes_the_new_speed(run):
    await run.start()
    await run.change_speed(1)
    assert run._net.health()["speed"] == run.speed == 60


async def test_closed_it_leaves_no_testnet_and_shows_what_it_showed(run):
    await run.rehearse()
    net, scene = run._net, run.scene
    await run.close()
    await run.close()
    assert not net.is_alive()
    assert (run.state, run.scene) == ("closed", scene)


async def test_when_nobody_looks_it_closes_by_itself():
    run = DemoRun(rehearsed_ticks=2, silence_seconds=0.5)
    await run.start()
    net = run._net
    await until(run, "state", lambda state: state == "closed")
    assert not net.is_alive()
    await until(run, "problem", lambda words: "nobody looked for a while" in words)


async def test_while_somebody_looks_it_goes_on():
    run = DemoRun(rehearsed_ticks=2, silence_seconds=1.5)
    run.observe(lambda _: run.seen(), "steps")  # as the page's pulse does
    await run.start()
    steps = run.steps
    await until(run, "steps", lambda now: now > steps + 3)
    assert run.state == "running"
    await run.close()


async def test_a_market_that_ended_is_said_and_start_opens_a_new_one(run):
    await run.start()
    run._net.stop()
    await until(run, "problem", lambda words: "private market has ended" in words)
    assert run.state == "closed"
    await run.start()
    assert (run.state, run.problem) == ("running", "")
    assert run._net.is_alive()


async def test_a_market_that_ended_during_a_pause_is_opened_anew_by_start(run):
    await run.rehearse()
    run._net.stop()
    await run.start()
    assert run._net.is_alive()


async def test_a_demo_on_a_wall_begins_again_before_its_account_is_spent(run, monkeypatch):
    monkeypatch.setattr("nettools.widgets.demo.run.LONGEST_TICKS", 3)
    await run.start()
    first = run._net
    await until(run, "state", lambda state: state == "opening")
    await until(run, "state", lambda state: state == "running")
    assert (run.seed, first.is_alive(), run._net.is_alive()) == (8, False, True)


async def test_a_testnet_that_does_not_start_is_said_and_nothing_is_left(run, monkeypatch):
    def fail(**_):
        raise VenueUnavailable("the local testnet did not start: no room")

    monkeypatch.setattr("nettools.testnet.start", fail)
    with pytest.raises(VenueUnavailable, match="no room"):
        await run.start()
    assert run.state == "closed"


def test_a_speed_that_is_not_offered_is_refused():
    with pytest.raises(InvalidInput, match=r"speed must be one of .*, was 31"):
        DemoRun(speed=31)


def test_only_voila_makes_it_begin_by_itself():
    assert is_served({"SERVER_SOFTWARE": "voila/0.5.13"})
    assert not is_served({"SERVER_SOFTWARE": "jupyter_server/2.0"})
    assert not is_served({})


# --- what it says


def _scene(**changes):
    """A moment with A long 1.0, C short 0.8, flat at the exchange."""
    book = TargetBook.of({"A": {BTC: "1.0"}, "C": {BTC: "-0.8"}})
    one = SymbolScene(
        instrument=btc(), net=net_target(book, BTC), position=d(0), deadband=d("0.001")
    )
    moments = [
        Moment(
            market_seconds=30 * i,
            mids={BTC: 100_000.0 + i},
            wishes={("A", BTC): i / 3, ("C", BTC): -0.8},
            nets={BTC: i / 3 - 0.8},
            positions={BTC: 0.0},
        )
        for i in range(4)
    ]
    values = {
        "market_seconds": 90,
        "book": book,
        "symbols": (one,),
        "activity": Activity(strategy_orders=3, orders_sent=1, fees=d("35.0008906")),
        "trail": tuple(moments),
        "sent": (),
        "meeting": None,
    }
    return Scene(**{**values, **changes})


def _words(markup):
    return " ".join(re.sub(r"<[^>]*>", " ", markup).split())


def _sent(state, **more):
    order = Order(client_order_id="nt-1", symbol=BTC, side=Side.SELL, quantity=d("0.25"))
    return Sent(report=OrderReport(order=order, state=state, **more), market_seconds=3661)


def test_the_counters_say_what_was_wanted_sent_and_never_sent():
    activity = Activity(strategy_orders=139, orders_sent=97, crossed_notional=d(1_985_303))
    words = _words(counters_html(activity, "USDT"))
    assert "139 orders the strategies wanted" in words
    assert "97 orders really sent" in words
    assert "42 (30 %) orders netting made unnecessary" in words
    assert "1.99 M USDT met inside, never sent" in words


def test_the_saving_is_the_twin_s_to_the_cent_and_its_parts_add_up():
    saving = Saving(
        fee_on_crossed=d("992.656"), spread_on_crossed=d("10.2"), delay=d("-1000.006")
    )
    words = _words(saved_html(saving, Activity(fees=d("1277.003")), "USDT"))
    assert "992.66 USDT fees saved against the un-netted twin; 1,277.00 really paid" in words
    assert "In all +2.85 USDT = fees +992.66, spread +10.20, the rest −1,000.01" in words


async def test_the_page_shows_the_desk_s_own_saving_and_its_proof(run):
    await run.rehearse()
    desk = run._desk
    assert run.scene.saving == desk.saving()
    assert run.scene.saving.fee_on_crossed == desk.activity.fee_spared
    assert run.scene.proofs == desk.proofs()
    assert "Books prove" in run.shown["proved"]


def test_a_proof_that_fails_is_an_alarm():
    off = Proof(name="money", expected=d(1), found=d(2))
    assert 'role="alert"' in proved_html((off,), (), "USDT")


def test_hedge_mode_holds_both_sides_of_the_same_targets_and_pays_for_it():
    book = TargetBook.of({"A": {BTC: "1.0"}, "C": {BTC: "-0.8"}})
    quotes = {BTC: quote("99999.9", "100000.1")}
    modes = BothModes(Terms(instruments={BTC: btc()})).add(book, quotes)
    one_way, hedge = modes[PositionMode.ONE_WAY], modes[PositionMode.HEDGE]
    assert (one_way.orders, hedge.orders) == (1, 2)
    assert hedge.fees > one_way.fees
    words = _words(both_html(_scene(both=modes), "USDT"))
    assert "holds now, BTC +0.200 long +1.000, short −0.800" in words


def test_a_symbol_without_a_price_keeps_both_modes_where_they_are():
    book = TargetBook.of({"A": {BTC: "1.0"}})
    modes = BothModes(Terms(instruments={BTC: btc()})).add(book, {})
    assert {totals.orders for totals in modes.values()} == {0}


def test_before_the_first_order_the_counters_are_zero():
    assert "0 orders netting made unnecessary" in _words(counters_html(Activity(), "USDT"))


def test_the_flow_leads_from_wishes_to_the_net_to_one_account():
    done = _sent(OrderState.FILLED, filled=d("0.25"), average_price=d("100012.34"))
    words = _words(flow_html(_scene(sent=(done,))))
    told = [
        "A +1.000 C −0.800",
        "long 1 − short 0.8 = net +0.200 BTC",
        "0.8 BTC stand against each other: offset inside",
        "holds 0.000 BTC +0.200 BTC to go",
        "1:01:01 sold 0.25 BTC at 100,012.34",
    ]
    places = [words.index(text) for text in told]
    assert places == sorted(places)


def test_a_position_on_its_target_says_so():
    scene = _scene()
    one = scene.symbols[0]
    there = SymbolScene(
        instrument=one.instrument, net=one.net, position=d("0.2"), deadband=one.deadband
    )
    assert "holds +0.200 BTC ✓ the net" in _words(flow_html(_scene(symbols=(there,))))


def test_words_of_the_exchange_are_never_markup():
    hostile = _sent(OrderState.REJECTED, message="<img src=x onerror=alert(1)>")
    assert "<img" not in flow_html(_scene(sent=(hostile,)))


def test_an_unknown_wish_is_flagged_not_zeroed():
    scene = _scene()
    flagged = _scene(book=scene.book.with_unknown("A", "ValueError: no price"))
    assert "unknown: kept where it is" in flow_html(flagged)
    assert "1 target unknown" in pace_html(flagged, 30)


@pytest.mark.parametrize(
    ("changes", "rest"),
    [
        ({"A": "-0.5", "B": "0.3"}, "and one order to sell 0.2 BTC was left"),
        ({"A": "0.5", "B": "-0.3"}, "and one order to buy 0.2 BTC was left"),
        ({"A": "0.3", "B": "-0.3"}, "and nothing had to be sent"),
    ],
)
def test_a_meeting_is_told_in_one_sentence(changes, rest):
    meeting = Meeting(
        instrument=btc(),
        changes=tuple((name, d(change)) for name, change in changes.items()),
        crossed=d("0.3"),
        market_seconds=65,
    )
    words = _words(meeting_html(meeting))
    assert words.startswith("0:01:05 A ")
    assert "0.3 BTC met inside" in words
    assert rest in words


def test_without_a_scene_it_says_what_to_do_or_to_wait_for():
    assert "Press Start" in _words(waiting_html("closed"))
    assert "Opening a market on this computer" in _words(waiting_html("opening"))
    assert _words(meeting_html(None)) == "No wishes have met inside yet."
    assert _words(pace_html(None, 30)) == "30× real time"


def test_market_time_is_written_like_a_clock():
    assert [clock_of(s) for s in (0, 59, 3661, 36_000)] == [
        "0:00:00", "0:00:59", "1:01:01", "10:00:00"
    ]  # fmt: skip


def test_the_picture_is_light_and_stays_in_its_frame():
    moments = tuple(_scene().trail) * 60
    markup = picture_html(_scene(trail=moments))
    assert len(markup) < 20_000
    paths = re.findall(r'<path d="([^"]*)" class="nt-(?:wish|net|position)"', markup)
    assert len(paths) == 4
    for path in paths:
        ups = [float(y) for y in re.findall(r"V([\d.]+)", path)]
        sides = [float(x) for x in re.findall(r"H([\d.]+)", path)]
        assert all(TOP <= y <= BOTTOM < HEIGHT for y in ups)
        assert all(LEFT <= x <= RIGHT < WIDTH for x in sides)


def test_a_picture_of_one_moment_is_drawn_too():
    assert "<svg" in picture_html(_scene(trail=_scene().trail[:1]))


def test_the_style_sheet_takes_no_color_but_the_theme_s():
    rules = demo_sheet().value
    assert "var(--jp-" in rules
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b", rules)


# --- the page


def _buttons(page):
    found, left = [], list(page.children)
    while left:
        widget = left.pop()
        left += getattr(widget, "children", ())
        if hasattr(widget, "on_click"):
            found.append(widget)
    return {button.description: button for button in found}


async def test_the_page_has_no_button_that_sends(run):
    assert set(_buttons(DemoPage(run))) == {"Start", "Slower", "Faster"}


async def test_in_a_notebook_the_page_waits_for_start_and_prints_as_words():
    page = await demo_page(seed=7)
    assert repr(page) == "stakeholder page of a private local testnet"
    assert (page.run.state, page.activity.orders_sent > 0) == ("paused", True)
    await page.rest()
    assert page.run.state == "closed"
    assert page.activity.orders_sent > 0


async def test_the_start_button_starts_and_then_pauses(run):
    page = DemoPage(run)
    _buttons(page)["Start"].click()
    await until(run, "state", lambda state: state == "running")
    await page._runner.settled()
    _buttons(page)["Pause"].click()
    await until(run, "state", lambda state: state == "paused")
    await page._runner.settled()
    assert "Start" in _buttons(page)


async def test_a_page_that_voila_serves_begins_by_itself_and_is_not_closed(monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    page = await demo_page(seed=7)
    await until(page.run, "state", lambda state: state == "running")
    await page.rest()
    assert page.run.state == "running"
    await page.run.close()


async def test_the_pulse_tells_the_page_of_steps_and_the_run_of_viewers(run):
    page = DemoPage(run)
    pulse = next(w for row in page.children for w in getattr(row, "children", ())
                 if isinstance(w, Pulse))  # fmt: skip
    run.steps += 1
    run.state = "paused"
    assert (pulse.steps, pulse.state) == (1, "paused")
    run._seen = 0.0
    pulse.beat = 1_700_000_000_000.0
    assert run._seen > 0


async def test_problems_and_refusals_stand_on_the_page(run):
    page = DemoPage(run)
    run.problem = "the venue does not answer <b>"
    run.scene = _scene(notes=("BTC/USDT:USDT: the order is too small",))
    shown = " ".join(str(getattr(w, "value", "")) for w in page.children)
    assert "The venue does not answer &lt;b&gt;." in shown
    assert "the order is too small" in shown
