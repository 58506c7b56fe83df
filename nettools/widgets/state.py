"""What a person entered, checked: traits only, so all of it is tested without a browser.

Text comes in from fields; a value or one sentence beside the field goes out. A bad entry
changes nothing: the last good value stays, nothing reaches the desk.
"""

from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from typing import Any

from traitlets import (
    Bunch,
    Dict,
    Enum,
    HasTraits,
    Instance,
    Int,
    TraitError,
    TraitType,
    Tuple,
    Unicode,
    validate,
)

from nettools.decimals import ZERO, exact, signed
from nettools.desk import Desk
from nettools.desk.sheet import format_of
from nettools.errors import InvalidInput
from nettools.style import Style, StyleName
from nettools.targets import TargetBook, TargetPosition, TargetState, strategy_name
from nettools.widgets.undo import Cell, Undo, Wishes

NEW_STRATEGY = "new strategy"
NEW_SYMBOL = "new symbol"
TOGETHER = "targets together"
PRESET = "preset"
MOST_PRESETS = 50
FASTEST_SECONDS = Decimal("0.1")
SMART_FIELDS = (
    "improve_ticks", "rest_seconds", "most_requotes", "timeout_seconds", "adverse_bps",
    "imbalance", "min_slice",
)  # fmt: skip
"""What a smart style has beside its cap."""


def typed(text: str) -> str:
    """Read what a person typed: without blanks around it, a typeset minus as a minus."""
    return text.strip().replace("−", "-")


class DecimalTrait(TraitType[Decimal, str | int | Decimal]):
    """An exact number, given as text, an integer or a Decimal.

    Refuses floats, NaN and infinity, and says so in one sentence.
    """

    info_text = 'a number written as text, for example "0.7"'

    def validate(self, obj: Any, value: object) -> Decimal:  # noqa: ANN401, ARG002 - traitlets'
        """Read the number; raises TraitError with the sentence to show."""
        given = typed(value) if isinstance(value, str) else value
        try:
            return exact(given, self.label)  # type: ignore[arg-type]  # exact refuses the rest
        except InvalidInput as error:
            raise TraitError(str(error)) from None

    @property
    def label(self) -> str:
        """The field's name in the words of the screen."""
        return (self.name or "number").replace("_", " ")


class OptionalDecimal(DecimalTrait):
    """An exact number, or nothing: an empty field is None."""

    def validate(self, obj: Any, value: object) -> Decimal | None:  # type: ignore[override]  # noqa: ANN401 - as traitlets has it
        """Read the number, or None; raises TraitError with the sentence to show."""
        is_empty = value is None or (isinstance(value, str) and not typed(value))
        return None if is_empty else super().validate(obj, value)


class WholeTrait(DecimalTrait):
    """A whole number, given as text or an integer."""

    def validate(self, obj: Any, value: object) -> int:  # type: ignore[override]  # noqa: ANN401 - as traitlets has it
        """Read the number; raises TraitError with the sentence to show."""
        number = super().validate(obj, value)
        if number != int(number):
            raise TraitError(f"{self.label} must be a whole number, was {number}")
        return int(number)


class Form(HasTraits):
    """Fields with their errors; every entry goes through ``attempt``."""

    errors: dict[Hashable, str] = Dict()  # type: ignore[assignment]  # a trait holds it
    """Field → one sentence; a field that is fine is not in it."""
    locked = Unicode()
    """Why nothing may be entered here; empty when it may."""

    def attempt(self, field: Hashable, action: Callable[[], object]) -> bool:
        """Do what an entry asks for; when it is refused, keep the sentence beside the field."""
        others = {key: error for key, error in self.errors.items() if key != field}
        try:
            if self.locked:
                raise InvalidInput(self.locked)  # noqa: TRY301 - shown like any refusal
            action()
        except (InvalidInput, TraitError) as error:
            self.errors = {**others, field: str(error)}
            return False
        self.errors = others
        return True

    def error(self, field: Hashable) -> str:
        """Give the sentence beside a field, empty when it is fine."""
        return self.errors.get(field, "")


class StyleForm(Form):
    """How plans are executed: at market with a cap, as a limit order, or resting first."""

    name: StyleName = Enum(("market", "limit", "smart"), default_value="market")  # type: ignore[assignment]  # a trait holds it
    slippage_bps = DecimalTrait(Style().slippage_bps)
    offset_bps = DecimalTrait(ZERO)
    improve_ticks = WholeTrait(Style().improve_ticks)
    rest_seconds = DecimalTrait(Style().rest_seconds)
    most_requotes = WholeTrait(Style().most_requotes)
    timeout_seconds = DecimalTrait(Style().timeout_seconds)
    adverse_bps = OptionalDecimal(Style().adverse_bps)
    imbalance = OptionalDecimal(None, allow_none=True)
    min_slice = OptionalDecimal(None, allow_none=True)

    @validate("slippage_bps")
    def _within_range(self, proposal: Bunch) -> Decimal:
        return Style(slippage_bps=proposal.value).slippage_bps

    @validate("offset_bps")
    def _not_absurd(self, proposal: Bunch) -> Decimal:
        return Style(offset_bps=proposal.value).offset_bps

    @validate(*SMART_FIELDS)
    def _fits_a_style(self, proposal: Bunch) -> object:
        given: dict[str, Any] = {proposal.trait.name: proposal.value}
        return getattr(Style(name="smart", **given), proposal.trait.name)

    @property
    def style(self) -> Style:
        """The style as the planner takes it."""
        if self.name == "smart":
            return Style(
                name=self.name,
                slippage_bps=self.slippage_bps,
                **{field: getattr(self, field) for field in SMART_FIELDS},
            )
        return Style(name=self.name, slippage_bps=self.slippage_bps, offset_bps=self.offset_bps)

    def enter(self, field: str, text: str) -> bool:
        """Take one field; a bad entry leaves the last good value."""
        return self.attempt(field, lambda: setattr(self, field, text))


