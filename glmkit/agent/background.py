"""One event loop in a thread of its own, for everything that talks over a network: the API and MCP servers.

The rest of the room is plain code that waits. ``iterate`` walks an async iterator, ``wait`` waits for a coroutine; both
end at once when a ``Cancellation`` says so or the caller leaves, and what ran in the loop is cancelled with them.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import aclosing
from queue import SimpleQueue
from typing import Any, TypeVar

from glmkit.agent.cancellation import Cancellation, Cancelled

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def background() -> asyncio.AbstractEventLoop:
    """Return the loop, started on first use; its thread ends with the process."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="glmkit-agent-loop", daemon=True).start()
        return _loop


def wait(work: Coroutine[Any, Any, T], cancellation: Cancellation | None = None, timeout: float | None = None) -> T:
    """Run ``work`` in the loop and return what it gives.

    Raises:
        Cancelled: ``cancellation`` was pressed.
        TimeoutError: it took longer than ``timeout`` seconds.
    """
    cancellation = cancellation or Cancellation()
    future = asyncio.run_coroutine_threadsafe(work, background())
    try:
        with cancellation.calling(lambda: _cancel(future)):
            return future.result(timeout)
    except concurrent.futures.CancelledError:
        raise Cancelled from None
    except concurrent.futures.TimeoutError:  # another class than TimeoutError before Python 3.11
        raise TimeoutError from None
    finally:
        _cancel(future)


def iterate(source: AsyncGenerator[T, None], cancellation: Cancellation) -> Generator[T, None, None]:
    """Yield what ``source`` yields in the loop; raises what it raises, and Cancelled when ``cancellation`` is pressed.

    Leaving early (close, an exception of the caller, Ctrl-C) closes ``source``.
    """
    queue: SimpleQueue[tuple[bool, Any]] = SimpleQueue()  # (whether it is an item, the item)

    async def pump() -> None:
        async with aclosing(source):
            async for item in source:
                queue.put((True, item))

    future = asyncio.run_coroutine_threadsafe(pump(), background())
    future.add_done_callback(lambda done: queue.put((False, done)))
    try:
        with cancellation.calling(lambda: _cancel(future)):
            while True:
                is_item, item = queue.get()
                cancellation.check()
                if not is_item:
                    break
                yield item
        future.result()
    except concurrent.futures.CancelledError:
        raise Cancelled from None
    finally:
        _cancel(future)


def _cancel(future: concurrent.futures.Future[Any]) -> None:
    future.cancel()
