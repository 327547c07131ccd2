"""Tokenizer and StreamDecoder: text <-> ids, for the original's vocabulary and for a small one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st

from glmkit.chat.tokenizer import SPECIAL_TOKENS, StreamDecoder, Tokenizer
from glmkit.errors import DataError, ModelError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NO_DEADLINE = settings(deadline=None)  # a busy machine takes long over a text now and then, which is no fault


@pytest.fixture(scope="session")
def original(shared: Path) -> Tokenizer:
    return Tokenizer.from_file(shared / "chatglm3-tokenizer")


def random_ids(tokenizer: Tokenizer) -> st.SearchStrategy[list[int]]:
    """Any ids, with byte pieces, specials, control pieces and ids outside the vocabulary more often than chance."""
    byte_ids = st.integers(tokenizer.encode("\n")[-1] - 10, tokenizer.encode("\n")[-1] + 245)
    special_ids = st.sampled_from([*tokenizer.special_ids.values(), 0, 1, 2, -1, tokenizer.vocab_size, 10**12])
    spaces = st.sampled_from(tokenizer.encode("  ") + tokenizer.encode("a"))
    return st.lists(st.one_of(byte_ids, special_ids, spaces, st.integers(-5, tokenizer.vocab_size + 5)))


def stream(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    decoder = StreamDecoder(tokenizer)
    return [*map(decoder.push, ids), decoder.finish()]


def test_every_golden_text_has_the_ids_and_the_decoded_text_of_the_original(shared: Path, original: Tokenizer) -> None:
    cases = json.loads((shared / "golden/data/text_tokens.json").read_text("utf-8"))
    for case in cases:
        assert original.encode(case["text"]) == case["ids"]
        assert original.decode(case["ids"]) == case["decoded"]
        assert "".join(stream(original, case["ids"])) == case["decoded"]


def test_the_specials_of_the_original_follow_its_64789_pieces(original: Tokenizer) -> None:
    assert original.vocab_size == 64798
    assert original.special_ids["[MASK]"] == 64789
    assert original.special_ids["<|observation|>"] == 64797
    assert (original.eos_id, original.pad_id, original.unk_id) == (2, 0, 0)


def test_special_ids_follow_any_vocabulary(small_tokenizer: Tokenizer, tokenizer_file: Path) -> None:
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_file)).vocab_size()
    assert list(small_tokenizer.special_ids) == list(SPECIAL_TOKENS)
    assert list(small_tokenizer.special_ids.values()) == list(range(pieces, pieces + 9))
    assert small_tokenizer.vocab_size == pieces + 9
    assert small_tokenizer.path == tokenizer_file


@given(text=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="▁"), min_size=1))
def test_the_bytes_of_a_text_are_those_of_its_tokens(small_tokenizer: Tokenizer, text: str) -> None:
    ids = small_tokenizer.encode(text)
    assert b"".join(map(small_tokenizer.token_bytes, ids)) == f" {text}".encode()


def test_ids_that_are_no_text_have_no_bytes(small_tokenizer: Tokenizer) -> None:
    silent = [*small_tokenizer.special_ids.values(), small_tokenizer.eos_id, small_tokenizer.unk_id, 10**6, -1]
    assert {small_tokenizer.token_bytes(id) for id in silent} == {b""}


@pytest.mark.parametrize("text", [*SPECIAL_TOKENS, "</s>", "<unk>", "a<|user|>b", "<0x0A>"])
def test_special_tokens_typed_as_text_stay_text(small_tokenizer: Tokenizer, text: str) -> None:
    ids = small_tokenizer.encode(text)
    assert not set(ids) & {*small_tokenizer.special_ids.values(), 0, 1, 2}
    assert small_tokenizer.decode(ids) == text


@NO_DEADLINE
@given(text=TEXT)
def test_decoding_what_was_encoded_gives_the_text(small_tokenizer: Tokenizer, text: str) -> None:
    ids = small_tokenizer.encode(text)
    assert small_tokenizer.decode(ids) == text
    assert "".join(stream(small_tokenizer, ids)) == text


def test_nul_and_emoji_survive(small_tokenizer: Tokenizer) -> None:
    text = "\x00 👩‍👩‍👧 \u2028"
    assert small_tokenizer.decode(small_tokenizer.encode(text)) == text


def test_a_lone_surrogate_is_refused_with_its_place(small_tokenizer: Tokenizer) -> None:
    with pytest.raises(DataError, match=r"text holds half a character \(U\+D83D, a lone surrogate\) at position 2"):
        small_tokenizer.encode("ab\ud83d")


def test_specials_decode_as_their_text_and_unknown_ids_as_nothing(original: Tokenizer) -> None:
    # ids as the original's tokenizer.decode shows them: the dummy space is dropped at the start only
    assert original.decode([64795, 30910, 13, 36474, 54591]) == "<|user|> \n 你好"
    assert original.decode([30910, 13, 36474, 54591]) == "\n 你好"
    assert original.decode([0, 1, 2, -1, 64798, 10**12]) == ""
    assert original.decode([0, 36474]) == "你"


def test_piece_shows_one_vocabulary_entry(original: Tokenizer) -> None:
    assert [original.piece(id) for id in (20115, 13, 2, 64796, 64798, -1)] == [
        "▁Answer",
        "<0x0A>",
        "</s>",
        "<|assistant|>",
        "",
        "",
    ]


@NO_DEADLINE
@given(data=st.data())
def test_streamed_text_joins_to_the_decoded_text_for_any_ids(small_tokenizer: Tokenizer, data: st.DataObject) -> None:
    ids = data.draw(random_ids(small_tokenizer))
    assert "".join(stream(small_tokenizer, ids)) == small_tokenizer.decode(ids)


@NO_DEADLINE
@given(data=st.data())
def test_streamed_text_joins_for_any_ids_of_the_original(original: Tokenizer, data: st.DataObject) -> None:
    ids = data.draw(random_ids(original))
    assert "".join(stream(original, ids)) == original.decode(ids)


@pytest.mark.parametrize("settings", [{"add_dummy_prefix": False}, {}, {"remove_extra_whitespaces": True}])
@pytest.mark.parametrize("byte_fallback", [True, False])
def test_streaming_follows_vocabularies_trained_with_other_settings(
    tmp_path: Path, settings: dict[str, bool], byte_fallback: bool
) -> None:
    tokenizer = Tokenizer.from_file(
        train(tmp_path, byte_fallback=byte_fallback, user_defined_symbols=["\n"], **settings)
    )
    spaces = tokenizer.encode("  a b")
    for ids in ([*spaces], [1, *spaces], [2, 2, *spaces, *spaces], [0, *spaces], [tokenizer.vocab_size - 1, *spaces]):
        assert "".join(stream(tokenizer, ids)) == tokenizer.decode(ids)


def test_the_stream_holds_a_character_back_until_its_last_byte(small_tokenizer: Tokenizer) -> None:
    ids = small_tokenizer.encode("👩x")
    pieces = [piece for piece in stream(small_tokenizer, ids) if piece]
    assert pieces == ["👩", "x"]


def test_every_byte_of_a_broken_character_becomes_one_mark(original: Tokenizer) -> None:
    broken = [3 + 0xE4, 3 + 0xB8]
    assert stream(original, [*broken, 36474]) == ["", "", "\ufffd\ufffd 你", ""]
    assert stream(original, broken) == ["", "", "\ufffd\ufffd"]


def train(folder: Path, **settings: object) -> Path:
    options = {"vocab_size": 300, "hard_vocab_limit": False, "normalization_rule_name": "identity", "minloglevel": 2}
    options |= {"model_type": "bpe", "remove_extra_whitespaces": False, "byte_fallback": True}
    sentences = iter(["a b c", "hello world, hello you", "  two  spaces"] * 4)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=sentences, model_prefix=str(folder / "tokenizer"), **(options | settings)
    )
    return folder / "tokenizer.model"


def test_a_folder_or_file_without_tokenizer_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", tmp_path / "tokenizer.model"):
        with pytest.raises(ModelError) as caught:
            Tokenizer.from_file(path)
        assert str(caught.value) == f"{path}: no tokenizer here: tokenizer.model is missing"


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", b"\x00" * 100])
def test_a_file_that_is_no_sentencepiece_model_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tokenizer.model"
    file.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        Tokenizer.from_file(tmp_path)
    assert str(caught.value) == f"{file}: this is not a SentencePiece model, or it is damaged"


def test_an_unreadable_tokenizer_gives_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "tokenizer.model").write_bytes(b"x")
    monkeypatch.setattr(Path, "read_bytes", refuse)  # a test run as root can read every file
    with pytest.raises(ModelError, match="cannot read this tokenizer: Permission denied"):
        Tokenizer.from_file(tmp_path)


def test_a_vocabulary_without_end_of_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no end-of-text piece \(</s>\)"):
        Tokenizer.from_file(train(tmp_path, eos_id=-1))


def test_a_vocabulary_that_loses_line_breaks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="loses line breaks"):
        Tokenizer.from_file(train(tmp_path, normalization_rule_name="nmt_nfkc", remove_extra_whitespaces=True))
