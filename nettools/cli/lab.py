"""`nettools lab`: a testnet, a server, an address, and one Ctrl-C that ends it all.

The notebooks of this folder or checkout come in; a running JupyterLab goes out. It starts its
own local testnet and passes its variables on, so that ``Desk.open("local")`` finds it.
"""

import os
import secrets
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from nettools import testnet
from nettools.cli import jupyter
from nettools.errors import InvalidInput, NettoolsError
from nettools.texts import say

DESK, PAGE = "03_trade_on_the_testnet.ipynb", "09_stakeholder_demo.ipynb"
KEEP_ALIVE_SECONDS = 300.0
"""The testnet ends itself when nobody asks for half an hour; an open lab keeps it."""


def lab(*, port: int, browser: bool, venue: str, symbols: int, seed: int) -> int:
    """Start the local testnet and JupyterLab on the desk notebook; return when both have ended.

    Args:
        port: of JupyterLab; 0 for any free one.
        browser: open the page when there is a browser to open it in.
        venue: ``"binance"`` or ``"bybit"``, whose API the testnet speaks.
        symbols: how many contracts it lists.
        seed: of the market.

    Raises:
        InvalidInput: no notebooks here, or the port is taken.
        NettoolsError: JupyterLab did not start.
    """
    notebooks = find_notebook(DESK).parent
    jupyter.choose_port(port)
    with jupyter.interruptible():
        tell(say("1/3  Starting the local testnet (seed {seed}, real time)", seed=seed))
        with testnet.start(venue, symbols=symbols, seed=seed) as net:
            tell(say("     Testnet ({venue}): {url}", venue=net.venue, url=net.url))
            tell(say("2/3  Starting JupyterLab in {folder}", folder=notebooks))
            token = secrets.token_urlsafe(24)
            # Again, and now: the testnet itself might have got a port that was free before.
            port = jupyter.choose_port(port)
            base = f"http://{jupyter.LOOPBACK}:{port}"
            command = jupyter.lab_command(notebooks, port)
            variables = {**net.env, "JUPYTER_TOKEN": token}
            with server("JupyterLab", command, variables, f"{base}/api/status") as process:
                tell(say("     Autosave is off: a notebook stays as it is until you save it."))
                show(say("3/3  Desk"), f"{base}/lab/tree/{DESK}?token={token}", open_it=browser)
                return wait(process, net)


def find_notebook(name: str) -> Path:
    """Find a notebook in ./notebooks, or in the checkout that this package runs from.

    Raises:
        InvalidInput: it is in neither, as in a package installed without its source.
    """
    roots = (Path.cwd(), Path(__file__).parents[2])
    for root in roots:
        path = root / "notebooks" / name
        if path.is_file():
            return path.resolve()
    raise InvalidInput(
        f"notebooks/{name} must be in this folder, was not found in {roots[0]}; the notebooks "
        "come with the source, so run this in a checkout of nettools"
    )


@contextmanager
def server(
    name: str, command: list[str], variables: dict[str, str], url: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a server in a scratch folder of its own, and end it in order.

    Raises:
        NettoolsError: it did not start, or ended by itself; with its last words.
    """
    with TemporaryDirectory(prefix="nettools-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "server.log"
        environment = {**jupyter.scratch_environment(Path(folder)), **variables}
        process = jupyter.start(command, environment, log)
        try:
            jupyter.wait_until_up(process, url, log)
            yield process
            if process.returncode:
                raise NettoolsError(
                    say("{name} ended by itself:", name=name) + f"\n{jupyter.last_words(log)}"
                )
        finally:
            jupyter.ignore_interrupts()
            if process.poll() is None:
                tell("\n" + say("Stopping {name}", name=name))
            jupyter.stop(process)


def wait(process: subprocess.Popen[bytes], net: testnet.Testnet | None = None) -> int:
    """Wait until the server has ended, and keep the testnet alive until then."""
    while True:
        try:
            process.wait(KEEP_ALIVE_SECONDS)
        except subprocess.TimeoutExpired:
            if net is not None:
                net.health()
        else:
            return 0


def show(label: str, address: str, *, open_it: bool) -> None:
    """Print an address, and open it when there is a browser to open it in."""
    opened = open_it and _has_screen() and webbrowser.open(address)
    tell(f"{label}: {address}" + ("" if opened else say("  <- open this in a browser")))
    tell(say("Ctrl-C stops all of it."))


def _has_screen() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def tell(line: str) -> None:
    """Print a line at once, wherever it goes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
