"""What a strategy that adopts a break must want from now on; else a plan would close it."""

from decimal import Decimal

from nettools.decimals import ZERO, signed
from nettools.errors import InvalidInput
from nettools.model import Leg, PositionMode, legs_of
from nettools.targets import TargetBook, TargetState


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
