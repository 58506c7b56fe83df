"""What users meet when they ask for help: every public name explains itself, with units."""

import ast
import doctest
import re
from importlib import import_module

import architecture as rules
import pytest

BRAIN = [name for name in rules.modules() if name in rules.PURE]
SOURCES = rules.modules()
UNITS = re.compile(r"base units?|quote units?|signed|number|multiple", re.IGNORECASE)
"""``decimals`` speaks of bare numbers and multiples of a step; all others of units."""


def _definitions(source):
    """Give public classes, functions, methods and properties with the name a user sees."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                is_code = isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
                if is_code and not member.name.startswith("_"):
                    yield f"{node.name}.{member.name}", member


def _decimal_fields(source):
    """Give the Decimal fields of public dataclasses, and the string under each."""
    for node in ast.parse(source).body:
        is_dataclass = isinstance(node, ast.ClassDef) and "dataclass" in "".join(
            map(ast.unparse, node.decorator_list)
        )
        if not is_dataclass or node.name.startswith("_"):
            continue
        for field, below in zip(node.body, [*node.body[1:], None], strict=True):
            if isinstance(field, ast.AnnAssign) and "Decimal" in ast.unparse(field.annotation):
                is_text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
                yield f"{node.name}.{ast.unparse(field.target)}", is_text and below.value.value


@pytest.mark.parametrize("module", SOURCES)
def test_every_public_name_has_a_docstring(module):
    silent = [
        name for name, node in _definitions(SOURCES[module]) if ast.get_docstring(node) is None
    ]
    assert silent == []


@pytest.mark.parametrize("module", BRAIN)
def test_whatever_gives_a_decimal_says_its_unit(module):
    silent = [
        name
        for name, node in _definitions(SOURCES[module])
        if isinstance(node, ast.FunctionDef)
        and node.returns is not None
        and "Decimal" in ast.unparse(node.returns)
        and not UNITS.search(ast.get_docstring(node) or "")
    ]
    assert silent == []


@pytest.mark.parametrize("module", SOURCES)
def test_every_decimal_field_says_its_unit_in_the_string_below(module):
    silent = [
        name
        for name, text in _decimal_fields(SOURCES[module])
        if not (isinstance(text, str) and text)
    ]
    assert silent == []


@pytest.mark.parametrize("module", [name for name in BRAIN if ">>>" in SOURCES[name]])
def test_the_examples_in_docstrings_are_true(module):
    found = doctest.testmod(import_module(f"nettools.{module}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_a_name_without_a_docstring_would_be_seen():
    source = "class Plan:\n    'Text.'\n    def orders(self): ...\n"
    assert [n for n, node in _definitions(source) if not ast.get_docstring(node)] == [
        "Plan.orders"
    ]


def test_a_field_without_its_unit_would_be_seen():
    source = "@dataclass\nclass Fill:\n  price: Decimal\n  fee: Decimal\n  'Paid.'\n"
    assert list(_decimal_fields(source)) == [
        ("Fill.price", False),
        ("Fill.fee", "Paid."),
    ]
