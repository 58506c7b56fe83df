"""The notebooks as one book: small, run in order, readable, linked to each other.

nbval compares what they show; the browser tests open them.
"""

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
INDEX, PAGE = "00_index", "09_stakeholder_demo"
"""Not lessons: the one has no code, the other may be as short as it likes."""
LESSONS = [path for path in NOTEBOOKS if path.stem != INDEX]
PREDICTS = re.compile(r"predict|expect|before (you run )?the next cell", re.IGNORECASE)
PICTURE = re.compile(r"_(figure|view)\(")
SAYS_NOTHING = re.compile(
    r"^## (setup|imports?|introduction|results?|conclusions?)$", re.IGNORECASE
)
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _problems(text, name="01_lesson"):
    """Say what is wrong with one notebook, one sentence each."""
    notebook = json.loads(text)
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    found = [*_file_problems(text, notebook), *_link_problems(cells), *_title_problems(cells)]
    if name == INDEX:
        return found
    if name != PAGE:
        found += _lesson_problems(cells, "\n".join(map(_source, code)))
    return [
        *found,
        *_opening_problems(cells),
        *_rhythm_problems(cells, code, fewest=1 if name == PAGE else 12),
        *(f"cell {i}: {what}" for i, cell in enumerate(cells) for what in _cell_problems(cell)),
    ]


def _file_problems(text, notebook):
    if len(text.encode()) > LARGEST_BYTES:
        yield f"the file must be at most 200 kB, was {len(text.encode()) // 1000}"
    if "widgets" in notebook["metadata"]:
        yield "widget state is stored; run nbstripout --keep-output --keep-count"
    if re.search(r"cdn\.|https?://(?!127\.0\.0\.1)[^\s\"\\]+\.(js|css)\b", text):
        yield "a stored output fetches from elsewhere"


def _link_problems(cells):
    for target in re.findall(r"\]\(([^)#\s]+)", "\n".join(map(_prose, cells))):
        if not (ROOT / "notebooks" / target).is_file():
            yield f"a link leads nowhere: {target}"


def _lesson_problems(cells, code):
    prose = "\n".join(map(_prose, cells))
    headings = re.findall(r"^## .+", prose, flags=re.MULTILINE)
    if headings[-2:] != ["## What to notice", "## Try it"]:
        yield "the last headings are What to notice and Try it"
    if any(map(SAYS_NOTHING.match, headings)):
        yield "a heading says what was found, not Setup or Results"
    notice, _, tries = prose.partition("## What to notice")[2].partition("## Try it")
    if notice.count("\n- ") != 3 or tries.count("\n- ") < 2:
        yield "three points to notice, and two things or more to try"
    if not PREDICTS.search(prose):
        yield "a number is predicted before it is computed"
    if "assert " not in code:
        yield "an assert holds what was predicted"
    if not PICTURE.search(code):
        yield "a lesson has a picture"


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
    if not _only_imports(cells[1]):
        yield "cell 2 is imports only, at most 6 lines"


def _title_problems(cells):
    if not re.match(r"# .+\n+> .+", _source(cells[0])):
        yield 'cell 1 is "# Title", then one quoted sentence with the answer'
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


def _prose(cell):
    return _source(cell) if cell["cell_type"] == "markdown" else ""


def _lines(cell):
    return len(_source(cell).strip().splitlines())


@EACH
def test_a_notebook_has_the_shape_of_a_lesson(path):
    assert _problems(path.read_text(encoding="utf-8"), path.stem) == []


def _cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def _title(path):
    return _source(_cells(path)[0]).splitlines()[0].removeprefix("# ")


def _way(number):
    """Give the line that leads from one lesson to the last and to the next."""
    before, after = LESSONS[:number][-1:], LESSONS[number + 1 :][:1]
    parts = [
        *(f"[← {_title(path)}]({path.name})" for path in before),
        f"[All lessons]({INDEX}.ipynb)",
        *(f"[{_title(path)} →]({path.name})" for path in after),
    ]
    return " · ".join(parts)


@pytest.mark.parametrize("number", range(len(LESSONS)), ids=[path.stem for path in LESSONS])
def test_a_reader_gets_from_each_lesson_to_the_next(number):
    cells = _cells(LESSONS[number])
    cell = cells[
        -1 if LESSONS[number].stem == PAGE else 0
    ]  # the page is read without notebooks
    assert _source(cell).splitlines()[-1] == _way(number)


