"""Rows of ToolAlpaca's size checked and tokenised: glmkit, cold and from its cache, beside datasets + a fast tokenizer.

`python benchmarks/prepare_data.py` makes files of synthetic rows (ten for each tool document, as the real data has
about), and measures on each of them, every time in a fresh process: glmkit with an empty cache, glmkit again, the peer
with an empty cache, the peer again. It prints a table and writes results/prepare_data.json. glmkit checks every row;
the peer (peer_datasets.py) parses and tokenises only. Its tokenizer is glmkit's SentencePiece vocabulary converted, and
the ids of both are compared. Take the numbers from an idle machine.

The peer needs ``datasets`` and ``tokenizers``: a benchmark's dependency, not the project's. They may live in another
environment (--peer-python); without them, --no-peer measures glmkit alone. The tokenizer is the original's where
../shared lies beside the repository, else one of 8,000 pieces trained on the synthetic rows.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sentencepiece

from glmkit.chat.conversation import TOOL_SENTENCE
from glmkit.chat.tokenizer import FILE_NAME, Tokenizer
from glmkit.data.counting import FileSettings
from glmkit.data.prepare import prepare

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_TOKENIZER = REPOSITORY.parent / "shared" / "chatglm3-tokenizer" / FILE_NAME
WORDS_FROM = REPOSITORY / "glmkit" / "bundled" / "sample_data" / "toolalpaca.json"
ROWS_A_DOCUMENT = 10
DOCUMENT_WORDS = 26  # of a function's description; with the rest a document has 2,560 characters, as the real ones
PIECES = 8_000
PEER = Path(__file__).with_name("peer_datasets.py")


def main() -> None:
    options = parse_arguments()
    if options.measure:
        print(json.dumps(measure_glmkit(options.measure, options.tokenizer, options.max_seq_len)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = Path(temporary)
        files = {count: write_rows(folder / f"{count}.jsonl", count, options.seed) for count in sorted(options.rows)}
        tokenizer = options.tokenizer or default_tokenizer(folder, next(iter(files.values())))
        if not options.no_peer:
            write_peer_files(folder, Tokenizer.from_file(tokenizer), options.max_seq_len)
        results = {}
        for count, file in files.items():
            results[count] = measure_file(file, folder, tokenizer, options)
            print_row(count, results[count])
        num_ids = Tokenizer.from_file(tokenizer).vocab_size
    report(options, num_ids, results)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Rows checked and tokenised a second, beside Hugging Face datasets.")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 30_000, 100_000], help="sizes of the files")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.model")
    parser.add_argument("--max-seq-len", type=int, default=2048)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes of either side")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python that has datasets and tokenizers")
    parser.add_argument("--no-peer", action="store_true", help="measure glmkit alone")
    parser.add_argument("--folder", type=Path, help="where the files are made (5 KB a row, and 15 KB for the peer)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=REPOSITORY / "benchmarks" / "results" / "prepare_data.json")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)  # what each fresh process of ours is asked
    return parser.parse_args()


# --- synthetic rows


class Writer:
    """Texts of the sample data's words, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        found = re.findall(r"[A-Za-z]{2,14}", WORDS_FROM.read_text(encoding="utf-8"))
        self.words = sorted(set(found))

    def text(self, count: int) -> str:
        """Return about ``count`` words."""
        chosen = self.draw.choices(self.words, k=max(1, round(count * self.draw.lognormvariate(0, 0.35))))
        return " ".join(chosen).capitalize() + "."

    def name(self) -> str:
        """Return the name of a function or an argument."""
        first, *others = self.draw.choices(self.words, k=self.draw.randint(1, 3))
        return first.lower() + "".join(word.capitalize() for word in others)

    def document(self) -> tuple[str, list[tuple[str, list[str]]]]:
        """Return a tool's documentation as ToolAlpaca has it, and its functions with their arguments."""
        functions = [(self.name(), [self.name() for _ in range(self.draw.randint(0, 4))]) for _ in range(5)]
        lines = []
        for name, arguments in functions:
            described = {argument: f"Required. string. {self.text(9)}" for argument in arguments}
            lines.append(f"{name}: {self.text(DOCUMENT_WORDS)}")
            lines.append(f"Parameters: {json.dumps(described)}")
            lines.append(f"Output: {self.text(6)}\n - Format: application/json\n - Structure: Object{{{self.name()}}}")
        return "\n".join(lines) + "\n", functions

    def row(self, document: str, functions: list[tuple[str, list[str]]]) -> dict[str, Any]:
        """Return one conversation with one or two calls."""
        messages: list[dict[str, Any]] = [{"role": "user", "content": self.text(24)}]
        for _ in range(self.draw.choice([1, 1, 2])):
            name, arguments = self.draw.choice(functions)
            values: dict[str, Any] = {argument: self.text(2) for argument in arguments}
            response = {self.name(): self.draw.choice([self.text(4), self.draw.randint(1, 9999)]) for _ in range(6)}
            observation = f"Status Code: 200. Response: {json.dumps(response)}"
            messages.append({"role": "assistant", "content": self.text(22)})
            messages.append({"role": "tool", "name": name, "parameters": values, "observation": observation})
        messages.append({"role": "assistant", "content": self.text(48)})
        return {"tools": [document], "conversations": messages}


def write_rows(path: Path, count: int, seed: int) -> Path:
    """Write a file of ``count`` rows."""
    writer = Writer(seed)
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            if number % ROWS_A_DOCUMENT == 0:
                document, functions = writer.document()
            file.write(json.dumps(writer.row(document, functions), ensure_ascii=False) + "\n")
    return path


