"""Text to token ids and back: a SentencePiece vocabulary with nine special tokens behind it, as ChatGLM3 has it.

Text never becomes a special id: ``<|user|>`` typed by a user is encoded as ordinary characters. Protocols place special
ids; engines stream through StreamDecoder, which yields whole characters only.
"""

from __future__ import annotations

import codecs
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

from glmkit.chat.memo import Memo
from glmkit.chat.validation import surrogate_problems
from glmkit.errors import DataError, ModelError

FILE_NAME = "tokenizer.model"
SPECIAL_TOKENS = (
    "[MASK]",
    "[gMASK]",
    "[sMASK]",
    "sop",
    "eop",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
)
SPACE = "▁"  # how SentencePiece writes a space inside a piece


def _replace_bytes(error: UnicodeError) -> tuple[str, int]:
    """Mark every byte of a broken character, as SentencePiece does; Python's "replace" merges them into one mark."""
    assert isinstance(error, UnicodeDecodeError)
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("glmkit-replace-bytes", _replace_bytes)


class Tokenizer:
    """A loaded vocabulary. Ids run over the SentencePiece pieces, then over SPECIAL_TOKENS.

    Attributes:
        path: the file it came from.
        vocab_size: number of ids, specials included (64,798 for ChatGLM3; its embedding has more rows).
        special_ids: special token text to id.
        eos_id, pad_id, unk_id: end of text, filler and unknown character; the last two are the same id.
        remembered: for a protocol: ids of long texts that come again and again, such as tool lists.
    """

    def __init__(self, model: sentencepiece.SentencePieceProcessor, path: Path) -> None:
        self.path = path
        self.remembered: Memo[array[int]] = Memo()
        self._model = model
        self._num_pieces: int = model.vocab_size()
        self.vocab_size = self._num_pieces + len(SPECIAL_TOKENS)
        self.special_ids = {text: self._num_pieces + i for i, text in enumerate(SPECIAL_TOKENS)}
        self._special_texts = {id: text for text, id in self.special_ids.items()}
        self.eos_id: int = model.eos_id()
        self.unk_id: int = model.unk_id()
        self.pad_id = self.unk_id
        self._byte_of = {model.piece_to_id(f"<0x{byte:02X}>"): byte for byte in range(256)}
        self._byte_of.pop(self.unk_id, None)  # a vocabulary without byte pieces
        # SentencePiece drops no, one or all leading spaces, as the vocabulary was trained; see what it does with two.
        kept = len(model.decode_pieces([SPACE, SPACE]))
        self._dropped_spaces = 2 - kept if kept > 0 else sys.maxsize

    @classmethod
    def from_file(cls, path: str | Path) -> Tokenizer:
        """Load ``tokenizer.model``, given as the file or as the folder that holds it.

        Raises:
            ModelError: the file is missing or unreadable, is no SentencePiece model, has no end-of-text piece, or its
                normaliser loses line breaks, which end every header line of a prompt.
        """
        path = Path(path)
        file = path / FILE_NAME if path.is_dir() else path
        if not file.is_file():
            raise ModelError("chat-tokenizer-missing", where=str(path), file=FILE_NAME)
        model = sentencepiece.SentencePieceProcessor()
        try:
            model.LoadFromSerializedProto(file.read_bytes())
        except OSError as error:
            raise ModelError("chat-tokenizer-unreadable", where=str(file), reason=error.strerror) from error
        except RuntimeError as error:
            raise ModelError("chat-tokenizer-broken", where=str(file)) from error
        if model.eos_id() < 0:
            raise ModelError("chat-tokenizer-no-end", where=str(file))
        if model.decode(model.encode("a\nb")) != "a\nb":
            raise ModelError("chat-tokenizer-newline", where=str(file))
        return cls(model, file)

    def encode(self, text: str) -> list[int]:
        """Return the ids of ``text``; special tokens in it stay text, nothing is added around it.

        Raises:
            DataError: ``text`` holds a lone surrogate, which is half a character and has no UTF-8 form.
        """
        problems = surrogate_problems(text, "text")
        if problems:
            raise DataError(problems)
        ids: list[int] = self._model.encode(text)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of any ids, equal to the original's: specials as their text, unknown ids as nothing.

        Broken UTF-8 in byte pieces gives one U+FFFD a byte. The space SentencePiece puts before a text is dropped at
        the start of ``ids`` only; behind a special token it stays, so decode message by message.
        """
        text: str = self._model.decode_pieces([self._surface(id) for id in ids])
        return text

    def piece(self, id: int) -> str:
        """Return the vocabulary entry of one id for display, such as "▁the", "<0x0A>" or "<|user|>"; "" if unknown."""
        if id in self._special_texts:
            return self._special_texts[id]
        return self._model.id_to_piece(int(id)) if 0 <= id < self._num_pieces else ""

    def token_bytes(self, id: int) -> bytes:
        """Return the UTF-8 bytes one id adds amid a text; none for special, control, unknown and padded ids."""
        byte = self._byte_of.get(id)
        if byte is not None:
            return bytes([byte])
        return b"" if id in self._special_texts else self._surface(id).replace(SPACE, " ").encode()

    def _surface(self, id: int) -> str:
        """The piece that decoding reads for ``id``: none for control pieces, the unknown piece and unknown ids."""
        silent = 0 <= id < self._num_pieces and (id == self.unk_id or self._model.is_control(int(id)))
        return "" if silent else self.piece(id)


class StreamDecoder:
    """Decodes ids one at a time: the pieces of text joined equal ``tokenizer.decode`` of all ids, whatever they are.

    A character spread over byte pieces comes out with its last byte. Constant work and memory a token.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._bytes = codecs.getincrementaldecoder("utf-8")(errors="glmkit-replace-bytes")
        self._spaces_to_drop = tokenizer._dropped_spaces

    def push(self, id: int) -> str:
        """Take the next id and return the characters it completes: usually its piece, nothing amid a character."""
        byte = self._tokenizer._byte_of.get(id)
        if byte is not None:
            self._spaces_to_drop = 0
            return self._bytes.decode(bytes([byte]))
        unfinished, piece = self.finish(), self._tokenizer._surface(id)
        if self._spaces_to_drop and piece.startswith(SPACE):
            self._spaces_to_drop -= 1
            piece = piece.removeprefix(SPACE)
        if piece:
            self._spaces_to_drop = 0
        return unfinished + piece.replace(SPACE, " ")

    def finish(self) -> str:
        """Return what is left at the end: one U+FFFD for every byte of an unfinished character."""
        return self._bytes.decode(b"", final=True)
