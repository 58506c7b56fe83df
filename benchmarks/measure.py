"""How every benchmark here measures and shows: interleaved rounds, ratios with their spread."""

import gc
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from nettools.render import text_table

ROUNDS = 9
Measure = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a benchmark's table."""

    what: str
    ours: str
    peer: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """Give the line as text."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return self.what, self.ours, self.peer, self.ratio, self.goal, verdict


def table(rows: Sequence[Row]) -> str:
    """Lay the lines out for a console."""
    headers = ("what", "nettools", "peer", "ratio (least–most)", "goal", "")
    return text_table(headers, [row.cells() for row in rows])


def circumstances(*packages: str) -> str:
    """Say what was measured on: versions, cores, and how busy the machine was."""
    facts = [f"Python {platform.python_version()}"]
    facts += [f"{name} {version(name)}" for name in ("nettools", *packages)]
    facts.append(f"{os.cpu_count()} cores")
    if hasattr(os, "getloadavg"):
        facts.append(f"load {os.getloadavg()[0]:.1f}")
    return ", ".join(facts)


def cpu_time(work: Callable[[], object], calls: int) -> Measure:
    """Give a measurement of this thread's CPU time, nanoseconds a call, without collections.

    CPU time, because a busy machine disturbs it less than wall time.
    """

    def measure() -> float:
        gc.collect()
        gc.disable()
        began = time.thread_time_ns()
        work()
        spent = time.thread_time_ns() - began
        gc.enable()
        return spent / calls

    measure()  # warm up
    return measure


def interleaved(*measures: Measure, rounds: int = ROUNDS) -> list[list[float]]:
    """Measure each in turn, round by round; gives a series per measure."""
    found = [[measure() for measure in measures] for _ in range(rounds)]
    return [list(series) for series in zip(*found, strict=True)]


def compared(
    above: Sequence[float], below: Sequence[float], places: int = 2
) -> tuple[float, str]:
    """Give the median of the rounds' ratios, and its text with least and most."""
    ratios = sorted(one / other for one, other in zip(above, below, strict=True))
    middle, least, most = (f"{r:,.{places}f}" for r in (median(ratios), ratios[0], ratios[-1]))
    return median(ratios), f"{middle}x ({least}–{most})"
