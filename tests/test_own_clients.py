"""The venues' own clients trade on the local testnet: it speaks more than ccxt's part.

The same numbered cards for Binance's official client, python-binance and Bybit's pybit, each
unmodified, in both modes; see ``own_clients`` for how each is asked.
"""

from decimal import Decimal
from itertools import count

import pytest
from own_clients import OWN_CLIENTS, Refused, Ticket

from nettools.testnet.server import utc_now

WRONG_SIGNATURE = {"binance": "-1022", "bybit": "10004"}
WRONG_LEG = {"binance": "-4061", "bybit": "10001"}
DUPLICATE = {"binance": "-4116", "bybit": "110072"}
NO_SUCH_ORDER = {"binance": "-2011", "bybit": "110001"}
TAKER = {"binance": Decimal("0.0005"), "bybit": Decimal("0.00055")}


class Trader:
    """One client on a fresh account, with names for its orders."""

    def __init__(self, make, testnet, mode):
        self.client = make(testnet.url, testnet.api_key, testnet.secret)
        self.testnet = testnet
        self.venue = self.client.venue
        self.is_hedged = mode == "hedge"
        self.leg = "LONG" if self.is_hedged else "BOTH"
        self._numbers = count(1)

    def ticket(self, side, quantity, **more):
        return Ticket(
            **({"name": f"card-{next(self._numbers)}", "leg": self.leg} | more),
            side=side,
            quantity=quantity,
        )

    def place(self, *args, **more):
        ticket = self.ticket(*args, **more)
        self.client.place(ticket)
        return ticket

    def far(self):
        """Give a price at which a buy rests."""
        return self.client.touch()[0] - 1000

    def refused(self, call, *args, **more):
        with pytest.raises(Refused) as refusal:
            call(*args, **more)
        return str(refusal.value)


@pytest.fixture(params=OWN_CLIENTS)
def make(request):
    return OWN_CLIENTS[request.param]


@pytest.fixture(params=["one-way", "hedge"])
def trader(request, make, local_testnet):
    testnet = local_testnet(venue=make.venue, mode=request.param)
    yield Trader(make, testnet, request.param)
    testnet.close()


def test_it_reads_the_clock_the_rules_and_the_prices(trader):
    """OC-010."""
    assert abs(trader.client.clock() / 1000 - utc_now().timestamp()) < 5
    assert trader.client.rules() == (Decimal("0.001"), Decimal("0.1"))
    bid, ask = trader.client.touch()
    assert 0 < bid < ask < bid * Decimal("1.01")


def test_it_reads_the_account(trader):
    """OC-020."""
    assert trader.client.is_hedged() is trader.is_hedged
    assert trader.client.wallet() == 100_000
    assert trader.client.fees() == (Decimal("0.0002"), TAKER[trader.venue])
    assert trader.client.held() == {}
    assert trader.client.trades() == []
    trader.client.leverage(5)


def test_a_resting_order_is_shown_until_it_is_canceled(trader):
    """OC-100."""
    order = trader.place("buy", "0.01", price=trader.far())
    assert trader.client.order(order.name) == ("resting", 0)
    assert trader.client.resting() == {order.name}
    trader.client.cancel(order.name)
    assert trader.client.order(order.name) == ("gone", 0)
    assert trader.client.resting() == set()


def test_what_is_taken_fills_and_pays_the_taker_fee(trader):
    """OC-110."""
    order = trader.place("buy", "0.5")
    assert trader.client.order(order.name) == ("filled", Decimal("0.5"))
    trades = trader.client.trades()
    assert sum(quantity for quantity, _, _ in trades) == Decimal("0.5")
    for quantity, price, fee in trades:
        assert fee == quantity * price * TAKER[trader.venue]
    assert trader.client.held() == {trader.leg: Decimal("0.5")}
    assert trader.client.wallet() == 100_000 - sum(fee for _, _, fee in trades)


def test_a_post_only_order_never_takes(trader):
    """OC-140. Binance refuses it; Bybit takes it in and then cancels it."""
    ticket = trader.ticket("buy", "0.1", price=trader.client.touch()[1] + 10, life="GTX")
    if trader.venue == "binance":
        assert trader.refused(trader.client.place, ticket) == "-5022"
    else:
        trader.client.place(ticket)
        assert trader.client.order(ticket.name) == ("gone", 0)
    assert trader.client.held() == {}
    assert trader.client.resting() == set()


def test_an_id_that_is_open_is_not_taken_twice(trader):
    """OC-200."""
    order = trader.place("buy", "0.01", price=trader.far())
    code = trader.refused(trader.place, "buy", "0.02", price=order.price, name=order.name)
    assert code == DUPLICATE[trader.venue]
    assert trader.client.resting() == {order.name}


def test_an_id_nobody_sent_cannot_be_canceled(trader):
    """OC-210."""
    assert trader.refused(trader.client.cancel, "never-sent") == NO_SUCH_ORDER[trader.venue]


def test_a_wrong_secret_is_refused(trader, make):
    """OC-220."""
    liar = make(trader.testnet.url, trader.testnet.api_key, "x" * 64)
    assert trader.refused(liar.wallet) == WRONG_SIGNATURE[trader.venue]


def test_an_order_for_a_leg_the_account_does_not_keep_is_refused(trader):
    """OC-300."""
    wrong = "BOTH" if trader.is_hedged else "SHORT"
    code = trader.refused(trader.place, "sell", "0.01", leg=wrong)
    assert code == WRONG_LEG[trader.venue]
    assert trader.client.held() == {}


def test_a_flip_goes_through_zero_or_over_two_legs(trader):
    """OC-310. One-way: one position changes its sign. Hedge: each leg keeps its own."""
    trader.place("buy", "0.01")
    if trader.is_hedged:
        trader.place("sell", "0.02", leg="SHORT")
        expected = {"LONG": Decimal("0.01"), "SHORT": Decimal("-0.02")}
        assert trader.client.held() == expected
        trader.place("sell", "0.01", leg="LONG")
        assert trader.client.held() == {"SHORT": Decimal("-0.02")}
    else:
        trader.place("sell", "0.03")
        assert trader.client.held() == {"BOTH": Decimal("-0.02")}


def test_the_mode_changes_only_while_the_account_is_flat(trader):
    """OC-400."""
    trader.place("buy", "0.01")
    trader.refused(trader.client.switch, hedged=not trader.is_hedged)
    assert trader.client.is_hedged() is trader.is_hedged
    trader.place("sell", "0.01")
    trader.client.switch(hedged=not trader.is_hedged)
    assert trader.client.is_hedged() is not trader.is_hedged


def test_funding_is_paid_by_longs_when_the_rate_is_positive(trader):
    """OC-500."""
    trader.place("buy", "0.5")
    before = trader.client.wallet()
    (settled,) = trader.testnet.settle_funding("BTC/USDT:USDT", "0.0001")
    (paid,) = trader.client.funding()
    assert paid == Decimal(settled["received"]) < 0
    assert trader.client.wallet() == before + paid
