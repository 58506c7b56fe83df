"""What the desk did, beside what the strategies would have done alone."""

from makers import d, snapshot, targets

from nettools.desk import Activity
from nettools.desk.activity import committed
from nettools.model import FeeRates
from nettools.targets import TargetBook

BTC = "BTC/USDT:USDT"
RATES = dict.fromkeys((BTC, "ETH/USDT:USDT"), FeeRates(maker=d("0.0002"), taker=d("0.0005")))


def test_a_commit_counts_an_order_for_each_strategy_that_changed():
    done = committed(Activity(), TargetBook(), snapshot(), RATES)
    assert done.strategy_orders == 3
    assert done.strategy_notional == 230_000
    assert done.crossed_notional == 160_000
    assert done.fee_spared == 80


def test_the_same_targets_again_count_nothing():
    book = targets(a="1.0", b="0.5", c="-0.8")
    assert committed(Activity(), book, snapshot(book), RATES) == Activity()


def test_what_netting_made_unnecessary_is_what_was_not_sent():
    assert Activity(strategy_orders=3, orders_sent=1).orders_spared == 2


def test_an_activity_reads_as_a_table_in_a_notebook_and_in_a_console():
    done = Activity(strategy_orders=3, orders_sent=1, fees=d("35.0008906"), fee_spared=d(80))
    for text in (repr(done), done._repr_html_()):
        assert "orders netting made unnecessary" in text
        assert "35.00" in text
        assert "(estimate)" in text
