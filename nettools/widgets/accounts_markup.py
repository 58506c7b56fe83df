"""The table of accounts as HTML: leg by leg, each sum beside what the venue holds."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from nettools.allocate import EXACT, RESIDUAL, exact_sum
from nettools.decimals import ZERO, signed
from nettools.desk.proof import OUTSIDE
from nettools.model import Instrument, Leg, PositionSide
from nettools.texts import account, say, word
from nettools.widgets.accounting import cents, price_words, unit_of
from nettools.widgets.markup import note_html, table_html

if TYPE_CHECKING:
    import pandas as pd

MOST_ACCOUNTS = 40
"""Rows of accounts drawn; more would make the page heavy, and ``desk.accounts()`` has all."""
_Record = Mapping[Hashable, object]
_MONEY = ("realized_pnl", "unrealized_pnl", "fees", "funding", "saving")
_QUANTITIES = ("target", "virtual", "pending")
_UNTOUCHED: _Record = {
    **dict.fromkeys((*_QUANTITIES, *_MONEY), ZERO),
    "strategy": RESIDUAL,
    "average_price": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the accounts are compared with on the page."""

    venue: Mapping[Leg, Decimal]
    """What the venue says is held, signed base units."""
    outside: Mapping[Leg, Decimal]
    """Baselines and open breaks: not in any account, signed base units."""
    instruments: Mapping[str, Instrument]
    unit: str
    """The quote currency."""


def accounts_html(frame: "pd.DataFrame", held: Holdings) -> str:
    """Draw the accounts leg by leg, each leg's sum beside what the venue holds."""
    if frame.empty:
        return note_html(say("No accounts yet: a strategy with a target gets one."))
    rows, strong, accounts = [], [], 0
    records = frame.to_dict("records")
    legs = dict.fromkeys(_leg(record) for record in records)
    for leg in legs:
        mine = [record for record in records if _leg(record) == leg]
        shown: list[_Record] = [*mine[: max(MOST_ACCOUNTS - accounts, 0)]]
        accounts += len(shown)
        if shown and mine[-1]["strategy"] != RESIDUAL:  # untouched, and shown all the same
            shown.append(_UNTOUCHED)
        rows += [_account_row(record, leg, held) for record in shown]
        if shown:
            strong.append(len(rows) + (leg in held.outside))
            rows += _leg_rows(mine, leg, held)
    if len(legs) > 1:
        strong.append(len(rows))
        rows.append((say("all legs"), *("–",) * 6, *_money(records)))
    bases = dict.fromkeys(map(unit_of, legs))
    if len(bases) == 1:  # then it stands in the headers
        rows = [(*row[:2], *row[3:]) for row in rows]
    table = table_html(say("Accounts"), _headers(list(bases), held.unit), rows, strong)
    return table + note_html(_accounts_note(accounts, len(records)))


def _headers(bases: list[str], unit: str) -> tuple[str, ...]:
    base = f" ({bases[0]})" if len(bases) == 1 else ""
    quantities = (f"{word(name)}{base}" for name in _QUANTITIES)
    money = (f"{word(name)} ({unit})" for name in ("realized", "unrealized", "fees", "funding"))
    unit_column = () if base else (say("unit"),)
    first = (say("strategy"), say("leg"), *unit_column, *quantities, say("average price"))
    return (*first, *money, say("saved ({unit})", unit=unit))


def _accounts_note(shown: int, total: int) -> str:
    more = ""
    if shown < total:
        more = say(
            "Showing {shown} of {total:,} accounts; desk.accounts() has all. ",
            shown=shown,
            total=total,
        )
    return say(
        "{more}pending: target − virtual, not traded yet. saved: the strategy's "
        "share over all legs, pro rata to its turnover, on its first row.",
        more=more,
    )


def _leg(record: _Record) -> Leg:
    return Leg(str(record["symbol"]), PositionSide(record["position_side"]))


def _account_row(record: _Record, leg: Leg, held: Holdings) -> tuple[str, ...]:
    price = record["average_price"]
    instrument = held.instruments.get(leg.symbol)
    return (
        account(str(record["strategy"])),
        str(leg),
        unit_of(leg),
        *(signed(_number(record, name)) for name in _QUANTITIES),
        price_words(price if isinstance(price, Decimal) else None, instrument),
        *_money([record]),
    )


def _leg_rows(mine: Sequence[_Record], leg: Leg, held: Holdings) -> list[tuple[str, ...]]:
    """Give what is not ours, the sum of all, and what the venue holds."""
    outside = held.outside.get(leg)
    sums = {name: exact_sum(_number(record, name) for record in mine) for name in _QUANTITIES}
    sums["virtual"] = EXACT.add(sums["virtual"], outside or ZERO)
    where, blank = (str(leg), unit_of(leg)), ("–",) * len(_MONEY)
    rows = []
    if outside is not None:
        rows.append((account(OUTSIDE), *where, "–", signed(outside), "–", "–", *blank))
    quantities = (signed(sums[name]) for name in _QUANTITIES)
    rows.append((say("together"), *where, *quantities, "–", *_money(mine)))
    venue = signed(held.venue.get(leg, ZERO))
    return [*rows, (say("venue"), *where, "–", venue, "–", "–", *blank)]


def _money(records: Sequence[_Record]) -> tuple[str, ...]:
    return tuple(
        cents(exact_sum(_number(record, name) for record in records), sign=name != "fees")
        if all(record[name] is not None for record in records)
        else "–"
        for name in _MONEY
    )


def _number(record: _Record, name: str) -> Decimal:
    value = record[name]
    return value if isinstance(value, Decimal) else ZERO
