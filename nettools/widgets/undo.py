"""What was changed on the screen, so that it can be changed back; nothing here sends.

A step is what one entry, paste or load made of targets and states: as they were before, and
as they were after. Law: undo then redo leaves targets and states as they were.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Cell = tuple[str, str]
"""A field of the targets table: strategy and symbol."""
MOST = 200
"""Steps that are kept; older ones cannot be undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Some targets and states together."""

    targets: Mapping[Cell, Decimal] = field(default_factory=dict)
    """Signed base units; a field that had none is undone to zero, which counts the same."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Strategy → ``active``, ``hold`` or ``flat``."""
    blank: frozenset[Cell] = frozenset()
    """Fields that had no target: their zero is not shown."""

    def nested(self) -> dict[str, dict[str, Decimal]]:
        """Give the targets as a desk takes them: per strategy, then per symbol."""
        wanted: dict[str, dict[str, Decimal]] = {}
        for (strategy, symbol), quantity in self.targets.items():
            wanted.setdefault(strategy, {})[symbol] = quantity
        return wanted

    def without(self, strategies: set[str]) -> "Wishes":
        """Leave some strategies out."""
        return Wishes(
            targets={c: q for c, q in self.targets.items() if c[0] not in strategies},
            states={name: s for name, s in self.states.items() if name not in strategies},
            blank=self.blank,
        )

    def names(self) -> set[str]:
        """Give the strategies that are named."""
        return {cell[0] for cell in self.targets} | set(self.states)


class Undo:
    """The steps of one screen: those done, and those undone that may be done again."""

    def __init__(self) -> None:
        self._done: list[tuple[Wishes, Wishes]] = []
        self._undone: list[tuple[Wishes, Wishes]] = []

    @property
    def can_undo(self) -> bool:
        """Say whether there is a step to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Say whether there is a step to do again."""
        return bool(self._undone)

    def note(self, before: Wishes, after: Wishes) -> None:
        """Keep a step; what was undone before it cannot be done again."""
        if before != after:
            self._done = [*self._done, (before, after)][-MOST:]
            self._undone.clear()

    def back(self) -> Wishes | None:
        """Take the last step back; gives what is to be set, None when there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1][0]

    def again(self) -> Wishes | None:
        """Do the last undone step again; gives what is to be set, None when there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1][1]
