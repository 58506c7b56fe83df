"""Run a local testnet until it is told to stop: what ``nettools testnet`` and the child do.

Settings come in; nothing goes out until SIGINT, SIGTERM, an admin ``/shutdown`` or the idle
stop ends it in good order. As a child it speaks one line of JSON on its standard output and
then nothing: later output goes to a log file, so that no full pipe ever blocks it.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from nettools.errors import VenueUnavailable
from nettools.testnet.server import LocalServer, ReplayFiles, Settings
from nettools.testnet.session import forget_session, runtime_directory, write_session


def serve(  # noqa: PLR0913 - the command's options, all by keyword, all defaulted
    venue: str = "binance",
    *,
    seed: int = 7,
    mode: str = "one-way",
    speed: float = 1.0,
    port: int = 0,
    replay: ReplayFiles = None,
    idle_seconds: float = 1800.0,
    rate_limits: bool = True,
    announce: bool = False,
    share: bool = True,
) -> None:
    """Serve a local testnet until SIGINT, SIGTERM, ``/shutdown`` or the idle stop.

    Keys are random unless ``NETTOOLS_LOCAL_API_KEY`` and ``NETTOOLS_LOCAL_SECRET`` are set.

    Args:
        venue: whose dialect it speaks, ``"binance"``.
        seed: of the synthetic market.
        mode: position mode of the account, ``"one-way"`` or ``"hedge"``.
        speed: market seconds per wall second; 0 moves only when told to.
        port: of the trading port on 127.0.0.1; 0 takes a free one.
        replay: files of one-minute candles to replay instead of the synthetic market: a
            path, several (named after their symbol), or a mapping from symbol to path.
        idle_seconds: stop after so long without a request; 0 never.
        rate_limits: refuse what is over the venue's limits; off for benchmarks.
        announce: print one line of JSON with the variables for the parent process, then
            leave the standard streams; otherwise print for a person how to attach.
        share: write it down so that this user's notebooks find it (``connect``).

    Raises:
        InvalidInput: an option that cannot be meant, or candles that cannot be read.
        VenueUnavailable: the port cannot be used, or the address cannot be written down.
    """
    settings = Settings(
        venue=venue,
        seed=seed,
        mode=mode,
        speed=speed,
        port=port,
        replay=replay,
        idle_seconds=idle_seconds,
        rate_limits=rate_limits,
        api_key=os.environ.get("NETTOOLS_LOCAL_API_KEY", ""),
        secret=os.environ.get("NETTOOLS_LOCAL_SECRET", ""),
    )
    asyncio.run(_serve(settings, announce=announce, share=share))


async def _serve(settings: Settings, *, announce: bool, share: bool) -> None:
    server = LocalServer(settings)
    async with server:
        with (
            _signals(server.stopping),
            _shared(server) if share else contextlib.nullcontext(),
            _leaving_the_streams(server) if announce else _saying(server),
        ):
            await server.stopping.wait()


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
        f"Local {server.settings.venue} testnet on {server.url}, play money only.",
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
