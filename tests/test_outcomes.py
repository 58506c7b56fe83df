"""Codes and transport signals become confirmed, rejected, unknown or not sent, never guessed.

Repeat the ccxt part on each upgrade.
"""

import json

import pytest

from nettools.venues.binance.dialect import BINANCE
from nettools.venues.binance.outcomes import REJECTED as BINANCE_REJECTED
from nettools.venues.binance.outcomes import classify as classify_binance
from nettools.venues.bybit.dialect import BYBIT
from nettools.venues.bybit.outcomes import REFUSED_LATER
from nettools.venues.bybit.outcomes import REJECTED as BYBIT_REJECTED
from nettools.venues.bybit.outcomes import classify as classify_bybit
from nettools.venues.client import open_connection
from nettools.venues.credentials import credentials
from nettools.venues.guard import TESTNETS, Address
from nettools.venues.outcomes import (
    ADVICE,
    Failure,
    Outcome,
    Verdict,
)

KEYS = credentials("k" * 64, "s" * 64)
REJECTED = {
    "CLOCK": "-1021 -5028",
    "AUTH": "-1022 -2014 -2015",
    "BAD_PARAMETER": "-1102 -1106 -4062",
    "STEP_SIZE": "-1111 -4023",
    "MIN_QUANTITY": "-4003",
    "MAX_QUANTITY": "-4005",
    "TICK_SIZE": "-4014",
    "PRICE_BAND": "-4016 -4024 -4131",
    "POSITION_SIDE": "-4060 -4061",
    "NOT_TRADING": "-4140",
    "UNKNOWN_SYMBOL": "-1121",
    "REFUSED": "-2010 -2020 -2021",
    "INSUFFICIENT_MARGIN": "-2018 -2019 -2024 -2027",
    "ONLY_REDUCE": "-4400",
    "NOT_FOUND": "-2011 -2013",
    "TOO_MANY_ORDERS": "-2025",
    "REDUCE_ONLY": "-2022 -4118",
    "NO_CHANGE": "-4046 -4059 -5027",
    "POSITION_MODE": "-4067 -4068",
    "DUPLICATE_ID": "-4116",
    "MIN_NOTIONAL": "-4164",
    "WOULD_TAKE": "-5022",
    "FOK": "-5021",
    "RATE_LIMITED": "-1003 -1015",
    "THROTTLED": "-1008",
}
"""Every code that is a refusal for certain, by our reason."""
MAY_BE_LIVE = (-1000, -1001, -1006, -1007)
BYBIT_REASONS = {
    "BAD_PARAMETER": "10001",
    "CLOCK": "10002",
    "AUTH": "10003 10004",
    "PERMISSION": "10005 10010 33004",
    "RATE_LIMITED": "10006 10018",
    "NOT_FOUND": "110001 110008 110010",
    "PRICE_BAND": "110003",
    "MIN_NOTIONAL": "110094",
    "INSUFFICIENT_MARGIN": "110004 110006 110007 110012 110044 110045",
    "REDUCE_ONLY": "110017",
    "TOO_MANY_ORDERS": "110020",
    "ONLY_REDUCE": "110023",
    "POSITION_MODE": "110024 110028",
    "NO_CHANGE": "110025 110026 110043",
    "DUPLICATE_ID": "110072",
    "NOT_TRADING": "110066 110074 30228",
    "THROTTLED": "110079",
    "REFUSED": "110032 110090 110103 110120 40004",
}
BYBIT_MAY_BE_LIVE = (10000, 10014, 10016, 10019, 429, 10429, 170007)


def _answered(status: int, code: int | None, text: str = "") -> Verdict:
    return classify_binance(
        Failure(method="POST", was_sent=True, status=status, code=code, text=text)
    )


@pytest.mark.parametrize("reason", REJECTED)
def test_a_listed_code_in_the_venues_own_body_is_a_final_no(reason):
    for code in map(int, REJECTED[reason].split()):
        verdict = Verdict(outcome=Outcome.REJECTED, reason=reason)
        assert _answered(400, code) == verdict


def test_every_reason_tells_what_to_do():
    reasons = {*BINANCE_REJECTED.values(), *BYBIT_REJECTED.values(), *REFUSED_LATER.values()}
    assert reasons - {"REFUSED"} <= set(ADVICE)
    assert all(advice[0].islower() and not advice.endswith(".") for advice in ADVICE.values())


@pytest.mark.parametrize("status", [200, 400, 408, 503])
@pytest.mark.parametrize("code", [*MAY_BE_LIVE, -9999, 0, 200, 1])
def test_a_code_that_may_mean_a_live_order_or_is_not_listed_is_unknown(status, code):
    assert _answered(status, code).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [200, 400, 403, 404, 418, 429, 451, 500, 502, 503, 504])
def test_an_answer_that_is_not_the_venues_own_is_unknown_whatever_its_status(status):
    assert _answered(status, None, "a web page").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [418, 429])
def test_too_many_requests_were_not_carried_out(status):
    assert _answered(status, -1003).reason == "RATE_LIMITED"
    assert _answered(status, -9999).reason == "RATE_LIMITED"


