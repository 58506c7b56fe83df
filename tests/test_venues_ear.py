"""What frames say: recorded and made ones, read exactly, or refused when they make no sense."""

import json
from pathlib import Path

import pytest
from makers import BTC, ETH, d

from nettools.model import Fill, OrderReport, OrderState, Position, PositionSide, Side
from nettools.venues.binance.ear import BINANCE_EAR
from nettools.venues.bybit.ear import BYBIT_EAR
from nettools.venues.contracts import Contract
from nettools.venues.ear import Change, Ended, Snapshot, Subscribed
from nettools.venues.guard import STREAMS, TESTNETS, Address, stream_address
from nettools.venues.rows import Malformed

SHAPES = Path(__file__).parents[2] / "shared" / "data" / "exchange_shapes"
CONTRACTS = {"BTCUSDT": Contract(BTC, "BTCUSDT"), "ETHUSDT": Contract(ETH, "ETHUSDT")}
THOUSANDS = {"BTCUSDT": Contract(BTC, "BTCUSDT", d(1000))}
EARS = {"binance": BINANCE_EAR, "bybit": BYBIT_EAR}


def _recorded(name):
    path = SHAPES / f"{name}.json"
    if not path.exists():
        pytest.skip("recorded frames are not here")
    return json.loads(path.read_text())


def _read(ear, frame, contracts=CONTRACTS):
    return list(ear.read(frame, contracts))


def _order_update(**changes):
    order = {
        "s": "BTCUSDT",
        "c": "nt-1",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.7",
        "p": "100000",
        "ap": "100001.5",
        "x": "TRADE",
        "X": "PARTIALLY_FILLED",
        "i": 5,
        "l": "0.2",
        "z": "0.5",
        "L": "100002",
        "N": "USDT",
        "n": "10.0002",
        "T": 1717330000000,
        "t": 77,
        "m": False,
        "R": True,
        "ps": "BOTH",
        "rp": "-1.25",
        **changes,
    }
    return {"e": "ORDER_TRADE_UPDATE", "E": 1717330000001, "T": 1717330000000, "o": order}


def test_an_execution_on_binance_comes_before_the_order_it_is_of():
    fill, report = _read(BINANCE_EAR, _order_update())
    assert isinstance(fill, Fill)
    assert (fill.fill_id, fill.client_order_id, fill.venue_order_id) == ("77", "nt-1", "5")
    assert (fill.side, fill.quantity, fill.price) == (Side.SELL, d("0.2"), d("100002"))
    assert (fill.fee, fill.realized_pnl) == (d("10.0002"), d("-1.25"))
    assert (report.state, report.filled) == (OrderState.PARTIAL, d("0.5"))
    assert (report.average_price, report.order.reduce_only) == (d("100001.5"), True)


def test_an_execution_without_a_commission_was_free():
    told = _order_update()
    del told["o"]["n"], told["o"]["N"]
    fill = _read(BINANCE_EAR, told)[0]
    assert (fill.fee, fill.fee_currency) == (0, "USDT")


def test_a_status_nobody_knows_is_unknown():
    assert _read(BINANCE_EAR, _order_update(x="NEW", X="PONDERING"))[0].state is (
        OrderState.UNKNOWN
    )


@pytest.mark.parametrize(
    "changes",
    [{"l": "some"}, {"z": "9"}, {"ps": "UP"}, {"s": "NOSUCH"}, {"t": None}, {"c": ""}],
    ids=str,
)
def test_a_field_that_makes_no_sense_is_not_read(changes):
    with pytest.raises(Malformed):
        _read(BINANCE_EAR, _order_update(**changes))


def test_contracts_of_a_thousand_are_told_in_base_units():
    fill, report = _read(BINANCE_EAR, _order_update(), THOUSANDS)
    assert (fill.quantity, report.order.quantity, report.filled) == (200, 700, 500)
    depth = {"e": "depthUpdate", "s": "BTCUSDT", "U": 1, "u": 2, "pu": 0}
    depth |= {"b": [["9.5", "3"]], "a": []}
    (change,) = _read(BINANCE_EAR, depth, THOUSANDS)
    assert change.update.bids == ((d("9.5"), d(3000)),)


@pytest.mark.parametrize("levels", [None, [["1"]], [[]], ["1"], [["1", "x"]], {"1": "2"}])
def test_levels_that_make_no_sense_are_not_read(levels):
    depth = {"e": "depthUpdate", "s": "BTCUSDT", "U": 1, "u": 2, "pu": 0, "b": levels, "a": []}
    with pytest.raises(Malformed):
        _read(BINANCE_EAR, depth)


