"""What a desk tells of its journal: incidents, the life of orders, the desk as it was."""

import asyncio
from datetime import timedelta

import pytest
from makers import BTC, ETH, d, set_three

import nettools as nt
from nettools.desk.incidents import MOST, Incidents, Trouble
from nettools.journal import Reading
from nettools.journal.records import Incident
from nettools.model import Order, Side

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture
async def desk(venue, tmp_path):
    path = tmp_path / "desk.sqlite"
    async with await nt.Desk.open(venue, clock=venue._clock, journal=path) as desk:
        yield desk


def _open_now(desk):
    return [incident for incident in desk.incidents() if not incident.is_over]


def _by_hand(venue, quantity):
    order = Order(
        client_order_id="web-1",
        symbol=BTC,
        side=Side.of(d(quantity)),
        quantity=abs(d(quantity)),
    )
    venue.engine.place(order, venue._clock())


async def test_on_a_quiet_desk_nothing_is_wrong(desk):
    set_three(desk)
    await desk.tick()
    assert desk.incidents() == ()


async def test_a_lost_answer_is_one_incident_that_is_over_when_the_order_is_found(desk, venue):
    set_three(desk)
    venue.fault = "lost answer"
    await desk.tick()
    (incident,) = desk.incidents()
    assert (incident.kind, incident.is_over, incident.count) == ("order", True, 1)
    assert incident.what.startswith("no clear answer about buy 0.7 BTC (nt-")


async def test_an_order_that_may_be_live_says_what_is_known_and_what_is_not(desk, venue):
    set_three(desk)
    venue.fault = "lost request"
    await desk.tick()
    (incident,) = _open_now(desk)
    assert "counts in full" in incident.known
    assert "whether the venue has it" in incident.unknown
    assert incident.to_do
    venue.fault = ""
    venue._clock.go_on(30)
    for _ in range(3):
        await desk.refresh()
    assert _open_now(desk) == []


async def test_a_break_is_an_incident_until_it_is_repaired(desk, venue):
    desk.set_target("A", BTC, "1")
    await desk.tick()
    _by_hand(venue, "-0.1")
    await desk.refresh()
    venue._clock.go_on(1)
    await desk.refresh()
    (incident,) = _open_now(desk)
    assert (incident.kind, incident.subject) == ("break", BTC)
    assert "the books say +1, the venue +0.9" in incident.known
    await desk.repair(BTC, "flatten")
    assert _open_now(desk) == []


async def test_a_strategy_that_raises_is_named_and_the_others_go_on(desk):
    class Broken:
        name = "Z"
        calls = 0

        def targets(self, quotes, now):  # noqa: ARG002 - as strategies are asked
            self.calls += 1
            if self.calls > 1:
                raise KeyError("no data")
            return {BTC: "0.1"}

    desk.add_strategy(Broken())
    await desk.tick()
    await desk.tick()
    (incident,) = _open_now(desk)
    assert (incident.kind, incident.subject) == ("strategy", "Z")
    assert "KeyError" in incident.what


async def test_a_halt_is_an_incident_until_it_is_resumed(desk):
    await asyncio.wrap_future(desk.halt())
    (incident,) = _open_now(desk)
    assert (incident.kind, incident.to_do) == ("halt", "look, then resume")
    desk.resume()
    await desk.refresh()
    assert _open_now(desk) == []


def _noted(now):
    written = []
    return Incidents(lambda: now[0], written.append), written


def test_a_storm_is_one_line_and_one_row_a_minute(venue):
    now = [venue._clock()]
    incidents, written = _noted(now)
    for number in range(1, 121):
        incidents.note([Trouble(kind="step", what=f"failed {number}", count=number)])
        now[0] += timedelta(seconds=1)
    (incident,) = incidents.rows
    assert (incident.count, incident.what) == (120, "failed 120")
    assert len(written) == 2
    assert isinstance(written[0], Incident)
    incidents.note([])
    assert written[-1].text == "over: failed 120"


def test_incidents_are_bounded_and_those_that_go_on_stay(venue):
    now = [venue._clock()]
    incidents, _ = _noted(now)
    lasting = Trouble(kind="break", subject="lasting", what="a break")
    for number in range(2 * MOST):
        incidents.note([lasting, Trouble(kind="order", subject=str(number), what="lost")])
        now[0] += timedelta(seconds=1)
    assert len(incidents.rows) == MOST
    assert {incident.subject for incident in incidents.rows if not incident.is_over} == {
        "lasting", str(2 * MOST - 1),
    }  # fmt: skip


async def test_incidents_are_in_the_journal(desk, venue):
    set_three(desk)
    venue.fault = "lost answer"
    await desk.tick()
    path = desk.status.journal
    await desk.close()
    with Reading.open_to_read(path) as reading:
        texts = [row.record.text for row in reading.rows(kinds=["incident"])]
    assert [text[:15] for text in texts] == ["no clear answer", "over: no clear "]


async def test_the_timeline_tells_the_life_of_each_order_and_how_it_is_known(desk):
    desk.set_target("A", BTC, "0.5")
    await desk.tick("limit")
    await asyncio.wrap_future(desk.halt())
    await asyncio.sleep(0.1)
    rows = desk.timeline()
    assert list(rows.state) == ["intent", "acked", "cancel-sent", "canceled"]
    assert list(rows.evidence)[:3] == ["", "the venue's answer", "we asked for a cancel"]
    assert set(rows.quantity) == {d("0.5")}
    assert desk.timeline(ETH).empty


async def test_the_desk_is_shown_as_it_was_at_any_moment(desk, venue):
    moments = []
    for wanted in ("1", "0.4", "-0.3"):
        desk.set_target("A", BTC, wanted)
        await desk.tick()
        await asyncio.sleep(0.1)
        moments.append(venue._clock())
        venue._clock.go_on(10)
    past = [desk.at(moment) for moment in moments]
    assert [one.targets.target("A", BTC).wanted for one in past] == [
        d("1"),
        d("0.4"),
        d("-0.3"),
    ]
    assert [sum(one.positions().values()) for one in past] == [d("1"), d("0.4"), d("-0.3")]
    assert past[0].breaks == ()
    assert past[0].orders().empty
    assert "As it was at" in repr(past[0])
    assert list(past[1].accounts().quantity) == [d("0.4")]


async def test_without_a_journal_there_is_no_past(venue):
    async with await nt.Desk.open(venue, clock=venue._clock) as desk:
        with pytest.raises(nt.InvalidInput, match="opened without a journal"):
            desk.at(venue._clock())