def test_of_the_three_texts_of_503_only_one_is_a_no():
    assert _answered(503, None, "Service Unavailable.").reason == "THROTTLED"
    assert _answered(503, -1000, "Service Unavailable.").reason == "THROTTLED"
    for text in (
        "Unknown error, please check your request or try again later.",
        "Internal error; unable to process your request. Please try again.",
        "Service Unavailable",
        "service unavailable.",
    ):
        assert _answered(503, None, text).outcome is Outcome.UNKNOWN
        assert _answered(503, -1000, text).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (Failure(), Outcome.NOT_SENT),
        (Failure(method="POST", was_sent=True, no_connection=True), Outcome.NOT_SENT),
        (Failure(method="PUT", was_sent=True, no_connection=True), Outcome.UNKNOWN),
        (Failure(method="DELETE", was_sent=True, no_connection=True), Outcome.UNKNOWN),
        (Failure(method="POST", was_sent=True), Outcome.UNKNOWN),
        (Failure(method="POST", was_sent=True, timed_out=True), Outcome.UNKNOWN),
    ],
)
def test_without_an_answer_only_a_connection_never_made_proves_that_nothing_was_sent(
    failure, outcome
):
    assert classify_binance(failure).outcome is outcome
    assert classify_bybit(failure).outcome is outcome


# --- Bybit


def _bybit(code: int | None, text: str = "", status: int = 200) -> Verdict:
    return classify_bybit(
        Failure(method="POST", was_sent=True, status=status, code=code, text=text)
    )


def test_every_code_of_bybit_that_means_no_has_our_reason():
    listed = {int(c): reason for reason, codes in BYBIT_REASONS.items() for c in codes.split()}
    assert listed == BYBIT_REJECTED
    for code, reason in listed.items():
        assert _bybit(code) == Verdict(outcome=Outcome.REJECTED, reason=reason)


@pytest.mark.parametrize("code", [*BYBIT_MAY_BE_LIVE, 0, 1, 999_999, -1000, None])
def test_a_code_of_bybit_that_may_mean_a_live_order_or_is_not_listed_is_unknown(code):
    assert _bybit(code).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_code_of_bybit_behind_an_outage_is_unknown(status):
    """Whoever answered with that status may not have been the one who took the order."""
    assert _bybit(110007, status=status).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("position idx not match position mode", "POSITION_SIDE"),
        ("The number of contracts exceeds maximum limit allowed: too large", "MAX_QUANTITY"),
        ("The number of contracts exceeds minimum limit allowed", "MIN_QUANTITY"),
        ("Qty invalid", "STEP_SIZE"),
        ("Price invalid", "TICK_SIZE"),
        ("params error: symbol invalid", "UNKNOWN_SYMBOL"),
        ("params error: orderLinkId invalid", "BAD_ID"),
        ("Request parameter error.", "BAD_PARAMETER"),
    ],
)
def test_the_one_code_for_all_parameters_is_told_apart_by_its_text(said, reason):
    assert _bybit(10001, said) == Verdict(outcome=Outcome.REJECTED, reason=reason)
    assert _bybit(10000, said).outcome is Outcome.UNKNOWN


async def test_loopback_raises_what_bybits_own_hosts_raise():
    """Over all codes and texts ccxt knows, without any fix of its tables."""
    loopback = await open_connection(Address("http", "127.0.0.1", 8801), KEYS, BYBIT)
    for name in ("bybit-testnet", "bybit-demo"):
        real = await open_connection(TESTNETS[name], KEYS, BYBIT)
        tables = real.client.exceptions
        known = sorted(set(tables["exact"]) | set(tables["broad"]))
        assert len(known) > 200
        path = "/v5/order/create"
        for key in known:
            here = _raised_by_bybit(loopback.client, f"http://127.0.0.1:8801{path}", key)
            assert here is _raised_by_bybit(real.client, f"{TESTNETS[name]}{path}", key)
        await real.close()
    await loopback.close()


def _raised_by_bybit(ccxt, url: str, key: str) -> type[Exception]:
    is_code = key.lstrip("-").isdigit()
    answer = {"retCode": int(key) if is_code else 999_999, "retMsg": "x" if is_code else key}
    if answer["retCode"] == 0:
        return Exception
    return _error_class(ccxt, 200, url, answer)


# --- ccxt's tables for Binance


async def test_no_code_ccxt_knows_is_called_rejected_without_being_listed():
    connection = await open_connection(TESTNETS["binance-demo"], KEYS, BINANCE)
    tables = connection.client.exceptions
    known = set(tables["exact"]) | set(tables["linear"]["exact"])
    codes = {int(code) for code in known if code.lstrip("-").isdigit()}
    assert len(codes) > 200
    for code in codes:
        expected = Outcome.REJECTED if code in BINANCE_REJECTED else Outcome.UNKNOWN
        assert _answered(400, code).outcome is expected
    await connection.close()


async def test_the_table_fix_makes_loopback_raise_what_the_real_host_raises():
    """Over all 227 codes and texts ccxt knows: 93 classes differ without it, none with it."""
    loopback = Address("http", "127.0.0.1", 8801)
    fixed = await open_connection(loopback, KEYS, BINANCE)
    real = await open_connection(TESTNETS["binance-demo"], KEYS, BINANCE)
    tables = real.client.exceptions
    known = sorted(set(tables["exact"]) | set(tables["linear"]["exact"]))
    unfixed = type(real.client)({"session": real.session})
    unfixed.session = None

    def differ(here) -> int:
        return sum(
            _raised(here, "http://127.0.0.1:8801/fapi/v1/order", key)
            is not _raised(real.client, "https://demo-fapi.binance.com/fapi/v1/order", key)
            for key in known
        )

    assert (len(known), differ(unfixed), differ(fixed.client)) == (227, 93, 0)
    await fixed.close()
    await real.close()


def _raised(ccxt, url: str, key: str) -> type[Exception]:
    is_code = key.lstrip("-").isdigit()
    answer = {"code": int(key), "msg": "x"} if is_code else {"code": -9999, "msg": key}
    return _error_class(ccxt, 400, url, answer)


def _error_class(ccxt, status: int, url: str, answer: dict) -> type[Exception]:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - its class is what is asked for
        ccxt.handle_errors(status, "", url, "POST", {}, json.dumps(answer), answer, {}, "")
    return raised.type
