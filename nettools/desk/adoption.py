"""Which break is repaired, and what a strategy that adopts it must want from now on."""

from collections.abc import Mapping
from decimal import Decimal

from nettools.decimals import ZERO, signed
from nettools.errors import InvalidInput
from nettools.model import Leg, PositionMode, legs_of
from nettools.reconcile import Break
from nettools.targets import TargetBook, TargetState


def break_to_repair(breaks: Mapping[Leg, Break], leg: Leg, shown: Decimal | None) -> Break:
    """Give the break on a leg, if it is still as it was shown (signed base units).

    Raises:
        InvalidInput: there is none, or it has changed since.
    """
    if leg not in breaks:
        broken = ", ".join(map(str, breaks)) or "none"
        raise InvalidInput(f"there is no break on {leg}; open breaks: {broken}")
    found = breaks[leg]
    if shown not in {None, found.difference}:
        raise InvalidInput(
            f"the break on {leg} must be as it was shown, {signed(shown or ZERO)}, "
            f"was {signed(found.difference)}; look again"
        )
    return found


def adopted_target(
    book: TargetBook, account: str, leg: Leg, difference: Decimal, mode: PositionMode
) -> Decimal:
    """Give the target with which a strategy also wants what it takes over, signed base units.

    Raises:
        InvalidInput: no such strategy, it is not active, or one target cannot hold both.
    """
    if account not in book.strategies:
        known = ", ".join(book.strategies) or "none yet"
        raise InvalidInput(f"no strategy is named {account!r} to adopt it; there is {known}")
    state = book.state(account)
    if state is not TargetState.ACTIVE:
        raise InvalidInput(
            f"{account} is on {state.value} and cannot want what it adopts; make it "
            "active first, or assign it"
        )
    target = book.target(account, leg.symbol)
    held = target.wanted if target else ZERO
    wanted = held + difference
    for other in legs_of(leg.symbol, mode):
        moves = other.part_of(wanted) - other.part_of(held)
        if moves != (difference if other == leg else ZERO):
            raise InvalidInput(
                f"{account} wants {signed(held)} and one target cannot also hold "
                f"{signed(difference)} on {leg}; choose another strategy, or assign it"
            )
    return wanted
