"""Peers live in environments of their own: made once with pip, kept in the user's cache.

They are no dependency of nettools. A benchmark with peers calls itself again with the Python
of that environment, so that both sides run in one process, in turns. Deleting the folder
``~/.cache/nettools/benchmarks`` (or ``$XDG_CACHE_HOME/…``) makes them anew.
"""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSIDE = "NETTOOLS_BENCHMARK_PEERS"
"""Set in a process that runs in the environment of its peers."""


def cache_folder() -> Path:
    """Give the folder for environments and data files of benchmarks, made when needed."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base, "nettools", "benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def python_with(requirements: Sequence[str]) -> Path:
    """Give a Python that has these packages; the first time takes a few minutes."""
    digest = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    home = cache_folder() / f"peers-{digest}"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = home / "installed"
    if not done.exists():
        print(f"installing {', '.join(requirements)} beside nettools …", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "-qq", *requirements]
        subprocess.run(pip, check=True)  # noqa: S603 - our own list
        done.touch()
    return python


def run_beside(
    script: str, requirements: Sequence[str], *arguments: str, keep: bool = False
) -> str:
    """Run a benchmark's file again in the environment of its peers.

    What it prints is passed on as it comes, or with ``keep`` given back.
    """
    where = {"PYTHONPATH": str(ROOT), INSIDE: "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [str(python_with(requirements)), script, *arguments]
    done = subprocess.run(  # noqa: S603 - our own file
        command,
        env=os.environ | where,
        stdout=subprocess.PIPE if keep else None,
        text=True,
        check=True,
    )
    return done.stdout or ""


def is_beside() -> bool:
    """Say whether this process runs in the environment of its peers."""
    return INSIDE in os.environ


def versions(*packages: str) -> str:
    """Name what is measured with its versions, and how busy the machine is."""
    found = []
    for name in packages:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(name)
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    python = ".".join(map(str, sys.version_info[:3]))
    return ", ".join([f"Python {python}", *found, f"{os.cpu_count()} cores", load])
