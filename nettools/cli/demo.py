"""`nettools demo`: one market, one desk, one page for all viewers, and one Ctrl-C that ends it.

A seed and a speed come in; a page goes out. The desk works in this process, on a thread of its
own; Voilà's kernels are told where to watch it. The owner's code is printed here, where no
viewer reads.
"""

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from nettools.cli import jupyter
from nettools.cli.lab import PAGE, find_notebook, server, show, tell, wait
from nettools.cli.page import write_page
from nettools.texts import language, say
from nettools.widgets.demo.host import Host
from nettools.widgets.demo.lock import Lock
from nettools.widgets.demo.run import DemoRun

_Given = TypeVar("_Given")


def demo(*, port: int, browser: bool, seed: int, speed: int) -> int:
    """Start the demo and its page; return when it has ended.

    Args:
        port: of the page; 0 for any free one.
        browser: open the page when there is a browser to open it in.
        seed: of the market.
        speed: market seconds per second, one of ``SPEEDS``.

    Raises:
        InvalidInput: no notebooks here, the port is taken, or the speed is not offered.
        NettoolsError: the testnet or Voilà did not start.
    """
    notebook = find_notebook(PAGE)
    jupyter.choose_port(port)
    run = DemoRun(seed=seed, speed=speed, silence_seconds=float("inf"))
    with jupyter.interruptible():
        tell(
            say(
                "1/2  Starting the market (seed {seed}, {speed}× real time), the desk and "
                "Voilà",
                seed=seed,
                speed=speed,
            )
        )
        scratch = TemporaryDirectory(prefix="nettools-demo-", ignore_cleanup_errors=True)
        # The account ends with the command, so the desk's lock on it need not stay either.
        os.environ["NETTOOLS_STATE_DIR"] = scratch.name
        with scratch, hosting(run) as variables:
            # Again, and now: the market might have got a port that was free before.
            port = jupyter.choose_port(port)
            base = f"http://{jupyter.LOOPBACK}:{port}"
            page = write_page(notebook, Path(scratch.name))
            command = jupyter.page_command(page, port, language())
            with server("Voilà", command, variables, f"{base}/api/status") as process:
                label = say("2/2  Page, the same for all viewers")
                show(label, f"{base}/", open_it=browser)
                return wait(process)


@contextmanager
def hosting(run: DemoRun) -> Iterator[dict[str, str]]:
    """Run a demo on a thread of its own; gives the variables that lead pages to it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="demo", daemon=True)
    thread.start()

    def call(work: Coroutine[object, object, _Given]) -> _Given:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    host = Host(run, Lock(_tell))
    try:
        yield call(host.open())
    finally:
        jupyter.ignore_interrupts()
        call(host.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _tell(code: str) -> None:
    shown = f"{code[:4]} {code[4:]}"
    tell(say("     Owner's code, for one page: {code}", code=shown))
