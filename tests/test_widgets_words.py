"""The sentences of the screen, from values alone."""

from datetime import UTC, datetime

import pytest
from makers import BTC, ETH, NOW, btc, d, leg, plan, targets, working

import nettools as nt
from nettools.desk import DeskStatus, View
from nettools.model import Position, PositionMode
from nettools.venues import Balance
from nettools.widgets import words
from nettools.widgets.markup import progress_html


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.7", "+0.700 BTC"),
        ("-0.8", "-0.800 BTC"),
        ("0", "0.000 BTC"),
        ("0.0005", "+0.0005 BTC"),
    ],
)
def test_a_position_is_written_on_the_venues_grid_and_never_rounded_away(amount, shown):
    assert words.quantity(d(amount), btc()) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("70012.4", "70,012 USDT"), ("34.984", "34.98 USDT"), ("-1500", "-1,500 USDT")],
)
def test_money_has_thousands_apart_and_cents_where_they_matter(amount, shown):
    assert words.money(d(amount), "USDT") == shown


def test_what_was_never_read_is_unknown():
    assert words.position_words(leg(), None, {BTC: btc()}, is_old=False) == "unknown"
    assert words.age(None) == "not read yet"
    assert words.clock(None) == "never"


def test_times_are_utc():
    assert words.clock(datetime(2025, 6, 2, 12, 3, 4, tzinfo=UTC)) == "12:03:04 UTC"
    assert words.age(3.4) == "3 s ago"


@pytest.mark.parametrize(
    ("venue", "shown"),
    [
        ("local", "LOCAL testnet"),
        ("binance-demo", "BINANCE DEMO"),
        ("local-bybit", "LOCAL BYBIT testnet"),
        ("bybit-testnet", "BYBIT TESTNET"),
        ("bybit-demo", "BYBIT DEMO"),
        ("okx-demo", "OKX-DEMO testnet"),
    ],
)
def test_no_venue_can_be_taken_for_a_live_one(venue, shown):
    assert words.venue_words(venue) == shown


def test_the_confirm_button_names_count_notional_and_venue():
    assert words.confirm_label(plan(), "local") == "Send 1 order, 70,000 USDT, to LOCAL testnet"


def test_a_cancel_before_an_order_on_another_symbol_is_named_too():
    book = nt.TargetBook.of({"A": {BTC: "-1", ETH: "2"}})
    mixed = plan(book, working=(working("0.5"),))
    assert words.confirm_label(mixed, "local") == (
        "Cancel 1 working order, then send 1 order, 7,000 USDT, to LOCAL testnet"
    )
    assert words.headline(mixed, "local") == (
        "On LOCAL testnet: cancel 1 working first, then look again; buy 2 ETH."
    )


@pytest.mark.parametrize(
    ("position", "sentence"),
    [
        ("0.7", "Nothing to send: already there."),
        ("0.6995", "Nothing to send: every difference is inside the deadband."),
    ],
)
def test_a_plan_with_nothing_to_send_says_why(position, sentence):
    assert words.headline(plan(positions=position), "local") == sentence


def test_a_leg_that_is_only_held_is_shown_beside_those_with_targets():
    held = Position(symbol=ETH, quantity=d("2"))
    view = View(
        positions={held.leg: held},
        balance=Balance(currency="USDT", wallet=d("100000"), available=d("99000")),
        quotes={},
        working=(),
        foreign_orders=0,
        time=NOW,
    )
    status = DeskStatus(
        venue="local", mode=PositionMode.ONE_WAY, state="idle", updated=NOW, time=NOW
    )
    legs = words.shown_legs(status, targets(a="1"), view)
    assert legs == (leg(), leg(symbol=ETH))
    assert words.position_words(legs[1], view, {}, is_old=False) == "+2"
    assert words.position_words(legs[0], view, {BTC: btc()}, is_old=False) == "0 BTC"
    assert words.shown_legs(status, targets(a="1"), None) == (leg(),)


def test_no_orders_no_progress():
    assert progress_html(0, 0) == ""
    assert 'max="3" value="1"' in progress_html(1, 3)
