"""Find a Chromium for the browser tests, or install one: python tests/ui/chromium.py

Looks for a browser of the Chromium family on this machine, then for one that Playwright put
into the environment. Run as a program it installs one if none is found: with apt-get when it
may (root on Debian or Ubuntu), else with Playwright, into the environment and nowhere else.
When that fails it says so; the browser tests are then skipped, or fail where CI is set.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
MISSING = (
    "no Chromium was found; install one (Debian and Ubuntu: apt install chromium; elsewhere: "
    "PLAYWRIGHT_BROWSERS_PATH=0 playwright install chromium) and run the tests again"
)
LONGEST_INSTALL_SECONDS = 600


def find() -> str | None:
    """Give the path of a Chromium that starts, or None."""
    named = [path for name in NAMES if (path := shutil.which(name))]
    for path in (*named, *filter(os.path.exists, ELSEWHERE), *_from_playwright()):
        if _starts(path):
            return path
    return None


def _from_playwright() -> list[str]:
    from playwright._repo_version import __file__ as here  # noqa: PLC0415 - heavy; only when needed

    browsers = Path(here).parent / "driver" / "package" / ".local-browsers"
    wanted = {"chrome", "chrome.exe", "chrome-headless-shell", "Chromium"}
    return sorted(str(path) for path in browsers.rglob("*") if path.name in wanted)


def _starts(path: str) -> bool:
    if os.name == "nt":  # there --version opens a window instead
        return True
    return _run([path, "--no-sandbox", "--version"], seconds=30)


def install() -> str:
    """Try to install one; gives its path, or "" when that did not work."""
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium with apt-get, for the browser tests", flush=True)
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        apt = ["apt-get", "-q", "-y"]
        packages = ["chromium", "fonts-dejavu-core"]
        if _run([*apt, "update"]):
            _run([*apt, "install", "--no-install-recommends", *packages])
    if find() is None:
        print("Installing Chromium with Playwright, for the browser tests", flush=True)
        os.environ["PLAYWRIGHT_BROWSERS_PATH"] = (
            "0"  # into the environment, not the home folder
        )
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    return find() or ""


def _run(command: list[str], seconds: int = LONGEST_INSTALL_SECONDS) -> bool:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> None:
    """Say which browser the tests will use; never fails, the tests decide."""
    found = find() or install()
    print(f"Browser tests use {found}." if found else f"Browser tests will not run: {MISSING}.")


if __name__ == "__main__":
    main()
