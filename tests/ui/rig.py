"""A real JupyterLab or Voilà and a real Chromium, for the few tests that need clicks.

``serve_lab`` and ``serve_page`` run the same commands as ``nettools lab`` and ``demo`` on a
*copy* of the notebooks; ``Screen`` drives one browser page, and writes down every request to
another host, every failed request and every console error. A test ends with none of each.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

from nettools.cli import jupyter

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
TOKEN = "only-for-this-test"  # noqa: S105 - of a server that lives for seconds on loopback
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS / 2)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
    ),
]
CURRENT = "const w = window.jupyterapp?.shell?.currentWidget;"
READY = f"""() => {{ {CURRENT}
  const s = w?.sessionContext ?? w?.context?.sessionContext;
  return !!s && s.isReady && s.session?.kernel?.status === 'idle'
    && s.session.kernel.connectionStatus === 'connected'; }}"""
COMMAND = """([name, cell]) => {
  const app = window.jupyterapp; window.__ran = null;
  if (cell !== null) app.shell.currentWidget.content.activeCellIndex = cell;
  app.commands.execute(name)
    .then(() => window.__ran = 'ok', e => window.__ran = 'err ' + e); }"""
OUTCOME = pytest.StashKey[pytest.TestReport]()
HARMLESS = ("Unsatisfied version",)
"""Voilà's loader says so of packages that work."""


@dataclass(frozen=True)
class Served:
    """A running server: its address without path, and the query that lets a browser in."""

    base: str
    query: str = ""


