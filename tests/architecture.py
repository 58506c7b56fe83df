"""Rules of the flow, read from syntax trees; each function gives sentences, one a violation."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "nettools"
FLOW = (
    *("errors", "decimals", "render", "model"),
    *("targets", "net", "diff", "style", "smart", "snapshot", "orders", "plan"),
    *("costs", "allocate", "ledger", "twin", "shortfall", "reconcile"),
    *("texts", "tape", "study", "charts"),
    *("journal", "testnet", "venues", "absence", "router"),
    *("desk", "widgets", "cli"),
)
"""Left to right; a module imports only what stands to its left. Packages are one place."""
PURE = frozenset(FLOW[: FLOW.index("reconcile") + 1])
PURE_FILES = frozenset(
    f"testnet.{name}"
    for name in ("engine", "clearing", "account", "funding", "liquidation", "incidents")
) | {"venues.budget", "tape.queue", "tape.events", "tape.book"}
"""Pure as well, though their package touches the world."""
HOMES = {
    "aiohttp": {"venues", "testnet"},
    "ccxt": {"venues"},
    "ipywidgets": {"widgets"},
    "plotly": {"charts", "widgets"},
    "sqlite3": {"journal"},
}
PURE_IMPORTS = frozenset(
    {
        *("collections", "dataclasses", "datetime", "decimal", "enum", "functools", "hashlib"),
        *(
            "heapq",
            "html",
            "itertools",
            "json",
            "operator",
            "re",
            "types",
            "typing",
            "nettools",
        ),
    }
)
"""What a pure module may import: no clock, no randomness, no files, no float arithmetic."""
PURE_LATER = frozenset({"pandas"})
"""What it may import inside a function (``to_frame``) or for types, but not at the top."""
IMPURE_CALLS = frozenset({"open", "print", "input", "eval", "exec", "float", "__import__"})
CLOCKS = frozenset({"now", "utcnow", "today"})
LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def modules() -> dict[str, str]:
    """Read the package: dotted name below nettools ("" for its __init__) to source."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path.read_text(encoding="utf-8")
    return found


def place(module: str) -> str:
    """Give the place in the flow: the first part of the dotted name."""
    return module.partition(".")[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """Name every module that an import statement reaches, wherever in the file it stands.

    ``from nettools import net`` gives ``nettools.net``, as ``from nettools.net import x`` does.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "nettools":
            yield from (f"nettools.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def order(module: str, source: str) -> list[str]:
    """A module imports only what stands to its left, and has a place."""
    here = place(module)
    if here not in FLOW:
        return [f"nettools.{module} has no place in the flow (FLOW in tests/architecture.py)"]
    wrong = []
    for name in imported(ast.parse(source)):
        if name.partition(".")[0] != "nettools":
            continue
        there = place(name.removeprefix("nettools").removeprefix("."))
        if there not in FLOW:
            wrong.append(f"nettools.{module} imports {name}, which is no module of the flow")
        elif FLOW.index(there) > FLOW.index(here):
            wrong.append(f"nettools.{module} imports {name}, which stands to its right")
    return wrong


def dynamic_imports(module: str, source: str) -> list[str]:
    """An import by text would escape the other rules; only nettools/__init__ has one."""
    names = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    found = (names | set(imported(ast.parse(source)))) & {"import_module", "__import__"}
    return [f"nettools.{module} imports by text ({name})" for name in sorted(found)]


def homes(module: str, source: str) -> list[str]:
    """Each outside dependency is imported in its home only."""
    tops = {name.partition(".")[0] for name in imported(ast.parse(source))}
    return [
        f"nettools.{module} imports {name}, whose home is {' and '.join(sorted(HOMES[name]))}"
        for name in sorted(tops & HOMES.keys())
        if place(module) not in HOMES[name]
    ]


def purity(module: str, source: str) -> list[str]:
    """A pure module has no float, no clock, no randomness and no way to the world."""
    if place(module) not in PURE and module not in PURE_FILES:
        return []
    tree = ast.parse(source)
    at_the_top = {id(node) for node in tree.body}
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            allowed = PURE_IMPORTS | (frozenset() if id(node) in at_the_top else PURE_LATER)
            tops = {name.partition(".")[0] for name in imported(node)}
            wrong += [f"imports {name} in line {node.lineno}" for name in tops - allowed]
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            wrong.append(f"has the float {node.value} in line {node.lineno}")
        if isinstance(node, ast.Call):
            wrong += _impure_call(node)
    return [f"pure nettools.{module} {what}" for what in wrong]


def _impure_call(node: ast.Call) -> list[str]:
    if isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
        return [f"calls {node.func.id}() in line {node.lineno}"]
    if isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
        return [f"reads the clock in line {node.lineno}"]
    return []


def shape(module: str, source: str) -> list[str]:
    """No assert, no relative import; a docstring at the top; files and functions stay small."""
    tree = ast.parse(source)
    wrong = []
    if (lines := source.count("\n")) > LONGEST_FILE:
        wrong.append(f"has {lines} lines, at most {LONGEST_FILE}")
    if not module.endswith("__main__") and ast.get_docstring(tree) is None:
        wrong.append("opens without a docstring")
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            wrong.append(f"has an assert in line {node.lineno}; raise one of our errors")
        if isinstance(node, ast.ImportFrom) and node.level:
            wrong.append(f"has a relative import in line {node.lineno}")
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if is_function and (length := _lines(node)) > LONGEST_FUNCTION:
            wrong.append(f"{node.name} has {length} lines, at most {LONGEST_FUNCTION}")
    return [f"nettools.{module}: {what}" for what in wrong]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines without its docstring, which may explain as much as it likes."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return length
    text = node.body[0]
    return length - ((text.end_lineno or text.lineno) - text.lineno + 1)


def untested(sources: dict[str, str], tests: dict[str, str]) -> list[str]:
    """Every module has its test file; the inner modules of a package are reached from one.

    A top-level module has ``test_<module>.py``. A module inside a package counts when a test
    file is named after it (``test_testnet_engine``, ``test_engine``) or imports it, or when a
    module of the same package that counts imports it: a package is tested through its doors.
    """
    reached = {name for source in tests.values() for name in reach(source)}
    packages = {place(name) for name in sources if "." in name}
    covered = {
        name
        for name in sources
        if {f"test_{name.replace('.', '_')}", f"test_{name.rpartition('.')[2]}"} & tests.keys()
        or (place(name) in packages and f"nettools.{name}" in reached)
    }
    waiting = list(covered)
    while waiting:
        name = waiting.pop()
        inner = {found.removeprefix("nettools.") for found in reach(sources[name])}
        new = {f"{place(name)}.__main__", *inner} & sources.keys() - covered
        fresh = {found for found in new if place(found) == place(name)}
        covered |= fresh
        waiting += fresh
    return [f"no test file for nettools.{name}" for name in sources if name not in covered]


def reach(source: str) -> set[str]:
    """Name every module that a source may mean in an import, ``from a import b`` as a.b too."""
    tree = ast.parse(source)
    return set(imported(tree)) | {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def stray_functions(file: str, source: str) -> list[str]:
    """In a test file every top-level function is a test, a fixture or private."""
    return [
        f"{file}: {node.name} is neither a test, nor a fixture, nor private; it never runs"
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith(("test_", "_"))
        and not any("fixture" in ast.unparse(mark) for mark in node.decorator_list)
    ]


def outside_the_library(names: set[str]) -> set[str]:
    """Keep the top-level modules that the standard library does not have."""
    return {
        top
        for name in names
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names
        and top not in {"nettools", "__main__", "__mp_main__"}
    }
