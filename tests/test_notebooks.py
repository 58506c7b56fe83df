"""The shape of the notebooks: small, run in order, readable; nbval compares what they show."""

import ast
import json
import re
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 200_000
MACHINERY = (ast.ClassDef, ast.Try)
PAGES = {"00_index", "09_stakeholder_demo"}
"""Not lessons: they may be as short as they like."""
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _problems(text, name="01_lesson"):
    """Say what is wrong with one notebook, one sentence each."""
    notebook = json.loads(text)
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return [
        *_file_problems(text, notebook),
        *_opening_problems(cells),
        *_rhythm_problems(cells, code, fewest=1 if name in PAGES else 12),
        *(f"cell {i}: {what}" for i, cell in enumerate(cells) for what in _cell_problems(cell)),
    ]


def _file_problems(text, notebook):
    if len(text.encode()) > LARGEST_BYTES:
        yield f"the file must be at most 200 kB, was {len(text.encode()) // 1000}"
    if "widgets" in notebook["metadata"]:
        yield "widget state is stored; run nbstripout --keep-output --keep-count"
    if re.search(r"cdn\.|https?://(?!127\.0\.0\.1)[^\s\"\\]+\.(js|css)\b", text):
        yield "a stored output fetches from elsewhere"


def _rhythm_problems(cells, code, fewest):
    counts = [cell["execution_count"] for cell in code]
    if counts != list(range(1, len(code) + 1)):
        yield f"execution counts must be 1, 2, 3 and so on, were {counts}"
    if not fewest <= len(cells) <= 24:
        yield f"{fewest} to 24 cells, was {len(cells)}"
    if 2 * len(code) > len(cells):
        yield f"at most half of the cells are code, was {len(code)} of {len(cells)}"
    if code and median(_lines(cell) for cell in code) > 5:
        yield "the median code cell has at most 5 lines"


def _opening_problems(cells):
    if not re.match(r"# .+\n+> .+", _source(cells[0])):
        yield 'cell 1 is "# Title", then one quoted sentence with the answer'
    if not _only_imports(cells[1]):
        yield "cell 2 is imports only, at most 6 lines"
    titles = [cell for cell in cells if cell["cell_type"] == "markdown"
              and re.search(r"^# ", _source(cell), flags=re.MULTILINE)]  # fmt: skip
    if len(titles) > 1:
        yield "one # title a notebook; other headings are ##"


def _only_imports(cell):
    if cell["cell_type"] != "code" or _lines(cell) > 6:
        return False
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in _tree(cell).body)


def _cell_problems(cell):
    if cell["cell_type"] != "code":
        return
    if _lines(cell) > 15:
        yield f"at most 15 lines, was {_lines(cell)}"
    failed = any(output["output_type"] == "error" for output in cell["outputs"])
    if failed and "raises-exception" not in cell["metadata"].get("tags", []):
        yield "an error is stored; a lesson about one has the tag raises-exception"
    if re.search(r"^\s*[%!]|sys\.path", _source(cell), flags=re.MULTILINE):
        yield "no magics, no shell, no sys.path"
        return
    for node in ast.walk(_tree(cell)):
        if isinstance(node, MACHINERY):
            yield f"{type(node).__name__} belongs in the package"
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 5:
            yield f"{node.name} has over 5 lines; it belongs in the package"


def _tree(cell):
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    return compile(_source(cell), "cell", "exec", flags=flags)


def _source(cell):
    return "".join(cell["source"])


def _lines(cell):
    return len(_source(cell).strip().splitlines())


@EACH
def test_a_notebook_has_the_shape_of_a_lesson(path):
    assert _problems(path.read_text(encoding="utf-8"), path.stem) == []


def _words(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(source, count, **more):
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    return cell | {"execution_count": count} | more


def _lesson(*cells, **metadata):
    """Make a lesson of 12 cells that begins well and goes on with these."""
    begin = [_words("# A claim\n\n> The answer."), _code("import nettools as nt", 1)]
    fill = [_words("A sentence.")] * (10 - len(cells))
    return json.dumps({"cells": [*begin, *cells, *fill], "metadata": metadata})


def test_a_lesson_in_good_shape_has_no_problems():
    failed = [{"output_type": "error", "ename": "InvalidInput"}]
    lesson = _code("nt.x", 3, outputs=failed, metadata={"tags": ["raises-exception"]})
    assert _problems(_lesson(_code("await nt.run()", 2), lesson)) == []


SEEDED = {
    "at most 200 kB": _lesson(_words("x" * 200_001)),
    "widget state": _lesson(widgets={}),
    "from elsewhere": _lesson(_words('<script src="https://cdn.plot.ly/plotly.js">')),
    "counts must be": _lesson(_code("x", None)),
    "were [1, 3]": _lesson(_code("x", 3)),
    "12 to 24 cells": _lesson(*[_words("x")] * 23),
    "at most half": _lesson(*[_code("x", i + 2) for i in range(7)]),
    "the median": _lesson(_code("x\n" * 6, 2), _code("x\n" * 6, 3)),
    "cell 1 is": _lesson().replace("> The answer.", "The answer."),
    "cell 2 is": _lesson().replace("import nettools as nt", "x = 1"),
    "one # title": _lesson(_words("# Another")),
    "at most 15 lines": _lesson(_code("x\n" * 16, 2)),
    "an error is stored": _lesson(_code("x", 2, outputs=[{"output_type": "error"}])),
    "no magics": _lesson(_code("%pip install x", 2)),
    "ClassDef": _lesson(_code("class A: ...", 2)),
    "Try": _lesson(_code("try:\n    x\nfinally:\n    y", 2)),
    "over 5 lines": _lesson(_code("def f():\n" + "    x\n" * 5, 2)),
}


@pytest.mark.parametrize("sentence", SEEDED)
def test_each_rule_catches_a_seeded_violation(sentence):
    assert [sentence in problem for problem in _problems(SEEDED[sentence])].count(True) == 1
