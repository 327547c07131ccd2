"""The ids and labels that the original's own code makes of our cases with the bundled tokenizer, in a bare clone.

``scripts/glmkit_mini/golden_ids.py`` ran the original and wrote ``expected.jsonl``; nothing of it is needed here.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from glmkit.chat.protocol import encode_chat, encode_conversation
from glmkit.chat.tokenizer import Tokenizer
from glmkit.loading import load_tokenizer

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "glmkit-mini"
MAX_SEQ_LEN = 2048  # of a conversation that names none, in the original's run
CASES: dict[str, list[dict[str, Any]]] = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))
PROVENANCE, *LINES = map(json.loads, (GOLDEN / "expected.jsonl").read_text(encoding="utf-8").splitlines())
EXPECTED: dict[str, dict[str, Any]] = {line.pop("name"): line for line in LINES}


def named(group: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES[group]]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer("glmkit-mini")


def test_every_case_has_been_run_with_the_tokenizer_that_ships(tokenizer: Tokenizer) -> None:
    assert [case["name"] for cases in CASES.values() for case in cases] == list(EXPECTED)
    assert len(EXPECTED) == len(LINES) >= 60
    assert PROVENANCE["sha256"]["tokenizer.model"] == hashlib.sha256(tokenizer.path.read_bytes()).hexdigest()
    assert tokenizer.vocab_size == 8192 + 9


@pytest.mark.parametrize("case", named("conversations"))
def test_a_conversation_has_the_ids_and_labels_of_the_original(case: dict[str, Any], tokenizer: Tokenizer) -> None:
    sample = encode_conversation(case["row"], tokenizer, case.get("max_seq_len", MAX_SEQ_LEN))
    assert {"input_ids": sample.input_ids, "labels": sample.labels} == EXPECTED[case["name"]]


@pytest.mark.parametrize("case", named("chats"))
def test_a_chat_has_the_prompt_ids_of_the_original(case: dict[str, Any], tokenizer: Tokenizer) -> None:
    messages = [*case["history"], {"role": case["role"], "content": case["query"]}]
    assert encode_chat(messages, tokenizer) == EXPECTED[case["name"]]["input_ids"]


@pytest.mark.parametrize("case", named("texts"))
def test_a_text_has_the_ids_of_the_original_and_comes_back(case: dict[str, Any], tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(case["text"])
    assert {"ids": ids, "decoded": tokenizer.decode(ids)} == EXPECTED[case["name"]]
