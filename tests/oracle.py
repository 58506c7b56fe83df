"""Who watches the desk: knows the exchange's own truth, and what must hold at every event.

The numbers are those of the invariants: I1 positions add up, I2 money adds up, I3 nothing is
sent that was not intended, I4 no id and no execution counts twice, I5 never beyond the target,
I6 settled or a reason within a minute, I8 every message is fit to be read.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import nettools as nt
from nettools.decimals import is_multiple
from nettools.desk.report import Report
from nettools.journal import DeskState, Reading
from nettools.journal.records import Epoch, Filled, Intended
from nettools.model import Fill, Leg, OrderState, PositionMode, PositionSide
from nettools.net import net_target
from nettools.plan import OUR_PREFIX
from nettools.testnet.calls import Call, read_call
from nettools.testnet.server import LocalServer

CENT = Decimal("1e-8")
ZERO = Decimal(0)
_UNFIT = ("ccxt", "aiohttp", "Traceback", "signature=", "<html", "Client", "Exception", "None")
"""What no trader should read."""
_RESTING = {OrderState.ACKED, OrderState.PARTIAL}
"""An order may still be working when all is settled, but not be in doubt."""


class Oracle:
    """Watches one account: what reached the port, what happened there, what the desk says."""

    def __init__(
        self, server: LocalServer, mode: PositionMode, now: Callable[[], datetime]
    ) -> None:
        self._server = server
        self._mode = mode
        self._now = now
        self.calls: list[tuple[datetime, Call]] = []
        """Every request that reached the port, oldest first."""
        self._arrived: dict[str, datetime] = {}
        self.messages: list[str] = []
        self.intended: dict[str, datetime] = {}
        """When each of the desk's orders was written down."""
        self.goals: list[tuple[int, dict[Leg, Decimal], dict[Leg, Decimal]]] = []
        """After how many events, the net targets, and our own position by leg then."""
        self.reached: list[tuple[int, int, dict[Leg, Decimal], set[str]]] = []
        """After how many events a step went well, for which goal, our own position then, and
        what the desk had to take for never arrived: nobody can cancel that."""
        self.held_small: set[Leg] = set()
        """Where the last plan said that what is missing is below the smallest order."""
        self._unwritten: list[str] = []
        self._start: dict[Leg, Decimal] = {}
        self.repairs: list[tuple[int, Leg, Decimal]] = []
        """After how many events, and what each repair put into the books, signed base units."""
        self._fills: dict[tuple[str, str], Fill] = {}
        self._booked: set[tuple[str, str]] = set()
        self._since = 0
        self._opening = self._equity()
        self._through = server.gate.through
        server.gate.through = self._note_call  # type: ignore[method-assign]
        self.desk: nt.Desk

    async def _note_call(self, request: Any, answer: Any) -> Any:
        call = read_call(request)
        self.calls.append((self._now(), call))
        if call.name == "create":
            self._arrived.setdefault(call.client_id, self._now())
            if not self._is_written(call.client_id):
                self._unwritten.append(call.client_id)
        return await self._through(request, answer)

    def _is_written(self, client_order_id: str) -> bool:
        """Say whether the intent is on the disk at this moment; nobody need keep a journal."""
        journal = self.desk._manager.recorder.journal
        if journal is None or not client_order_id.startswith(OUR_PREFIX):
            return True
        with Reading.open_to_read(journal.path) as reading:
            return reading.find(Intended, client_order_id) is not None

    @property
    def asked(self) -> Counter[str]:
        """How often each call reached the port."""
        return Counter(call.name for _, call in self.calls)

    def asked_since(self, moment: datetime, *names: str) -> int:
        """Count the calls of these names since then, of any name when none is given."""
        return sum(
            1 for when, c in self.calls if when >= moment and c.name in (names or {c.name})
        )

    # --- what the desk is watched for

    def watch(self, desk: nt.Desk, *, has_new_books: bool = False) -> None:
        """Watch this desk from now on."""
        self.desk = desk
        if has_new_books:
            self._opening, self._start = self._equity(), self._own()
        desk.subscribe(self._changed)
        self.wanted()

    def adjust(self, leg: Leg, difference: Decimal) -> None:
        """Take note that a repair put so much into the books."""
        self.repairs.append((self._event_count, leg, difference))
        self.wanted()

    def forget(self) -> None:
        """Begin anew: the exchange was wiped, and its past with it."""
        self.repairs.clear()
        self.goals.clear()
        self.reached.clear()
        self._start.clear()
        self._fills.clear()
        self._booked.clear()
        self._since = self._server.engine.events[-1].number
        self._opening = self._equity()
        self.wanted()

    def wanted(self) -> None:
        """Take note of what the strategies want now."""
        self._book = self.desk.targets
        self.goals.append((self._event_count, self.targets(), self._own()))

    def stepped(self, report: Report, goal: int) -> None:
        """Take note of a step that began when so many goals were known.

        After one that went well nothing works any more for what was wanted before it.
        """
        self.held_small = {
            line.leg
            for line in report.plan.lines
            if any(refusal.reason == "MIN_NOTIONAL" for refusal in line.refusals)
        }
        router = self.desk._manager.router
        if not (report.problem or self.desk.frozen or router.unresolved):
            lost = {r.order.client_order_id for r in self._ours() if router.is_lost(r.order)}
            self.reached.append((self._event_count, goal - 1, self._own(), lost))

    @property
    def _event_count(self) -> int:
        events = self._server.engine.events
        return events[-1].number if events else 0

    def _repaired(self, leg: Leg, before: int | None = None) -> Decimal:
        """Add up what repairs put into the books of a leg, all or before an event."""
        return sum(
            (q for n, on, q in self.repairs if on == leg and (before is None or n < before)),
            ZERO,
        )

    def targets(self) -> dict[Leg, Decimal]:
        """Give the net target of every leg, signed base units."""
        book = self.desk.targets
        nets = (net_target(book, symbol) for symbol in book.symbols)
        return {leg: t for net in nets for leg, t in net.legs(self._mode).items()}

    def hear(self, message: str) -> None:
        """I8: read a message as a trader would."""
        self.messages.append(message)
        held = (self._server.secret, self._server.api_key, self._server.admin_token)
        assert message.strip(), "an empty message"
        assert not any(secret in message for secret in held), f"a secret: {message}"
        assert not any(word in message for word in _UNFIT), f"not for a trader: {message}"
        assert "\n" not in message, message

    def _changed(self) -> None:
        """I1, on every event the desk tells of."""
        self.collect()
        if self.desk._manager.wishes.strategies and self.desk.targets is not self._book:
            self.wanted()  # a strategy has answered
        books = self.desk._manager.books
        self._booked |= {
            k for k in self._fills.keys() - self._booked if books.is_booked(self._fills[k])
        }
        for leg in books.ledger.legs:
            ours = self._repaired(leg)
            for fill in map(self._fills.get, self._booked):
                if Leg(fill.symbol, fill.position_side) == leg:
                    ours += fill.signed_quantity
            booked = books.ledger.position(leg)
            step = self.desk.instruments[leg.symbol].step_size
            assert booked == ours, f"I1: {leg} holds {booked} in the books, {ours} by our fills"
            assert is_multiple(booked, step), f"I1: {leg} holds {booked}, off its step"

    def collect(self) -> None:
        """Remember the executions that any desk so far has known as its own."""
        for fills in self.desk._manager.router._fills.values():
            self._fills |= {(fill.symbol, fill.fill_id): fill for fill in fills.values()}

    def _read_journal(self) -> None:
        """I3 and I7: what is on the disk is what was intended, and what the desk knows."""
        recorder = self.desk._manager.recorder
        recorder.flush()
        if recorder.journal is None:
            return
        with Reading.open_to_read(recorder.journal.path) as reading:
            read = DeskState()
            reading.restore(read)
            rows = tuple(reading.rows(kinds=["intent", "fill", "epoch"]))
        assert read == recorder.state, "I7: what is written is not what the desk knows"
        booked: Counter[str] = Counter()
        epoch = 0
        for row in rows:
            match row.record:
                case Intended(order=order):
                    self.intended[order.client_order_id] = row.time
                case Filled(key=key):
                    booked[key] += 1
                case Epoch(number=number) if number != epoch:
                    booked, epoch = Counter(), number  # a wiped exchange counts anew
        assert not [x for x in booked.items() if x[1] > 1], f"I4: booked twice: {booked}"

    # --- what must always hold

    def check(self) -> None:
        """I3, I4 and I5 over everything that ever happened on the exchange."""
        self._read_journal()
        self._check_intents()
        self._check_ids()
        self._check_overshoot()
        for note in self.desk.status.notes:
            self.hear(note)

    def _ours(self) -> list[Any]:
        records = [
            r for s in self._server.engine.instruments for r in self._server.engine.orders(s)
        ]
        return [r for r in records if r.order.client_order_id.startswith(OUR_PREFIX)]

    def _check_intents(self) -> None:
        for record in self._ours():
            name = record.order.client_order_id
            assert name in self.intended, f"I3: {name} was sent and never written down"
            assert name not in self._unwritten, f"I3: {name} was sent before it was on the disk"
            assert self.intended[name] <= self._arrived[name], (
                f"I3: {name} was sent before it was intended"
            )

    def _check_ids(self) -> None:
        count = Counter(record.order.client_order_id for record in self._ours())
        assert not [x for x in count.items() if x[1] > 1], f"I4: an id made two orders: {count}"
        fills = Counter(
            (event.symbol, event.fill_id)
            for event in self._server.engine.events
            if event.kind == "fill" and event.number > self._since
        )
        assert not [x for x in fills.items() if x[1] > 1], "I4: the exchange doubled a trade"

    def _check_overshoot(self) -> None:
        ours = {record.order_id: record for record in self._ours()}
        fills = {
            (fill.symbol, fill.fill_id): fill
            for symbol in self._server.engine.instruments
            for fill in self._server.engine.fills(symbol)
        }
        held: dict[Leg, Decimal] = {}
        accepted: dict[str, int] = {}
        for event in self._server.engine.events:
            accepted.setdefault(event.order_id, event.number)
            is_old = event.number <= self._since
            record = ours.get(event.order_id)
            if event.kind != "fill" or is_old or record is None:
                continue
            leg = Leg(event.symbol, PositionSide(event.position_side))
            held[leg] = held.get(leg, ZERO) + fills[event.symbol, event.fill_id].signed_quantity
            after = held[leg] + self._repaired(leg, event.number)
            self._check_within(leg, after, event.number, record, accepted[event.order_id])

    def _check_within(
        self, leg: Leg, held: Decimal, number: int, record: Any, accepted: int
    ) -> None:
        """Hold a position against what was wanted since its order was sent.

        An order may fill for an earlier target only until a step under a later one went well:
        while steps fail, nobody can cancel it. A step under way counts for what it began with.
        """
        so_far = [goal for goal in self.goals if goal[0] < number]
        before = sum(1 for goal in so_far if goal[0] < accepted)
        first, own = max(min(before - 1, len(so_far) - 2), 0), so_far[-1][2]
        for events, goal, ours, lost in self.reached:
            is_lost = record.order.client_order_id in lost
            if events < number and goal >= first and not is_lost:
                first, own = goal, ours if goal == len(so_far) - 1 else own
        ends = [targets.get(leg, ZERO) for _, targets, _ in so_far[first:]]
        ends.append(own.get(leg, ZERO))
        low, high = min(ends), max(ends)
        assert low <= held <= high, (
            f"I5: {leg} held {held} at event {number}, beyond {low} … {high}"
        )

    def _own(self) -> dict[Leg, Decimal]:
        """Give the position per leg by our own executions, as the exchange knows them."""
        held: dict[Leg, Decimal] = {}
        for record in self._ours():
            leg = record.order.leg
            sign = record.order.side.sign
            held[leg] = held.get(leg, self._repaired(leg)) + record.filled * sign
        return held

    # --- what must hold when it is quiet

    def truth(self) -> dict[Leg, Decimal]:
        """Give what the exchange holds, by leg; flat legs are left out."""
        return {p.leg: p.quantity for p in self._server.engine.positions() if p.quantity}

    def is_settled(self) -> bool:
        """I6: on target, or the leg is frozen or the desk halted with a reason."""
        if self.desk.status.state == "halted" and self.desk.status.problem:
            return True
        manager = self.desk._manager
        if any(r.state not in _RESTING for r in manager.router.unsettled):
            return False
        truth = self.truth()
        broken = manager.books.breaks
        return all(
            leg in broken or self._is_there(leg, truth.get(leg, ZERO), target)
            for leg, target in {**dict.fromkeys(truth, ZERO), **self.targets()}.items()
        )

    def _is_there(self, leg: Leg, held: Decimal, target: Decimal) -> bool:
        aside = self.desk._manager.books.set_aside(leg)
        instrument = self.desk.instruments[leg.symbol]
        band = nt.Deadband().width(instrument, target, None)
        missing = target - (held - aside)
        if leg in self.held_small and (held - aside) * target >= 0 and missing * target > 0:
            # The venue takes no order that small unless it closes, and the desk says so.
            price = self._server.engine.mark_price(leg.symbol)
            band = max(band, instrument.min_notional / price + instrument.step_size)
        return abs(missing) <= (band if target else ZERO)

    def fail_to_settle(self, problems: list[str]) -> None:
        """I6 failed: say with what."""
        reports = [str(r) for r in self.desk._manager.router.unsettled]
        raise AssertionError(
            f"I6: the exchange holds {self.truth()}, wanted {self.targets()}; "
            f"unsettled {reports}; frozen {self.desk.frozen}; said {problems[-3:]}"
        )

    def check_quiet(self) -> None:
        """I1 and I2 against the exchange itself, and everything of ours booked exactly once."""
        self.check()
        self._changed()
        books, truth = self.desk._manager.books, self.truth()
        expected, own = books.expected(), self._own()
        for leg in {*expected, *own}:
            ours = (
                own.get(leg, ZERO) - self._start.get(leg, ZERO) + books.baseline.get(leg, ZERO)
            )
            told = expected.get(leg, ZERO)
            assert told == ours, f"I1: {leg} is {ours} by our own orders, the books say {told}"
        for leg, found in books.breaks.items():
            expected[leg] = expected.get(leg, ZERO) + found.difference
            self.hear(str(found))
        for leg in {*expected, *truth}:
            told, there = expected.get(leg, ZERO), truth.get(leg, ZERO)
            assert told == there, f"I1: {leg} holds {there}, the books say {told}"
        self._check_money()

    def _check_money(self) -> None:
        failing = [proof for proof in self.desk.proofs() if not proof.holds]
        assert not failing, f"I2: {failing}"
        money = next(p for p in self.desk.proofs() if p.name == "money")
        there = self._equity() - self._opening
        assert abs(money.found - there) <= money.tolerance, f"I2: {money}, in truth {there}"

    def _equity(self) -> Decimal:
        account = self._server.engine.account()
        return account.wallet + account.unrealized_pnl
