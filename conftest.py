"""For tests and notebooks alike: where nbval finds its rules, and nothing left behind.

Journals, and whatever a browser, a kernel or a server puts into a temporary folder, go with
the run. Every process that a run starts inherits a mark in its environment. At the end
nothing with that mark may be alive; what is gets ended and turns the run red.
"""

import collections
import os
import tempfile
import uuid
from pathlib import Path

import psutil
import pytest

MARK = "NETTOOLS_TEST_RUN"
GRACE_SECONDS = 3.0
TRACKER = "multiprocessing.resource_tracker"
"""Python's own helper of processes; it ends with the process that started one."""
OWN_FOLDERS = ("NETTOOLS_STATE_DIR", "XDG_RUNTIME_DIR", "IPYTHONDIR", "TMPDIR")
"""What would be the user's, or would stay behind: a folder that ends with the run serves for
all. The workers of a run keep theirs in that of the process that started them."""
EVERY = 3
"""One in so many cases of a test in the fault matrix is run; with ``FAULTS=all``, all."""


def pytest_configure(config):
    """Find nbval's rules from any folder; see no testnet and no keys of the user's own."""
    config.option.nbval_sanitize_with = str(config.rootpath / "tests" / "nbval.cfg")
    mark = os.environ[MARK] if _is_worker(config) else uuid.uuid4().hex
    for name in [name for name in os.environ if name.startswith("NETTOOLS_")]:
        del os.environ[name]
    os.environ[MARK] = mark
    os.environ["NETTOOLS_LANGUAGE"] = "en"  # whatever the machine speaks
    own = tempfile.TemporaryDirectory(prefix="nettools-test-", ignore_cleanup_errors=True)
    Path(own.name).chmod(0o711)  # a test looks at a folder in it as another user
    os.environ |= dict.fromkeys(OWN_FOLDERS, own.name)
    config.add_cleanup(own.cleanup)


def _is_short(item):
    """Say whether a test needs neither a browser nor a kernel; sorts the others first."""
    return item.path.suffix == ".py" and item.path.parent.name != "ui"


def pytest_collection_modifyitems(config, items):
    """Begin with what takes longest; thin the fault matrix to every third case of a test.

    Several processes take whole files in this order, so that none is left alone with a long
    one at the end.
    """
    items.sort(key=_is_short)
    if os.environ.get("FAULTS") == "all":
        return
    cases, left_out = collections.Counter(), []
    for item in items:
        if item.path.name.startswith("test_faults_") and "[" in item.name:
            test = item.name.partition("[")[0]
            if cases[test] % EVERY:
                left_out.append(item)
            cases[test] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        thinned = set(left_out)
        items[:] = [item for item in items if item not in thinned]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """End what the run left running, and fail for it; the last of its processes does this."""
    if _is_worker(session.config):
        return
    left = [process for process in psutil.process_iter() if _is_ours(process)]
    _, left = psutil.wait_procs(left, timeout=GRACE_SECONDS)
    for process in left:
        _tell(session, process)
        process.kill()
    if left and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_worker(config):
    """Say whether this is one of several processes that share a run (pytest -n 2)."""
    return hasattr(config, "workerinput")


def _is_ours(process):
    try:
        ours = process.environ().get(MARK) == os.environ[MARK]
        if process.status() == psutil.STATUS_ZOMBIE or TRACKER in " ".join(process.cmdline()):
            return False
        return ours and process.pid != os.getpid()
    except psutil.Error:
        return False


def _tell(session, process):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        words = process.name()
    reporter.write_line(
        f"\nleft running after the tests, ended now: {process.pid} {words}", red=True
    )
