"""Any life of a desk's books: targets, fills, funding, foreign trades; checked after each step.

Beside the books runs a slow account in fractions that keeps every event.
"""

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction as F

import strategies as make
from bookkeeping import RATES as RATE
from bookkeeping import books_of, commit, executed, total
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from makers import BTC, ETH, NOW, d, snapshot

from nettools.desk.books import mark_of
from nettools.ledger import Ledger, post
from nettools.model import Funding, Leg, Quote, legs_of
from nettools.reconcile import Break, Repair, find_breaks
from nettools.targets import TargetBook

RATES = dict.fromkeys((BTC, ETH), RATE)
names = st.sampled_from(("A", "B", "C", "D", "E"))


class Life(RuleBasedStateMachine):
    """A desk's books beside a slow account that keeps every event in fractions."""

    @initialize(mode=make.modes)
    def open(self, mode):
        self.books = books_of(mode)
        self.book = TargetBook.of({"A": {BTC: "0", ETH: "0"}})
        self.now = NOW
        self.legs = [each for symbol in (BTC, ETH) for each in legs_of(symbol, mode)]
        self.quotes = {symbol: _quote(symbol, 1000, 1) for symbol in (BTC, ETH)}
        self.in_flight = []
        self.delivered = []
        self.real = defaultdict(list)  # per leg: (quantity, price, fee) of our fills
        self.repaired = defaultdict(list)  # per leg: (quantity, price), taken over
        self.twin = defaultdict(list)  # per leg: (quantity, price, fee) of the twin
        self.settled = F(0)
        self.real_funding = self.twin_funding = F(0)  # on legs with a twin

    @rule(number=st.integers(0, 1), bid=st.integers(900, 1100), width=st.integers(1, 5))
    def move_the_market(self, number, bid, width):
        symbol = (BTC, ETH)[number]
        self.quotes[symbol] = _quote(symbol, bid, width)

    @rule(
        wishes=st.dictionaries(names, make.wishes, min_size=1, max_size=5),
        symbol=st.sampled_from((BTC, ETH)),
    )
    def wish(self, wishes, symbol):
        book = self.book
        for name, wanted in wishes.items():
            book = book.set(name, symbol, wanted)
        self._commit(book)

    @precondition(lambda self: self.book.strategies)
    @rule(data=st.data())
    def remove_a_strategy(self, data):
        self._commit(self.book.remove(data.draw(st.sampled_from(self.book.strategies))))
        if not self.in_flight:
            mode = self.books.mode
            at = snapshot(self.book, {}, mode=mode, quotes=self.quotes, time=self.now)
            self.books.release_removed(at, "release")

    def _commit(self, book):
        self.now += timedelta(seconds=1)
        before, self.book = self.book, book
        commit(self.books, book, self.quotes, str(self.now), self.now)
        for on in self.legs:
            for target in book.on(on.symbol):
                old = before.target(target.strategy, on.symbol)
                delta = on.part_of(target.quantity) - (on.part_of(old.quantity) if old else 0)
                self._let_the_twin_trade(on, delta)
            sides = {need > 0 for need in self.books.needs(on).values() if need}
            assert len(sides) <= 1, "what could be crossed inside is left over"

    @rule(number=st.integers(0, 3), price=st.integers(890, 1115), parts=st.integers(1, 4))
    def send_an_order_that_fills_in_parts(self, number, price, parts):
        on = self.legs[number % len(self.legs)]
        working = sum(f.signed_quantity for f in self.in_flight if _leg(f) == on)
        left = sum(self.books.needs(on).values()) - working
        for n in range(parts, 0, -1):
            part = left if n == 1 else (left / n).quantize(d("0.001"))
            left -= part
            if part:
                fee = (abs(part) * price / 10 * RATES[on.symbol].maker).quantize(d("1e-8"))
                fill = executed(part, d(price) / 10, fee, on=on, time=self.now)
                self.in_flight.append(fill)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), again=st.booleans())
    def a_fill_arrives_in_any_order_and_perhaps_twice(self, data, again):
        fill = self.in_flight.pop(data.draw(st.integers(0, len(self.in_flight) - 1)))
        self.books.book_fills([fill] * (1 + again), self.quotes, RATES)
        self.delivered.append(fill)
        row = F(fill.signed_quantity), F(fill.price), F(fill.fee)
        self.real[_leg(fill)].append(row)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def an_old_fill_arrives_again(self, data):
        before = self.books.ledger, dict(self.books.twins), len(self.books.postings)
        self.books.book_fills([data.draw(st.sampled_from(self.delivered))], self.quotes, RATES)
        assert before == (self.books.ledger, self.books.twins, len(self.books.postings))

    @precondition(lambda self: self.book.strategies)
    @rule(
        number=st.integers(0, 3),
        quantity=make.wishes.filter(bool),
        how=st.sampled_from(Repair),
        known=st.booleans(),
    )
    def somebody_trades_by_hand_and_the_break_is_repaired(self, number, quantity, how, known):
        on = self.legs[number % len(self.legs)]
        expected = self.books.expected()
        found = {**expected, on: expected.get(on, d(0)) + quantity}
        trade = executed(quantity, "101.5", "0.01", on=on, time=self.now)
        breaks = {b.leg: b for b in self._breaks(expected, found, on, trade, known)}
        self.books.note_breaks(breaks, breaks)
        assert list(self.books.breaks) == [on]
        account = self.book.strategies[0]
        if how is Repair.ADOPT:
            how = self._adopt(account, on, quantity)
        elif how is Repair.FLATTEN:
            self._let_the_twin_trade(on, -quantity)
        postings = self.books.repair(
            on, how, account, quotes=self.quotes, rates=RATES, now=self.now
        )
        assert self._breaks(self.books.expected(), found, on, trade, known) == ()
        if how is not Repair.BASELINE:
            self.repaired[on] += [(F(p.quantity), F(p.price), F(p.fee)) for p in postings]

    def _adopt(self, account, on, quantity):
        """Let the strategy want it too; what one target cannot say is assigned instead."""
        before = self.book.target(account, on.symbol)
        old = before.quantity if before else d(0)
        moved = {leg: leg.part_of(old + quantity) - leg.part_of(old) for leg in self.legs}
        others = [leg for leg in self.legs if leg.symbol == on.symbol and leg != on]
        if moved[on] != quantity or any(moved[leg] for leg in others):
            return Repair.ASSIGN
        self.book = self.book.set(account, on.symbol, old + quantity)
        return Repair.ADOPT

    def _let_the_twin_trade(self, on, quantity):
        quote = self.quotes[on.symbol]
        touch = F(quote.ask if quantity > 0 else quote.bid)
        fee = abs(F(quantity)) * touch * F(RATES[on.symbol].taker)
        self.twin[on].append((F(quantity), touch, fee))

    def _breaks(self, expected, found, on, trade, known) -> tuple[Break, ...]:
        return find_breaks(
            expected,
            found,
            prices=dict.fromkeys(self.legs, d(100)),
            foreign={on: [trade]} if known else {},
            now=self.now,
        )

    @rule(
        symbol=st.sampled_from((BTC, ETH)),
        rate=make.decimals("-0.01", "0.01", 6),
        off=make.decimals("-0.0001", "0.0001", 8),
    )
    def funding_is_settled(self, symbol, rate, off):
        self.now += timedelta(seconds=1)
        mark = mark_of(self.quotes[symbol])
        held = sum(q for on, q in self.books.expected().items() if on.symbol == symbol)
        received = (-held * mark * rate).quantize(d("1e-8")) + off
        funding = Funding(
            symbol=symbol, rate=rate, mark_price=mark, received=received, time=self.now
        )
        twins = {on for on in self.books.twins if on.symbol == symbol}
        for target in self.book.on(symbol):
            held = [on.part_of(target.quantity) for on in twins]
            self.twin_funding -= total(held) * F(mark) * F(rate)
        before = self._funded(twins)
        self.books.settle(funding)
        self.books.settle(funding)
        self.real_funding += self._funded(twins) - before
        self.settled += F(received)

    def _funded(self, legs):
        accounts = [self.books.ledger.accounts.get(on, {}).values() for on in legs]
        return total(sub.funding for subs in accounts for sub in subs)

    @invariant()
    def quantity_cash_and_fees_add_up_on_every_leg(self):
        for on in self.legs:
            trades = self.real[on] + self.repaired[on]
            quantity, cash = self.books.ledger.totals(on)
            assert (
                F(quantity) == F(self.books.ledger.position(on)) == sum(q for q, _, _ in trades)
            )
            assert F(cash) == -sum(q * p for q, p, _ in trades)
            subs = self.books.ledger.accounts.get(on, {}).values()
            assert total(s.fees.get("USDT", d(0)) for s in subs) == sum(f for _, _, f in trades)
            mark = mark_of(self.quotes[on.symbol])
            earned = sum(q * (F(mark) - p) for q, p, _ in trades)
            assert total(s.pnl(mark) for s in subs) == earned
            for sub in subs:
                assert F(sub.cash) == F(sub.realized_pnl) - F(sub.open_cost)

    @invariant()
    def funding_adds_up_to_what_the_venue_booked(self):
        ledgers = self.books.ledger, self.books.outside
        subs = [s for each in ledgers for on in each.accounts.values() for s in on.values()]
        assert total(s.funding for s in subs) == self.settled

    @invariant()
    def the_saving_is_the_real_equity_less_the_twins(self):
        real, twin = self.real_funding, self.twin_funding
        for on in self.legs:
            mark = F(mark_of(self.quotes[on.symbol]))
            real += sum(q * (mark - p) - fee for q, p, fee in self.real[on])
            twin += sum(q * (mark - p) - fee for q, p, fee in self.twin[on])
        saving = self.books.saving(self.quotes)
        assert F(saving.total) == real - twin

    @invariant()
    def replaying_the_postings_gives_the_same_ledger(self):
        assert post(Ledger(), self.books.postings) == self.books.ledger

    def teardown(self):
        """When all has arrived and the rest is traded, everybody holds what it wants."""
        if not hasattr(self, "books"):
            return
        self.books.book_fills(self.in_flight, self.quotes, RATES)
        for on in self.legs:
            rest = sum(self.books.needs(on).values())
            if rest:
                self.books.book_fills([executed(rest, "100", on=on)], self.quotes, RATES)
        self._commit(self.book)  # crosses what late fills left on both sides
        for on in self.legs:
            for name, need in self.books.needs(on).items():
                assert need == 0, (on, name, need)


def _leg(fill):
    return Leg(fill.symbol, fill.position_side)


def _quote(symbol, bid, width):
    bid, ask = d(bid) / 10, d(bid + width) / 10
    return Quote(symbol=symbol, bid=bid, ask=ask, mark_price=bid + d("0.03"), time=NOW)


def test_the_books_add_up_after_every_step_of_any_life():
    run_state_machine_as_test(
        Life, settings=settings(max_examples=60, stateful_step_count=30, deadline=None)
    )