class RunForm(Form):
    """How often the automatic loop looks and trades."""

    every_seconds = DecimalTrait(Decimal(1))

    @validate("every_seconds")
    def _not_too_fast(self, proposal: Bunch) -> Decimal:
        number: Decimal = proposal.value
        if number < FASTEST_SECONDS:
            raise InvalidInput(
                f"every seconds must be at least {FASTEST_SECONDS}, was {number}; write 1"
            )
        return number

    def enter(self, text: str) -> bool:
        """Take the rhythm; a bad entry leaves the last good one."""
        return self.attempt("every_seconds", lambda: setattr(self, "every_seconds", text))


class TargetForm(Form):
    """The table of targets: strategies × symbols, over the desk's own book."""

    book = Instance(TargetBook)
    """The desk's book as last seen; the screen keeps it up to date."""
    drafts: dict[Cell, str] = Dict()  # type: ignore[assignment]  # a trait holds it
    """Cell → text that was refused and still stands in its field."""
    chosen = Tuple()
    """Symbols added to the table that have no target yet."""

    presets: dict[str, Wishes] = Dict()  # type: ignore[assignment]  # a trait holds it
    """Sets of targets kept under a name while the desk is on the screen."""
    changes = Int(0)
    """Counts what was entered; whoever shows the table draws again when it changes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(book=desk.targets)
        self._desk = desk
        self._texts: dict[Cell, str] = {}
        self.undo, self.blank = Undo(), frozenset[Cell]()  # blank: the first target was undone

    @property
    def symbols(self) -> tuple[str, ...]:
        """The columns of the table."""
        return tuple(dict.fromkeys((*self.book.symbols, *self.chosen)))

    def catch_up(self) -> None:
        """Take over the desk's book as it is now, before the next look does."""
        self.book = self._desk.targets

    def enter(self, cell: Cell, text: str) -> bool:
        """Take one target; a bad entry stays in its field and changes nothing."""
        return self.enter_all({cell: text}) == 1

    def enter_all(self, texts: Mapping[Cell, str]) -> int:
        """Take many targets as one step; gives how many fields are fine.

        What cannot be taken stays in its field with one sentence; the others are set.
        """
        drafts, errors, good = dict(self.drafts), dict(self.errors), {}
        for cell, text in texts.items():
            drafts.pop(cell, None)
            errors.pop(cell, None)
            try:
                quantity = self._read(cell, typed(text))
            except InvalidInput as error:
                drafts[cell], errors[cell] = text, str(error)
                continue
            if quantity is not None:
                good[cell] = quantity
                self._texts[cell] = typed(text)
        if good:
            self._take(Wishes(targets=good))
        self.drafts, self.errors = drafts, errors
        self.changes += 1
        return sum(cell not in drafts for cell in texts)

    def _read(self, cell: Cell, text: str) -> Decimal | None:
        """Read an entry; None when a field that never held a target is emptied again."""
        if self.locked:
            raise InvalidInput(self.locked)
        if not text and (self.book.target(*cell) is None or cell in self.blank):
            return None
        return self._desk.check_target(*cell, text)

    def take(self, wishes: Wishes) -> bool:
        """Set targets and states together as one step that can be undone, or none of them."""
        is_good = self.attempt(TOGETHER, lambda: self._take(wishes))
        if is_good:
            self._forget(set(wishes.targets))
        self.changes += 1
        return is_good

    def step_back(self) -> bool:
        """Undo the last step: its targets go back, nothing is sent."""
        return self._walk(self.undo.back)

    def step_again(self) -> bool:
        """Do the last undone step again."""
        return self._walk(self.undo.again)

    def _walk(self, step: Callable[[], Wishes | None]) -> bool:
        if self.locked:
            return self.attempt(TOGETHER, lambda: None)
        found = step()
        if found is None:
            return False
        gone = found.names() - set(self.book.strategies)  # removed since: it stays removed
        is_good = self.attempt(TOGETHER, lambda: self._set(found.without(gone)))
        self._forget(set(found.targets))
        self.changes += 1
        return is_good

    def wishes(self) -> Wishes:
        """Give all targets and states as they are."""
        present = [t for t in self.book if t.state is not TargetState.REMOVED]
        targets = {(t.strategy, t.symbol): t.wanted for t in present}
        return Wishes(
            targets={cell: targets[cell] for cell in targets if cell not in self.blank},
            states={name: self.book.state(name).value for name in self.book.strategies},
        )

    def keep(self, name: str) -> bool:
        """Keep the targets as they are under a name, in place of an earlier one of it."""
        return self.attempt(PRESET, lambda: self._keep(name.strip()))

    def _keep(self, name: str) -> None:
        strategy_name(name)
        if len(self.presets) >= MOST_PRESETS and name not in self.presets:
            raise InvalidInput(
                f"there are {MOST_PRESETS} presets already; save targets as a file instead"
            )
        self.presets = {**self.presets, name: self.wishes()}

    def load(self, text: str, name: str) -> bool:
        """Take a file of targets by its text and name, whole or not at all, as one step."""

        def read() -> None:
            targets, states = self._desk.read_targets(text, format_of(name))
            cells = {(n, s): q for n, wanted in targets.items() for s, q in wanted.items()}
            self._take(Wishes(targets=cells, states=states))
            self._forget(set(cells))

        is_good = self.attempt(TOGETHER, read)
        self.changes += 1
        return is_good

    def _take(self, wishes: Wishes) -> None:
        book = self.book = self._desk.targets
        olds = {cell: book.target(*cell) for cell in wishes.targets}
        before = Wishes(
            targets={cell: old.wanted if old else ZERO for cell, old in olds.items()},
            states={n: book.state(n).value for n in wishes.states if n in book.strategies},
            blank=frozenset(c for c, old in olds.items() if old is None or c in self.blank),
        )
        self._set(wishes)
        self.undo.note(before, wishes)

    def _set(self, wishes: Wishes) -> None:
        self._desk.set_targets(wishes.nested(), wishes.states)
        self.blank = (self.blank - set(wishes.targets)) | wishes.blank
        self.book = self._desk.targets

    def _forget(self, cells: set[Cell]) -> None:
        """Let go of what stood refused in fields that were set otherwise."""
        self.drafts = {cell: text for cell, text in self.drafts.items() if cell not in cells}
        self.errors = {key: text for key, text in self.errors.items() if key not in cells}

    def add_strategy(self, name: str) -> bool:
        """Add a strategy without targets."""
        return self._change(NEW_STRATEGY, lambda: self._desk.add_strategy(name.strip()))

    def remove_strategy(self, name: str) -> bool:
        """Take a strategy out; what it held is traded out with the next execution."""
        self._forget({cell for cell in self.drafts if cell[0] == name})
        return self._change(name, lambda: self._desk.remove_strategy(name))

    def set_state(self, name: str, state: str) -> bool:
        """Make a strategy active, hold or flat."""
        return self._change(name, lambda: self._desk.set_state(name, state))

    def add_symbol(self, text: str) -> bool:
        """Add a column: a symbol, or the base of exactly one (``eth``)."""
        return self.attempt(NEW_SYMBOL, lambda: self._choose(text))

    def _choose(self, text: str) -> None:
        symbol = self._resolved(text.strip())
        if symbol in self.symbols:
            raise InvalidInput(f"{symbol} is in the table already; choose another symbol")
        self.chosen = (*self.chosen, symbol)

    def _resolved(self, text: str) -> str:
        instruments = self._desk.instruments
        same_base = [s for s, found in instruments.items() if found.base == text.upper()]
        if text in instruments:
            return text
        if len(same_base) == 1:
            return same_base[0]
        some = ", ".join(sorted(instruments)[:5])
        raise InvalidInput(
            f"the symbol must be one that {self._desk.status.venue} trades, was {text[:40]!r}; "
            f"choose one, for example {some}"
        )

    def _change(self, field: Hashable, action: Callable[[], object]) -> bool:
        is_good = self.attempt(field, action)
        self.catch_up()
        self.changes += 1
        return is_good

    def text(self, cell: Cell) -> str:
        """Give what stands in a field: a refused draft, or the last good target."""
        return self.drafts[cell] if cell in self.drafts else self.good_text(cell)

    def good_text(self, cell: Cell) -> str:
        """Give the last good target as it was typed, or as the desk has it; may be empty."""
        target = self.book.target(*cell)
        is_blank = cell in self.blank and target is not None and target.wanted == 0
        if target is None or target.state is TargetState.REMOVED or is_blank:
            return ""
        as_typed = self._texts.get(cell)
        if as_typed is not None and exact(as_typed) == target.wanted:
            return as_typed
        return signed(target.wanted)

    def note(self, cell: Cell) -> str:
        """Say what counts when that is not simply what is wanted; may be empty."""
        target = self.book.target(*cell)
        return "" if target is None else _what_counts(target)


def _what_counts(target: TargetPosition) -> str:
    if target.unknown:
        return f"unknown ({target.unknown}): stays at {signed(target.quantity)}"
    if target.state is TargetState.HOLD:
        return f"held at {signed(target.quantity)}"
    if target.state is TargetState.FLAT:
        return "flat: counts 0"
    return ""
