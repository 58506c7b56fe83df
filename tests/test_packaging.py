"""Everybody installs the same pins: the lock, conda, pip, and the wheel hold together."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
WANTED = {
    *PROJECT["project"]["dependencies"],
    *PROJECT["dependency-groups"]["dev"],
    *PROJECT["build-system"]["requires"],
}


def _pins():
    """Read the lock: (name, version, number of hashes); a name may have a pin per Python."""
    entries = re.findall(r"^(\S+?)==(\S+)((?:.*\\\n)*.*)", LOCK, flags=re.MULTILINE)
    return [
        (canonicalize_name(name), Version(version), rest.count("--hash=sha256:"))
        for name, version, rest in entries
    ]


@pytest.mark.parametrize("text", sorted(WANTED))
def test_every_direct_dependency_is_pinned_as_the_project_asks(text):
    wanted = Requirement(text)
    versions = [pin[1] for pin in _pins() if pin[0] == canonicalize_name(wanted.name)]
    assert versions
    assert all(wanted.specifier.contains(version, prereleases=True) for version in versions)


def test_every_pin_has_hashes_and_every_line_is_understood():
    pins = _pins()
    assert [name for name, _, hashes in pins if hashes == 0] == []
    entries = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pins) == len(entries) > 100


def test_the_lock_names_no_address():
    assert re.findall(r"\w+://\S+|--index\S*|--find-links\S*|^-\S+", LOCK) == []


def test_conda_users_get_the_same_pins_from_the_same_lock():
    pip = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    assert pip == [["-r requirements.lock"]]


def test_conda_adds_only_a_python_that_the_project_supports():
    conda = [entry for entry in CONDA["dependencies"] if isinstance(entry, str)]
    names = {re.match(r"[a-z]+", entry).group(): entry for entry in conda}
    assert set(names) == {"python", "pip"}
    version = names["python"].removeprefix("python=")
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(version)


def test_bootstrap_and_project_ask_for_the_same_oldest_python():
    source = (ROOT / "bootstrap.py").read_text(encoding="utf-8")
    oldest = re.search(r"OLDEST = \((\d+), (\d+)\)", source)
    assert PROJECT["project"]["requires-python"] == f">={oldest[1]}.{oldest[2]}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the sources, without a network."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    shutil.copytree(
        ROOT / "nettools", copy / "nettools", ignore=shutil.ignore_patterns("__pycache__")
    )
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run(
        [*pip, "--no-index", "-w", str(copy / "made"), str(copy)],
        check=True,
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    with zipfile.ZipFile(next((copy / "made").glob("*.whl"))) as made:
        yield made


def test_the_wheel_holds_every_module_and_the_page_template(wheel):
    packed = {name for name in wheel.namelist() if ".dist-info" not in name}
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nettools").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == sources
    assert any(name.endswith("templates/netting/index.html.j2") for name in packed)


def test_the_wheel_states_its_licence_and_its_command(wheel):
    about = {Path(name).name: wheel.read(name).decode() for name in wheel.namelist()
             if ".dist-info" in name}  # fmt: skip
    assert "License-Expression: MIT\n" in about["METADATA"]
    assert "nettools = nettools.cli:main" in about["entry_points.txt"]
    assert "LICENSE" in about
