"""What a trader reads under a cell that asked for something wrong."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config


@pytest.fixture(scope="module")
def run():
    """Give a function that runs a cell and gives what stands under it."""
    settings = Config(HistoryManager={"enabled": False})
    shell = InteractiveShell(colors="nocolor", config=settings)

    def run_cell(*lines):
        with capture_output() as shown:
            shell.run_cell("\n".join(lines))
        return (shown.stdout + shown.stderr).splitlines()

    run_cell("import nettools as nt", "book = nt.TargetBook()")
    return run_cell


def test_a_wrong_value_shows_the_line_of_the_cell_and_one_sentence(run):
    shown = run("size = 'abc'", "book.set('A', 'BTC/USDT:USDT', size)")
    assert shown[0] == "line 2 of the cell"
    assert shown[1].startswith("InvalidInput: ")
    assert "'abc'" in shown[1]
    assert len(shown) == 3


def test_every_line_of_the_cell_on_the_way_is_named(run):
    shown = run("def wish(size):", "    book.set('A', 'BTC/USDT:USDT', size)", "wish('x')")
    assert shown[:2] == ["line 3 of the cell", "line 2 of the cell"]


def test_the_whole_traceback_can_still_be_read(run):
    run("book.set('A', 'BTC/USDT:USDT', 'abc')")
    whole = "\n".join(run("import traceback", "traceback.print_last()"))
    assert "nettools/targets.py" in whole.replace("\\", "/")
    assert "InvalidInput: " in whole


def test_an_error_that_is_not_ours_keeps_its_traceback(run):
    assert "ZeroDivisionError" in "\n".join(run("1 / 0"))
    assert len(run("1 / 0")) > 3