@pytest.mark.parametrize(
    "frame",
    [
        {"result": None, "id": 1},
        {"e": "TRADE_LITE", "s": "BTCUSDT"},
        {"e": "markPriceUpdate"},
        [],
        "pong",
        None,
        {"topic": "wallet", "data": [{}]},
        {"op": "pong"},
        {"op": "auth", "success": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("venue", EARS)
def test_what_does_not_matter_says_nothing(venue, frame):
    assert _read(EARS[venue], frame) == []


def test_the_end_of_a_listen_key_ends_the_stream():
    (ended,) = _read(BINANCE_EAR, {"e": "listenKeyExpired", "E": 1, "listenKey": "secret"})
    assert isinstance(ended, Ended)
    assert "secret" not in ended.reason


@pytest.mark.parametrize(
    "name",
    [
        "binance__futures__user_data_json__order_update_new",
        "binance__futures__user_data_json__order_update_trade",
        "binance__futures__user_data_json__order_update_trade_partial",
        "binance__futures__user_data_json__order_update_calculated",
        "binance__futures__user_data_json__order_update_adl",
        "binance__futures__user_data_json__account_update",
        "binance__futures__market_data_json__depth_update_stream",
    ],
)
def test_recorded_frames_of_binance_are_read(name):
    frame = _recorded(name)
    frame = frame.get("data", frame)
    told = _read(BINANCE_EAR, frame)
    assert told
    assert all(isinstance(e, Fill | OrderReport | Position | Change) for e in told)
    assert BINANCE_EAR.told_at(frame) is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ws_account_order", OrderReport),
        ("ws_account_order_filled", OrderReport),
        ("ws_account_execution", Fill),
        ("ws_account_execution_adl", Fill),
        ("ws_account_position", Position),
        ("ws_account_position_short", Position),
        ("ws_orderbook_snapshot", Snapshot),
        ("ws_orderbook_delta", Change),
    ],
)
def test_recorded_frames_of_bybit_are_read(name, kind):
    frame = _recorded(f"bybit__{name}")
    told = _read(BYBIT_EAR, frame)
    assert [type(event) for event in told] == [kind] * len(told)
    assert told
    assert BYBIT_EAR.told_at(frame) is not None


def test_a_short_position_on_bybit_is_negative_and_keeps_its_entry_price():
    frame = _recorded("bybit__ws_account_position_short")
    told = _read(BYBIT_EAR, frame)[0]
    assert told.quantity < 0
    assert told.average_price == d(frame["data"][0]["entryPrice"])


def test_funding_that_comes_as_an_execution_moves_no_position():
    frame = _recorded("bybit__ws_account_execution")
    frame["data"][0]["execType"] = "Funding"
    assert _read(BYBIT_EAR, frame) == []


def test_rows_of_another_category_are_not_ours():
    frame = _recorded("bybit__ws_account_execution")
    frame["data"][0]["category"] = "inverse"
    assert _read(BYBIT_EAR, frame) == []


def test_a_subscription_counts_only_when_it_was_accepted():
    accepted = {"op": "subscribe", "success": True, "ret_msg": "", "conn_id": "1"}
    assert _read(BYBIT_EAR, accepted) == [Subscribed()]
    assert _read(BYBIT_EAR, accepted | {"success": False}) == []


@pytest.mark.parametrize("name", TESTNETS)
def test_every_stream_of_a_real_testnet_is_at_its_own_host(name):
    address = stream_address(name, TESTNETS[name])
    assert address == STREAMS[name]
    ear = EARS[name.partition("-")[0]]

    def _leaves(urls):
        for url in urls.values():
            yield from _leaves(url) if isinstance(url, dict) else (url,)

    leaves = list(_leaves(ear.urls(address)))
    assert leaves
    assert all(url.startswith(f"wss://{address.host}/") for url in leaves)


def test_books_of_bybits_demo_are_read_because_they_would_come_from_the_live_host():
    urls = BYBIT_EAR.urls(STREAMS["bybit-demo"])
    assert "public" not in urls
    assert not BYBIT_EAR.has_books(urls)
    assert BYBIT_EAR.has_books(BYBIT_EAR.urls(STREAMS["bybit-testnet"]))


def test_on_this_machine_streams_come_from_the_port_of_the_requests():
    local = Address("http", "127.0.0.1", 8801)
    assert str(stream_address("local", local)) == "ws://127.0.0.1:8801"


def test_a_leg_of_a_hedged_account_on_binance_is_told_by_name():
    frame = {"e": "ACCOUNT_UPDATE", "E": 1, "a": {"m": "ORDER", "B": [], "P": []}}
    leg = {"s": "BTCUSDT", "pa": "-0.089", "ep": "19700.03933", "up": "1.5", "ps": "SHORT"}
    frame["a"]["P"] = [leg, {**leg, "pa": "0", "ep": "0", "up": "0", "ps": "LONG"}]
    short, flat = _read(BINANCE_EAR, frame)
    assert (short.quantity, short.position_side) == (d("-0.089"), PositionSide.SHORT)
    assert (flat.quantity, flat.average_price) == (0, None)
