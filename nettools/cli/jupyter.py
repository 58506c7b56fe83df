"""Start JupyterLab or Voilà on this machine only, apart from the user's own Jupyter set-up.

A command and a scratch folder come in; a running server goes out, in its own process group so
that Ctrl-C reaches us and we stop it in order. Settings, runtime files and history live in the
scratch folder; nothing of the user's Jupyter or IPython configuration is read or written.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from nettools.errors import InvalidInput, NettoolsError

LOOPBACK = "127.0.0.1"
TOOLS = Path(__file__).parents[1] / "widgets" / "jupyter"
"""Package data: the template of the stakeholder page."""
SETTINGS: dict[str, dict[str, object]] = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyterlab/notebook-extension/tracker": {
        "autoStartDefaultKernel": True,
        "windowingMode": "none",
    },
}
"""No request to anywhere else, and a notebook changes only when it is saved on purpose. All
of its cells stay on the page: a desk is taller than a screen, and was seen to be left out."""
STARTING_SECONDS = 60.0
STOPPING_SECONDS = 15.0
ADVICE = "Run the notebook in `nettools lab` to see why, then load this page again."
"""What a broken page says after naming the cell."""
LAB_NEEDS = {"jupyter_lsp": True, "jupyter_server_terminals": True}
"""Server extensions that JupyterLab asks for; those of this machine's set-up are not loaded."""


def scratch_environment(folder: Path) -> dict[str, str]:
    """Give variables that keep Jupyter's files in ``folder``, and write the settings there."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "IPYTHON"))}
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    made = {name: str(folder / place) for name, place in places.items()}
    for path in made.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    write_settings(folder / "settings", SETTINGS)
    return {
        **kept,
        **made,
        "JUPYTER_PATH": str(TOOLS),
        "JUPYTER_NO_CONFIG": "1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")]),
    }


def write_settings(folder: Path, settings: dict[str, dict[str, object]]) -> None:
    """Write JupyterLab's settings, one file a plugin, over what is there."""
    for plugin, values in settings.items():
        path = folder / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def lab_command(notebooks: Path, port: int) -> list[str]:
    """Give the command line of JupyterLab; its token comes from JUPYTER_TOKEN instead."""
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser"),
        f"--ServerApp.root_dir={notebooks}",
        *_only_here("ServerApp", port),
        "--ServerApp.port_retries=0",
        f"--ServerApp.jpserver_extensions={LAB_NEEDS}",
        "--LanguageServerManager.autodetect=False",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *(["--allow-root"] if _is_root() else []),
    ]


def page_command(notebook: Path, port: int, language: str = "en") -> list[str]:
    """Give the command line of Voilà on one notebook: read-only, no foreign requests.

    The language is told to screen readers, which choose their voice by it.
    """
    return [
        *(sys.executable, "-m", "voila", str(notebook), "--no-browser"),
        *_only_here("Voila", port),
        "--Voila.port_retries=0",
        "--template=netting",
        f"--VoilaExporter.language_code={language}",
        f"--VoilaExecutor.cell_error_instruction={ADVICE}",
        "--MappingKernelManager.cull_idle_timeout=60",
        "--MappingKernelManager.cull_interval=10",
    ]


def _only_here(application: str, port: int) -> list[str]:
    return [f"--{application}.ip={LOOPBACK}", f"--{application}.port={port}"]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def choose_port(port: int) -> int:
    """Give a free loopback port: the one asked for, or any when asked for 0.

    Raises:
        InvalidInput: another program listens there, or it needs more rights.
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise InvalidInput(
                f"port {port} must be free, but it cannot be used ({error.strerror}); choose "
                "another with --port N, or leave --port away for any free one"
            ) from None
        return int(probe.getsockname()[1])


def start(
    command: Sequence[str], environment: dict[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a server in its own process group, its words going to ``log``."""
    with log.open("ab") as words:
        return subprocess.Popen(  # noqa: S603 - our own commands
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until the server answers.

    Raises:
        NettoolsError: it ended, or said nothing for a minute; with its last words.
    """
    deadline = time.monotonic() + STARTING_SECONDS
    while not _answers(url):
        if process.poll() is not None:
            raise NettoolsError(f"the server ended while starting:\n{last_words(log)}")
        if time.monotonic() > deadline:
            raise NettoolsError(
                f"the server did not answer within {STARTING_SECONDS:.0f} s:\n{last_words(log)}"
            )
        time.sleep(0.1)


def _answers(url: str) -> bool:
    """Say whether Jupyter or Voilà answers there, and not who else may have got the port."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            told = answer.headers
    except HTTPError as error:
        told = error.headers
    except (URLError, OSError):
        return False
    return str(told.get("Server", "")).startswith("TornadoServer")


def last_words(log: Path, lines: int = 12) -> str:
    """Give the end of a log, for an error message."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server: ask, wait while it shuts its kernels down, then insist."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal like Ctrl-C, and finish the clean-up undisturbed."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name in names:
        signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def ignore_interrupts() -> None:
    """From here on finish in order; a second Ctrl-C must not leave a server behind."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
