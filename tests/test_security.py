"""A whole session with a recognisable key, and what must not come of it.

Each test names the risk it stands for; those that have a page of their own are elsewhere: hosts
in ``test_guard``, objects and errors in ``test_credentials``, ports in ``test_testnet_server``.
"""

import ast
import csv
import io
import json
import logging
import os
import pickle
import stat
import sys
from pathlib import Path

import hypothesis
import pytest
from drive import VENUES, Drive
from hypothesis import given, settings
from hypothesis import strategies as st
from makers import BTC, d
from travel import travels

import nettools as nt
from nettools.journal import Reading
from nettools.testnet.dialect import ApiReply
from nettools.testnet.faults import Fault
from nettools.venues.binance.ear import BINANCE_EAR
from nettools.venues.bybit.ear import BYBIT_EAR
from nettools.venues.contracts import Contract
from nettools.venues.rows import Malformed

PACKAGE = Path(nt.__file__).parent
both_venues = pytest.mark.parametrize("venue", VENUES)
KEY, SECRET = "SENTINELkey" + "a1" * 26, "SENTINELsecret" + "b2" * 25
SENTINELS = ("SENTINEL", KEY[11:40], SECRET[14:40], "signature=")


async def _session(drive):
    """Trade, listen, lose answers, be refused, raise, halt, crash and go on."""
    drive.want(a="1.0", b="0.5", c="-0.8")
    await drive.settle()
    drive.fault("create", "close", phase="after_match")
    drive.fault("positions", reply="html", nth=2)
    drive.fault("order", reply="clock", may_miss=True)
    drive.want(c="-0.2")
    await drive.go_on(3)
    drive.fault("create", reply="margin")
    drive.want(a="1.4")
    await drive.tick()
    drive.server.hub.cut()
    await drive.go_on(3)
    with pytest.raises(nt.InvalidInput):
        drive.desk.set_target("A", "NOPE/USDT:USDT", "1")
    await drive.settle()
    await drive.halt()
    await drive.crash()
    await drive.open()
    drive.desk.resume()
    await drive.settle()


# --- secrets


@pytest.fixture
def everything_logged():
    """Hold what every logger says, the root at DEBUG and ccxt's below it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    loggers = [
        logging.getLogger(name) for name in ("", "ccxt", "nettools", "aiohttp", "asyncio")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(1)
    loggers[0].addHandler(handler)
    yield written
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@both_venues
def test_a_session_leaves_no_key_in_any_log_output_message_or_file(
    venue, everything_logged, capfd
):
    """S1, S3, S4: the root logger at DEBUG, everything shown, everything written."""
    shown, files = [], {}

    @travels
    async def run():
        async with Drive(venue, streams=True, api_key=KEY, secret=SECRET) as drive:
            await _session(drive)
            desk = drive.desk
            shown.extend(map(repr, (desk, desk.status, desk.incidents(), desk.view)))
            shown.extend(str(t) for t in (desk.timeline(), desk.accounts(), desk.targets))
            shown.extend((desk.targets._repr_html_(), *drive.oracle.messages))
            shown.append(repr(vars(desk._manager.venue)))
            desk.export(drive.folder / "books")
            for file in drive.folder.rglob("*"):
                if file.is_file():
                    files[file.name] = file.read_bytes()

    run()
    out = capfd.readouterr()
    assert any(name.endswith(".sqlite") for name in files)
    for sentinel in SENTINELS:
        for text in (everything_logged.getvalue(), out.out, out.err, *shown):
            assert sentinel not in text
        for name, content in files.items():
            assert sentinel.encode() not in content, name


NOTEBOOK = """
import nettools as nt
desk = await nt.Desk.open("local")
desk.set_target("A", "BTC/USDT:USDT", "0.5")
report = await desk.tick()
display(desk, report, report.plan, desk.view, desk.accounts(), desk.timeline())
#--
desk.set_target("A", "BTC/USDT:USDT", "nan")
#--
%xmode Verbose
#--
await nt.Desk.open("local", mode="sideways")
#--
vars(desk._manager.venue), vars(desk._manager), desk._manager.venue._wire._held
#--
client = desk._manager.venue._wire._client()
client, vars(client), client.describe(), client.session
#--
client.no_such_call
#--
1 / 0
#--
%whos
#--
await desk.close()
"""


def test_a_notebook_that_shows_and_breaks_everything_holds_no_key(
    local_testnet, tmp_path, monkeypatch
):
    """S1, S2: run, saved, and its kernel's history kept; every error is caused on the way."""
    import nbformat  # noqa: PLC0415 - slow, and only here
    from nbclient import NotebookClient  # noqa: PLC0415 - slow, and only here

    monkeypatch.setenv("NETTOOLS_LOCAL_API_KEY", KEY)
    monkeypatch.setenv("NETTOOLS_LOCAL_SECRET", SECRET)
    market = local_testnet()
    for name, value in {
        **market.env,
        "IPYTHONDIR": str(tmp_path / "ipython"),
        "NETTOOLS_STATE_DIR": str(tmp_path / "state"),
    }.items():
        monkeypatch.setenv(name, value)
    cells = [nbformat.v4.new_code_cell(part.strip()) for part in NOTEBOOK.split("#--")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, allow_errors=True, kernel_name="python3").execute()
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    errors = [o for c in cells for o in c.outputs if o.output_type == "error"]
    assert len(errors) >= 3
    assert "0.5" in json.dumps(cells[0].outputs)
    for file in tmp_path.rglob("*"):
        if file.is_file():
            for sentinel in SENTINELS:
                assert sentinel.encode() not in file.read_bytes(), (file.name, sentinel)


