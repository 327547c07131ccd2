"""One of the processes that read a large file; ``workers`` starts it and holds the other end of the connection.

In: over the connection, what to read. Out: over the same, Blocks, and behind the last one None or the error that ended
them. It ends when nobody listens any more.
"""

from __future__ import annotations

from contextlib import suppress
from multiprocessing.connection import Connection

from glmkit.chat.tokenizer import Tokenizer
from glmkit.data.counting import read_blocks
from glmkit.errors import set_language


def main(descriptor: int) -> None:
    """Serve one request."""
    with suppress(BrokenPipeError, ConnectionResetError, EOFError), Connection(descriptor) as connection:
        settings, source_format, tokenizer, share, language = connection.recv()
        set_language(language)
        try:
            loaded = Tokenizer.from_file(tokenizer) if tokenizer else None
            for block in read_blocks(settings, source_format, loaded, share):
                connection.send(block)
        except (BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # any: it is raised where the blocks are read
            _send_error(connection, error)
        else:
            connection.send(None)
        with suppress(EOFError, OSError):
            connection.recv()  # until the other side closes


def _send_error(connection: Connection, error: Exception) -> None:
    """Send an error, or one that says the same where it cannot go from one process to another."""
    try:
        connection.send(error)
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:  # pickling fails in many ways, and nothing has been sent yet
        connection.send(RuntimeError(f"{type(error).__name__}: {error}"))
