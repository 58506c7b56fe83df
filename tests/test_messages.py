"""What the trader reads: what happened, what is known, what to do; one sentence each."""

import pytest
from makers import BTC, d

from nettools.errors import OrderRejected, OutcomeUnknown, VenueUnavailable
from nettools.model import Order, Side
from nettools.venues.binance.outcomes import classify
from nettools.venues.bybit.outcomes import classify as classify_bybit
from nettools.venues.guard import TESTNETS, Address
from nettools.venues.messages import Sentences, order_line
from nettools.venues.outcomes import ADVICE, Failure

LOCAL = Sentences("local", Address("http", "127.0.0.1", 8801))
DEMO = Sentences("binance-demo", TESTNETS["binance-demo"])
ORDER = Order(client_order_id="nt1-1", symbol=BTC, side=Side.BUY, quantity=d("0.700"))
NO_ANSWER = Failure(method="POST", was_sent=True)
NO_CONNECTION = Failure(method="POST", was_sent=True, no_connection=True)


def _sent(failure: Failure, say: Sentences = LOCAL):
    return say.send_failed(order_line(ORDER), failure, classify(failure))


def _read(failure: Failure, say: Sentences = LOCAL):
    return say.read_failed("the positions", failure, classify(failure))


def _refused(code: int, text: str = "No.", **more) -> Failure:
    return Failure(method="POST", was_sent=True, status=400, code=code, text=text, **more)


def test_a_refusal_says_who_what_why_and_what_to_do():
    error = _sent(_refused(-2019, "Margin is insufficient."))
    assert isinstance(error, OrderRejected)
    assert (error.reason, error.venue_code) == ("INSUFFICIENT_MARGIN", "-2019")
    assert str(error) == (
        "the local testnet at 127.0.0.1:8801 refused to buy 0.7 BTC/USDT:USDT at market "
        "(nt1-1): it said 'Margin is insufficient.' (-2019); "
        f"{ADVICE['INSUFFICIENT_MARGIN']}"
    )


def test_an_unknown_outcome_says_to_look_before_anything_else():
    error = _sent(NO_ANSWER)
    assert isinstance(error, OutcomeUnknown)
    assert "the connection broke; it may have been done, so look it up" in str(error)


def test_what_was_not_sent_says_so_with_the_cure():
    for say, cure in ((LOCAL, "`nettools testnet`"), (DEMO, "check the network")):
        error = _sent(NO_CONNECTION, say)
        assert isinstance(error, VenueUnavailable)
        assert "was not sent" in str(error)
        assert cure in str(error)
    assert "it said: bad amount" in str(_sent(Failure(text="bad amount")))


def test_a_failed_read_is_unknown_and_not_zero():
    assert "it is unknown until a read succeeds" in str(_read(NO_ANSWER))
    assert "no answer came in time" in str(_read(Failure(was_sent=True, timed_out=True)))
    late = _read(_refused(-1003, "Too many requests.", retry_after="7"))
    assert "(-1003, try again after 7 s)" in str(late)
    assert "send nothing for a while" in str(late)


@pytest.mark.parametrize("code", [-2014, -2015, -1022])
def test_wrong_keys_name_the_variables_and_no_other_host(code):
    text = str(_read(_refused(code), DEMO))
    assert "binance-demo (demo-fapi.binance.com) refused the keys" in text
    assert "NETTOOLS_BINANCE_DEMO_API_KEY and NETTOOLS_BINANCE_DEMO_SECRET" in text
    assert "no other host was tried" in text


@pytest.mark.parametrize("name", ["bybit-testnet", "bybit-demo"])
def test_the_keys_of_bybits_two_testnets_are_said_not_to_be_interchangeable(name):
    refused = Failure(method="GET", was_sent=True, status=200, code=10003, text="Invalid key.")
    say = Sentences(name, TESTNETS[name])
    text = str(say.read_failed("the balance", refused, classify_bybit(refused)))
    assert f"{name} ({TESTNETS[name].host}) refused the keys (10003)" in text
    assert f"NETTOOLS_{name.upper().replace('-', '_')}_SECRET" in text
    assert "the keys of bybit-testnet and bybit-demo are not interchangeable" in text


def test_keys_without_the_permission_are_not_called_another_environments():
    refused = Failure(method="POST", was_sent=True, status=200, code=10005, text="Denied.")
    say = Sentences("bybit-testnet", TESTNETS["bybit-testnet"])
    text = str(say.send_failed(order_line(ORDER), refused, classify_bybit(refused)))
    assert "lack the permission to trade" in text
    assert "environment" not in text


def test_each_local_testnet_says_how_to_start_it():
    say = Sentences("local-bybit", Address("http", "127.0.0.1", 8801))
    assert "`nettools testnet --venue bybit`" in str(_read(NO_CONNECTION, say))
