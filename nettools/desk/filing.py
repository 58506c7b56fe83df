"""Many targets at once: set together, kept as files, and the report of what became of them.

Everything here is all or nothing: what cannot be taken whole changes nothing.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from nettools.desk.accounting import Accounting
from nettools.desk.paper import Paper, paper_html
from nettools.desk.sheet import Entry, format_of, read_sheet, write_sheet
from nettools.desk.wishes import read_target
from nettools.errors import InvalidInput
from nettools.targets import TargetBook, TargetState

MOST_TOLD = 5
"""Wrong lines of a file that are named."""


class Filing(Accounting):
    """The part of a desk that takes and gives targets in bulk."""

    @property
    def targets(self) -> TargetBook:
        """What every strategy wants now; a value that does not change afterwards."""
        return self._manager.book

    def check_target(
        self, strategy: str, symbol: str, quantity: str | float | Decimal
    ) -> Decimal:
        """Read a target as ``set_target`` would, and set nothing; signed base units.

        Raises:
            InvalidInput: not a number, an unknown symbol, or beyond the cap.
        """
        wanted = read_target(quantity, strategy, symbol)
        self._manager.check_target(strategy, symbol, wanted)
        return wanted

    def set_targets(
        self,
        targets: Mapping[str, Mapping[str, str | float | Decimal]],
        states: Mapping[str, str] | None = None,
    ) -> None:
        """Set many targets in one change, all of them or none; sends nothing.

        Args:
            targets: ``{strategy: {symbol: quantity}}``, signed base units; a new strategy is
                added. What is not named stays as it is.
            states: ``active``, ``hold`` or ``flat`` per strategy, set after its targets.

        Raises:
            InvalidInput: one of them cannot be taken; nothing has changed.
        """
        checked = {
            (name, symbol): self.check_target(name, symbol, quantity)
            for name, wanted in targets.items()
            for symbol, quantity in wanted.items()
        }
        wanted_states = {name: _state(state) for name, state in (states or {}).items()}
        now, wishes = self._manager.status().time, self._manager.wishes

        def make(book: TargetBook) -> TargetBook:
            for name in [name for name in targets if name not in book.strategies]:
                book = book.add(name)
            for (name, symbol), quantity in checked.items():
                book = book.set(name, symbol, quantity, ttl=wishes.ttl_of(name), said=now)
            for name, state in wanted_states.items():
                if book.state(name) is not state:
                    book = book.with_state(name, state)
            return book

        self._manager.change(make)

    def targets_text(self, ending: str) -> str:
        """Give all targets as text, "csv" or "yaml", as ``save_targets`` writes them."""
        return write_sheet(self.targets, ending)

    def save_targets(self, path: str | Path) -> Path:
        """Write all targets and states to a file that ends in .csv or .yaml; replaces it.

        Raises:
            InvalidInput: another ending, or the file cannot be written.
        """
        text = self.targets_text(format_of(Path(path).name))
        return _write(Path(path), text)

    def load_targets(self, path: str | Path) -> int:
        """Set the targets of a .csv or .yaml file, all or none; gives how many.

        What the file does not name stays as it is. Sends nothing.

        Raises:
            InvalidInput: the file cannot be read, or lines of it cannot be taken; names each
                line, what is wrong there and what to write.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InvalidInput(f"{path} cannot be read ({why}); name another file") from None
        targets, states = self.read_targets(text, format_of(Path(path).name))
        self.set_targets(targets, states)
        return sum(len(wanted) for wanted in targets.values())

    def read_targets(
        self, text: str, ending: str
    ) -> tuple[dict[str, dict[str, Decimal]], dict[str, str]]:
        """Check the text of a file whole and set nothing; gives its targets and states.

        Raises:
            InvalidInput: as ``load_targets``.
        """
        targets: dict[str, dict[str, Decimal]] = {}
        states: dict[str, str] = {}
        wrong: list[str] = []
        for entry in read_sheet(text, ending):
            try:
                self._take(entry, targets, states)
            except InvalidInput as error:
                wrong.append(f"line {entry.line}: {error}")
        if wrong:
            more = f"; and {len(wrong) - MOST_TOLD} more" if len(wrong) > MOST_TOLD else ""
            raise InvalidInput(f"nothing was loaded. {'; '.join(wrong[:MOST_TOLD])}{more}")
        return targets, states

    def _take(
        self, entry: Entry, targets: dict[str, dict[str, Decimal]], states: dict[str, str]
    ) -> None:
        if entry.strategy not in {*self.targets.strategies, *targets}:
            TargetBook().add(entry.strategy)  # refuses what is no plain name
        wanted = targets.setdefault(entry.strategy, {})
        if entry.symbol:
            quantity = entry.target.replace("−", "-")
            wanted[entry.symbol] = self.check_target(entry.strategy, entry.symbol, quantity)
        if entry.state:
            told = _state(entry.state).value
            if states.setdefault(entry.strategy, told) != told:
                raise InvalidInput(
                    f"{entry.strategy} is {states[entry.strategy]} in an earlier line and "
                    f"{told} here; write the same state in both"
                )

    def report_html(self, path: str | Path, *, redact: bool = False) -> Path:
        """Write the trading report as one HTML file that opens offline; gives its path.

        Targets, plans, orders, fills, saving, PnL per strategy, proof, incidents and the
        period. It holds no script and asks for nothing from outside.

        Args:
            path: is replaced.
            redact: leave out ids, balances and what was said in words; strategies become
                "strategy A", "strategy B" and so on.

        Raises:
            InvalidInput: the file cannot be written.
            VenueUnavailable: the account has not been read yet.
        """
        return _write(Path(path), self.report_text(redact=redact))

    def report_text(self, *, redact: bool = False) -> str:
        """Give the trading report as HTML text; as ``report_html`` writes it."""
        manager = self._manager
        return paper_html(
            Paper(
                status=manager.status(),
                account=manager.venue.account,
                book=self.targets,
                view=self.view,
                accounts=self.accounts(),
                parents=self.parent_orders(),
                saving=self.saving(),
                proofs=self.proofs(),
                incidents=manager.incidents(),
                activity=manager.activity,
            ),
            redact=redact,
        )


def _state(text: str) -> TargetState:
    found = {s.value: s for s in TargetState if s is not TargetState.REMOVED}
    state = found.get(text.strip().lower())
    if state is None:
        raise InvalidInput(f'state must be "active", "hold" or "flat", was {text[:40]!r}')
    return state


def _write(path: Path, text: str) -> Path:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="")
        part.replace(path)  # whoever reads it meanwhile finds a whole file
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written ({error.strerror}); name another file"
        ) from None
    return path