# --- files of this user alone


@both_venues
@travels
async def test_a_desks_files_are_for_its_user_alone_whatever_the_umask(venue):
    """S14: journal, log, lock and folder."""
    before = os.umask(0)
    try:
        async with Drive(venue, journal=None) as drive:
            drive.folder.chmod(0o700)
            drive.want(a="0.5")
            await drive.settle()
            found = [file for file in drive.folder.rglob("*") if file.is_file()]
            assert {file.suffix for file in found} >= {".sqlite", ".lock"}
            for file in found:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    finally:
        os.umask(before)


@both_venues
@travels
async def test_a_lock_that_is_a_link_is_not_followed(venue):
    """S14: somebody has put a link where the account's lock will be."""
    async with Drive(venue) as drive:
        await drive.crash()
        target = drive.folder / "precious"
        target.write_text("do not touch")
        (place,) = set(drive.folder.glob("*.lock")) - set(drive.folder.glob("*.sqlite.lock"))
        place.unlink()
        place.symlink_to(target)
        with pytest.raises((nt.JournalError, nt.DeskLocked)):
            await drive.open()
        assert target.read_text() == "do not touch"
        place.unlink()
        await drive.open()


# --- names and files that mean harm


@travels
async def test_a_name_is_never_a_path_and_never_a_formula():
    """S15: names that look like either, through journal and export."""
    async with Drive("binance") as drive:
        for name in ("=cmd()", "@SUM(A1)", "+1+1", "-2+3", "a\\\\b", "a\tb", "a\nb", "a\x00"):
            with pytest.raises(nt.InvalidInput):
                drive.desk.set_target(name, BTC, "0.1")
        before = {file.name for file in drive.folder.parent.iterdir()}
        for name in ("../../x", "/etc/passwd", "..", "C:/x", ".hidden"):
            drive.desk.set_target(name, BTC, "0.1")
        drive.oracle.wanted()
        await drive.settle()
        drive.desk.export(drive.folder / "books")
        for file in drive.folder.rglob("*.csv"):
            for row in csv.reader(file.read_text(encoding="utf-8").splitlines()):
                for cell in row:
                    is_number = cell[1:].replace(".", "").replace("E-", "").isdigit()
                    assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
                    assert not cell.startswith("-") or is_number, cell
        assert {file.name for file in drive.folder.parent.iterdir()} <= before | {
            drive.folder.name
        }


UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "imp", "code"}
RUNNING = {"eval", "exec", "compile", "__import__", "read_pickle", "to_pickle", "unsafe_load"}
SAFE_YAML = {"yaml.compose(text, Loader=yaml.SafeLoader)"}
"""Gives nodes of text; nothing is made of them."""


def _unsafe(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names]
            names.append(getattr(node, "module", None) or "")
            yield from ({name.partition(".")[0] for name in names} & UNSAFE)
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in RUNNING:
                yield called.id
            if isinstance(called, ast.Attribute):
                owner = called.value.id if isinstance(called.value, ast.Name) else ""
                is_yaml = owner == "yaml" and ast.unparse(node) not in SAFE_YAML
                is_yaml &= called.attr not in {"safe_load", "safe_dump"}
                loaders = [w.value for w in node.keywords if w.arg == "Loader"]
                loaders += node.args[1:2]
                is_yaml = is_yaml and "SafeLoader" not in "".join(map(ast.unparse, loaders))
                if called.attr in {"read_pickle", "to_pickle", "unsafe_load"} or is_yaml:
                    yield f"{owner}.{called.attr}"
            if any(word.arg == "allow_pickle" for word in node.keywords):
                yield "allow_pickle"


@pytest.mark.parametrize(
    "source",
    ["import pickle", "from marshal import loads", "eval('1')", "yaml.load(x)",
     "yaml.compose(x)", "pd.read_pickle(p)", "np.load(p, allow_pickle=True)"],
)  # fmt: skip
def test_a_way_to_load_unsafely_would_be_seen(source):
    assert list(_unsafe(ast.parse(source)))


