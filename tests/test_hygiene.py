"""What is committed names no machine, no registry and nothing that a reader cannot reach."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_OURS = {
    *(".git", "__pycache__", "artifacts", "build", "dist", ".hypothesis", ".ipynb_checkpoints"),
    *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".idea", ".vscode"),
}
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~{}])/(?:work|root|home|Users|opt)/[\w.]",
    "a package registry": (
        r"\b(?:pypi\.(?:org|python)|pythonhosted\.|registry\.npm|npmjs\.|(?:deb|security)\.debian\."
        r"|archive\.ubuntu\.|conda\.anaconda\.)"
    ),
    "a folder that is not part of the project": r"\bshared/(?!data\b)\w",
}


def _texts():
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in NOT_OURS and not name.startswith(".venv") and "egg-info" not in name
        ]
        for name in files:
            path = Path(folder, name)
            content = path.read_bytes()
            if b"\0" not in content and path.suffix != ".log":  # no picture, no database
                yield path, content.decode("utf-8")


def _named(text):
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text)]


def test_no_committed_text_names_a_machine_or_a_registry():
    found = {str(path.relative_to(ROOT)): _named(text) for path, text in _texts()}
    assert {name: what for name, what in found.items() if what} == {}


def test_each_silenced_rule_is_silenced_for_a_reason():
    bare = re.compile(r"# noqa(?:: [A-Z]+[0-9]+(?:, [A-Z]+[0-9]+)*)?\s*$", re.MULTILINE)
    found = {str(path.relative_to(ROOT)): bare.findall(text) for path, text in _texts()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_nothing_committed_is_larger_than_a_page_should_be():
    sizes = {path.name: path.stat().st_size for path, _ in _texts()}
    assert {name: size for name, size in sizes.items() if size > 500_000} == {}


@pytest.mark.parametrize(
    "text",
    [
        "see {}work/main/nettools".format("/"),
        '"{}home/me/x"'.format("/"),
        "File {}root/.venv/lib".format("/"),
        "the index {}.org".format("pypi"),
        "files.{}.org".format("pythonhosted"),
        "../{}/DESIGN.md".format("shared"),
    ],
)
def test_each_kind_is_caught(text):
    assert len(_named(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "../shared/data/binance",
        "--ServerApp.root_dir=X",
        "the work/life",
        "~{}work/x".format("/"),
        "{root}/home",
    ],
)
def test_ordinary_text_is_not(text):
    assert _named(text) == []
