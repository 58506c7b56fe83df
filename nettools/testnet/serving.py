"""Run a local testnet until it is told to stop: what ``nettools testnet`` and the child do.

Settings come in; nothing goes out until SIGINT, SIGTERM, an admin ``/shutdown`` or the idle
stop ends it in good order. As a child it speaks one line of JSON on its standard output and
then nothing: later output goes to a log file, so that no full pipe ever blocks it. Its keys
are random unless ``NETTOOLS_LOCAL_API_KEY`` and ``NETTOOLS_LOCAL_SECRET`` are set.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nettools.errors import VenueUnavailable
from nettools.testnet.funding import EIGHT_HOURS
from nettools.testnet.instruments import USUAL
from nettools.testnet.server import LocalServer
from nettools.testnet.session import forget_session, runtime_directory, write_session
from nettools.testnet.settings import Latency, ReplayFiles, Settings

_LOOK = 0.5
"""Seconds between two looks at whether a replay has ended."""


def serve(  # noqa: PLR0913 - the command's options, all by keyword, all defaulted
    venue: str = "binance",
    *,
    symbols: int = USUAL,
    seed: int = 7,
    mode: str = "one-way",
    speed: float = 1.0,
    port: int = 0,
    replay: ReplayFiles = None,
    idle_seconds: float = 1800.0,
    ack_delay: float = 0.02,
    rate_limits: bool = True,
    funding_interval: int = EIGHT_HOURS,
    latency: Latency = 0.0,
    announce: bool = False,
    share: bool = True,
) -> None:
    """Serve a local testnet until it is told to stop.

    Args:
        venue: like the options up to ``latency`` a field of ``Settings``.
        symbols: of the synthetic market, how many.
        seed: of the synthetic market.
        mode: of the account.
        speed: of the market.
        port: of the trading port.
        replay: files of candles, or a recording.
        idle_seconds: without a request until it ends; 0 never.
        ack_delay: between an order acknowledged and matched.
        rate_limits: as the venue has them, or none.
        funding_interval: of the market.
        latency: of orders.
        announce: say the variables in one line of JSON, then leave the standard streams.
        share: write it down so that this user's notebooks find it (``connect``).

    Raises:
        InvalidInput, VenueUnavailable: it cannot start; the message says why.
    """
    market = Settings(venue=venue, seed=seed, mode=mode, speed=speed, replay=replay)
    settings = replace(
        market,
        symbols=symbols,
        port=port,
        idle_seconds=idle_seconds,
        ack_delay=ack_delay,
        rate_limits=rate_limits,
        funding_interval=funding_interval,
        latency=latency,
    )
    asyncio.run(_serve(_with_given_keys(settings), announce=announce, share=share))


def _with_given_keys(settings: Settings) -> Settings:
    key = os.environ.get("NETTOOLS_LOCAL_API_KEY", "")
    return replace(settings, api_key=key, secret=os.environ.get("NETTOOLS_LOCAL_SECRET", ""))


async def _serve(settings: Settings, *, announce: bool, share: bool) -> None:
    server = LocalServer(settings)
    async with server:
        with (
            _signals(server.stopping),
            _shared(server) if share else contextlib.nullcontext(),
            _leaving_the_streams(server) if announce else _saying(server),
        ):
            telling = asyncio.create_task(_tell_the_end(server))
            await server.stopping.wait()
            telling.cancel()


async def _tell_the_end(server: LocalServer) -> None:
    while not server.market.is_finished:  # noqa: ASYNC110 - looked at rarely, and by this alone
        await asyncio.sleep(_LOOK)
    why = server.market.problem or "it is played to its end"
    print(f"The replay stands still: {why}.", flush=True)  # noqa: T201 - what the command is for


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in wanted:
            loop.add_signal_handler(number, stopping.set)
    except NotImplementedError:  # Windows: its loop takes no handlers, Ctrl-C still ends run()
        yield
        return
    try:
        yield
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)


@contextlib.contextmanager
def _shared(server: LocalServer) -> Iterator[None]:
    write_session(server.settings.venue, server.variables, os.getpid())
    try:
        yield
    finally:
        forget_session(server.settings.venue, os.getpid())


@contextlib.contextmanager
def _saying(server: LocalServer) -> Iterator[None]:
    command = '$env:{} = "{}"' if os.name == "nt" else "export {}={}"
    variables = [command.format(*pair) for pair in server.variables.items()]
    print(  # noqa: T201 - what the command is for
        f"Local {server.settings.venue.capitalize()} testnet on {server.url}, play money only.",
        "Notebooks of this user find it by themselves. Other programs attach with",
        *(f"  {line}" for line in variables),
        "(keys of this run, good for nothing else). Stop it with Ctrl-C.",
        sep="\n",
        flush=True,
    )
    yield


@contextlib.contextmanager
def _leaving_the_streams(server: LocalServer) -> Iterator[None]:
    sys.stdout.write(json.dumps(server.variables) + "\n")
    sys.stdout.flush()
    log = _open_log()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere if log is None else os.open(log, os.O_WRONLY | os.O_APPEND), 2)
    try:
        yield
    finally:
        if log is not None and log.stat().st_size == 0:
            log.unlink()


def _open_log() -> Path | None:
    try:
        path = runtime_directory() / f"testnet-{os.getpid()}.log"
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except (OSError, VenueUnavailable):
        return None
    return path
