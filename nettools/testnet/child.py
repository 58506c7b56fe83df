"""Start the process of a local testnet and hear where it listens.

Options come in; the process and the variables that name it go out. The child is a session of
its own, so an interrupt or a restart of the kernel does not end it; it has no standard input,
and leaves its output as soon as it has said its one line.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from nettools.errors import InvalidInput, VenueUnavailable
from nettools.testnet.settings import Latency

_START_SECONDS = 30.0


Candles = (
    str
    | os.PathLike[str]
    | Sequence[str | os.PathLike[str]]
    | Mapping[str, str | os.PathLike[str]]
    | None
)
"""Files of one-minute candles: a path, several named after their symbol, or by symbol. Or the
path of one recording of an order book."""


class StartOptions(TypedDict, total=False):
    """What ``start`` takes; all by keyword, all optional."""

    venue: str
    symbols: int
    seed: int
    mode: str
    speed: float
    port: int
    replay: Candles
    idle_seconds: float
    ack_delay: float
    rate_limits: bool
    funding_interval: int
    latency: Latency


def spawn(
    options: StartOptions, *, share: bool
) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """Start a testnet as a child process and wait until it says where it listens.

    Args:
        options: how it is set up; a relative ``replay`` is taken from this directory.
        share: let it write itself down for this user's other programs.

    Returns:
        The process, and the six variables that name it.

    Raises:
        InvalidInput: an option that cannot be meant, or candles that cannot be read.
        VenueUnavailable: it did not start; the message says why.
    """
    settings = {**options, "share": share, "replay": _absolute(options.get("replay"))}
    package = Path(__file__).parents[2]
    path = [os.environ.get("PYTHONPATH", ""), str(package)]
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-P", "-m", "nettools.testnet", json.dumps(settings)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # an interrupted or restarted kernel does not take it along
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
    )
    try:
        return child, _announcement(child)
    except BaseException:
        child.kill()
        child.wait()
        raise
    finally:
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def _absolute(files: Candles) -> str | list[str] | dict[str, str] | None:
    if files is None:
        return None
    if isinstance(files, str | os.PathLike):
        return str(Path(files).absolute())
    if isinstance(files, Mapping):
        return {symbol: str(Path(file).absolute()) for symbol, file in files.items()}
    return [str(Path(file).absolute()) for file in files]


def _announcement(child: subprocess.Popen[bytes]) -> dict[str, str]:
    lines: list[bytes] = []
    stream = child.stdout
    if stream is not None:
        reader = threading.Thread(target=lambda: lines.append(stream.readline()), daemon=True)
        reader.start()
        reader.join(_START_SECONDS)
    if not lines:
        raise VenueUnavailable(
            f"the local testnet did not start within {_START_SECONDS:.0f} s; try again"
        )
    try:
        said = json.loads(lines[0])
    except ValueError:
        raise VenueUnavailable(
            f"the local testnet ended while starting: {_last_words(child)}"
        ) from None
    if "error" in said:
        kind = InvalidInput if said["is_input"] else VenueUnavailable
        raise kind(f"the local testnet did not start: {said['error']}")
    return {str(name): str(value) for name, value in said.items()}


def _last_words(child: subprocess.Popen[bytes]) -> str:
    text = b"" if child.stderr is None else child.stderr.read()
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
