"""What holds on the local Bybit whatever is sent in whatever order, once it is quiet again."""

from collections import Counter
from decimal import Decimal

from bybit_trader import BTC, Trader
from hypothesis import given, settings
from hypothesis import strategies as st

QUANTITIES = ("0.001", "0.1", "0.7", "3", "15")
PRICES = ("99500", "99990", "100000", "100000.1", "100010", "100500")
ORDERS = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["Buy", "Sell"]),
        "orderType": st.sampled_from(["Limit", "Limit", "Market"]),
        "qty": st.sampled_from(QUANTITIES),
        "price": st.sampled_from(PRICES),
        "timeInForce": st.sampled_from(["GTC", "GTC", "IOC", "FOK", "PostOnly"]),
        "reduceOnly": st.booleans(),
    }
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), ORDERS, st.booleans()),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("cancel all")),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.02, 1])),
        st.tuples(st.just("advance"), st.integers(1, 30)),
        st.tuples(st.just("settle")),
    ),
    max_size=25,
)


class _Story:
    """Does what it is told and remembers what was acknowledged."""

    def __init__(self, mode):
        self.trader = Trader(mode, rate_limits=False)
        self.is_hedged = mode == "hedge"
        self.acknowledged = []
        self.refused = 0

    def tell(self, steps):
        for what, *terms in steps:
            getattr(self, f"_{what.replace(' ', '_')}")(*terms)
        self.trader.wait()

    def _create(self, order, is_long):
        name = f"a{len(self.acknowledged) + self.refused}"
        index = (1 if is_long else 2) if self.is_hedged else 0
        answer = self.trader.create(orderLinkId=name, positionIdx=index, **order)
        if answer["retCode"] == 0:
            assert self.trader.get("order/realtime", symbol="BTCUSDT", orderLinkId=name)[
                "list"
            ] == []  # fmt: skip
            self.acknowledged.append(name)
        else:
            self.refused += 1

    def _cancel(self, which):
        if which < len(self.acknowledged):
            name = self.acknowledged[which]
            answer = self.trader.ask("POST", "order/cancel", symbol="BTCUSDT", orderLinkId=name)
            assert answer["retCode"] in {0, 110001, 110079}

    def _cancel_all(self):
        self.trader.post("order/cancel-all", settleCoin="USDT")

    def _wait(self, seconds):
        self.trader.wait(seconds)

    def _advance(self, seconds):
        self.trader.dialect.catch_up(self.trader.now)
        self.trader.market.advance(seconds, self.trader.now)

    def _settle(self):
        self.trader.dialect.catch_up(self.trader.now)
        self.trader.market.settle(BTC, self.trader.now, Decimal("0.0001"))

    def all_of(self, path, **params):
        rows, cursor = [], None
        while cursor != "":
            page = self.trader.get(path, symbol="BTCUSDT", limit=3, cursor=cursor, **params)
            rows += page["list"]
            cursor = page["nextPageCursor"]
        return rows


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["one-way", "hedge"]), STEPS)
def test_every_acknowledged_order_is_open_or_closed_and_listed_once(mode, steps):
    story = _Story(mode)
    story.tell(steps)
    working = story.all_of("order/realtime")
    closed = story.all_of("order/history")
    assert {row["orderStatus"] for row in working} <= {"New", "PartiallyFilled"}
    assert {row["orderStatus"] for row in closed} <= {"Filled", "Cancelled", "Rejected"}
    listed = Counter(row["orderLinkId"] for row in working + closed)
    assert listed == Counter(story.acknowledged)
    recent = story.all_of("order/realtime", openOnly=1)
    assert sorted(r["orderId"] for r in recent) == sorted(r["orderId"] for r in closed)
    for row in working:
        assert Decimal(row["leavesQty"]) == Decimal(row["qty"]) - Decimal(row["cumExecQty"])


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["one-way", "hedge"]), STEPS)
def test_executions_add_up_to_orders_positions_and_wallet(mode, steps):
    story = _Story(mode)
    story.tell(steps)
    rows = story.all_of("execution/list")
    assert len({row["execId"] for row in rows}) == len(rows)
    trades = [row for row in rows if row["execType"] == "Trade"]
    orders = {
        row["orderId"]: row
        for row in story.all_of("order/realtime") + story.all_of("order/history")
    }
    filled, fees, held = Counter(), Counter(), Counter()
    for row in trades:
        quantity = Decimal(row["execQty"])
        filled[row["orderId"]] += quantity
        fees[row["orderId"]] += Decimal(row["execFee"])
        sign = 1 if row["side"] == "Buy" else -1
        held[orders[row["orderId"]]["positionIdx"]] += sign * quantity
    for order_id, row in orders.items():
        assert Decimal(row["cumExecQty"]) == filled[order_id]
        assert Decimal(row["cumExecFee"]) == fees[order_id]
    positions = story.trader.get("position/list", symbol="BTCUSDT")["list"]
    for row in positions:
        sign = -1 if row["side"] == "Sell" else 1
        assert sign * Decimal(row["size"]) == held[row["positionIdx"]]
    earned = sum(Decimal(row["cumRealisedPnl"]) for row in positions)
    funding = sum(Decimal(r["execFee"]) for r in rows if r["execType"] == "Funding")
    [wallet] = story.trader.get("account/wallet-balance", accountType="UNIFIED")["list"]
    moved = Decimal(wallet["totalWalletBalance"]) - 100_000
    assert abs(moved - (earned - funding)) < Decimal("1e-6")
