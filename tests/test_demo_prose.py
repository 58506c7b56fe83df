"""The prose of the stakeholder page: whole in Chinese, and the same page otherwise."""

import json
import re
from pathlib import Path

import pytest

from nettools.cli.page import write_page
from nettools.texts.zh.page import LINES

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "09_stakeholder_demo.ipynb"
MARKS = re.compile(r"^#+ |^> |^- |\*\*|`[^`]*`|(?<!\*)\*(?!\*)|✓")


def _cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _lines(cell):
    return "".join(cell["source"]).split("\n")


def _shown():
    """Give the lines that stakeholders read: not those of the notebook alone."""
    prose = [c for c in _cells(NOTEBOOK) if c["cell_type"] == "markdown"]
    seen = [c for c in prose if "notebook-only" not in c["metadata"].get("tags", [])]
    return {line for cell in seen for line in _lines(cell) if line}


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Give a function that writes the page in a language."""

    def write(language):
        monkeypatch.setenv("NETTOOLS_LANGUAGE", language)
        return write_page(NOTEBOOK, tmp_path)

    return write


def test_every_line_that_stakeholders_read_is_there_in_chinese_and_none_is_left_over():
    assert _shown() == LINES.keys()


def test_a_line_keeps_its_markdown_and_what_is_typed():
    different = [
        english
        for english, chinese in LINES.items()
        if MARKS.findall(english) != MARKS.findall(chinese)
    ]
    assert different == []


def test_the_chinese_page_is_headed_in_chinese_and_runs_the_same_code(page):
    told = page("zh")
    heading = LINES["# Three strategies, one account"]
    assert _lines(_cells(told)[0])[0] == heading
    assert "# " + json.loads(told.read_text())["metadata"]["title"] == heading
    code = [c for c in _cells(NOTEBOOK) if c["cell_type"] == "code"]
    assert [c for c in _cells(told) if c["cell_type"] == "code"] == code


def test_the_english_page_says_what_the_notebook_says(page):
    assert [*map(_lines, _cells(page("en")))] == [*map(_lines, _cells(NOTEBOOK))]
