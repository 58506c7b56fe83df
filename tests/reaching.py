"""Waiting for a trait to say so."""

import asyncio
from collections.abc import Callable
from typing import Any

from traitlets import HasTraits

PATIENCE_SECONDS = 30.0


async def until(holder: HasTraits, name: str, is_reached: Callable[[Any], bool]) -> None:
    """Wait until a trait has what is waited for; raises TimeoutError when it never does."""
    reached = asyncio.Event()

    def look(_: object = None) -> None:
        if is_reached(getattr(holder, name)):
            reached.set()

    holder.observe(look, name)
    look()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reached.wait()
    finally:
        holder.unobserve(look, name)