def default_tokenizer(folder: Path, file: Path) -> Path:
    """Return the original's tokenizer, or one trained on the beginning of ``file``."""
    if SHARED_TOKENIZER.is_file():
        return SHARED_TOKENIZER
    with open(file, encoding="utf-8") as lines:
        texts = [text for _, line in zip(range(2_000), lines, strict=False) for text in json.loads(line)["tools"]]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(line for text in texts for line in text.split("\n")),
        model_prefix=str(folder / "tokenizer"),
        model_type="bpe",
        vocab_size=PIECES,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        allow_whitespace_only_pieces=True,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return folder / FILE_NAME


# --- the peer's tokenizer


def write_peer_files(folder: Path, tokenizer: Tokenizer, max_seq_len: int) -> None:
    """Write tokenizer.json, the same vocabulary for the ``tokenizers`` library, and what else the peer needs to know.

    SentencePiece merges the pair whose piece has the best score, so a piece's merge ranks as its score does.
    """
    model = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer.path))
    pieces = [model.id_to_piece(id) for id in range(model.vocab_size())]
    vocabulary = {piece: id for id, piece in enumerate(pieces)}
    merges: list[tuple[float, int, str, str]] = []
    for id, piece in enumerate(pieces):
        if model.is_control(id) or model.is_byte(id) or model.is_unknown(id):
            continue
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in vocabulary and right in vocabulary:
                merges.append((-model.get_score(id), vocabulary[left], left, right))
    space = "\u2581"
    description = {
        "version": "1.0",
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": space},
                {"type": "Replace", "pattern": {"String": " "}, "content": space},
            ],
        },
        "model": {
            "type": "BPE",
            "unk_token": model.id_to_piece(model.unk_id()),
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": vocabulary,
            "merges": [[left, right] for _, _, left, right in sorted(merges)],
        },
        "added_tokens": [],
    }
    (folder / "tokenizer.json").write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")
    plan = {
        "special": tokenizer.special_ids,
        "eos": tokenizer.eos_id,
        "max_seq_len": max_seq_len,
        "tool_sentence": TOOL_SENTENCE,
    }
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


# --- measuring


def measure_glmkit(file: Path, tokenizer: Path, max_seq_len: int) -> dict[str, Any]:
    """Check and tokenise a file in this process and its workers."""
    started = time.perf_counter()
    loaded = Tokenizer.from_file(tokenizer)
    prepared = prepare(FileSettings(path=str(file), max_seq_len=max_seq_len), loaded)
    seconds = time.perf_counter() - started
    assert prepared.report.problems.total == 0, prepared.report.problems[0].text()
    own, workers = peak_rss_mb()
    lengths = prepared.report.lengths
    return {
        "seconds": round(seconds, 2),
        "rows": len(prepared.samples),
        "rss_mb": own,
        "rss_mb_of_a_worker": workers,
        "tokens_a_row": round(sum(lengths) / len(lengths), 1),
        "samples": [[sample.input_ids, sample.labels] for sample in prepared.samples[:200]],
    }


def peak_rss_mb() -> tuple[int, int]:
    """Return the peak of this process and of the largest process it has started.

    ``ru_maxrss`` of a process begins with that of the one that started it, so ours is read from /proc.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return round(own / 1024), round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


def measure_file(file: Path, folder: Path, tokenizer: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Measure all contenders on one file, each with an empty cache and again."""
    caches = {name: folder / f"{name} cache" for name in ("glmkit", "peer")}
    rule = ["--tokenizer", str(tokenizer), "--max-seq-len", str(options.max_seq_len)]
    commands = {"glmkit": [sys.executable, __file__, "--measure", str(file), *rule]}
    if not options.no_peer:
        files = [str(path) for path in (file, folder / "tokenizer.json", folder / "plan.json", caches["peer"])]
        commands["peer"] = [options.peer_python, str(PEER), *files, "--workers", str(options.workers)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
        "GLMKIT_CACHE": str(caches["glmkit"]),
        "GLMKIT_DATA_WORKERS": str(options.workers),
    }
    result: dict[str, Any] = {"megabytes": round(file.stat().st_size / 1e6, 1), "load": round(os.getloadavg()[0], 2)}
    samples = {}
    for name, command in commands.items():
        for again in ("", "_again"):
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{name} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
            found = json.loads(done.stdout.splitlines()[-1])
            samples[name] = found.pop("samples")
            result[name + again] = found
        shutil.rmtree(caches[name], ignore_errors=True)
    if "peer" in samples:
        pairs = zip(samples["glmkit"], samples["peer"], strict=True)
        result["same_samples"] = round(sum(ours == theirs for ours, theirs in pairs) / len(samples["peer"]), 3)
    return result


def print_row(count: int, result: dict[str, Any]) -> None:
    """Print what one file gave."""
    for name in ("glmkit", "glmkit_again", "peer", "peer_again"):
        if name in result:
            found = result[name]
            print(
                f"{count:9,} rows  {name:13} {found['seconds']:8.2f} s {count / found['seconds']:11,.0f} rows/s"
                f"   peak {found['rss_mb']} MB, a worker {found['rss_mb_of_a_worker']} MB",
                flush=True,
            )


def report(options: argparse.Namespace, num_ids: int, results: dict[int, dict[str, Any]]) -> None:
    """Write the JSON file."""
    command = ["git", "describe", "--always", "--dirty"]
    written = {
        "what": "conversations of ToolAlpaca's size checked and tokenised (glmkit), parsed and tokenised (peer)",
        "command": shlex.join(["python", *sys.argv]),
        "commit": subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True).stdout.strip(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {options.workers} used",
        "python": platform.python_version(),
        "sentencepiece": sentencepiece.__version__,
        "vocabulary": num_ids,
        "files": results,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(options.output)


if __name__ == "__main__":
    main()
