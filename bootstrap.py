"""Make the environment of nettools: a .venv in which every package is pinned by its hash.

    python3 bootstrap.py [--venv FOLDER]

Needs Python 3.11 or later with its venv module, and nothing else; works the same on Linux,
macOS and Windows. Does nothing when the environment already matches requirements.lock and
pyproject.toml (their hash is kept in a stamp file). It is written so that an older Python can
still read it, and say what is missing.
"""

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
OLDEST = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11")
UNREACHABLE = (
    "the package index could not be reached; check the network or the proxy, try again"
)
UNTRUSTED = (
    "the package index's certificate was not accepted; name one to trust (PIP_CERT=FILE)"
)
CAUSES = {
    "name resolution": UNREACHABLE,
    "getaddrinfo failed": UNREACHABLE,
    "Failed to establish a new connection": UNREACHABLE,
    "NewConnectionError": UNREACHABLE,
    "ConnectTimeout": UNREACHABLE,
    "Read timed out": UNREACHABLE,
    "ProxyError": UNREACHABLE,
    "CERTIFICATE_VERIFY_FAILED": UNTRUSTED,
    "DO NOT MATCH THE HASHES": (
        "a downloaded package does not match its pinned hash, so it was not installed; check "
        "which package index or mirror pip uses"
    ),
    "No space left on device": "the disk is full; about 1 GB is needed",
}
"""What pip writes when it fails, and what that means."""


class Trouble(Exception):
    """What stops the set-up, as one sentence for the person who started it."""


def main() -> int:
    """Bring the environment up to date; gives the exit code."""
    parser = argparse.ArgumentParser(description="Make or update the environment of nettools.")
    parser.add_argument("--venv", default=".venv", help="its folder (default: .venv)")
    venv = (ROOT / parser.parse_args().venv).resolve()
    try:
        check_python()
        prepare(venv)
    except Trouble as trouble:
        say(f"Stopped: {trouble}.")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted; run the same command again to go on.")
        return 130
    return 0


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def check_python() -> None:
    """Raise Trouble unless this Python is new enough and can make environments."""
    if sys.version_info < OLDEST:
        found = [name for name in NEWER if shutil.which(name)]
        cure = f"found {found[0]}: name it" if found else "install one, then name it"
        raise Trouble(
            "nettools needs Python 3.11 or later, this is %d.%d (%s); %s, for example "
            "`make lab PYTHON=%s`"
            % (*sys.version_info[:2], sys.executable, cure, found[0] if found else "python3.12")
        )
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        raise Trouble(
            f"this Python ({sys.executable}) comes without its venv module; on Debian and "
            "Ubuntu: apt install python3-venv"
        )


def prepare(venv: Path) -> None:
    """Make the environment, install the pins, install nettools; each step only if needed."""
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = venv / "nettools.stamp"
    wanted = f"{fingerprint()} {ROOT}\n"
    found = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
    if found == wanted and works(python):
        say(f"Environment {shown(venv)} is up to date.")
        return
    stamp.unlink(missing_ok=True)
    moved = bool(found) and found.split(" ", 1)[1] != wanted.split(" ", 1)[1]
    if moved or not works(python):
        version = "%d.%d.%d" % sys.version_info[:3]
        say(f"1/3  Creating the environment {shown(venv)} with Python {version}")
        run([sys.executable, "-m", "venv", "--clear", str(venv)], venv)
    else:
        say(f"1/3  Updating the environment {shown(venv)}")
    say(f"2/3  Installing {pins()} pinned packages (the first time takes a minute or two)")
    pip = [str(python), "-I", "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    # The lock is whole. Asked for "coverage[toml]", pip would take a newer one than the lock's
    # coverage, and refuse it for having no hash.
    run([*pip, "--require-hashes", "--no-deps", "-r", str(LOCK)], venv)
    say("3/3  Installing nettools from this folder")
    run([*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], venv)
    stamp.write_text(wanted, encoding="utf-8")
    say(f"Environment {shown(venv)} is ready.")


def fingerprint() -> str:
    """Give the SHA-256 of what decides the environment's content."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def pins() -> int:
    """Count the packages in the lock."""
    return len(
        re.findall(r"^[A-Za-z0-9._-]+==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    )


def works(python: Path) -> bool:
    """Say whether the environment's Python starts and is new enough."""
    probe = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(python), "-I", "-c", probe], check=False).returncode == 0
    except OSError:
        return False


def run(command: "list[str]", venv: Path) -> None:
    """Run one step, its output in a log; raise Trouble with the likely cause if it fails."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("__PYVENV_LAUNCHER__", None)  # macOS: else venv links the wrong Python
    log = venv.with_name(venv.name + "-install.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        result = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
    if result.returncode == 0:
        log.unlink()
        return
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    cause = next((cause for sign, cause in CAUSES.items() if sign in text), None)
    raise Trouble(f"{cause or (lines[-1].rstrip('.') if lines else 'no output')}; log: {log}")


def shown(path: Path) -> str:
    """Name a folder the short way when it lies in this one."""
    return str(path.relative_to(ROOT)) if ROOT in path.parents else str(path)


if __name__ == "__main__":
    sys.exit(main())