def test_nothing_that_was_saved_is_ever_run():
    """S16: no pickle, no eval, no YAML but the safe one, in the whole package."""
    found = {
        str(path.relative_to(PACKAGE)): unsafe
        for path in PACKAGE.rglob("*.py")
        if (unsafe := list(_unsafe(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert found == {}


class _Harm:
    def __reduce__(self):
        return (os._exit, (7,))


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_crafted_journal_is_refused_and_not_run(tmp_path, ending):
    """S16."""
    path = tmp_path / "desk.sqlite"
    path.touch(0o600)
    file = path.with_name(f"{path.name}{ending}")
    file.touch(0o600)
    file.write_bytes(pickle.dumps(_Harm()) * 50)
    with pytest.raises(nt.JournalError), Reading.open_to_read(path) as reading:
        list(reading.rows())


# --- poisoned market data

POISON = (
    "1e308",
    "-1e308",
    "1e-308",
    "NaN",
    "Infinity",
    "-0",
    "",
    "0x10",
    "1_000",
    None,
    {},
    [],
)
PRICES = {
    "binance": {
        "stream": ("b", "a", "p", "q"),
        "ticker": ("bidPrice", "askPrice", "markPrice"),
    },
    "bybit": {
        "stream": ("b", "a", "bp", "price"),
        "ticker": ("bid1Price", "ask1Price", "markPrice"),
    },
}


@both_venues
@pytest.mark.parametrize("poison", POISON, ids=repr)
@travels
async def test_nothing_is_traded_at_a_poisoned_price(venue, poison):
    """S18: in every frame of the book and in every ticker that is read."""
    async with Drive(venue, streams=True) as drive:
        drive.want(a="0.5")
        await drive.settle()
        for call, names in PRICES[venue].items():
            for name in names:
                drive.fault(call, "put", name=name, value=poison, times=0, may_miss=True)
        await drive.command("/price", symbol=BTC, percent="0.01")
        drive.want(a="0.7")
        await drive.go_on(6)
        assert all(d(90_000) < fill.price < d(110_000) for fill in drive.fills)
        assert abs(drive.position()) <= d("0.7")
        await drive.settle()
        assert drive.position() == d("0.7")


HUGE = {
    "ten megabytes": b'{"a":"' + b"x" * 10_000_000 + b'"}',
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "a long number": b'[{"symbol":"BTCUSDT","positionAmt":' + b"9" * 100_000 + b"}]",
    "no text": bytes(range(128, 256)) * 100,
}


@both_venues
@pytest.mark.parametrize("what", HUGE)
@travels
async def test_an_answer_that_is_huge_or_deep_is_no_answer(venue, what):
    """S18: to every question, and to an order."""
    async with Drive(venue) as drive:
        drive.want(a="0.5")
        await drive.settle()
        for call in ("positions", "open_orders", "ticker", "balance", "trades", "order"):
            answer = ApiReply(status=200, body=HUGE[what])
            fault = Fault(do="reply", phase="before_match", call=call, times=2, answer=answer)
            drive.server.gate.faults.add(fault)
        answer = ApiReply(status=200, body=HUGE[what])
        drive.server.gate.faults.add(
            Fault(do="reply", phase="after_match", call="create", answer=answer)
        )
        drive.want(a="0.7")
        await drive.go_on(20)
        await drive.settle()
        assert drive.position() == d("0.7")
        assert len(drive.orders) == 2


_texts = st.sampled_from(
    ["", "NaN", "1e308", "-1", "0", "BTCUSDT", "TRADE", "FILLED", "BUY", "linear", "\u0661"]
)
FIELDS = (
    *("e", "E", "o", "a", "P", "B", "s", "x", "X", "l", "L", "q", "p", "z", "i", "c", "S"),
    *("data", "topic", "type", "b", "u", "U", "pu", "seq", "t", "T"),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _texts | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
    ),
    max_leaves=12,
)
_events = st.sampled_from(
    ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "depthUpdate", "bookTicker", "listenKeyExpired"]
)
_topics = st.sampled_from(["order", "execution", "position", "orderbook.50.BTCUSDT", "wallet"])
CONTRACTS = {"BTCUSDT": Contract(BTC, "BTCUSDT")}


@settings(max_examples=400, deadline=None, suppress_health_check=[*hypothesis.HealthCheck])
@given(body=_json, event=_events, topic=_topics)
def test_no_frame_is_read_as_something_it_cannot_be(body, event, topic):
    """S18: whatever comes is an event of finite numbers, or refused; nothing else is raised."""
    for ear, frame in (
        (BINANCE_EAR, {"e": event, "E": 1, "T": 1, "o": body, "a": body, "s": "BTCUSDT"}),
        (BINANCE_EAR, body),
        (BYBIT_EAR, {"topic": topic, "data": body, "type": "delta", "ts": 1}),
        (BYBIT_EAR, body),
    ):
        if not isinstance(frame, dict):
            continue
        try:
            list(ear.read(frame, CONTRACTS))
        except (Malformed, nt.InvalidInput):
            continue


# --- nobody is called


@both_venues
def test_a_session_calls_nobody_but_this_machine(venue):
    """S19: no telemetry, no look for updates, no name that is looked up."""
    called, is_watching = set(), True

    def watch(event, args):
        if not is_watching:
            return
        if event == "socket.connect" and isinstance(args[1], tuple):
            called.add(args[1][0])
        if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            called.add(args[0])
        if event in {"subprocess.Popen", "os.system", "urllib.Request"}:
            called.add(event)

    @travels
    async def run():
        async with Drive(venue, streams=True) as drive:
            await _session(drive)

    sys.addaudithook(watch)
    try:
        run()
    finally:
        is_watching = False
    assert called == {"127.0.0.1"}
