"""The shape of the package: import order, homes, purity, sizes, tests for every module."""

import json
import subprocess
import sys
from pathlib import Path

import architecture as rules
import pytest

TESTS = Path(__file__).parent
MODULES = rules.modules()
TEST_FILES = sorted(TESTS.rglob("test_*.py"))

LOOK_AT_IMPORT = """
import json, sys, threading
before = set(sys.modules)
opened = []
def audit(event, args):
    if event == "open" and isinstance(args[1], str) and not set(args[1]) & set("wax+"):
        return  # reading: the import system does, and nothing is left open
    if event.split(".")[0] in {"open", "socket", "subprocess", "sqlite3"} or "thread" in event:
        opened.append(f"{event} {args[:1]}")
sys.addaudithook(audit)
import nettools
print(json.dumps({"modules": sorted(set(sys.modules) - before), "opened": opened,
                  "threads": threading.active_count()}))
"""


@pytest.mark.parametrize("module", [name for name in MODULES if name])
def test_a_module_imports_only_what_stands_to_its_left(module):
    assert rules.order(module, MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_each_dependency_has_one_home(module):
    assert rules.homes(module, MODULES[module]) == []


@pytest.mark.parametrize("module", [name for name in MODULES if name])
def test_no_module_imports_by_text(module):
    assert rules.dynamic_imports(module, MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_pure_module_has_no_float_no_clock_and_no_way_to_the_world(module):
    assert rules.purity(module, MODULES[module]) == []


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_stay_small_and_never_assert(module):
    assert rules.shape(module, MODULES[module]) == []


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_no_test_is_missed_because_of_its_name(path):
    assert rules.stray_functions(path.name, path.read_text(encoding="utf-8")) == []


def test_every_module_has_a_test_file():
    tests = {path.stem: path.read_text(encoding="utf-8") for path in TEST_FILES}
    sources = {name: source for name, source in MODULES.items() if name}
    assert rules.untested(sources, tests) == []


def test_a_module_without_a_test_file_is_found():
    sources = {"net": "", "venues": "", "venues.wire": "", "venues.lost": ""}
    sources["venues.ccxt"] = "from nettools.venues import wire"
    tests = {"test_venues": "from nettools.venues.ccxt import CcxtVenue\nimport nettools.net"}
    found = rules.untested(sources, tests)
    assert found == ["no test file for nettools.net", "no test file for nettools.venues.lost"]


def test_importing_nettools_loads_the_standard_library_only_and_opens_nothing():
    found = _fresh_python(LOOK_AT_IMPORT)
    assert rules.outside_the_library(set(found["modules"])) == set()
    assert found["opened"] == []
    assert found["threads"] == 1


def test_a_module_that_opens_something_on_import_would_be_seen(tmp_path):
    seeded = LOOK_AT_IMPORT.replace(
        "import nettools",
        f"import socket, pytest; socket.socket(); open({str(tmp_path / 'x')!r}, 'w').close()\n"
        "t = threading.Thread(target=threading.Event().wait, daemon=True); t.start()",
    )
    found = _fresh_python(seeded)
    assert "pytest" in rules.outside_the_library(set(found["modules"]))
    assert {event.split()[0] for event in found["opened"]} >= {"open", "socket.__new__"}
    assert found["threads"] == 2


def _fresh_python(program):
    result = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


def test_all_names_every_public_name_and_every_one_loads():
    program = (
        "import json, types, nettools as nt\n"
        "public = [n for n, v in vars(nt).items()"
        " if not n.startswith('_') and not isinstance(v, types.ModuleType)"
        " and getattr(v, '__module__', '').startswith('nettools')]\n"
        "print(json.dumps({'all': nt.__all__, 'public': public,"
        " 'missing': [n for n in nt.__all__ if getattr(nt, n, None) is None]}))"
    )
    found = _fresh_python(program)
    assert set(found["public"]) <= set(found["all"])
    assert found["missing"] == []
    assert len(set(found["all"])) == len(found["all"])


SEEDED = [
    (rules.order, "net", "from nettools import desk"),
    (rules.order, "net", "from nettools.diff import Delta"),
    (rules.order, "net", "import nettools.plan"),
    (rules.order, "targets", "def f():\n    from nettools.net import net_targets"),
    (rules.order, "venues.ccxt", "from nettools.widgets.state import DeskState"),
    (rules.order, "desk", "import nettools"),
    (rules.order, "desk", "from nettools import Plan"),
    (rules.order, "helpers", "x = 1"),
    (rules.homes, "desk", "import ccxt.async_support as ccxt"),
    (rules.homes, "desk", "def f():\n    from ccxt import Exchange"),
    (rules.homes, "net", "import sqlite3"),
    (rules.homes, "testnet.server", "import plotly.graph_objects as go"),
    (rules.homes, "charts", "import ipywidgets as W"),
    (
        rules.dynamic_imports,
        "desk",
        "from importlib import import_module\nimport_module('ccxt')",
    ),
    (rules.dynamic_imports, "desk", "import importlib\nimportlib.import_module('ccxt')"),
    (rules.dynamic_imports, "desk", "__import__('ccxt')"),
    (rules.purity, "net", "HALF = 0.5"),
    (rules.purity, "diff", "def f(x):\n    return float(x)"),
    (rules.purity, "ledger", "import time"),
    (rules.purity, "plan", "from random import Random"),
    (rules.purity, "plan", "import math"),
    (rules.purity, "plan", "import pandas as pd"),
    (rules.purity, "model", "from datetime import datetime\nNOW = datetime.now()"),
    (rules.purity, "reconcile", "open('x')"),
    (rules.purity, "testnet.engine", "import asyncio"),
    (rules.shape, "desk", '"""Doc."""\nassert True'),
    (rules.shape, "desk", '"""Doc."""\nfrom . import net'),
    (rules.shape, "desk", "x = 1"),
    (rules.shape, "desk", '"""Doc."""\n' + "x = 1\n" * 400),
    (rules.shape, "desk", '"""Doc."""\ndef f():\n' + "    x = 1\n" * 40),
    (rules.stray_functions, "test_x.py", "def tset_it(): ..."),
    (rules.stray_functions, "test_x.py", "async def check_it(): ..."),
]


@pytest.mark.parametrize(("rule", "module", "source"), SEEDED)
def test_each_rule_catches_a_seeded_violation(rule, module, source):
    assert len(rule(module, source)) == 1


ALLOWED = [
    (rules.order, "plan", "from nettools.net import NetTarget\nfrom nettools import diff"),
    (rules.order, "venues.ccxt", "from nettools.venues.protocol import Venue"),
    (rules.homes, "venues.ccxt", "import ccxt"),
    (rules.purity, "decimals", "isinstance(1, bool | float)"),
    (rules.purity, "plan", "def to_frame():\n    import pandas as pd"),
    (rules.purity, "charts", "HALF = 0.5"),
    (rules.purity, "testnet.market", "from random import Random"),
    (rules.shape, "desk", '"""Doc."""\ndef f():\n' + "    x = 1\n" * 39),
    (
        rules.stray_functions,
        "test_x.py",
        (
            "@pytest.fixture\ndef book(): ...\n"
            "@pytest_asyncio.fixture()\nasync def net(): ...\n"
            "def _maker(): ...\nclass Maker: ...\nasync def test_it(): ..."
        ),
    ),
]


@pytest.mark.parametrize(("rule", "module", "source"), ALLOWED)
def test_no_rule_complains_about_what_is_allowed(rule, module, source):
    assert rule(module, source) == []