def test_the_index_names_every_lesson_in_order_with_one_sentence():
    text = "\n".join(_prose(cell) for cell in _cells(ROOT / "notebooks" / f"{INDEX}.ipynb"))
    lines = re.findall(
        r"^(\d)\. \[(.+)\]\((.+)\): (?:(?![.?!] ).)+[.?!]$", text, flags=re.MULTILINE
    )
    assert lines == [(path.name[1], _title(path), path.name) for path in LESSONS]


def test_the_index_has_three_doors_and_calls_each_lesson_by_its_title():
    text = "\n".join(_prose(cell) for cell in _cells(ROOT / "notebooks" / f"{INDEX}.ipynb"))
    assert re.findall(r"^\| \*\*(\w+)\*\*", text, flags=re.MULTILINE) == [
        "explore",
        "demonstrate",
        "trade",
    ]
    named = re.findall(r"\[([^\]]+)\]\(([^)]+)\)", text)
    assert {(_title(ROOT / "notebooks" / name), name) for _, name in named} == set(named)


def _words(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(source, count, **more):
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
    return cell | {"execution_count": count} | more


END = "## What to notice\n\n- a\n- b\n- c\n\n## Try it\n\n- d\n- e"


def _lesson(*cells, **metadata):
    """Make a lesson of 12 cells that begins and ends well, and has these in between."""
    begin = [_words("# A claim\n\n> The answer."), _code("import nettools as nt", 1)]
    shown = [_words("Predict: 0.7."), _code("assert net\nnetting_figure(book)", 2)]
    fill = [_words("A sentence.")] * (7 - len(cells))
    made = [*begin, *shown, *cells, *fill, _words(END)]
    return json.dumps({"cells": made, "metadata": metadata})


def test_a_lesson_in_good_shape_has_no_problems():
    failed = [{"output_type": "error", "ename": "InvalidInput"}]
    lesson = _code("nt.x", 4, outputs=failed, metadata={"tags": ["raises-exception"]})
    assert _problems(_lesson(_code("await nt.run()", 3), lesson)) == []


LONG = "x\n" * 6
SEEDED = {
    "at most 200 kB": _lesson(_words("x" * 200_001)),
    "widget state": _lesson(widgets={}),
    "from elsewhere": _lesson(_words('<script src="https://cdn.plot.ly/plotly.js">')),
    "link leads nowhere": _lesson(_words("[next](10_no_such_lesson.ipynb)")),
    "counts must be": _lesson(_code("x", None)),
    "were [1, 2, 4]": _lesson(_code("x", 4)),
    "12 to 24 cells": _lesson(*[_words("x")] * 20),
    "at most half": _lesson(*[_code("x", i + 3) for i in range(7)]),
    "the median": _lesson(*[_code(LONG, i + 3) for i in range(3)]),
    "cell 1 is": _lesson().replace("> The answer.", "The answer."),
    "cell 2 is": _lesson().replace("import nettools as nt", "x = 1"),
    "one # title": _lesson(_words("# Another")),
    "last headings": _lesson().replace("## Try it", "## More"),
    "not Setup": _lesson(_words("## Setup")),
    "three points": _lesson().replace("\\n- c", ""),
    "is predicted": _lesson().replace("Predict: ", ""),
    "an assert holds": _lesson().replace("assert ", ""),
    "has a picture": _lesson().replace("netting_figure", "len"),
    "at most 15 lines": _lesson(_code("x\n" * 16, 3)),
    "an error is stored": _lesson(_code("x", 3, outputs=[{"output_type": "error"}])),
    "no magics": _lesson(_code("%pip install x", 3)),
    "ClassDef": _lesson(_code("class A: ...", 3)),
    "Try belongs": _lesson(_code("try:\n    x\nfinally:\n    y", 3)),
    "over 5 lines": _lesson(_code("def f():\n" + "    x\n" * 5, 3)),
}


@pytest.mark.parametrize("sentence", SEEDED)
def test_each_rule_catches_a_seeded_violation(sentence):
    assert [sentence in problem for problem in _problems(SEEDED[sentence])].count(True) == 1
