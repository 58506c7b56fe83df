"""Makers for journals: records that can occur, a clock that steps, a short trading day."""

import shutil
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from bookkeeping import RATES, executed
from hypothesis import strategies as st
from makers import BTC, NOW, btc, d, leg, quote, targets

from nettools.allocate import allocate_fill, book_crosses
from nettools.journal import Journal, Reading
from nettools.journal.records import (
    Closed,
    Crossed,
    Cut,
    Epoch,
    Filled,
    Intended,
    Opened,
    Planned,
    Record,
    Reported,
    TargetsSet,
)
from nettools.model import (
    Instrument,
    Order,
    OrderState,
    PositionMode,
    Quote,
    Side,
)
from nettools.style import Style
from nettools.targets import TargetBook

ACCOUNT = "local 8f3a"
EPOCH = Epoch(
    number=1, account=ACCOUNT, venue="local", mode=PositionMode.ONE_WAY, desk="desk",
    cross_at="mid", instruments=(btc(),),
)  # fmt: skip


class Ticking:
    """A clock that is one millisecond later every time it is asked."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def opened(path: Any, clock: Callable[[], datetime] | None = None, **more: Any) -> Journal:
    """Open a journal of the one account here."""
    wanted = {"account": ACCOUNT, "owner": "desk", "clock": clock or Ticking()}
    return Journal.open(path, **{**wanted, **more})


def intent(number: int, quantity: str = "0.7") -> Intended:
    """Make the intent of an order at 100,000."""
    order = Order(
        client_order_id=f"nt-{number}",
        symbol=BTC,
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
        limit_price=d(100000),
    )
    return Intended(plan_id="plan", order=order)


def a_trading_day(orders: int) -> list[list[Record]]:
    """Make what a desk would write: A and B buy, C sells; steps, each one append."""
    book, steps = TargetBook(), [[EPOCH]]
    for number in range(1, orders + 1):
        wishes = {"a": str(number), "b": "0.5", "c": str(-number if number % 3 else 0)}
        after = targets(**wishes)
        changed = TargetsSet.between(book, after)
        planned = Planned(
            plan_id=f"plan {number}", sequence=number - 1, style=Style(), quotes=(quote(),),
            fee_rates={BTC: RATES}, orders=(f"nt-{number}",), why=("A wants more",),
        )  # fmt: skip
        needs = {"A": d(1), "C": d(-1)}
        crossed = book_crosses(
            leg(), needs, price=d("100000"), source=f"plan {number}", policy="mid", time=NOW
        )
        book = after
        steps.append([changed, planned, Crossed(postings=tuple(crossed)), intent(number)])
        fill = executed("0.7", "100000.0", "35.00", order=f"nt-{number}")
        shares = tuple(allocate_fill(fill, {"A": d(1), "B": d("0.33")}))
        filled = Filled(fill=fill, postings=shares, quote=quote())
        report = Reported(
            client_order_id=f"nt-{number}", state=OrderState.FILLED, venue_order_id=str(number),
            filled=d("0.7"), average_price=d("100000.0"), evidence="reply",
        )  # fmt: skip
        steps.append([report, filled])
    return steps


# Any value of a type hint

_SIMPLE = {
    str: st.text(max_size=12),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    Decimal: st.decimals("-1e12", "1e12", places=9) | st.decimals("-1e-6", "1e30"),
    datetime: st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(fold=0)),
    timedelta: st.timedeltas(timedelta(-9), timedelta(9)),
}
_POSITIVE = st.decimals("1e-12", "1e12", places=12)
_CHECKED = {
    Instrument: lambda: st.sampled_from([btc(), btc(max_quantity=None, price_band=None)]),
    Order: lambda: _fields_of(
        Order,
        quantity=_POSITIVE,
        limit_price=st.none() | _POSITIVE,
        post_only=st.sampled_from([False]),
    ),
    Quote: lambda: _fields_of(
        Quote, bid=st.decimals("1", "99", places=8), ask=st.decimals("100", "999", places=8)
    ),
    Style: lambda: st.sampled_from(
        [Style(), Style(name="limit", offset_bps=d("1.50")), Style(name="smart")]
    ),
}
"""Classes that do not take any value in any field."""


@cache
def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Draw any value of a type hint."""
    if get_origin(hint) is not None:
        return _generic(get_origin(hint), get_args(hint))
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if hint in _CHECKED:
        return _CHECKED[hint]()
    if issubclass(hint, Enum):
        return st.sampled_from(hint)
    if is_dataclass(hint):
        return _fields_of(hint)
    hints = get_type_hints(hint)
    return st.tuples(*(any_of(hints[name]) for name in hint._fields)).map(lambda v: hint(*v))


def _generic(origin: Any, inner: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in {UnionType, Union}:
        return st.one_of(*(st.none() if one is NoneType else any_of(one) for one in inner))
    if origin is not tuple:
        return st.dictionaries(any_of(inner[0]), any_of(inner[1]), max_size=2)
    if inner[-1] is Ellipsis:
        return st.lists(any_of(inner[0]), max_size=3).map(tuple)
    return st.tuples(*map(any_of, inner))


def _fields_of(cls: Any, **own: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    return st.builds(
        cls, **{f.name: own.get(f.name, any_of(hints[f.name])) for f in fields(cls)}
    )


def crashed(journal: Journal, folder: Path) -> Path:
    """Copy what is on the disk while the desk is still writing: as after a power cut."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for ending in ("", "-wal"):
        copy = folder / f"desk.sqlite{ending}"
        shutil.copyfile(f"{journal.path}{ending}", copy)
        copy.chmod(0o600)
    return folder / "desk.sqlite"


def records(journal: Reading) -> list[Record]:
    """Give what was recorded, sessions and cuts apart."""
    apart = (Opened, Closed, Cut)
    return [row.record for row in journal.rows() if not isinstance(row.record, apart)]
