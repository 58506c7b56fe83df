"""Exact numbers: read from text, round to a step or a tick.

Text, integers and Decimals come in; finite Decimals go out. Floats, NaN, infinity and
numbers too large to be a quantity or price are refused. Keeps law 9: rounding to a step,
toward zero, is idempotent, never grows the number, and moves it by less than one step.
"""

from decimal import Decimal, InvalidOperation

from nettools.errors import InvalidInput

ZERO = Decimal(0)
LARGEST = Decimal("1e12")
"""No quantity or price is larger: with 12 decimal places, sums of ten thousand stay exact."""
FINEST = Decimal("1e-12")
"""No venue quotes more than 12 decimal places."""


def exact(value: str | int | Decimal, name: str = "number") -> Decimal:
    """Read a finite decimal number from text, an integer or a Decimal.

    Args:
        value: for example ``"1.0"``, ``-3`` or ``Decimal("0.001")``; surrounding blanks are
            ignored. Floats are refused: their text is not what was typed.
        name: what the number is, for the message.

    Raises:
        InvalidInput: not a number, NaN, infinite, larger than 1e12 or finer than 1e-12.
    """
    if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
        raise InvalidInput(
            f"{name} must be text, an integer or a Decimal, was {value!r} "
            f'({type(value).__name__}); write it as text, for example "0.7"'
        )
    text = value.strip() if isinstance(value, str) else value
    if text == "":
        raise InvalidInput(f'{name} is empty; write a number such as "0.7", or "0" for flat')
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise InvalidInput(
            f'{name} must be a number, was {_shown(value)}; write it like "0.7" or "-0.8"'
        ) from None
    return _in_range(number, value, name)


def _in_range(number: Decimal, value: object, name: str) -> Decimal:
    shown = _shown(value if isinstance(value, str) else str(number))
    if not number.is_finite():
        raise InvalidInput(
            f'{name} must be a finite number, was {shown}; write it like "0.7" or "-0.8"'
        )
    if number.copy_abs() > LARGEST:  # abs() would overflow on 1e1000000
        raise InvalidInput(f"{name} must be between -1e12 and 1e12, was {shown}")
    if number != number.quantize(FINEST):
        raise InvalidInput(f"{name} must have at most 12 decimal places, was {shown}")
    return number


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:36] + "…'"  # noqa: PLR2004 - fits one line


def positive(value: str | int | Decimal, name: str) -> Decimal:
    """Read a number that must be above zero; raises InvalidInput otherwise."""
    number = exact(value, name)
    if number <= 0:
        raise InvalidInput(f"{name} must be above zero, was {number}")
    return number


def check_numbers(owner: object, *fields: str) -> None:
    """Refuse a float, text, NaN or infinity in a value's fields; a field of None is left out.

    Raises:
        InvalidInput: names the field and says what was found.
    """
    for field in fields:
        value = getattr(owner, field)
        if value is None or (type(value) is int) or _is_finite_decimal(value):
            continue
        raise InvalidInput(
            f'{field} must be a finite Decimal, was {value!r}; write it as Decimal("0.001")'
        )


def _is_finite_decimal(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def round_toward_zero(value: Decimal, step: Decimal) -> Decimal:
    """Round to a multiple of ``step``, never away from zero.

    >>> round_toward_zero(Decimal("-0.0019"), Decimal("0.001"))
    Decimal('-0.001')
    """
    return value // step * step  # exact: // truncates, where / would round at 28 digits


def round_down(value: Decimal, step: Decimal) -> Decimal:
    """Round to the multiple of ``step`` at or below ``value`` (a buy's limit price)."""
    inner = round_toward_zero(value, step)
    return inner if inner <= value else inner - step


def round_up(value: Decimal, step: Decimal) -> Decimal:
    """Round to the multiple of ``step`` at or above ``value`` (a sell's limit price)."""
    inner = round_toward_zero(value, step)
    return inner if inner >= value else inner + step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Say whether ``value`` lies on the grid of ``step``."""
    return value % step == 0


def plain(value: Decimal) -> str:
    """Write a number without exponent and without trailing zeros: ``0.7``, ``1500``."""
    if value == 0:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal) -> str:
    """Write a number with its sign; zero has none: ``+0.7``, ``-0.8``, ``0``."""
    return f"+{plain(value)}" if value > 0 else plain(value)
