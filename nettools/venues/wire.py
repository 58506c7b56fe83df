"""The one place where ccxt is asked, and where its errors end.

What to ask for, and how to read the answer, come in; the value goes out, or one of our own
errors without any of ccxt's text or frames: those hold the key and the signed address. What a
failure means is read from status and code (``outcomes``), never from ccxt's class.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import aiohttp

from nettools.errors import InvalidInput, LiveTradingRefused, VenueUnavailable
from nettools.venues.budget import Urgency
from nettools.venues.client import REPLY, Connection, Pace, Reply, open_connection
from nettools.venues.clock import Timing, VenueClock
from nettools.venues.credentials import Credentials, Redactor
from nettools.venues.dialect import Dialect
from nettools.venues.guard import Address
from nettools.venues.hearing import Hearing
from nettools.venues.messages import Sentences
from nettools.venues.meter import URGENCY, Meter
from nettools.venues.outcomes import Failure, Outcome
from nettools.venues.rows import Malformed, read_refusal

T = TypeVar("T")
Request = Callable[[Any], Awaitable[Any]]
"""What to ask the ccxt client for."""


class Wire:
    """A connection to one venue that asks, and says plainly what went wrong.

    Args:
        name: of the venue, for messages.
        address: the only place requests may go.
        held: what signs them.
        dialect: what the venue speaks.
        timing: where time and chance come from.
    """

    def __init__(
        self,
        name: str,
        address: Address,
        held: Credentials,
        dialect: Dialect,
        timing: Timing | None = None,
    ) -> None:
        self.say = Sentences(name, address)
        self.name = name
        self.dialect = dialect
        self.address = address
        self._held = held
        self._redactor = Redactor(held)
        self.mask = self._redactor.mask
        self._connection: Connection | None = None
        timing = timing or Timing()
        self.clock = VenueClock(timing)
        self.meter = Meter(dialect.tariff, dialect.code, timing, self.clock)
        self._pace = Pace(self.clock, self.meter)

    @property
    def is_open(self) -> bool:
        """Whether there is a client to ask."""
        return self._connection is not None

    async def open(self) -> None:
        """Build the client and measure the venue's clock."""
        self._connection = await open_connection(
            self.address, self._held, self.dialect, pace=self._pace
        )
        await self.measure_clock()

    async def open_ear(self, ear: Hearing) -> Connection:
        """Build a second client, one that listens; it knows the contracts of the first.

        Raises:
            VenueUnavailable: not connected.
        """
        asking = self._client()
        connection = await open_connection(
            self.address, self._held, self.dialect, ear, self._pace
        )
        connection.client.set_markets_from_exchange(asking)
        return connection

    async def close(self) -> None:
        """Let go of client and session; safe to call twice."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _client(self) -> Any:  # noqa: ANN401 - ccxt has no types
        if self._connection is None:
            raise VenueUnavailable(f"{self.say.where} is not connected; connect first")
        return self._connection.client

    async def server_time(self, urgency: Urgency = Urgency.READ) -> datetime:
        """Ask the venue for its clock (UTC)."""
        what = "the venue's clock"
        answer = await self._ask_now(self.dialect.ask_clock, urgency)
        if isinstance(answer, Failure):
            raise self.read_failed(what, answer)
        return self.believe(what, lambda: self.dialect.read_clock(answer))

    async def measure_clock(self, urgency: Urgency = Urgency.READ) -> None:
        """Learn how far our clock is from the venue's; requests are signed with theirs."""
        before = self.clock.ours()
        theirs = await self.server_time(urgency)
        self.clock.measured(theirs, before, self.clock.ours())

    def venue_now(self) -> datetime:
        """Give the time on the venue's clock, as measured last (UTC)."""
        return self.clock.theirs()

    def banned_until(self) -> datetime | None:
        """Say until when the venue takes nothing, by this machine's clock (UTC), or None."""
        until = self.meter.budget.banned_until
        if until is None or until <= self.clock.ours():
            return None
        return until + self.clock.slip()

    def restore_ban(self, until: datetime) -> None:
        """Ask for nothing before ``until`` (UTC): what ``banned_until`` said, before."""
        self.meter.budget.restore(until - self.clock.slip())

    async def read(
        self,
        what: str,
        request: Request,
        parse: Callable[[Any], T],
        urgency: Urgency = Urgency.READ,
    ) -> T:
        """Read something.

        Args:
            what: what it is, as the subject of a sentence.
            request: what to ask ccxt for.
            parse: makes it our value, or raises ``Malformed``.
            urgency: what it is for.

        Raises:
            VenueUnavailable: no answer, or none that can be believed.
        """
        answer = await self.ask(request, urgency)
        if isinstance(answer, Failure):
            raise self.read_failed(what, answer)
        return self.believe(what, lambda: parse(answer))

    async def change(
        self,
        what: str,
        request: Request,
        parse: Callable[[Any], T],
        urgency: Urgency = Urgency.ORDER,
    ) -> T:
        """Change something, once; never repeated here.

        Args:
            what: the change, as an infinitive: "cancel …".
            request: what to ask ccxt for.
            parse: makes the confirmation our value, or raises ``Malformed``.
            urgency: what it is for.

        Raises:
            OrderRejected: the venue said no.
            OutcomeUnknown: it may have been done.
            VenueUnavailable: nothing was sent.
        """
        await self._know_the_time(urgency)
        answer = await self._ask_now(request, urgency)
        if isinstance(answer, Failure):
            raise self.say.send_failed(what, answer, self.dialect.classify(answer))
        try:
            return parse(answer)
        except (Malformed, InvalidInput) as wrong:
            found = str(wrong)
        raise self.say.unbelievable(what, found)

    def believe(self, what: str, parse: Callable[[], T]) -> T:
        """Give what ``parse`` makes of an answer; raises VenueUnavailable when it cannot."""
        try:
            return parse()
        except (Malformed, InvalidInput) as wrong:
            found = str(wrong)
        raise self.say.malformed(what, found)

    def read_failed(self, what: str, failure: Failure) -> VenueUnavailable:
        """Put a failed read into words."""
        return self.say.read_failed(what, failure, self.dialect.classify(failure))

    async def ask(self, request: Request, urgency: Urgency = Urgency.READ) -> Any:  # noqa: ANN401 - whatever ccxt gives
        """Ask ccxt for something that changes nothing; its answer, or a ``Failure``.

        Asked once more when the venue refused it for its time, which is then measured again.

        Raises:
            LiveTradingRefused: the guard stopped it.
            VenueUnavailable: not connected, or the clock could not be measured again.
        """
        await self._know_the_time(urgency)
        answer = await self._ask_now(request, urgency)
        if isinstance(answer, Failure) and self.clock.is_doubtful:
            await self._know_the_time(urgency)
            answer = await self._ask_now(request, urgency)
        return answer

    async def _know_the_time(self, urgency: Urgency) -> None:
        self._client()
        if self.clock.must_measure():
            await self.measure_clock(urgency)

    async def _ask_now(self, request: Request, urgency: Urgency) -> Any:  # noqa: ANN401 - ccxt's
        client = self._client()
        reply = Reply()
        token, token_of_urgency = REPLY.set(reply), URGENCY.set(urgency)
        try:
            return await request(client)
        except LiveTradingRefused as error:
            refusal = str(error)
        except VenueUnavailable as error:
            return Failure(held_back=True, text=str(error))
        except Exception as error:  # noqa: BLE001 - on odd bodies ccxt raises anything at all
            return self._failure(error, reply)
        except BaseException as error:  # noqa: BLE001 - canceled: raised on, without ccxt's frames
            raise error.with_traceback(None) from None
        finally:
            REPLY.reset(token)
            URGENCY.reset(token_of_urgency)
        raise LiveTradingRefused(refusal)

    def _failure(self, error: Exception, reply: Reply) -> Failure:
        no_answer = reply.status is None
        dialect = self.dialect
        code, text = (
            (None, str(error))
            if no_answer
            else read_refusal(reply.body, dialect.code, dialect.text)
        )
        failure = Failure(
            method=reply.method,
            was_sent=reply.was_sent,
            no_connection=isinstance(error.__cause__, aiohttp.ClientConnectorError),
            timed_out=isinstance(error.__cause__, TimeoutError),
            status=reply.status,
            code=code,
            text=self._redactor.clean(text),
            retry_after=self._redactor.clean(reply.retry_after),
        )
        verdict = self.dialect.classify(failure)
        if verdict.outcome is Outcome.REJECTED and verdict.reason == "CLOCK":
            self.clock.is_doubtful = True
        return failure
