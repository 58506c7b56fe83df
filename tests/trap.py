"""A listener nobody may ever reach: it counts connections and bytes."""

import asyncio
from types import TracebackType
from typing import Self


class Trap:
    """Listens on 127.0.0.1 while entered, and answers nothing."""

    def __init__(self) -> None:
        self.connections = 0
        self.received = b""
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._catch, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()

    async def _catch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.received += await reader.read(65536)
        writer.close()

    @property
    def address(self) -> str:
        """Host and port, without a scheme."""
        return f"127.0.0.1:{self.port}"

    @property
    def is_untouched(self) -> bool:
        """Whether nobody came."""
        return self.connections == 0 and self.received == b""