@contextmanager
def serve_lab(
    notebooks: Path,
    scratch: Path,
    variables: dict[str, str] | None = None,
    *,
    theme: str = "JupyterLab Light",
) -> Iterator[Served]:
    """Serve a copy of a folder of notebooks in JupyterLab.

    Args:
        notebooks: the folder; only its copy is written to.
        scratch: an empty folder for the copy, the settings and the log.
        variables: for the kernels, for instance those of a testnet.
        theme: ``"JupyterLab Light"`` or ``"JupyterLab Dark"``.
    """
    copy = scratch / "notebooks"
    shutil.copytree(notebooks, copy, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    port = jupyter.choose_port(0)
    environment = jupyter.scratch_environment(scratch)
    chosen: dict[str, dict[str, object]] = {
        "@jupyterlab/apputils-extension/themes": {"theme": theme}
    }
    jupyter.write_settings(scratch / "settings", chosen)
    environment |= {"JUPYTER_TOKEN": TOKEN, **(variables or {})}
    command = [*jupyter.lab_command(copy, port), "--expose-app-in-browser"]
    with _serve(command, environment, scratch, f"http://127.0.0.1:{port}") as base:
        yield Served(base, f"?token={TOKEN}&reset")


@contextmanager
def serve_page(
    notebook: Path, scratch: Path, variables: dict[str, str] | None = None
) -> Iterator[Served]:
    """Serve a copy of one notebook as the stakeholders see it, through Voilà."""
    copy = shutil.copy(notebook, scratch)
    port = jupyter.choose_port(0)
    environment = jupyter.scratch_environment(scratch) | (variables or {})
    command = jupyter.page_command(Path(copy), port)
    with _serve(command, environment, scratch, f"http://127.0.0.1:{port}") as base:
        yield Served(base)


@contextmanager
def _serve(
    command: list[str], environment: dict[str, str], scratch: Path, base: str
) -> Iterator[str]:
    log = scratch / "server.log"
    process = jupyter.start(command, environment, log)
    try:
        jupyter.wait_until_up(process, f"{base}/api/status", log)
        yield base
    finally:
        jupyter.stop(process)


class Screen:
    """One browser page, and what went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.foreign: list[str] = []
        self.failed: list[str] = []
        self.console: list[str] = []
        self._leaving = False
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", self._on_request)
        page.on("requestfailed", self._on_failed)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.console.append(str(error)))

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def _on_failed(self, request: Request) -> None:
        if not self._leaving:
            self.failed.append(f"{request.method} {request.url}: {request.failure}")

    def _on_console(self, message: ConsoleMessage) -> None:
        harmless = any(text in message.text for text in HARMLESS)
        if message.type == "error" and not harmless and not self._leaving:
            self.console.append(f"{message.text} ({message.location.get('url', '')})")

    @property
    def problems(self) -> dict[str, list[str]]:
        """Everything that should not have happened; empty when all is well."""
        found = {
            "requests to other hosts": self.foreign,
            "failed requests": self.failed,
            "console errors": self.console,
        }
        return {name: what for name, what in found.items() if what}

    def open_notebook(self, served: Served, name: str) -> None:
        """Open a notebook in JupyterLab, and wait until its kernel is really there."""
        self.page.goto(
            f"{served.base}/lab/tree/{name}{served.query}", wait_until="domcontentloaded"
        )
        self.page.wait_for_function(READY)

    def open_page(self, served: Served) -> None:
        """Open a Voilà page, and wait until its cells are drawn; a cell that raised fails."""
        self.page.goto(f"{served.base}/{served.query}", wait_until="domcontentloaded")
        self.page.locator("#rendered_cells").wait_for(state="visible")
        broken = self.page.get_by_text("There was an error when executing").all_inner_texts()
        if broken:
            raise AssertionError(broken[0])

    def run_all(self) -> None:
        """Run every cell of the open notebook; it stops at a cell that raises."""
        self._command("notebook:run-all-cells")
        self.page.wait_for_function(READY)

    def tracebacks(self) -> list[str]:
        """Give the tracebacks that stand in the open notebook."""
        red = self.page.locator(
            ".jp-Notebook [data-mime-type='application/vnd.jupyter.stderr']"
        )
        return [text for text in red.all_inner_texts() if "traceback" in text.lower()]

    def run_cell(self, index: int) -> None:
        """Run one cell of the open notebook."""
        self._command("notebook:run-cell", index)

    def _command(self, name: str, cell: int | None = None) -> None:
        self.page.evaluate(
            COMMAND, [name, cell]
        )  # never awaited there: evaluate has no timeout
        self.page.wait_for_function("() => window.__ran !== null")
        outcome = self.page.evaluate("() => window.__ran")
        if outcome != "ok":
            raise AssertionError(f"{name}: {outcome}")

    def output(self, cell: int) -> Locator:
        """Give the output area of one cell of the open notebook."""
        return (
            self.page.locator(".jp-Notebook .jp-Cell")
            .nth(cell)
            .locator(".jp-Cell-outputWrapper")
        )

    def enter(self, field: Locator, text: str) -> None:
        """Type into a field and leave it, which is when a widget reads it."""
        field.fill(text)
        field.press("Tab")

    def scroll_to(self, part: Locator) -> None:
        """Bring a part of the page into view; a click off the screen misses silently."""
        part.evaluate("e => e.scrollIntoView({block: 'center'})")

    def shoot(self, name: str) -> Path:
        """Save what the page shows as artifacts/NAME.png."""
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=True)
        return path

    def leave(self) -> None:
        """Go to an empty page; what breaks off now is not a failure."""
        self._leaving = True
        self.page.goto("about:blank")


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells that were never run; ``#`` first makes it markdown."""
    made = [
        {"cell_type": "markdown", "id": f"cell{i}", "metadata": {}, "source": source}
        if source.startswith("# ")
        else {
            "cell_type": "code",
            "id": f"cell{i}",
            "metadata": {},
            "source": source,
            "execution_count": None,
            "outputs": [],
        }
        for i, source in enumerate(cells)
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4}
    path.write_text(json.dumps(notebook | {"nbformat_minor": 5}), encoding="utf-8")
    return path


def in_ci() -> bool:
    """Say whether a missing browser is a failure."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}
