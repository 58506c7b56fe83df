"""`nettools testnet`: the local exchange in the foreground, until Ctrl-C.

The options of the command come in; the server says itself where it listens and how other
programs attach to it.
"""

from pathlib import Path

from nettools.errors import InvalidInput
from nettools.testnet.serving import serve


def testnet(  # noqa: PLR0913 - the options of the command
    *,
    venue: str,
    port: int,
    symbols: int,
    seed: int,
    mode: str,
    replay: list[str] | None,
    speed: float,
    funding_interval: int,
    latency: list[float],
) -> int:
    """Serve until interrupted.

    Args:
        venue: whose dialect it speaks.
        port: of the trading port on 127.0.0.1; 0 for any free one.
        symbols: how many contracts the synthetic market has.
        seed: of the synthetic market.
        mode: of the account, ``"one-way"`` or ``"hedge"``.
        replay: candles to replay instead of the synthetic market, a file a symbol; or one
            recording of an order book.
        speed: market seconds per second; 0 stands still.
        funding_interval: seconds of market time between two settlements of funding.
        latency: seconds an order takes there, and its answer back if there is a second number.

    Raises:
        InvalidInput: files that are not there or cannot be read, or a speed, an interval or a
            latency out of range.
        VenueUnavailable: the port cannot be used.
    """
    missing = [name for name in replay or () if not Path(name).is_file()]
    if missing:
        raise InvalidInput(f"there is no file {missing[0]} to replay; check the path")
    serve(
        venue,
        symbols=symbols,
        seed=seed,
        mode=mode,
        speed=speed,
        port=port,
        replay=replay,
        idle_seconds=0,
        funding_interval=funding_interval,
        latency=latency[0] if len(latency) == 1 else latency,
    )
    return 0
