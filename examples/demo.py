"""`make demo`: from a ToolAlpaca file to a fine-tuned model that answers, with the commands a user would type.

Everything lands in demo-output/. The base model is a stand-in: three million parameters, trained from scratch on the
spot, so that the whole path runs on any machine in minutes. Run again with different files: python examples/demo.py
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from glmkit.cli import main

EXAMPLES = Path(__file__).resolve().parent
SAMPLE = EXAMPLES.parent / "glmkit" / "bundled" / "sample_data" / "toolalpaca.json"
OUTPUT = Path("demo-output")
VOCABULARY = 2048
STAND_IN = {  # 3.2 million parameters in the layout of the original's config.json
    "model_type": "chatglm",
    "num_layers": 6,
    "hidden_size": 192,
    "ffn_hidden_size": 512,
    "num_attention_heads": 6,
    "kv_channels": 32,
    "multi_query_attention": True,
    "multi_query_group_num": 2,
    "padded_vocab_size": 2112,
    "seq_length": 2048,
    "layernorm_epsilon": 1e-5,
    "add_qkv_bias": True,
    "add_bias_linear": False,
    "rmsnorm": True,
    "post_layer_norm": True,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}


def say(text: str) -> None:
    """Print a line of the story to stderr, where everything but results goes."""
    print(text, file=sys.stderr, flush=True)


def run(command: str) -> None:
    """Show a command, run it in this process, stop the demo when it fails."""
    say(f"\n$ glmkit {command}")
    code = main(shlex.split(command))
    if code:
        raise SystemExit(code)


def make_stand_in(folder: Path, texts: Iterable[str]) -> None:
    """Write what a base model's folder holds besides weights: config.json and a tokenizer trained on ``texts``."""
    import sentencepiece

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(STAND_IN, indent=2) + "\n", encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=VOCABULARY,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        split_digits=True,
        max_sentence_length=100_000,
        minloglevel=2,
    )
    (folder / "tokenizer.vocab").unlink()


def texts_of(rows: Iterable[dict[str, object]]) -> Iterable[str]:
    """Yield every line of text a tokenizer should know."""
    for row in rows:
        yield from json.dumps(row, ensure_ascii=False).split("\\n")


def split(rows: list[str]) -> tuple[list[str], list[str], str]:
    """Return the rows the base learns from, other ones for P-Tuning (every third), and one nobody trains on."""
    held_out = rows.pop(len(rows) // 2)
    return [row for i, row in enumerate(rows) if i % 3], rows[::3], held_out


def demo() -> None:
    """Tell the whole story once."""
    started = time.monotonic()
    if OUTPUT.exists():
        shutil.rmtree(OUTPUT)
    OUTPUT.mkdir()

    say("1. Tool-use episodes in ToolAlpaca's format become conversations.")
    conversations = OUTPUT / "conversations.jsonl"
    run(f"data convert {shlex.quote(str(SAMPLE))} {conversations}")

    rows = conversations.read_text(encoding="utf-8").splitlines()
    base = OUTPUT / "stand-in"
    make_stand_in(base, texts_of(json.loads(row) for row in rows))
    for_base, for_tuning, held_out = split(rows)
    (OUTPUT / "base.jsonl").write_text("\n".join(for_base) + "\n", encoding="utf-8")
    (OUTPUT / "tuning.jsonl").write_text("\n".join(for_tuning) + "\n", encoding="utf-8")

    say("\n2. Every row is checked before any model loads.")
    run(f"data check {OUTPUT}/tuning.jsonl --tokenizer {base}")

    say("\n3. A base model. This one is a stand-in of 3 million parameters, trained from scratch for a minute:")
    say("   it shows the path, not the quality of a 6B model. With ChatGLM3-6B you would skip this step.")
    run(
        f"train --method full --from-scratch --model {base} --data {OUTPUT}/base.jsonl"
        f" --output-dir {OUTPUT} --name base --epochs 4 --samples-per-step 4"
        " --learning-rate 4e-3 --warmup-steps 10 --schedule cosine --log-every 20"
    )

    say("\n4. P-Tuning v2 of it on other episodes: the base stays frozen, a prefix learns.")
    run(
        f"train --method ptuning --model {OUTPUT}/base --data {OUTPUT}/tuning.jsonl --output-dir {OUTPUT} --name tuned"
        " --prefix-len 16 --epochs 2 --learning-rate 5e-3 --samples-per-step 4 --log-every 10"
    )
    say(f"\n   The loss curve: {OUTPUT}/tuned/curve.png")

    say("\n5. A request nobody trained on. Three million parameters after a minute know the shape of a tool call,")
    say("   hardly more: expect broken text. On a 6B base the same commands make a useful model.")
    row = json.loads(held_out)
    system = "Answer the following questions as best as you can. You have access to the following tools:\n"
    system += json.dumps(row["tools"], indent=4, ensure_ascii=False)
    question = row["conversations"][0]["content"]
    say(f"\n   {question}\n")
    code = main(["chat", f"{OUTPUT}/tuned", question, "--system", system, "--temperature", "0", "--max-tokens", "200"])
    if code:
        raise SystemExit(code)

    say(f"\nDone in {time.monotonic() - started:.0f} s. Go on:")
    say(f"  .venv/bin/glmkit chat {OUTPUT}/tuned")
    say("  .venv/bin/glmkit train --model YOUR_MODEL --data YOUR_FILE.jsonl")


if __name__ == "__main__":
    demo()
