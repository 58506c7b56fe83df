"""A test run that leaves something running says so, ends it, and is red; it leaves no files."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

LEAVES_A_PROCESS = """
import subprocess, sys
def test_it():
    wait = [sys.executable, "-c", "import time; time.sleep(600)"]
    subprocess.Popen(wait, start_new_session=True)
"""


FAILS_AND_LEAVES_FOLDERS = """
import os, subprocess, sys
from pathlib import Path
def test_it():
    make = [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"]
    made = subprocess.run(make, capture_output=True, text=True, check=True).stdout.strip()
    journal = Path(os.environ["NETTOOLS_STATE_DIR"], "desk.sqlite")
    journal.touch()
    assert not made, f"made: {made} and {journal}"
"""

ONE_PROCESS = ()
TWO_PROCESSES = ("-p", "xdist", "-n", "2")

in_one_process_and_in_two = pytest.mark.parametrize(
    "processes", [ONE_PROCESS, TWO_PROCESSES], ids=["one", "two"]
)


def _run_alone(folder, test, processes):
    shutil.copy(Path(__file__).parents[1] / "conftest.py", folder)
    (folder / "test_alone.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *processes],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@in_one_process_and_in_two
def test_a_process_that_outlives_the_tests_turns_the_run_red(tmp_path, processes):
    done = _run_alone(tmp_path, LEAVES_A_PROCESS, processes)
    left = re.search(r"left running after the tests, ended now: (\d+) ", done.stdout)
    assert done.returncode == 1, done.stdout
    assert not _runs(int(left[1]))


@in_one_process_and_in_two
def test_a_run_that_leaves_nothing_is_green(tmp_path, processes):
    assert _run_alone(tmp_path, "def test_it(): ...", processes).returncode == 0


@in_one_process_and_in_two
def test_files_of_a_test_that_fails_go_with_the_run(tmp_path, processes):
    done = _run_alone(tmp_path, FAILS_AND_LEAVES_FOLDERS, processes)
    made = re.search(r"AssertionError: made: (\S+) and (\S+)", done.stdout)
    assert done.returncode == 1, done.stdout
    assert all("nettools-test-" in path and not Path(path).exists() for path in made.groups())


@in_one_process_and_in_two
def test_journals_of_the_user_are_not_touched(tmp_path, monkeypatch, processes):
    monkeypatch.setenv("NETTOOLS_STATE_DIR", str(tmp_path / "state"))
    done = _run_alone(tmp_path, FAILS_AND_LEAVES_FOLDERS, processes)
    assert "AssertionError: made: " in done.stdout
    assert not (tmp_path / "state").exists()
