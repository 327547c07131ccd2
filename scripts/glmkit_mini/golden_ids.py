"""Run the original ChatGLM3's tokenizer and preprocessing on our cases, and write the ids and labels it gives.

    python -m scripts.glmkit_mini.golden_ids ORIGINAL_FOLDER

ORIGINAL_FOLDER holds two files of the original, which are not ours to publish: ``tokenization_chatglm.py`` of the
model folder ChatGLM3-6B (January 2024) and ``preprocess_utils.py`` of the repository's ``finetune_chatmodel_demo``
(THUDM/ChatGLM3, commit 9acc547). The first was taken from a public copy, ``kolors/models/tokenization_chatglm.py`` of
Kwai-Kolors/Kolors. They want an environment of their own: transformers 4.37, torch, astunparse, sentencepiece. Nothing
of glmkit is imported. In: ``cases.json``; out: ``expected.jsonl``, a line of provenance, then a line for each case.
``tests/bundled/test_golden_ids.py`` compares glmkit with it. Run again whenever the bundled tokenizer changes.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
GOLDEN = REPOSITORY / "tests" / "golden" / "glmkit-mini"
TOKENIZER = REPOSITORY / "glmkit" / "bundled" / "glmkit-mini" / "tokenizer.model"
ORIGINAL_FILES = ("tokenization_chatglm.py", "preprocess_utils.py")
MAX_SEQ_LEN = 2048  # of a conversation that names none


def load_original(folder: Path, tokenizer: Path) -> tuple[Any, Any]:
    """Return the original's tokenizer on the vocabulary ``tokenizer``, and its preprocessing module."""
    modules = []
    for name in ORIGINAL_FILES:
        spec = importlib.util.spec_from_file_location(Path(name).stem, folder / name)
        assert spec is not None and spec.loader is not None
        modules.append(importlib.util.module_from_spec(spec))
        spec.loader.exec_module(modules[-1])
    return modules[0].ChatGLMTokenizer(str(tokenizer)), modules[1]


def conversation_ids(original: Any, preprocess: Any, row: dict[str, Any], max_seq_len: int) -> dict[str, Any]:
    """Return input_ids and labels of a training row, without the padding that the original puts behind them."""
    whole, _ = preprocess.format_conversation(row, original, "conversations", "tools")
    padded = preprocess.MultiTurnDataset([row], original, max_seq_len)[0]
    length = min(len(whole), max_seq_len)
    assert padded["input_ids"][:length] == whole[:length]
    return {name: padded[name][:length] for name in ("input_ids", "labels")}


def chat_ids(original: Any, chat: dict[str, Any]) -> dict[str, Any]:
    """Return the prompt ids of a chat."""
    encoded = original.build_chat_input(chat["query"], history=chat["history"], role=chat["role"])
    return {"input_ids": encoded["input_ids"][0].tolist()}


def text_ids(original: Any, text: str) -> dict[str, Any]:
    """Return the ids of a plain text, and what they are decoded to."""
    ids = original.tokenizer.encode(text)
    return {"ids": ids, "decoded": original.decode(ids)}


def expected_lines(original: Any, preprocess: Any, cases: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what the original makes of each case, in order."""
    for case in cases["conversations"]:
        ids = conversation_ids(original, preprocess, case["row"], case.get("max_seq_len", MAX_SEQ_LEN))
        yield {"name": case["name"], **ids}
    for case in cases["chats"]:
        yield {"name": case["name"], **chat_ids(original, case)}
    for case in cases["texts"]:
        yield {"name": case["name"], **text_ids(original, case["text"])}


def provenance(folder: Path, tokenizer: Path) -> dict[str, Any]:
    """Return what the ids were made with and of: SHA-256 of the files, versions of the packages."""
    files = {"tokenizer.model": tokenizer, **{name: folder / name for name in ORIGINAL_FILES}}
    packages = ("transformers", "sentencepiece", "astunparse")
    return {
        "sha256": {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()},
        "versions": {name: version(name) for name in packages},
    }


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("original", type=Path, metavar="ORIGINAL_FOLDER", help=f"holds {' and '.join(ORIGINAL_FILES)}")
    parser.add_argument("--tokenizer", type=Path, default=TOKENIZER)
    parser.add_argument("--cases", type=Path, default=GOLDEN / "cases.json")
    parser.add_argument("--expected", type=Path, default=GOLDEN / "expected.jsonl", help="file to write")
    options = parser.parse_args()
    missing = [name for name in ORIGINAL_FILES if not (options.original / name).is_file()]
    if missing:
        parser.error(f"{options.original} has no {' and no '.join(missing)}")
    original, preprocess = load_original(options.original, options.tokenizer)
    cases = json.loads(options.cases.read_text(encoding="utf-8"))
    lines = [provenance(options.original, options.tokenizer), *expected_lines(original, preprocess, cases)]
    text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
    options.expected.write_text(text, encoding="utf-8")
    print(f"{len(lines) - 1} cases -> {options.expected}")


if __name__ == "__main__":
    main()
