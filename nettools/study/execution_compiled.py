"""The decision, the queue and the order's loop compiled: the very same functions, by numba.

Needs the extra ``fast`` (``pip install "nettools[fast]"``); numba is imported inside the
function, so that a study without it runs on plain Python, with equal results.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any

from nettools import smart
from nettools.study import execution_market as market
from nettools.study import execution_order as order
from nettools.study import execution_runs as runs
from nettools.tape import queue

HOMES = (queue, smart, market, order, runs)
STEPS = (
    *(queue.queue_after_level, queue.fill_by_trade, queue.fill_by_quote),
    *smart.DECISION,
    *(market.place_in, market.displayed, market.item_at),
    *order.STEPS,
    *runs.STEPS,
)
"""Every function that runs compiled, each after those it calls."""


def compiled() -> Callable[..., Any]:
    """Compile ``work_all``; takes some seconds, once for each process.

    Raises:
        ImportError: numba is not installed.
    """
    return functions()[runs.work_all.__name__]


@cache
def functions() -> Mapping[str, Callable[..., Any]]:
    """Give every compiled function by name; only the last is called from plain Python.

    Each keeps the numbers of its own module, and calls the compiled ones.

    Raises:
        ImportError: numba is not installed.
    """
    import numba  # noqa: PLC0415 - an extra, and slow to import

    njit: Any = numba.njit  # its stubs do not know all of its options
    spaces = {home.__name__: dict(vars(home)) for home in HOMES}
    found: dict[str, Callable[..., Any]] = {}
    for step in STEPS:
        is_inner = step is not STEPS[-1]  # never called from Python: half the time to compile
        turn = njit(nogil=True, no_cpython_wrapper=is_inner, no_cfunc_wrapper=is_inner)
        space = spaces[step.__module__]
        done = found[step.__name__] = turn(FunctionType(step.__code__, space, step.__name__))
        for known in spaces.values():
            known.update({name: done for name, value in known.items() if value is step})
    return found
