"""Journals of local testnets that ended are removed after a week, and nothing else is."""

import os
import socket
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from journals import Ticking, intent, opened

import nettools as nt
from nettools.desk.leftovers import KEPT_FOR, remove_leftovers
from nettools.journal.records import Halted, Owner
from nettools.testnet.session import is_listening
from nettools.venues.credentials import MASK, Redactor, credentials

NOW = datetime(2025, 6, 2, tzinfo=UTC)
OWNER = Owner(name="desk", pid=os.getpid(), host="here", since=NOW)
OLD = KEPT_FOR + timedelta(hours=1)


@pytest.fixture
def dead():
    """Give a port on which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder


def _journal(folder, name, account, age=OLD):
    """Leave a journal behind, changed so long before now, and the account's lock."""
    path = folder / f"{name}.sqlite"
    with opened(path, Ticking(), account=account) as journal:
        journal.append(intent(1))
    lock = folder / f"{name}.lock"
    lock.touch(mode=0o600)
    then = (NOW - age).timestamp()
    for file in (path, lock):
        os.utime(file, (then, then))
    return path


def _local(port):
    return f"http://127.0.0.1:{port} 8f3a8f3a"


def _names(folder):
    return {path.name for path in folder.iterdir()}


def test_an_old_journal_of_a_testnet_that_is_gone_is_removed_with_all_that_belongs_to_it(
    folder, dead
):
    _journal(folder, "local-0123456789ab", _local(dead))
    _journal(folder, "local-bybit-0123456789ab", _local(dead))
    told = remove_leftovers(folder, OWNER)
    assert told == (
        f"2 journals of local testnets that ended more than 7 days ago removed from {folder}"
    )
    assert _names(folder) == set()
    assert remove_leftovers(folder, OWNER) == ""


def test_what_is_younger_than_a_week_stays(folder, dead):
    _journal(folder, "local-0123456789ab", _local(dead), KEPT_FOR - timedelta(hours=1))
    before = _names(folder)
    assert remove_leftovers(folder, OWNER) == ""
    assert _names(folder) == before


def test_the_journal_of_a_testnet_that_still_runs_stays_however_quiet_it_was(folder):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        assert is_listening(port)
        path = _journal(folder, "local-0123456789ab", _local(port))
        assert remove_leftovers(folder, OWNER) == ""
        assert path.exists()


@pytest.mark.parametrize(
    ("name", "account"),
    [
        ("my-desk", "http://127.0.0.1:{port} 8f3a8f3a"),  # named by the user
        ("local-notes", "http://127.0.0.1:{port} 8f3a8f3a"),
        ("local-0123456789ab", "https://demo-fapi.binance.com 8f3a8f3a"),
        ("binance-demo-0123456789ab", "https://demo-fapi.binance.com 8f3a8f3a"),
        ("bybit-testnet-0123456789ab", "https://api-testnet.bybit.com 8f3a8f3a"),
    ],
)
def test_a_journal_a_user_named_or_of_a_real_testnet_is_never_touched(
    folder, dead, name, account
):
    path = _journal(folder, name, account.format(port=dead))
    before, content = _names(folder), path.read_bytes()
    for _ in range(2):
        assert remove_leftovers(folder, OWNER) == ""
        assert _names(folder) >= before
        assert path.read_bytes() == content


def test_a_journal_in_use_or_damaged_stays(folder, dead):
    used = _journal(folder, "local-0123456789ab", _local(dead))
    damaged = _journal(folder, "local-ba9876543210", _local(dead))
    damaged.write_bytes(b"x" * 5000)
    os.utime(damaged, ((NOW - OLD).timestamp(),) * 2)
    with opened(used, Ticking(), account=_local(dead)):
        then = ((NOW - OLD).timestamp(),) * 2
        for file in (used, Path(f"{used}-wal")):
            os.utime(file, then)
        assert remove_leftovers(folder, OWNER) == ""
        assert used.exists()
    assert damaged.exists()


async def test_a_desk_says_what_it_removed_when_it_is_opened(tmp_path, monkeypatch, dead):
    folder = tmp_path / "state"
    monkeypatch.setenv("NETTOOLS_STATE_DIR", str(folder))
    folder.mkdir(mode=0o700)
    gone = _journal(folder, "local-0123456789ab", _local(dead))
    then = (datetime.now(UTC) - OLD).timestamp()  # noqa: TID251 - the age of a real file
    os.utime(gone, (then, then))
    with nt.testnet.start() as testnet:
        async with await nt.Desk.open(testnet, streams=False) as desk:
            assert "1 journal of a local testnet that ended" in desk.status.recovered
            assert not gone.exists()
            assert desk.status.journal.exists()


async def test_no_key_reaches_the_journal_whatever_text_it_is_in(tmp_path, monkeypatch):
    monkeypatch.setenv("NETTOOLS_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "state").mkdir(mode=0o700)
    with nt.testnet.start() as testnet:
        async with await nt.Desk.open(testnet, streams=False) as desk:
            desk.set_target(testnet.secret, "BTC/USDT:USDT", "0.1")
            await desk.tick()
            desk._manager.recorder.write(Halted(why=f"the key {testnet.api_key} was refused"))
            path = desk.status.journal
            written = [path.read_bytes(), path.with_name(f"{path.name}-wal").read_bytes()]
        written.append(path.read_bytes())
        for key in (testnet.api_key, testnet.secret):
            assert all(key.encode() not in text for text in written)
        assert f'"strategy":"{MASK}"'.encode() in b"".join(written)
        assert f"the key {MASK} was refused".encode() in b"".join(written)


def test_a_key_is_masked_in_json_and_nothing_else_is():
    redactor = Redactor(credentials('SENTINEL"key\\x', "SENTINEL-secret"))
    text = r'{"why":"SENTINEL\"key\\x and SENTINEL-secret","symbol":"https://x signature=1"}'
    assert redactor.mask(text) == (
        f'{{"why":"{MASK} and {MASK}","symbol":"https://x signature=1"}}'
    )
    assert Redactor(credentials("key", "why")).mask('{"why":"key"}') == '{"why":"key"}'
