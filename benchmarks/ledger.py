"""One fill, shared exactly among ten contributors, folded into the ledger, identities checked.

Run ``python benchmarks/ledger.py`` (a few seconds). The peer is what one strategy alone would
need: a plain average-price ledger of Decimals, one account, one update a fill, on the same
fills in the same run. The floor is the same work for ten contributors written out in one loop
over integers, with no records kept. Every ratio is the median of interleaved pairs, with the
smallest and the largest beside it; CPU time of this thread, so a busy machine disturbs it less.
"""

import decimal
import gc
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
from operator import sub
from random import Random
from statistics import median

from nettools.allocate import EXACT, allocate_fill
from nettools.decimals import ZERO
from nettools.ledger import Ledger, post
from nettools.model import Fill, Leg, Liquidity, PositionSide, Side
from nettools.render import text_table

PAIRS = 15
FILLS = 400
CONTRIBUTORS = 10
GOAL = 10
BTC = "BTC/USDT:USDT"
LEG = Leg(BTC, PositionSide.BOTH)
Case = tuple[Fill, dict[str, Decimal]]
"""A fill, and what each account still needs."""


class PlainLedger:
    """One account: position, average price, realized PnL and fees; rounds to 28 digits."""

    def __init__(self) -> None:
        self.quantity = self.average_price = self.realized_pnl = ZERO
        self.fees: dict[str, Decimal] = {}

    def update(self, fill: Fill) -> None:
        """Book one execution."""
        before, traded, price = self.quantity, fill.signed_quantity, fill.price
        after = before + traded
        if before * traded >= 0:
            self.average_price = (before * self.average_price + traded * price) / after
        else:
            closed = -traded if abs(traded) <= abs(before) else before
            self.realized_pnl += closed * (price - self.average_price)
            if before * after <= 0:
                self.average_price = price if after else ZERO
        self.quantity = after
        paid = self.fees.get(fill.fee_currency, ZERO)
        self.fees[fill.fee_currency] = paid + fill.fee


def drawn_cases(contributors: int) -> list[Case]:
    """Draw fills of up to 0.9 BTC and needs of up to 2 BTC each, all on the fill's side."""
    random = Random(7)  # noqa: S311 - a workload, not a secret
    cases = []
    for number in range(FILLS):
        side = random.choice(list(Side))
        quantity = Decimal(random.randrange(1, 900)).scaleb(-3)
        price = Decimal(random.randrange(999_500, 1_000_500)).scaleb(-1)
        fill = Fill(
            fill_id=str(number),
            client_order_id="",
            venue_order_id="",
            symbol=BTC,
            side=side,
            quantity=quantity,
            price=price,
            fee=(quantity * price * Decimal("0.0005")).quantize(Decimal("1e-8")),
            fee_currency="USDT",
            liquidity=Liquidity.TAKER,
            time=datetime(2025, 6, 2, tzinfo=UTC),
        )
        needs = {
            f"strategy {name}": Decimal(random.randrange(100, 2_000)).scaleb(-3) * side.sign
            for name in range(contributors)
        }
        cases.append((fill, needs))
    return cases


def book_all(cases: list[Case]) -> None:
    """Allocate, post, and check positions and cash of all accounts against the fills."""
    ledger = Ledger()
    position = cash = ZERO
    for fill, needs in cases:
        ledger = post(ledger, allocate_fill(fill, needs))
        traded = fill.signed_quantity
        position += traded
        cash -= traded * fill.price
        if ledger.totals(LEG) != (position, cash):
            raise SystemExit(f"the accounts do not add up after fill {fill.fill_id}")


def book_inlined(cases: list[Case]) -> None:
    """Do the same in one loop of integers: all that is left when the code is taken away."""
    in_grains, places = EXACT.scaleb, Decimal(12)
    accounts: dict[str, tuple[int, int, int, int]] = {}
    position = cash = 0
    for fill, needs in cases:
        wanted = [int(in_grains(need, places)) for need in needs.values()]
        price, fee = int(in_grains(fill.price, places)), int(in_grains(fill.fee, places))
        traded = int(in_grains(fill.signed_quantity, places))
        whole = sum(wanted)
        reached = [traded * passed // whole for passed in accumulate(wanted)]
        paid = [fee * passed // traded for passed in reached]
        parts, fees = map(sub, reached, [0, *reached]), map(sub, paid, [0, *paid])
        accounts = accounts.copy()
        for name, part, charge in zip(needs, parts, fees, strict=True):
            held, money, cost, charged = accounts.get(name, (0, 0, 0, 0))
            after, value = held + part, part * price
            if not held or (held > 0) is (part > 0):
                cost += value
            else:
                cost = after * price if (after > 0) is (part > 0) else cost * after // held
            accounts[name] = after, money - value, cost, charged + charge
        position += traded
        cash -= traded * price
        rows = accounts.values()
        if (sum(r[0] for r in rows), sum(r[1] for r in rows)) != (position, cash):
            raise SystemExit(f"the accounts do not add up after fill {fill.fill_id}")


def allocate_all(cases: list[Case]) -> None:
    """Allocate only."""
    for fill, needs in cases:
        allocate_fill(fill, needs)


def update_plain(cases: list[Case]) -> None:
    """Book every fill in the peer."""
    ledger = PlainLedger()
    for fill, _ in cases:
        ledger.update(fill)


def microseconds(work: Callable[[list[Case]], None], cases: list[Case]) -> float:
    """Give CPU time a fill."""
    gc.collect()
    gc.disable()
    began = time.thread_time_ns()
    work(cases)
    spent = time.thread_time_ns() - began
    gc.enable()
    return spent / len(cases) / 1000


def compared(work: Callable[[list[Case]], None], contributors: int) -> tuple[float, list[str]]:
    """Measure in turn with the peer; gives the median ratio, and both times with the spread."""
    cases = drawn_cases(contributors)
    for warm_up in (work, update_plain):
        warm_up(cases)
    pairs = [
        (microseconds(work, cases), microseconds(update_plain, cases)) for _ in range(PAIRS)
    ]
    ratios = sorted(ours / peer for ours, peer in pairs)
    ours, peer = (median(series) for series in zip(*pairs, strict=True))
    middle = median(ratios)
    return middle, [
        f"{ours:.1f} µs",
        f"{peer:.2f} µs",
        f"{middle:.1f}x ({ratios[0]:.1f}–{ratios[-1]:.1f})",
    ]


def main() -> None:
    """Print the table."""
    what = "allocate, post, check; contributors: {}"
    ratio, goal_cells = compared(book_all, CONTRIBUTORS)
    verdict = "met" if ratio <= GOAL else "MISSED"
    rows = [(what.format(CONTRIBUTORS), *goal_cells, f"≤ {GOAL}x", verdict)]
    for contributors in (1, 100):
        _, cells = compared(book_all, contributors)
        rows.append((what.format(contributors), *cells, "", ""))
    _, cells = compared(book_inlined, CONTRIBUTORS)
    rows.append((f"floor: one loop of integers; contributors: {CONTRIBUTORS}", *cells, "", ""))
    _, cells = compared(allocate_all, CONTRIBUTORS)
    rows.append((f"allocate alone; contributors: {CONTRIBUTORS}", *cells, "", ""))
    headers = ("one fill", "nettools", "plain Decimal ledger", "ratio (least–most)", "goal", "")
    print(text_table(headers, rows))
    print(
        f"medians of {PAIRS} pairs of {FILLS} fills; Python {platform.python_version()}, "
        f"libmpdec {decimal.__libmpdec_version__}, {platform.machine()}"
    )


if __name__ == "__main__":
    main()
