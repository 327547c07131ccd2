"""llguidance's view of a vocabulary: the bytes of every token; special tokens are named by id, never by text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import ConfigError

# Sets of tokens that masks often hold as a whole, so that no token of them is looked at: what may stand in a string
# literal, by length for texts whose length is limited; in a line; anywhere.
_SLICES = [
    *(rf"""[^'"\\\x00-\x1F\x7F]{{1,{length}}}""" for length in (1, 2, 3, 4, 6, 10, 16)),
    r"""[^'"\\\x00-\x1F\x7F]+""",
    r"""[^"\\\x00-\x1F\x7F]+""",
    r"""[^'\\\x00-\x1F\x7F]+""",
    r"""[^\n]+""",
    r"""(?s:.+)""",
]
# SentencePiece puts a space before every text; behind a character it knows only as a byte nothing is merged with it.
_GUARD = "\x01"


class _Vocabulary:
    """What ``llguidance.TokenizerWrapper`` asks for."""

    bos_token_id = None

    def __init__(self, tokenizer: Tokenizer, vocab_size: int) -> None:
        self._tokenizer = tokenizer
        self._num_guards = len(tokenizer.encode(_GUARD))
        # Where a grammar is finished llguidance offers its end token; ours end in their own stop tokens, so any id that
        # nothing else uses will do.
        self.eos_token_id = tokenizer.special_ids["sop"]
        self.tokens = list(_token_bytes(tokenizer, vocab_size))
        self.special_token_ids = [id for id, token in enumerate(self.tokens) if token.startswith(b"\xff")]

    def __call__(self, text: bytes | str) -> list[int]:
        """Return the ids of text amid a reply: no space is put before it."""
        return self._tokenizer.encode(_GUARD + (text if isinstance(text, str) else text.decode()))[self._num_guards :]


def _token_bytes(tokenizer: Tokenizer, vocab_size: int) -> Iterator[bytes]:
    """Yield what each id adds to a reply; a first byte of 0xff, which no text holds, marks what adds nothing."""
    for id in range(vocab_size):
        text = tokenizer.token_bytes(id)
        yield b"\xff<%d>" % id if text in (b"", b"\xff") else text


def make_vocabulary(tokenizer: Tokenizer, vocab_size: int) -> Any:
    """Return the ``llguidance.LLTokenizer`` of ``vocab_size`` ids, of which those beyond the tokenizer's mean nothing.

    Raises:
        ConfigError: llguidance is not installed.
    """
    try:
        from llguidance import LLTokenizer, TokenizerWrapper
    except ImportError as error:
        raise ConfigError("serving-no-llguidance") from error
    return LLTokenizer(TokenizerWrapper(_Vocabulary(tokenizer, vocab_size)), n_vocab=vocab_size, slices=_SLICES)
